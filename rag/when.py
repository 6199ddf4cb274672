"""Time expressions of a question → an explicit window of publication days, resolved against the day it is asked.

This module finds the expression and its kind (since, before, between, in); dateparser reads the dates in it.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import dateparser
from dateutil.relativedelta import relativedelta

from rag.days import MONTHS
from rag.types import Window

# What happened on a day is in that day's reports and in those that follow. Applied to the end of a past period.
REPORT_LAG = timedelta(days=3)

_MONTHS = "|".join(MONTHS)
_SHORT = "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
_MONTH = rf"(?:{_MONTHS}|(?:{_SHORT})\b\.?)"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_YEAR = r"(?:19|20)\d\d"
_COUNT = r"(?:\d{1,3}|a|one|two|three|four|five|six|seven|eight|nine|ten|twelve|few|couple of)"
_UNIT = r"(?:day|week|month|year)"
_POINT = rf"""(?:
    \d{{4}}-\d\d-\d\d
  | \d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?
  | {_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s*%)(?:,?\s+{_YEAR})?
  | (?:early\s+|mid-?\s?|late\s+)?{_MONTH}(?:\s+(?:of\s+)?{_YEAR})?
  | (?:early\s+|mid-?\s?|late\s+)?{_YEAR}
  | (?:the\s+day\s+before\s+)?yesterday | today | tonight
  | (?:this|last|past)\s+(?:{_UNIT}|weekend|{_DAYS})
  | {_COUNT}\s+{_UNIT}s?\s+ago
  | {_DAYS}
)"""
_FLAGS = re.IGNORECASE | re.VERBOSE

_BETWEEN = re.compile(
    rf"\b(?:between|from)\s+(?P<a>{_POINT})\s+(?:and|to|until|till|through)\s+(?P<b>{_POINT})(?![\w%])", _FLAGS
)
_SHARED_MONTH = re.compile(
    rf"\b(?:between|from)\s+(?P<a>\d{{1,2}})\s+(?:and|to)\s+(?P<b>\d{{1,2}}\s+{_MONTH}(?:\s+{_YEAR})?)\b", _FLAGS
)
_BOUND = re.compile(
    rf"\b(?P<how>since|after|before|until|till|by|up\s+to|prior\s+to)\s+(?:the\s+(?:\w+\s+){{1,4}}?(?:on|of|in)\s+)?(?P<a>{_POINT})(?![\w%])",
    _FLAGS,
)
_LAST_SPAN = re.compile(
    rf"\b(?:in|over|during|within|for)?\s*the\s+(?:past|last|previous)\s+(?P<n>{_COUNT})?\s*(?P<unit>{_UNIT})s?\b",
    _FLAGS,
)
_WEEKEND = re.compile(r"\b(?:over|during|at)\s+the\s+weekend\b|\b(?:this|last|past)\s+weekend\b", _FLAGS)
_WITHIN = re.compile(rf"\b(?:in|during|on|of|throughout)\s+(?P<a>{_POINT})(?![\w%])", _FLAGS)
# Without a preposition only what cannot be a name or a mere attribute ("the 2022 World Cup", "March for Our Lives").
_BARE = re.compile(
    rf"""\b(?P<a>(?:the\s+day\s+before\s+)?yesterday|today|tonight|(?:this|last|past)\s+(?:{_UNIT}|{_DAYS})
    |{_COUNT}\s+{_UNIT}s?\s+ago|\d{{4}}-\d\d-\d\d)\b(?!\s*['’]s\s+(?:show|date))""",
    _FLAGS,
)
_LATEST = re.compile(
    r"\b(?:latest|newest|most\s+recent(?:ly)?|current(?:ly)?|right\s+now|up[- ]to[- ]date)\b", re.IGNORECASE
)
_FUTURE = re.compile(r"\b(?:will|going to|next|upcoming|plans? to|scheduled|expected to|due)\b", re.IGNORECASE)

# Words that make a time speak of the reporting and not of what happened: "articles about the strike before March",
# "published in 2023". "Cases reported by July" speaks of the cases; "reported since July" is the same either way.
_REPORTING = re.compile(
    r"\b(?:articles?|stor(?:y|ies)|reports|reporting|coverage|news|headlines?|publish(?:ed)?|written|posted)\s+"
    r"(?:[\w’'-]+\s+){0,5}$",
    re.IGNORECASE,
)
_REPORTED_SINCE = re.compile(r"\breported\s+$", re.IGNORECASE)

_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
            "ten": 10, "twelve": 12, "few": 3, "couple of": 2}  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """What a question says of time."""

    window: Window
    latest: bool


def read_time(question: str, as_of: date) -> When:
    """The window that the question names, and whether it asks for the newest report.

    The window is firm only where the question speaks of the reporting itself; anything else tells when something
    happened, and that may have been reported at another time. A question about the future gets no window: reports of
    what is planned were published before.
    """
    latest = bool(_LATEST.search(question))
    for pattern, resolve in _KINDS:
        for match in pattern.finditer(question):
            if _is_verb_may(match):
                continue
            if _FUTURE.search(question[: match.start()]) and pattern is not _BARE:
                continue
            found = resolve(match, as_of)
            if found:
                since, until = found
                if (since and since > as_of) or (since and until and until < since):
                    continue
                words = " ".join(match.group().split())
                firm = _of_reporting(question[: match.start()], words)
                window = Window(since, min(until, as_of) if until else None, words, firm, pattern in _BOUNDS)
                return When(window, latest)
    return When(Window(), latest)


def time_words(text: str) -> str:
    """The words of a text that name a time, as they stand there; empty where there are none."""
    for pattern, _ in _KINDS:
        for match in pattern.finditer(text):
            if not _is_verb_may(match):
                return match.group().strip()
    return ""


def _of_reporting(before: str, words: str) -> bool:
    """Whether a time speaks of the reporting, by the words in front of it."""
    since = words.lower().startswith(("since", "after"))
    return bool(_REPORTING.search(before)) or (since and bool(_REPORTED_SINCE.search(before)))


Bounds = tuple[date | None, date | None]


def _between(match: re.Match[str], as_of: date) -> Bounds | None:
    end = _period(match["b"], as_of)
    if not end:
        return None
    start_words = match["a"]
    year = re.search(_YEAR, match["b"])
    if year and not re.search(_YEAR, start_words):
        start_words = f"{start_words} {year.group()}"
    start = _period(start_words, as_of)
    return (start[0], end[1] + REPORT_LAG) if start else None


def _shared_month(match: re.Match[str], as_of: date) -> Bounds | None:
    end = _period(match["b"], as_of)
    return (
        (end[0].replace(day=int(match["a"])), end[1] + REPORT_LAG)
        if end and 0 < int(match["a"]) <= end[0].day
        else None
    )


def _bound(match: re.Match[str], as_of: date) -> Bounds | None:
    period = _period(match["a"], as_of)
    if not period:
        return None
    start, end = period
    how = match["how"].lower().split()[0]
    if how == "since":
        return start, None
    if how == "after":
        return end, None
    if how in ("before", "prior"):
        return None, start - timedelta(days=1)
    return None, end


def _last_span(match: re.Match[str], as_of: date) -> Bounds:
    count = _count(match["n"] or "one")
    return _back(as_of, match["unit"].lower(), count), as_of


def _weekend(_: re.Match[str], as_of: date) -> Bounds:
    saturday = as_of - timedelta(days=(as_of.weekday() + 2) % 7)
    return saturday, min(saturday + timedelta(days=1) + REPORT_LAG, as_of)


def _within(match: re.Match[str], as_of: date) -> Bounds | None:
    period = _period(match["a"], as_of)
    return (period[0], period[1] + REPORT_LAG) if period else None


_KINDS = (
    (_BETWEEN, _between),
    (_SHARED_MONTH, _shared_month),
    (_LAST_SPAN, _last_span),
    (_BOUND, _bound),
    (_WEEKEND, _weekend),
    (_WITHIN, _within),
    (_BARE, _within),
)

_BOUNDS = (_BETWEEN, _SHARED_MONTH, _BOUND)


def _period(words: str, as_of: date) -> tuple[date, date] | None:
    """First and last day of what the words name; the latest such period that has begun by `as_of`."""
    text = " ".join(words.lower().replace(".", " ").split())
    for pattern, read in ((_RELATIVE, _relative), (_AGO, _ago), (_MONTH_ONLY, _month), (_YEAR_ONLY, _year)):
        match = pattern.fullmatch(text)
        if match:
            return read(match, as_of)
    base = datetime(as_of.year, as_of.month, as_of.day, 12)  # noqa: DTZ001 - a calendar day has no zone
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past", "DATE_ORDER": "DMY"}
    text = re.sub(r"^(?:last|past|this) (?=\w+day)", "", text)
    found = dateparser.parse(text, languages=["en"], settings=settings)
    if not found:
        return None
    day = found.date()
    if text in _DAYS and day > as_of:
        day -= timedelta(days=7)
    return day, day


_RELATIVE = re.compile(rf"(today|tonight|yesterday|the day before yesterday)|(this|last|past) ({_UNIT})")
_AGO = re.compile(rf"({_COUNT}) ({_UNIT})s? ago")
_MONTH_ONLY = re.compile(rf"(?:(early|mid|late)[- ]?)?({_MONTHS}|{_SHORT})(?: (?:of )?({_YEAR}))?")
_YEAR_ONLY = re.compile(rf"(?:(early|mid|late)[- ]?)?({_YEAR})")


def _relative(match: re.Match[str], as_of: date) -> tuple[date, date]:
    if match[1]:
        back = {"yesterday": 1, "the day before yesterday": 2}.get(match[1], 0)
        return as_of - timedelta(days=back), as_of - timedelta(days=back)
    this, unit = match[2] == "this", match[3]
    if unit == "day":
        return as_of - timedelta(days=1), as_of
    if unit == "week":
        # "This week" of a reader on Monday is the one just past as well: seven days back, not since Monday.
        monday = as_of - timedelta(days=as_of.weekday())
        return (as_of - timedelta(days=7), as_of) if this else (monday - timedelta(days=7), monday - timedelta(days=1))
    if unit == "month":
        first = as_of.replace(day=1) if this else as_of.replace(day=1) - relativedelta(months=1)
        return first, _month_end(first)
    year = as_of.year if this else as_of.year - 1
    return date(year, 1, 1), date(year, 12, 31)


def _ago(match: re.Match[str], as_of: date) -> tuple[date, date]:
    day = _back(as_of, match[2], _count(match[1]))
    slack = {"day": 0, "week": 3, "month": 15, "year": 182}[match[2]]  # half the unit: "two weeks ago" is no exact day
    return day - timedelta(days=slack), day + timedelta(days=slack)


def _month(match: re.Match[str], as_of: date) -> tuple[date, date]:
    names = [name[:3] for name in _MONTHS.split("|")]
    month = names.index(match[2][:3]) + 1
    year = int(match[3]) if match[3] else as_of.year - (month > as_of.month)
    first = date(year, month, 1)
    return _part(match[1], first, _month_end(first))


def _year(match: re.Match[str], _: date) -> tuple[date, date]:
    return _part(match[1], date(int(match[2]), 1, 1), date(int(match[2]), 12, 31))


def _part(which: str | None, first: date, last: date) -> tuple[date, date]:
    third = timedelta(days=((last - first).days + 1) // 3)
    return {
        "early": (first, first + third),
        "mid": (first + third, last - third),
        "late": (last - third, last),
    }.get(which or "", (first, last))


def _month_end(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _back(day: date, unit: str, count: int) -> date:
    spans = {
        "day": relativedelta(days=count),
        "week": relativedelta(weeks=count),
        "month": relativedelta(months=count),
        "year": relativedelta(years=count),
    }
    return day - spans[unit]


def _count(words: str) -> int:
    return int(words) if words.isdigit() else _NUMBERS[" ".join(words.lower().split())]


def _is_verb_may(match: re.Match[str]) -> bool:
    """ "may" in lower case is the verb, also after a word that could be a preposition."""
    return bool(re.search(r"\bmay\b", match.group())) and not re.search(r"\d", match.group())
