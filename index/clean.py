"""Text, addresses, dates and outlets as they come from outside → one form each.

Everything here is total: it answers with the cleaned value, or with "unknown" (None or an empty string), never with a
guess. A date is taken only where day, month and year are stated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from dateparser.date import DateDataParser

# The first newspaper appeared in 1605; a year outside this range is a misread number.
YEARS = range(1600, 2200)

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Controls, soft hyphens, zero-width and bidirectional marks, invisible operators and tags: nothing a reader sees.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SPACES = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# A zero-width joiner between two non-ASCII characters shapes Persian, Hindi and family emoji; elsewhere it hides.
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])")
# Half of a character pair, as in a JSON string that was cut: it cannot be written as UTF-8.
_SURROGATE = re.compile("[\ud800-\udfff]")
# Looked for from its first space alone: else a line of many spaces takes time by the square.
_TRAILING = re.compile(r"(?<! ) +$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")

_TRACKING = re.compile(
    r"(?:utm_\w*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_[ce]id|mkt_tok|cmpid|ocid|_ga|ns_mchannel"
    r"|ns_source|ns_campaign|ns_linkname|smid|smtyp|at_medium|at_campaign|at_custom\d|guccounter|guce_\w+)(?:=|$)",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}

_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_NUMERIC = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[T ,]+\d{1,2}:\d{2}.*)?\Z")
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:?\d{2}.*)?\Z")
_LATER = re.compile(r"\b(?:updated|modified|edited)\b", re.IGNORECASE)

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_FULL_DATE = re.compile(
    rf"\b(?:{_MONTH}\s{{1,3}}{_DAY},?\s{{1,3}}\d{{4}}|{_DAY}[\s-]{{1,3}}(?:of\s)?{_MONTH},?[\s-]{{1,3}}\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}(?=T|\b))",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\W*(?P<label>(?:first |originally |last )?(?:published|posted|publication date|pubdate|dateline|date|updated"
    r"|modified))\b(?:\s+(?:on|at))?\s*:?",
    re.IGNORECASE,
)
# "MOSCOW, Dec. 21, 2025 (Agency) —": a place in capitals, or one of two words with them, before a date and a dash.
_DATELINE = re.compile(r"[A-Z][A-Z.'’ -]{1,40}(?:, [A-Z][\w.]{1,20}){0,2}(?:\s\([^()]{1,30}\))?,?\s+\(?")
_DATELINE_END = re.compile(r"\)?\s*(?:[/(][^()\n]{1,40}[/)]\s*)?(?:[—–:]|--?\s)")
# What may stand beside a date on a line of its own: who, where, weekday, clock.
_BESIDE = re.compile(
    r"(?:by\s[^|·•\d]{2,60}|[^|·•.!?\d]{2,60}[|·•]|[ap]\.?m\.?|\d{1,2}:\d{2}(?::\d{2})?"
    r"|\b(?:[ecmp][ds]?t|gmt|utc|bst|cest|cet|ist|eastern)\b"
    r"|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|\bat\b|\bon\b|[\W_])",
    re.IGNORECASE,
)
# A dateline or a "Published" line stands above the story: within this many lines that are not blank.
_HEAD_LINES = 6


def normalise(text: str) -> str:
    """One form for a text, in which everything stands that a reader sees.

    Unicode NFC; line ends are newlines; controls, zero-width and direction marks are gone; every kind of space is a
    space (a tab is four); no space at the end of a line, at most one blank line in a row, none at the ends.
    Applying it again changes nothing.
    """
    text = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text))
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _SPACES.sub(" ", text.replace("\t", "    "))
    text = _STRAY_JOINER.sub("", text)
    text = _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text)).strip()
    return unicodedata.normalize("NFC", text)


def visible(text: str) -> str:
    """A piece of text without controls, zero-width and direction marks."""
    return _INVISIBLE.sub("", text)


def one_line(text: str) -> str:
    """A normalised text on one line, words separated by single spaces: headlines, names."""
    return " ".join(normalise(text).split())


def clean_outlet(name: str) -> str:
    """The name of an outlet as it is stored."""
    return one_line(name)


def canonical_url(url: str) -> str:
    """One address for one article: no fragment, credentials, default port, tracking parameter or final slash.

    Scheme and host are in lower case. What is not a web address (http or https, with a host), or cannot be written as
    UTF-8, gives an empty string.
    """
    try:
        parts = urlsplit(_INVISIBLE.sub("", url).strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    unusable = any(mark in url.strip() for mark in ' <>"\n\t') or _SURROGATE.search(url)
    if parts.scheme.lower() not in _DEFAULT_PORTS or not host or unusable:
        return ""
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme.lower()]:
        place = f"{place}:{port}"
    query = "&".join(part for part in parts.query.split("&") if part and not _TRACKING.match(part))
    return urlunsplit((parts.scheme.lower(), place, parts.path.rstrip("/"), query, ""))


def parse_day(value: object) -> date | None:
    """The day that a field of a record states, or None if it states no whole day.

    Takes dates, seconds or milliseconds since 1970 (UTC), ISO 8601, RFC 2822, ``26-FEB-1987 15:01:01.79``, and written
    dates in the languages of dateparser. A time of day with a zone keeps the day as it is written. Unknown are:
    relative and partial dates, two-digit years, and numbers such as 03/04/2024 that can be read in two ways.
    """
    day: date | None = None
    if isinstance(value, datetime):
        day = value.date()
    elif isinstance(value, date):
        day = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        day = _from_number(value) if abs(value) < 1e15 else None
    elif isinstance(value, str):
        day = _from_text(one_line(value[:200]))
    return day if day and day.year in YEARS else None


def _from_number(value: float) -> date | None:
    if value == int(value) and len(str(int(value))) == 8:
        return _iso(f"{str(int(value))[:4]}-{str(int(value))[4:6]}-{str(int(value))[6:]}")
    # 1e8 s is 1973, 1e11 ms too; what is smaller is a year or a count, not a moment.
    seconds = value / 1000 if value >= 1e11 else value
    return datetime.fromtimestamp(seconds, UTC).date() if 1e8 <= seconds < 7e9 else None


def _from_text(text: str) -> date | None:
    for shape, read in _SHAPES:
        if found := shape.match(text):
            return read(found)
    if not _YEAR.search(text):
        return None
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, IndexError, TypeError, OverflowError):
        pass  # not RFC 2822; the next reader decides
    before, *later = _LATER.split(text, maxsplit=1)
    days = _stated(before) or _stated("".join(later)) or {_written(text)}
    return days.pop() if len(days) == 1 else None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _numeric(first: int, second: int, third: int) -> date | None:
    """Day, month and year from three numbers, if they can be read in one way only."""
    if first >= 1000:
        readings = {(first, second, third)}
    elif third >= 1000:
        readings = {(third, second, first), (third, first, second)}
    else:
        return None
    days = {day for reading in readings if (day := _iso("{:04d}-{:02d}-{:02d}".format(*reading)))}
    return days.pop() if len(days) == 1 else None


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], date | None]], ...] = (
    (re.compile(r"[0-9]{1,15}\Z"), lambda found: _from_number(int(found[0]))),
    (_ISO, lambda found: _iso(found[1])),
    (_NUMERIC, lambda found: _numeric(int(found[1]), int(found[3]), int(found[4]))),
)


@lru_cache(maxsize=10_000)
def _written(text: str) -> date | None:
    """A date in words of any language that dateparser knows, if it is whole."""
    if len(text) > 80:
        return None
    found = _parser().get_date_data(text).date_obj
    return found.date() if found else None


@lru_cache(maxsize=1)
def _parser() -> DateDataParser:
    # Absolute dates only: with the relative and timestamp parsers "yesterday" or "12" would be some day near today.
    settings = {"REQUIRE_PARTS": ["day", "month", "year"], "STRICT_PARSING": True, "PARSERS": ["absolute-time"]}
    return DateDataParser(settings=settings)


def _stated(text: str) -> set[date | None]:
    """Every whole date that a text states in English or ISO form."""
    days: set[date | None] = set()
    for found in _FULL_DATE.finditer(text):
        words = found[0].replace("-", " ") if found[0][0].isalpha() or not found[0][:4].isdecimal() else found[0]
        if day := _iso(words) or _written(words.lower().replace(" of ", " ")):
            days.add(day)
    return days


def stated_date(text: str) -> date | None:
    """The day of publication that a text without metadata states about itself, above or at the head of the story.

    Taken are, among the first lines: "Published: 21 December 2025", a line that holds only a date (and who, weekday,
    clock), and a dateline "MOSCOW, Dec. 21, 2025 —". A date that a sentence or a headline mentions is not. "Published"
    wins over the others; if those that remain do not agree, the day is unknown.
    """
    published: set[date | None] = set()
    others: set[date | None] = set()
    for line in _head(text):
        label = _LABEL.match(line)
        if label:
            first, *_ = _LATER.split(line[label.end() :], maxsplit=1)
            days = _stated(first) or {parse_day(first)} - {None}
            (published if "publi" in label["label"].lower() or "posted" in label["label"].lower() else others).update(
                days
            )
        else:
            others.update(_beside(line))
    days = {day for day in published or others if day and day.year in YEARS}
    return days.pop() if len(days) == 1 else None


def _head(text: str) -> Iterator[str]:
    """The first lines that are not blank, without surrounding space, 300 characters of each."""
    lines = (line.strip()[:300] for line in text[:5000].split("\n"))
    for line, _ in zip((line for line in lines if line), range(_HEAD_LINES), strict=False):
        yield line


def _beside(line: str) -> set[date | None]:
    """Dates of a dateline, or of a line that holds nothing else."""
    found = _FULL_DATE.search(line)
    if found is None:
        return set()
    place = _DATELINE.fullmatch(line, 0, found.start())
    if place and _DATELINE_END.match(line, found.end()):
        return _stated(found[0])
    rest = _FULL_DATE.sub(" ", line)
    return _stated(line) if len(line) <= 120 and not _BESIDE.sub("", rest) else set()
