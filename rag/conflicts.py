"""Where independent stories give different values of what is asked, the reader is told, with each.

What is compared is what `figures` reads off the sentences: figures of the thing asked about, scores, days. Stories of
another event are left out: without the question's names, of another time, or told before what the other tells happened.
What is written quotes the articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.figures import Asked, Value, days_told, months_told, values
from rag.names import names
from rag.quantities import Quantity
from rag.terms import stem, stems, words
from rag.types import Evidence, NoticeKind
from rag.wording import source_name, spoken

# A figure of a sentence that holds less than this share of the question's content words is about something else.
_ABOUT = 0.5
# Reports of one event lie no further apart, nor do the days on which they let it happen; and share so many words.
_REPORTS, _DAYS, _SHARED = timedelta(days=180), timedelta(days=31), 2
# Reports of one sum of money differ by no more than this factor.
_FACTOR = 10
_YEAR = re.compile(r"\b(?:in|of|since|during|until|by|from)\s+((?:19|20)\d\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value that answers the question, as the sentence has it."""

    evidence: Evidence
    value: Value

    @property
    def shown(self) -> str:
        """In the sentence's words; a day in full."""
        return self.value.shown

    @property
    def published(self) -> date | None:
        """When it was reported."""
        return self.evidence.article.article.published


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Values of independent stories that are not the same, oldest first."""

    figures: tuple[Figure, ...]

    @property
    def kind(self) -> NoticeKind:
        """An update where the values were published on different days, else a conflict."""
        days = {f.published for f in self.figures}
        return "update" if len(days) > 1 and None not in days else "conflict"

    @property
    def text(self) -> str:
        """ "CNN reported 11,000 dead on 7 February 2023; The Week reported 35,418 on 14 February 2023." """
        parts = [_reported(figure) for figure in self.figures]
        tail = " The later report may replace the earlier one." if self.kind == "update" else ""
        return f"Reports differ: {'; '.join(parts)}.{tail}"


def disagreement(question: str, evidence: Sequence[Evidence], offered: Sequence[Evidence] = ()) -> Disagreement | None:
    """The disagreement among these sentences about what the question asks for, or None.

    Args:
        question: standalone.
        evidence: sentences that answer it, best first; at most one value an independent story is compared.
        offered: other sentences on offer, best first; read where a number is asked for and something is named, because
            then their words tell whether they give it.
    """
    asked = Asked.by(question)
    if asked is None:
        return None
    surely = asked.kind == "count" and names(question)
    figures = _figures(question, asked, [*evidence, *(offered if surely else ())])
    distinct: list[Figure] = []
    for figure in figures:
        best = figures[0]
        if figure.value.comparable != best.value.comparable:
            continue
        if _of_one_event(question, asked, best, figure) and not any(_agree(figure, other) for other in distinct):
            distinct.append(figure)
    if len(distinct) < 2:
        return None
    dated = sorted(distinct[:3], key=lambda f: (str(f.published or ""), f.evidence.n))
    return Disagreement(tuple(dated))


def _figures(question: str, asked: Asked, evidence: Sequence[Evidence]) -> list[Figure]:
    """For each story the value that its best sentence with one gives; none where that gives several.

    A lesser sentence of it does not decide then: of a price, a share's price and a fee it would be any.
    """
    found: dict[int, list[Figure]] = {}
    for e in evidence:
        if not found.get(e.article.story):
            found[e.article.story] = _told(question, asked, e)
    return [figures[0] for figures in found.values() if len(figures) == 1]


def _told(question: str, asked: Asked, evidence: Evidence) -> list[Figure]:
    """The sentence's values of what is asked, if it tells of what the question names."""
    text = " ".join(evidence.sentence.text.split())
    published = evidence.article.article.published
    held = {stem(word) for word in words(_whole(evidence))}
    wanted = {word for word in stems(question) if not asked.only_asks(word)}
    # A person may be called by the surname alone, a bridge not by "Bridge".
    called = (name.last if name.kind == "person" else name.text for name in names(question))
    named = {stem(word) for name in called for word in words(name) if not asked.only_asks(stem(word))}
    years = {int(year) for year in _YEAR.findall(text) if year not in question}
    about = 1 if asked.measure else _ABOUT  # of a measure alone there is little that tells what it is one of
    if len(wanted & held) < about * len(wanted) or not named <= held or years - {published and published.year}:
        return []
    return [Figure(evidence, value) for value in values(asked, text, published)]


def _whole(evidence: Evidence) -> str:
    return f"{evidence.article.article.title} {evidence.sentence.text}"


def _of_one_event(question: str, asked: Asked, one: Figure, other: Figure) -> bool:
    """Whether the two can tell of one event, as far as their words and days say."""
    if one is other:
        return True
    shared = set(stems(_whole(one.evidence))) & set(stems(_whole(other.evidence)))
    enough = 1 if asked.measure else _SHARED  # where it is measured, each holds all that the question names
    alike = len({word for word in shared if not asked.only_asks(word)}) >= enough
    if not alike or (asked.kind == "money" and _far_apart(one.value, other.value)):
        return False
    if asked.passing and (_of_two_times(one, other) or _of_two_things(question, one, other)):
        return False
    if one.published is None or other.published is None:
        return True
    first, last = sorted((one.published, other.published))
    if not (isinstance(one.value.exact, date) and isinstance(other.value.exact, date)):
        return last - first <= (asked.measure.apart if asked.measure else _REPORTS)
    early, late = sorted((one.value.exact, other.value.exact))
    # No report tells what came after it: where one of the days did, there were two events.
    return late - early <= _DAYS and (early >= last if asked.ahead else late <= first)


def _far_apart(one: Value, other: Value) -> bool:
    """Whether two sums are so unlike that they are not of one thing: a share's price and a company's."""
    if not (isinstance(one.exact, Quantity) and isinstance(other.exact, Quantity)):
        return False
    low, high = sorted((one.exact.value, other.exact.value))
    return high > _FACTOR * low


def _of_two_times(one: Figure, other: Figure) -> bool:
    """Whether each sentence names a month or a day, and none is the same."""
    texts = one.evidence.sentence.text, other.evidence.sentence.text
    days = [days_told(text, figure.published) for text, figure in zip(texts, (one, other), strict=True)]
    months = [months_told(text) for text in texts]
    return any(a and b and not a & b for a, b in (days, months))


def _of_two_things(question: str, one: Figure, other: Figure) -> bool:
    """Whether each sentence names somebody or something, and none is the same; where the question names nothing."""
    if names(question):
        return False
    asked = set(stems(question))
    a, b = (
        {name.last.lower() for name in names(figure.evidence.sentence.text) if stem(name.last.lower()) not in asked}
        for figure in (one, other)
    )
    return bool(a and b and not a & b)


def _agree(one: Figure, other: Figure) -> bool:
    if one.value.agrees(other.value):
        return True
    bounds = one.value.bounds(other.value) or other.value.bounds(one.value)
    return bounds and one.published == other.published


def _reported(figure: Figure) -> str:
    article = figure.evidence.article.article
    name = article.outlet or source_name(figure.evidence)
    if isinstance(figure.value.exact, date):
        return (
            f"{name} reported {figure.shown}, in an article of {spoken(article.published)}" if article.published else ""
        )
    when = f" on {spoken(article.published)}" if article.published else ""
    return f"{name} reported {figure.shown}{when}"
