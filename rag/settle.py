"""A drafted sentence → one that may be shown: verified, repaired, or removed.

A sentence keeps the marks that the verifier confirms, gets those that were missing, and cites up to three independent
sources; where none supports it alone, the fewest of its marks that do so together. One that nothing supports is
replaced, once, by the good evidence it comes nearest to, or removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rag.cite import DraftSentence, resolve
from rag.terms import stems
from rag.types import Evidence, State
from rag.verify import Case, Verdict, Verifier, verdicts
from rag.wording import headline, source_label, spoken

MAX_CITATIONS = 3
_UNMARKED = Verdict(0.0, ("it cites nothing",))
_BULLET = re.compile(r"^\s*[-*•–]\s+")
# A sentence that shares less than this of its words with any evidence has nothing to be repaired to.
REPAIRABLE = 0.5
# Evidence that may stand in for a drafted sentence, or be quoted, scores nearly as well as the best: what a wrong
# sentence happens to resemble is seldom what was asked. On the scale of evidence scores, where a content word of the
# question more or less makes a difference of about one.
NEAR_BEST = 1.5


@dataclass(frozen=True, slots=True)
class Settled:
    """A sentence with the evidence that it cites; `together`: no single one of it supports the sentence."""

    text: str
    evidence: tuple[Evidence, ...]
    support: float
    state: State
    reasons: tuple[str, ...]
    together: bool = False


def context_of(evidence: Sequence[Evidence]) -> str:
    """What the reader sees beside the cited sentences: headlines, outlets, dates."""
    return ". ".join(f"{headline(e)}. {source_label(e)}" for e in evidence)


def judge(verifier: Verifier, claim: str, evidence: Sequence[Evidence]) -> Verdict:
    """The verifier's verdict on a claim and the evidence it cites."""
    return verdicts(verifier, [(claim, _case(evidence))])[0]


def _case(evidence: Sequence[Evidence]) -> Case:
    return Case(tuple(e.sentence.text for e in evidence), context_of(evidence))


def settle(draft: DraftSentence, offered: Sequence[Evidence], verifier: Verifier, used: set[int]) -> Settled:
    """Verifies one drafted sentence against the evidence on offer.

    Args:
        draft: the sentence and its marks.
        offered: all evidence that may be cited.
        verifier: judges.
        used: ids of sentences that the answer already quotes; a repair does not say the same again.
    """
    marked = resolve(draft.marks, offered)
    each = verdicts(verifier, [(draft.text, _case([e])) for e in offered])
    alone = {e.n: found for e, found in zip(offered, each, strict=True)}
    good = sorted(
        (e for e in offered if alone[e.n].support >= verifier.threshold),
        key=lambda e: (e not in marked, -alone[e.n].support),
    )
    if good:
        chosen = _independent(good)
        return Settled(draft.text, chosen, max(alone[e.n].support for e in chosen), "verified", ())
    together, verdict = _together(draft.text, marked, alone, verifier)
    if together:
        return Settled(draft.text, together, verdict.support, "verified", verdict.reasons, together=True)
    reasons = verdict.reasons or ("no evidence supports it",)
    best = max((e.score for e in offered), default=0.0)
    near = [e for e in offered if e.score >= best - NEAR_BEST]
    nearest = max(near, key=lambda e: _overlap(draft.text, e.sentence.text), default=None)
    if nearest and nearest.sentence.id not in used and _overlap(draft.text, nearest.sentence.text) >= REPAIRABLE:
        return Settled(quoted(nearest), (nearest,), 1.0, "repaired", reasons)
    return Settled(draft.text, (), verdict.support, "removed", reasons)


def quoted(evidence: Evidence) -> str:
    """The sentence word for word, with its source: "CNN, 21 December 2025: …"."""
    article = evidence.article.article
    text = " ".join(_BULLET.sub("", evidence.sentence.text).split())
    if article.outlet:
        when = f", {spoken(article.published)}" if article.published else ""
        return f"{article.outlet}{when}: {text}"
    return text


def _independent(good: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """One sentence a story: reprints of one wire report are one source."""
    stories: dict[int, Evidence] = {}
    for e in good:
        stories.setdefault(e.article.story, e)
    return tuple(stories.values())[:MAX_CITATIONS]


def _together(
    claim: str, marked: Sequence[Evidence], alone: Mapping[int, Verdict], verifier: Verifier
) -> tuple[tuple[Evidence, ...], Verdict]:
    """The fewest marks that support the claim together, or none; and the verdict on them, or on all that were judged.

    Three are judged at most, those that come nearest to supporting it alone: a long list of evidence holds the words
    of almost any claim.
    """
    best = _without_reprints(sorted(marked, key=lambda e: -alone[e.n].support))[:MAX_CITATIONS]
    if len(best) < 2:
        return (), alone[best[0].n] if best else _UNMARKED
    sets = [chosen for size in range(2, len(best) + 1) for chosen in combinations(best, size)]
    found = list(zip(sets, verdicts(verifier, [(claim, _case(chosen)) for chosen in sets]), strict=True))
    passed = (one for one in found if one[1].support >= verifier.threshold)
    return next(passed, ((), found[-1][1]))


def _without_reprints(evidence: Sequence[Evidence]) -> list[Evidence]:
    """One article a story; of that article any sentences."""
    told: dict[int, str] = {}
    return [e for e in evidence if told.setdefault(e.article.story, e.article.article.id) == e.article.article.id]


def _overlap(claim: str, sentence: str) -> float:
    wanted = set(stems(claim))
    return len(wanted & set(stems(sentence))) / max(len(wanted), 1)
