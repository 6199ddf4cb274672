"""Where sources give different figures for what is asked, the reader is told, with both.

Only questions that ask for a number are looked at, and only figures that stand beside the thing counted: "how many
people died" compares figures of people, not every number of the sentence. What is written quotes the articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.quantities import Quantity, located
from rag.terms import STOPWORDS, stem, stems, words
from rag.types import Evidence, NoticeKind
from rag.wording import source_name, spoken

_ASKED = re.compile(
    r"\bhow (?:many|much)\b|\bwhat (?:percentage|share|number|amount|was the (?:toll|score))\b", re.IGNORECASE
)
# How many words behind a figure may name what it counts, and what ends the search.
_NEAR = 3
_CLAUSE_ENDS = (",", ".", ";", ":")
_MONEY = re.compile(r"\bhow much\b(?! of\b)|\bwhat (?:amount|sum|price|cost)\b", re.IGNORECASE)
_SHARE = re.compile(r"\bwhat (?:percentage|share)\b|\bhow many percent\b", re.IGNORECASE)
# A figure of a sentence that holds less than this share of the question's content words is about something else.
_ABOUT = 0.5


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that answers the question, as the sentence has it."""

    evidence: Evidence
    quantity: Quantity
    shown: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Figures of independent articles that are not the same, oldest first."""

    figures: tuple[Figure, ...]

    @property
    def kind(self) -> NoticeKind:
        """An update where the figures were published on different days, else a conflict."""
        days = {f.evidence.article.article.published for f in self.figures}
        return "update" if len(days) > 1 and None not in days else "conflict"

    @property
    def text(self) -> str:
        """ "CNN reported 11,000 dead on 7 February 2023; The Week reported 35,418 on 14 February 2023." """
        parts = [_reported(figure) for figure in self.figures]
        tail = " The later report may replace the earlier one." if self.kind == "update" else ""
        return f"Reports differ: {'; '.join(parts)}.{tail}"


def disagreement(question: str, evidence: Sequence[Evidence]) -> Disagreement | None:
    """The disagreement among these sentences about the figure that the question asks for, or None.

    Args:
        question: standalone.
        evidence: sentences that answer it, best first; at most one figure an independent story is compared.
    """
    if not _ASKED.search(question):
        return None
    figures: dict[int, Figure] = {}
    for e in evidence:
        if e.article.story not in figures and (figure := _figure(question, e)):
            figures[e.article.story] = figure
    distinct: list[Figure] = []
    for figure in figures.values():
        if not any(figure.quantity.agrees(other.quantity) for other in distinct):
            distinct.append(figure)
    if len(distinct) < 2 or len({f.quantity.kind for f in distinct}) > 1:
        return None
    dated = sorted(distinct[:3], key=lambda f: (str(f.evidence.article.article.published or ""), f.evidence.n))
    return Disagreement(tuple(dated))


def _figure(question: str, evidence: Evidence) -> Figure | None:
    """The sentence's figure for what is asked, if it has exactly one such."""
    wanted = set(stems(question))
    title = evidence.article.article.title
    text = " ".join(evidence.sentence.text.split())
    if len(wanted & set(stems(f"{title} {text}"))) < _ABOUT * max(len(wanted), 1):
        return None
    found = list(_counted(question, text))
    return Figure(evidence, *found[0]) if len(found) == 1 else None


def _counted(question: str, text: str) -> Iterator[tuple[Quantity, str]]:
    noun = _noun(question)
    for quantity, start, end in located(text):
        shown = text[start:end].strip()
        if _SHARE.search(question):
            if quantity.kind == "%":
                yield quantity, shown
        elif _MONEY.search(question) and noun is None:
            if quantity.kind not in ("", "%"):
                yield quantity, shown
        elif noun and quantity.kind == "" and (unit := _unit(noun, text[end:])):
            yield quantity, f"{shown}{unit}"


def _unit(noun: str, following: str) -> str | None:
    """The words behind a figure up to the noun, where it is one of the first few; else None."""
    for match in re.finditer(r"(?:\s+[\w’'-]+)", following[:60]):
        if stem(match.group().strip().lower()) == noun:
            return following[: match.end()]
        if len(following[: match.end()].split()) >= _NEAR or following[match.end() : match.end() + 1] in _CLAUSE_ENDS:
            return None
    return None


def _noun(question: str) -> str | None:
    """Stem of what is counted: the last word before the verb of "how many … did", else the first content word."""
    match = re.search(
        r"\bhow many\s+(?:more |fewer |other |different )?((?:[\w’'-]+\s*){1,4})", question, re.IGNORECASE
    )
    if not match:
        return None
    for word in words(match[1]):
        if word not in STOPWORDS:
            return stem(word)
    return None


def _reported(figure: Figure) -> str:
    article = figure.evidence.article.article
    name = article.outlet or source_name(figure.evidence)
    when = f" on {spoken(article.published)}" if article.published else ""
    return f"{name} reported {figure.shown}{when}"
