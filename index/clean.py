"""Text, addresses and dates as they come → as the project keeps them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dateparser

# Control, zero-width and direction-changing characters: invisible to a reader, and the means to hide text from one.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
_LINE_BREAK = re.compile("\r\n?|[\x0c\x85\u2028\u2029]")
_SPACE = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|cmpid|ref|ref_src|taid|smid|ns_\w+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}

_EARLIEST, _LATEST_YEAR = 1600, 2200
_AMBIGUOUS = re.compile(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](?:\d{4}|\d{2})\b")
_ISO = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?\s*", re.DOTALL)
_HAS_YEAR = re.compile(r"\b\d{4}\b|\b\d{1,2}[-/. ]\w{3,9}[-/. ]\d\d\b")

_MONTH = r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
_STATED = re.compile(rf"\b(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH},?\s+\d{{4}}|\d{{4}}-\d\d-\d\d)\b")
_LABEL = re.compile(r"(?:published|posted|updated|date|first published|publication date)\s*(?:on|:)\s*", re.IGNORECASE)
# "MOSCOW, Dec. 21, 2025 —", "LONDON (Dec 21, 2025) -": place in capitals, then the date, then a dash.
_DATELINE = re.compile(rf"\s*[A-Z][A-Z .,'’-]{{2,40}}[,(]?\s*\(?(?P<day>{_STATED.pattern})\)?\s*(?:\([^)]*\)\s*)?[—–:-]")
_HEAD_LINES = 5


def normalise(text: str) -> str:
    """The text that is stored and that all offsets point into. Idempotent.

    NFC; line breaks as ``\\n``; at most one blank line in a row; runs of spaces, also exotic ones, as one space; no
    invisible characters; no white space at the ends of lines.
    """
    text = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))
    text = _SPACE.sub(" ", unicodedata.normalize("NFC", text))
    text = "\n".join(line.strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip()


def normalise_line(text: str) -> str:
    """The same for what stands on one line: a title, a name."""
    return " ".join(normalise(text).split())


def canonical_url(url: str) -> str:
    """One spelling for one page: lower-case scheme and host, no fragment, tracking parameters, default port, end slash.

    Text that is no http(s) address is returned as it is, trimmed.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        return url
    scheme, host = parts.scheme.lower(), parts.hostname.lower()
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(k)])
    return urlunsplit((scheme, netloc, parts.path.rstrip("/"), query, ""))


def parse_day(value: object) -> date | None:
    """The day that a record's date field states, or None where it states none with certainty.

    Reads ISO 8601, RFC 2822, seconds and milliseconds since 1970, and what dateparser knows of dates in words. A form in
    which day and month could be exchanged (03/04/2024), a relative word and a partial date are not certain.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_epoch(float(value))
    if not isinstance(value, str) or not value.strip() or len(value) > 100:
        return None
    iso = _ISO.fullmatch(value)
    if iso:
        return _sane(int(iso[1]), int(iso[2]), int(iso[3]))
    ambiguous = _AMBIGUOUS.match(value)
    if ambiguous and int(ambiguous[1]) <= 12 and int(ambiguous[2]) <= 12 and ambiguous[1] != ambiguous[2]:
        return None
    if not _HAS_YEAR.search(value):
        return None
    settings = {"STRICT_PARSING": True, "PARSERS": ["absolute-time"], "DATE_ORDER": "DMY"}
    if ambiguous and int(ambiguous[2]) > 12:
        settings["DATE_ORDER"] = "MDY"
    try:
        found = dateparser.parse(value.strip(), languages=["en"], settings=settings)
    except (ValueError, OverflowError):
        return None
    return _sane(found.year, found.month, found.day) if found else None


def stated_date(text: str) -> date | None:
    """The publication day that a text without metadata states about itself, or None.

    Taken are a line of its own, a label ("Published: 21 December 2025") or a dateline ("MOSCOW, Dec. 21, 2025 —") among
    the first lines, with day, month and year. A date in running text may be any event's; two that differ cancel out.
    """
    found: set[date] = set()
    for line in [line.strip() for line in text.split("\n") if line.strip()][:_HEAD_LINES]:
        stated = None
        label = _LABEL.match(line)
        if label:
            stated = _STATED.search(line, label.end())
        elif dateline := _DATELINE.match(line):
            stated = _STATED.search(dateline["day"])
        elif len(line) <= 60:
            whole = _STATED.search(line)
            # A line of its own: the date with at most a weekday, a time or a byline's remains around it.
            if whole and len(line) - len(whole.group()) <= 16 and not re.search(r"[.!?]$", line[whole.end() :]):
                stated = whole
        if stated:
            day = parse_day(re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", stated.group()))
            if day:
                found.add(day)
    return found.pop() if len(found) == 1 else None


def _from_epoch(seconds: float) -> date | None:
    if seconds > 1e11:
        seconds /= 1000
    try:
        day = datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    return day if day.year > 1970 or seconds > 86400 else None


def _sane(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if _EARLIEST <= year <= _LATEST_YEAR else None
