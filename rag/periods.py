"""A question about one month, quarter or year may be answered with the figures of another: the reader is told.

Only what the question names is looked for: no answer is doubted because it names no time at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.days import MONTHS
from rag.types import Evidence

_MONTHS = tuple(name.title() for name in MONTHS)
_NAMES = "|".join(_MONTHS)
_IN = r"\b(?:in|of|for|during|since|last)"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a question names a period and a sentence tells of one; `shape` makes a reader's words of it."""

    asks: re.Pattern[str]
    tells: re.Pattern[str]
    shape: str


_QUARTER = re.compile(r"\b(first|second|third|fourth)[ -]quarter\b")
_KINDS = (
    _Kind(_QUARTER, _QUARTER, "the {} quarter"),
    _Kind(re.compile(rf"{_IN}\s+({_NAMES})\b(?!\s+\d{{1,2}}\b)"), re.compile(rf"\b({_NAMES})\b"), "{}"),
)
_YEAR = re.compile(rf"{_IN}\s+((?:19|20)\d\d)\b")


def other_period(question: str, shown: Sequence[Evidence]) -> str | None:
    """What to tell the reader where the sentences shown are of another time than the question names, or None.

    Args:
        question: standalone.
        shown: what the answer cites.
    """
    published = [day for e in shown if (day := e.article.article.published)]
    for kind in _KINDS:
        asked = kind.asks.findall(question)
        told = [period for e in shown for period in kind.tells.findall(e.sentence.text)]
        # What was reported in the month that is asked about need not name it.
        if asked and told and not set(asked) & {*told, *(_MONTHS[day.month - 1] for day in published)}:
            return f"The question asks about {_listed(kind, asked)}, these sentences tell of {_listed(kind, told)}."
    asked = _YEAR.findall(question)
    # "Last year" and "next year" name a year without its number.
    near = {str(day.year + apart) for day in published for apart in (-1, 0, 1)}
    texts = [f"{e.article.article.title} {e.article.article.text}" for e in shown]
    if not asked or len(published) < len(shown) or near & set(asked) or any(y in t for y in asked for t in texts):
        return None
    return f"The question asks about {asked[0]}, which no article that is quoted names."


def _listed(kind: _Kind, periods: Iterable[str]) -> str:
    return " and ".join(kind.shape.format(period) for period in dict.fromkeys(periods))
