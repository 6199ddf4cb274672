"""What a number counts or measures, by the words beside it: "106 miles", "killing 12", "21 December"."""

from __future__ import annotations

import re

from rag.days import DATE, MONTH
from rag.terms import STOPWORDS, stem

# Forms of each unit, by its one name. Another unit with the same number is another statement.
_UNITS = {
    "miles per hour": r"miles (?:per|an) hour|mph",
    "kilometers per hour": r"kilomet(?:er|re)s (?:per|an) hour|km/h|kmh|kph",
    "square miles": r"square[ -]miles?",
    "square kilometers": r"square[ -]kilomet(?:er|re)s?|sq km|km²",
    "miles": r"miles?",
    "kilometers": r"kilomet(?:er|re)s?|kms?",
    "meters": r"met(?:er|re)s?",
    "centimeters": r"centimet(?:er|re)s?|cm",
    "feet": r"feet|foot|ft",
    "inches": r"inch(?:es)?",
    "yards": r"yards?",
    "acres": r"acres?",
    "hectares": r"hectares?",
    "tons": r"(?:metric )?ton(?:ne)?s?",
    "kilograms": r"kilograms?|kilos?|kg",
    "ounces": r"ounces?",
    "liters": r"lit(?:er|re)s?",
    "gallons": r"gallons?",
    "barrels": r"barrels?",
    "degrees Celsius": r"degrees? (?:celsius|centigrade)|°c",
    "degrees Fahrenheit": r"degrees? fahrenheit|°f",
    "minutes": r"min(?:ute)?s?",
    "hours": r"hours?|hrs?",
    "days": r"days?",
    "weeks": r"weeks?",
    "months": r"months?",
    "years": r"years?",
    "decades": r"decades?",
}
_PEOPLE = (
    "people|persons?|men|women|children|civilians|soldiers|troops|passengers|workers|employees|students|victims|"
    "officers|residents|patients|protesters|refugees|migrants|fighters|voters|inmates"
)
# What became of people: "12 killed, 15 injured" does not say that 15 were killed.
_FATES = {
    "killed": r"kill(?:ed|ing|s)|dead|died|dies|dying|deaths?|fatalities",
    "injured": r"injur(?:ed|ing|es|ies)|wound(?:ed|ing)|hurt",
    "missing": r"missing",
    "arrested": r"arrest(?:ed|ing|s)|detain(?:ed|ing)",
}
# The parts of a date; and what may be one or not, as in "the 21st".
PEOPLE, DAY, YEAR, UNSURE = "people", "a day", "a year", "in doubt"


def _forms(names: dict[str, str]) -> str:
    return "|".join(rf"(?P<n{i}>{forms})" for i, forms in enumerate(names.values()))


_UNIT_NEXT = re.compile(rf"[\s-]?(?:{_forms(_UNITS)})(?![\w/])", re.IGNORECASE)
_FATE = "|".join(_FATES.values())
# "12 killed", "12 people were killed", but not "12 and injured": the words between belong to the same thing.
_FATE_NEXT = re.compile(
    rf"\s+(?:(?!(?:and|or|but|as|who|in|on|at|by|of|to|{_FATE})\b)[\w-]+\s+){{0,4}}(?:{_forms(_FATES)})\b"
    rf"(?!\s+(?:or|and)\s+(?:{_FATE})\b)",
    re.IGNORECASE,
)
_FATE_BEFORE = re.compile(
    rf"\b(?:{_forms(_FATES)})\s+(?:(?:at|least|most|more|than|over|about|around|some|nearly|almost|up|to|another)\s+){{0,3}}$",
    re.IGNORECASE,
)
_PEOPLE_NEXT = re.compile(rf"\s+(?:[a-z]+\s+)?(?:{_PEOPLE})\b", re.IGNORECASE)
# "May two".
_MONTH_BEFORE = re.compile(rf"\b{MONTH}\s+$", re.IGNORECASE)
_WORD_NEXT = re.compile(r"[\s-]([a-z]{3,})\b")


def counted(text: str, start: int, end: int) -> str:
    """What the number at `start` to `end` counts: a unit, people, their fate, part of a date, the next stem or ""."""
    part, named = _part_of_date(text, start, end), _named(text, start, end)
    if part and named:  # "in May 12 people died"
        return UNSURE
    return part or named or _next_word(text, start, end)


def _named(text: str, start: int, end: int) -> str:
    behind = text[end : end + 80]
    if unit := _UNIT_NEXT.match(behind):
        return _name(unit, _UNITS)
    if fate := _FATE_BEFORE.search(text[max(0, start - 40) : start]) or _FATE_NEXT.match(behind):
        return _name(fate, _FATES)
    return PEOPLE if _PEOPLE_NEXT.match(behind) else ""


def _next_word(text: str, start: int, end: int) -> str:
    number = text[start:end]
    if re.search(r"(?:st|nd|rd|th)$", number) or _MONTH_BEFORE.search(text[max(0, start - 12) : start]):
        return UNSURE
    if re.fullmatch(r"(?:19|20)\d\d", number):
        return YEAR
    word = _WORD_NEXT.match(text[end : end + 30])
    return "" if word is None or word[1] in STOPWORDS else stem(word[1])


def unit_behind(text: str, end: int) -> str:
    """The unit behind the number that ends there, as it is written; or ""."""
    unit = _UNIT_NEXT.match(text, end)
    return unit.group() if unit else ""


def contradict(counts: str, other: str) -> bool:
    """Whether a claim's number counts what another of the same value cannot: "21 people" of "21 December".

    Other words beside a number say little: "three months" may be "three consecutive months".
    """
    if counts == other or UNSURE in (counts, other):
        return False
    if other == DAY:
        return True
    if counts == DAY:
        return other != ""
    kinds = {_kind(counts), _kind(other)}
    return "" not in kinds and kinds != {"fate", PEOPLE}


def soft(counts: str) -> bool:
    """Whether it is a mere word behind the number."""
    return bool(counts) and not _kind(counts) and counts not in (DAY, UNSURE)


def _kind(counts: str) -> str:
    if counts in (PEOPLE, YEAR):
        return counts
    return "unit" if counts in _UNITS else "fate" if counts in _FATES else ""


def _part_of_date(text: str, start: int, end: int) -> str:
    """The day or the year of a date, "3" of "from 3 to 5 May" and "5" of "May 3-5" included."""
    around = max(0, start - 30)
    for date in DATE.finditer(text[around : end + 40]):
        first, last = date.start() + around, date.end() + around
        if first <= start and end <= last:
            return YEAR if re.search(r"\d{4}$", text[start:end]) else DAY
        if end <= first and re.fullmatch(r"\s?(?:-|–|to|and|or)\s?", text[end:first]):
            return DAY
        if (
            last <= start
            and re.fullmatch(r"\s?[-–]\s?", text[last:start])
            and re.fullmatch(r"\d{1,2}", text[start:end])
        ):
            return DAY
    return ""


def _name(match: re.Match[str], names: dict[str, str]) -> str:
    return next(name for i, name in enumerate(names) if match[f"n{i}"])
