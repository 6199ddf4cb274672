"""Fusion of what the searches say of an article into one score; docs/retrieval.md tells how it was chosen.

    score = 10 L + 5 O + 3 D + 6 R

L: BM25 of the best and the second-best passage; O: cosine of question and opening; D: mean cosine of the two best
passages; R: recency. All mean the same for every question and collection, so nothing has to be normalised against the
other candidates. R decays with age
and counts only for articles that bear on the question: an old article that answers beats a new one that does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median

from rag.types import Window

LEXICAL, OPENING, DENSE, RECENCY = 10.0, 5.0, 3.0, 6.0
BEST, SECOND = 0.75, 0.25  # a story that one passage only mentions is not about the question
ONLY = 0.9  # stands for the second passage where an article has but one
HALF_LIFE = 7.0  # days
# Cosines of the opening from which an article begins to bear on the question, and fully does.
RELEVANT = (0.1, 0.4)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the searches say of one article.

    Attributes:
        best: its best passage's share of the attainable BM25, in [0, 1].
        second: its second-best passage's, or ONLY times the best where it has but one passage.
        opening: cosine of question and opening passage.
        closest: mean cosine of its two passages that come closest, or the one's that was found.
        published: its day, if known.
    """

    best: float
    second: float
    opening: float
    closest: float
    published: date | None

    @property
    def relevance(self) -> float:
        """The part of the score that knows nothing of time."""
        lexical = BEST * self.best + SECOND * self.second
        return LEXICAL * lexical + OPENING * self.opening + DENSE * self.closest

    @property
    def bearing(self) -> float:
        """How far it bears on the question at all, in [0, 1]."""
        low, high = RELEVANT
        return min(max((self.opening - low) / (high - low), 0.0), 1.0)


def fuse(
    signals: Mapping[str, Signals], reference: date, window: Window | None = None, *, latest: bool = False
) -> dict[str, float]:
    """Scores by article id.

    Args:
        signals: by article id.
        reference: the day from which ages are counted back.
        window: the time that the question speaks of; where it lies in the past, articles near it are preferred.
        latest: whether the newest report is asked for: ages are then counted from the newest article that bears on the
            question, and weigh twice.
    """
    if latest:
        half = 0.5
        reference = max((s.published for s in signals.values() if s.published and s.bearing > half), default=reference)
    # A window that reaches to the present ("this week") says no more than the prior does: the newest is the likeliest.
    past = window if window and window.until and window.until < reference else None
    priors = {i: _prior(s.published, reference, past) * s.bearing for i, s in signals.items() if s.published}
    # What is of unknown age is taken to be as old as the others: neither favoured nor lost.
    unknown = median(priors.values()) if priors else 0.0
    weight = RECENCY * (2 if latest else 1)
    return {i: s.relevance + weight * priors.get(i, unknown) for i, s in signals.items()}


def _prior(published: date, reference: date, past: Window | None) -> float:
    """How likely a report of that day is the one, in (0, 1], whatever it says."""
    fresh = recency((reference - published).days)
    if not past:
        return fresh
    inside = recency(past.days_outside(published))
    # What came before a line is told by reports from before it, and by the newest as their background.
    return max(inside, fresh) if past.bound else inside


def recency(days: int) -> float:
    """1 on the day itself, halved every HALF_LIFE days, in (0, 1]."""
    return float(2.0 ** (-max(days, 0) / HALF_LIFE))
