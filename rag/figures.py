"""The figure in a sentence that a question asks for: a count, a sum, a measure, a score, a day; and whether two differ.

What stands beside a figure decides what it is a figure of. A part ("another 3", "12 of the 15"), a figure of something
else ("injured 30 people" beside a death toll), a score at half-time, a day on which something was only said: these are
left out. Better no comparison than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from rag.counted import unit_behind
from rag.days import MONTHS, WEEKDAYS
from rag.measures import WHAT, Measure, measured
from rag.premise import premises
from rag.quantities import Quantity, located
from rag.terms import STOPWORDS, stem, words
from rag.verbs import root
from rag.wording import spoken

Kind = Literal["count", "money", "share", "score", "day", "measure"]

_COUNT = re.compile(
    rf"(?:\bhow many\s+(?:more |fewer |other |different )?|(?:{WHAT}|^\W*(?:the\s+)?)number of\s+(?:the\s+)?)"
    r"((?:[\w’'-]+\s*){1,4})",
    re.IGNORECASE,
)
_MONEY = re.compile(rf"\bhow much\b(?! of\b)|{WHAT}(?:amount|sum|price|cost)\b", re.IGNORECASE)
_SHARE = re.compile(rf"{WHAT}(?:percentage|share)\b|\bhow many percent\b", re.IGNORECASE)
_TOLL = re.compile(rf"{WHAT}(?:death\s+)?toll\b", re.IGNORECASE)
_HURT = re.compile(
    rf"(?:{WHAT}(?:number of\s+)?|\bhow many\s+|^\W*(?:the\s+)?number of\s+)casualt(?:y|ies)\b", re.IGNORECASE
)
_SCORE = re.compile(rf"{WHAT}score\b", re.IGNORECASE)
_WHEN = re.compile(r"^\W*when\b|\b(?:what|which) (?:day|date)\b", re.IGNORECASE)
_SIMPLE: dict[Kind, re.Pattern[str]] = {"share": _SHARE, "money": _MONEY, "score": _SCORE}
# Words that only ask, and need not stand in a sentence that answers.
_ASKING = frozenset(stem(w) for w in "number toll death score final latest official current total day date".split())

# What becomes of people, each with its own words: 30 injured are no part of a death toll.
_FATES = tuple(
    frozenset(stem(word) for word in group.split())
    for group in (
        "kill killed kills killing die died dies dead death deaths fatalities fatality lives victims bodies claimed",
        "injured injuring injuries hurt wounded wounding hospitalised hospitalized",
        "missing unaccounted",
        "evacuated displaced homeless",
        "rescued saved survived",
        "arrested detained charged",
        "infected sick ill",
    )
)
_PEOPLE = frozenset({"peopl", "person"})
_DEAD = _FATES[0] | _PEOPLE
_TELLS_OF_DEATH = _FATES[0] | {"toll"}
_CASUALTY = stem("casualties")  # dead or injured: compared with its like alone
_CASUALTIES = _DEAD | {_CASUALTY}
_BEHIND_DEATH = re.compile(
    r"\b(?:kill(?:ed|s|ing)|claimed|death toll(?:\s+[\w’'-]+){0,10}?\s+(?:to|of|at|is|was)"
    r"|number of(?:\s+\w+){0,5}?\s+(?:died|dead|deaths|killed|victims|fatalities)(?:\s+[\w’'-]+){0,10}?"
    r"\s+(?:(?:rose|risen|climbed|grown|increased|up)\s+to|st(?:ands?|ood)\s+at)"
    r"|toll (?:rose|climbed|stands?|stood) (?:to|at))\s+$",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(at least|more than|no fewer than|over|about|around|some|nearly|almost|roughly|approximately|an estimated)\s+$",
    re.IGNORECASE,
)
_LEAST = frozenset({"at least", "more than", "no fewer than", "over"})
_ROUGH = Decimal("0.1")  # a figure that is said to be rough may be so far off
_PART_BEFORE = re.compile(r"\b(?:another|additional|further|extra|including|of whom|of which),?\s+$", re.IGNORECASE)
_PART_BEHIND = re.compile(r"\s+(?:more|others?|additional|further|of (?:the|them|those|these))\b", re.IGNORECASE)
# How many words behind a figure may name what it counts, and what ends the search.
_NEAR = 3
_CLAUSE_ENDS = (",", ".", ";", ":")
_CLAUSE = re.compile(r"[,.;:]|\b(?:and|but|while|with)\b")

_RESULT = re.compile(r"(?<![\w.,–-])(\d{1,3})\s?[-–]\s?(\d{1,3})(?![\w%–-]|[.,]\d)")
_OVER = re.compile(
    r"\b(?:beat|beaten|w[io]n|lost?|lose|defeat\w*|dr[ae]w|victory|finish\w*|ended|final)\b", re.IGNORECASE
)
_NOT_OVER = re.compile(
    r"\b(?:half[- ]?time|break|interval|aggregate|leg|led|leads?|leading|trail\w*|series|record|season|set|quarter)\b",
    re.IGNORECASE,
)

_WEEKDAYS, _MONTHS = ([name.title() for name in names] for names in (WEEKDAYS, MONTHS))
_MONTH = "|".join(_MONTHS)
_DAY = re.compile(
    rf"""\b(?: (?P<near>[Yy]esterday|[Tt]oday)
    | (?: (?P<d>\d{{1,2}})\s+(?P<m>{_MONTH}) | (?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}}) )\b (?:,?\s+(?P<y>(?:19|20)\d\d))?
    | (?P<weekday>{"|".join(_WEEKDAYS)})(?!,?\s+(?:\d|(?:{_MONTH})\s+\d)) )\b""",
    re.VERBOSE,
)
_SAID = re.compile(
    r"\b(?:sa(?:id|ys?)|t[eo]ld|report\w*|announc\w*|according|wrote|confirm\w*|stat(?:ed|es))\b", re.IGNORECASE
)
_AHEAD = re.compile(r"\b(?:will|going to)\b", re.IGNORECASE)
_NO_DAY_OF = re.compile(  # a sentence with one of these tells of other days as well, or of what did not come about
    r"\b(?:not|never|plan\w*|scheduled|expected|due|original\w*|postpone\w*|delay\w*|would|last|next|until|before|after"
    r"|since|by|between|from|(?:is|are|was|were|had) to)\b|n['’]t\b",
    re.IGNORECASE,
)
_APART = 8  # words at most between what happened and its day


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for.

    Attributes:
        counts: stems of what is counted.
        fates: stems of what became of those counted, where that is asked.
        actions: stems of what happened, where its day is asked for.
        ahead: whether it is still to come.
        measure: what is measured, where that is asked.
    """

    kind: Kind
    counts: frozenset[str] = frozenset()
    fates: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    ahead: bool = False
    measure: Measure | None = None

    @classmethod
    def by(cls, question: str) -> Asked | None:
        """None where no figure is asked for that could be compared."""
        if _TOLL.search(question):
            return cls("count", _DEAD, _FATES[0])
        if _HURT.search(question):
            return cls("count", _CASUALTIES, _FATES[0])
        counted = None if _SHARE.search(question) else _COUNT.search(question)
        if counted:
            return cls._of_count(counted[1], question)
        if _WHEN.search(question):
            actions = frozenset(premise.action for premise in premises(question))
            return cls("day", actions=actions, ahead=bool(_AHEAD.search(question)))
        if not _SHARE.search(question) and (measure := measured(question)):
            return cls("measure", measure=measure)
        return next((cls(kind) for kind, asks in _SIMPLE.items() if asks.search(question)), None)

    @classmethod
    def _of_count(cls, counted: str, question: str) -> Asked | None:
        noun = next((stem(word) for word in words(counted) if word not in STOPWORDS), None)
        if noun is None:
            return None
        said = {stem(word) for word in words(question)}
        fates = frozenset[str]().union(*(fate for fate in _FATES if fate & said))
        return cls("count", _DEAD if noun in _DEAD and fates & _FATES[0] else frozenset({noun}), fates)

    def only_asks(self, word: str) -> bool:
        """Whether a stem of the question need not stand in an answer."""
        if self.measure:
            return word in self.measure.asking
        return word in _ASKING or (word in self.counts and self.counts >= _DEAD)

    @property
    def passing(self) -> bool:
        """Whether it may be another one each time that it is looked at: figures of two times do not differ."""
        return self.kind in ("share", "measure")


@dataclass(frozen=True, slots=True)
class Value:
    """A figure as a sentence has it.

    Attributes:
        exact: the number with its kind, both sides of a score, or the day.
        shown: in the sentence's words; a day in full.
        hedge: "at least", where the sentence says so.
        unit: of what is measured; only figures of one unit are compared.
        slack: by how much one figure may be told in two ways.
    """

    exact: Quantity | tuple[int, ...] | date
    shown: str
    hedge: str = ""
    unit: str = ""
    slack: Decimal | None = None

    @property
    def comparable(self) -> tuple[str, str]:
        """What two figures must have in common to be compared."""
        return (self.exact.kind if isinstance(self.exact, Quantity) else "", self.unit)

    def agrees(self, other: Value) -> bool:
        """Whether the two can be the same figure, told roughly or exactly."""
        one, two = self.exact, other.exact
        if not (isinstance(one, Quantity) and isinstance(two, Quantity)):
            return one == two
        low, high = sorted((one.value, two.value))
        roughly = bool({self.hedge, other.hedge} - _LEAST - {""}) and high - low <= high * _ROUGH
        if self.slack is not None and (high - low <= self.slack or _shortened(low, high)):
            return True
        return one.agrees(two) or (one.kind == two.kind and (roughly or _rounded(low, high)))

    def bounds(self, other: Value) -> bool:
        """Whether it says only that there are at least so many, and the other says that there are."""
        one, two = self.exact, other.exact
        return (
            isinstance(one, Quantity) and isinstance(two, Quantity) and self.hedge in _LEAST and one.value <= two.value
        )


def _rounded(low: Decimal, high: Decimal) -> bool:
    """Whether one is the other with fewer digits: 1.2 and 1.23 billion; what is small or told by one digit is exact."""
    return low >= 1000 and min(_digits(low), _digits(high)) >= 2 and _shortened(low, high)


def _shortened(one: Decimal, other: Decimal) -> bool:
    short, long = sorted((one, other), key=_digits)
    digits = _digits(short)
    return digits < _digits(long) and Decimal(f"{long:.{digits - 1}e}") == short


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def values(asked: Asked, text: str, published: date | None) -> Iterator[Value]:
    """The figures of a sentence for what is asked."""
    if asked.kind == "day":
        yield from _days(asked, text, published)
    elif asked.kind == "score":
        if _OVER.search(text) and not _NOT_OVER.search(text):
            for match in _RESULT.finditer(text):
                yield Value(tuple(sorted((int(match[1]), int(match[2])))), match.group())
    else:
        yield from _quantities(asked, text)


def _quantities(asked: Asked, text: str) -> Iterator[Value]:
    if asked.counts == _DEAD and not _TELLS_OF_DEATH & {stem(word) for word in words(text)}:
        return  # so many people are of whatever else it tells
    for quantity, begin, end in located(text):
        start = end - len(text[begin:end].lstrip())
        hedge = _HEDGE.search(text[:start])
        said = hedge.start() if hedge else start
        before, behind = text[:said], text[end:]
        if _PART_BEFORE.search(before) or _PART_BEHIND.match(behind):
            continue
        rough = hedge[1].lower() if hedge else ""
        if asked.measure:
            unit = asked.measure.unit(quantity, before, behind)
            if unit is not None:
                exact = Quantity(quantity.value, quantity.kind, "" if quantity.kind else unit)
                shown = f"{rough} {_within(text[start:end])}{unit_behind(text, end) if unit else ''}".strip()
                yield Value(exact, shown, rough, unit, asked.measure.slack)
            continue
        kinds = {"share": quantity.kind == "%", "money": quantity.kind not in ("", "%"), "count": quantity.kind == ""}
        count = asked.kind == "count"
        counted = _unit(asked, before, behind) if count else ""
        if kinds[asked.kind] and counted is not None and not (count and _of_others(asked, before, behind)):
            of = _CASUALTY if _CASUALTY in asked.counts and quantity.of == _CASUALTY else ""
            yield Value(quantity, f"{rough} {_within(text[start:end])}{counted}".strip(), rough, of)


def _within(figure: str) -> str:
    """As it stands within a sentence: "Twelve" as "twelve"."""
    return figure[:1].lower() + figure[1:] if figure[1:2].islower() else figure


def _unit(asked: Asked, before: str, behind: str) -> str | None:
    """The words behind a figure up to what it counts, where that is one of the first few; None where it is another."""
    for match in re.finditer(r"(?:\s+[\w’'-]+)", behind[:60]):
        if stem(match.group().strip().lower()) in asked.counts:
            return behind[: match.end()]
        if len(behind[: match.end()].split()) >= _NEAR or behind[match.end() : match.end() + 1] in _CLAUSE_ENDS:
            break
    return "" if asked.counts >= _DEAD and _BEHIND_DEATH.search(before) else None


def _of_others(asked: Asked, before: str, behind: str) -> bool:
    """Whether what became of those counted is something else than what is asked: "30 people were injured"."""
    beside = [*words(before)[-2:], *words(_CLAUSE.split(behind)[0])[:6]]
    told = {stem(word) for word in beside}
    return any(fate & told and not fate <= asked.fates for fate in _FATES) and not asked.fates & told


# --- days -------------------------------------------------------------------------------------------------------------


def days_told(text: str, published: date | None) -> set[date]:
    """The days that a sentence names."""
    found = _DAY.finditer(text) if published else ()
    return {day for match in found if published and (day := _resolved(match, published, ahead=False))}


def months_told(text: str) -> set[str]:
    """The months that a sentence names."""
    return set(re.findall(rf"\b(?:{_MONTH})\b", text))


def _days(asked: Asked, text: str, published: date | None) -> Iterator[Value]:
    """The day on which it happened, where the sentence names just one and says it of what happened."""
    found = list(_DAY.finditer(text))
    if published is None or len(found) != 1 or _NO_DAY_OF.search(text) or asked.ahead != bool(_AHEAD.search(text)):
        return
    (match,) = found
    for action in re.finditer(r"\w+", text):
        first, last = sorted((action.span(), match.span()))
        between = text[first[1] : last[0]]
        if (
            root(action.group().lower()) in asked.actions
            and len(between.split()) <= _APART
            and not _SAID.search(between)
        ):
            if day := _resolved(match, published, ahead=asked.ahead):
                yield Value(day, spoken(day))
            return


def _resolved(match: re.Match[str], published: date, *, ahead: bool) -> date | None:
    """The day that is meant, seen from the day of publication."""
    if match["near"]:
        return published - timedelta(days=match["near"].lower() == "yesterday")
    if match["weekday"]:
        apart = published.weekday() - _WEEKDAYS.index(match["weekday"])
        return published + timedelta(days=-apart % 7) if ahead else published - timedelta(days=apart % 7)
    month, day = _MONTHS.index(match["m"] or match["m2"]) + 1, int(match["d"] or match["d2"])
    years = [int(match["y"])] if match["y"] else [published.year, published.year + (1 if ahead else -1)]
    for year in years:
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if match["y"] or (found >= published if ahead else found <= published):
            return found
    return None
