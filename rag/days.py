"""Days and months that a text names, and those that it means: "on Saturday" in an article of Monday, 5 May 2025."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from rag.wording import spoken

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
# As news abbreviates them, with a capital: "sat", "sun" and "dec" in small letters are other words or none.
_SHORT = {
    **{name[:3]: name for name in (*WEEKDAYS, *MONTHS)},
    "tues": "tuesday", "thur": "thursday", "thurs": "thursday", "sept": "september",
}  # fmt: skip
_FULL = {form: name for name in (*WEEKDAYS, *MONTHS) for form in (name, f"{name}s")}
_WORD = re.compile(r"(?<![\w'’])(?:[Tt]he\s+)?([A-Za-z]{3,10})\b")
# May and march are verbs, too: they are months behind a word or beside a figure that tells so.
_WORDS_TOO = frozenset({"may", "march"})
_SURE = re.compile(
    r"(?:\b(?:in|of|since|until|till|by|from|last|next|this|early|late|mid|during|through)[\s-]+|\d(?:st|nd|rd|th)?\s+)"
    r"(May|March)\b(?!\s+[A-Z])|\b(May|March)\s+\d"
)


def named(text: str) -> set[str]:
    """Days of the week and months that the text may name, in full and in small letters; "Sept." is September."""
    found = set()
    for match in _WORD.finditer(text):
        word = match[1]
        name = _FULL.get(word.lower())
        # "The Sun" is a newspaper, or the star.
        if name is None and word[0].isupper() and not match[0].lower().startswith("the "):
            name = _SHORT.get(word.lower())
        if name and (word[0].isupper() or name not in _WORDS_TOO):
            found.add(name)
    return found


def surely_named(text: str) -> set[str]:
    """Those of `named` that stand there in full, and are no other word."""
    words = {_FULL[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _FULL} - _WORDS_TOO
    return words | {name.lower() for pair in _SURE.findall(text) for name in pair if name}


# A month in full or short, without groups.
MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{'|'.join(name[:3] for name in MONTHS)}|sept)\b\.?)"
_DAY = (
    rf"(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>{MONTH})"
    rf"|(?P<m2>{MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?)\b"
)
# "5 May", "May 5th, 2025", "Dec. 21".
DATE = re.compile(rf"\b{_DAY}(?:,?\s+(?P<y>(?:19|20)\d\d)\b)?", re.IGNORECASE)
_ANY_DATE = re.sub(r"\?P<\w+>", "?:", DATE.pattern)
# As `rag.wording.source_label` ends: the outlet, or nothing, and the day.
_PUBLISHED = re.compile(
    rf"(?:^|(?P<outlet>[^\s,]+), |(?<=\. ))(?P<day>\d{{1,2}}) (?P<month>{'|'.join(MONTHS)}) (?P<year>(?:19|20)\d\d)"
    r"(?=\. |\.?$)",
    re.IGNORECASE,
)
_REPORTING = re.compile(
    rf"""\b(?:report(?:s|ed|ing)?|articles?|stor(?:y|ies)|wrote|writes|published|posted),?\s+
         (?:(?:on|of|from|dated)\s+)?(?:\w+day,?\s+)?{_ANY_DATE}
       | \b(?:as\s+of|according\s+to\s[^,;]{{1,50}})\s+{_ANY_DATE}
       | {_ANY_DATE},?\s+(?:(?!that\b)[\w.'’&-]+\s+){{0,5}}(?:report(?:s|ed|ing)?|wrote|writes|article|story)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FUTURE = re.compile(
    r"\b(?:will|would|to be|going to|set to|due|upcoming|next|tomorrow|scheduled|expect\w*|plan\w*)\b", re.IGNORECASE
)
_WEEKDAY = re.compile(
    rf"(?:\b(?P<which>last|next)\s+)?\b(?P<name>{'|'.join(WEEKDAYS)})\b(?!,?\s+(?:\d|{MONTH}\s+\d))", re.IGNORECASE
)
_NEAR = re.compile(
    r"\b(?:(?P<today>today|tonight|this (?:morning|afternoon|evening))|(?<!before )(?P<yesterday>yesterday|last night)"
    r"|(?P<tomorrow>tomorrow))\b",
    re.IGNORECASE,
)
_OFFSETS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_PERIOD = re.compile(r"\b(?P<which>last|this|next) (?P<unit>weekend|week|month|year)\b", re.IGNORECASE)
_IN_MONTH = re.compile(rf"\b(?:in|last|since) (?P<month>{'|'.join(MONTHS)})\b(?!,?\s+\d)", re.IGNORECASE)
# "Up from 5% last year", "last year's": the sentence tells of another time as well.
_COMPARED = re.compile(
    r"\b(?:from|than|with|to|over|after|since)\s(?:[^,;]{0,20}\s)?(?:last|in)\b|\blast (?:month|year)['’]s",
    re.IGNORECASE,
)


def beside(claim: str, evidence: Sequence[str], context: str) -> str:
    """What stands beside the evidence, with the days that the evidence means for the days on which it was published.

    "The bridge opened on Saturday", published on Monday, 5 May 2025, tells of Saturday, 3 May 2025. The day of
    publication itself is evidence of a statement about the reporting only; its month and year are evidence of any,
    unless the sentence tells of another time.

    Args:
        claim: may speak of the reporting: "CNN reported on 5 May 2025 that …".
        evidence: sentences, in the order of the context where that has a day for each.
        context: headlines, outlets and days, as `rag.settle.context_of` writes them.
    """
    published = list(_PUBLISHED.finditer(context))
    days = [day for m in published if (day := _date(int(m["year"]), m["month"], int(m["day"])))]
    if not days or len(published) > len(evidence):
        return context
    paired = len(days) == len(evidence)
    seen = [[day] for day in days] if paired else [days] * len(evidence)
    told = [[name for day in near for name in _told(text, day)] for text, near in zip(evidence, seen, strict=True)]
    stated = [_stated(match, days[0]) for text in evidence for match in DATE.finditer(text)]
    parts, end = [], 0
    for i, match in enumerate(published):
        another = paired and bool(told[i]) and not _COMPARED.search(evidence[i])
        parts += [context[end : match.start("day")], _standing(claim, match, another=another)]
        end = match.end()
    meant = [*(name for names in told for name in names), *(_full(day) for day in stated if day)]
    return "; ".join(["".join(parts) + context[end:], *meant])


def as_told(claim: str, evidence: Sequence[str], context: str) -> str:
    """The claim with the evidence's own words for its days: "on Monday" for "on 10 March 2025".

    Only days and years that the words of the evidence mean, by the days of the context, and that it does not write out.
    """
    if not re.search(r"\d", claim):
        return claim
    joined = " ".join(evidence)
    published = [day for m in _PUBLISHED.finditer(context) if (day := _date(int(m["year"]), m["month"], int(m["day"])))]
    paired = len(published) == len(evidence)
    for i, text in enumerate(evidence):
        for day in published[i : i + 1] if paired else published[:1] if len(set(published)) == 1 else ():
            for phrase, meant in _meant(text, day):
                written = meant if isinstance(meant, str) else _written(meant)
                if not re.search(written, joined, re.IGNORECASE):
                    claim = re.sub(written, phrase, claim, count=1, flags=re.IGNORECASE)
    return claim[:1].upper() + claim[1:]


def _meant(text: str, published: date) -> Iterator[tuple[str, date | str]]:
    """Words for a day, with the day; for a year, with how a claim may write it."""
    ahead = bool(_FUTURE.search(text))
    for match in _WEEKDAY.finditer(text):
        for day in _weekday(match["name"], (match["which"] or "").lower(), published, ahead=ahead):
            yield f"on {match.group()}" if not match["which"] else match.group(), day
    for match in _NEAR.finditer(text):
        yield match.group(), published + timedelta(days=_OFFSETS[match.lastgroup or "today"])
    for match in _PERIOD.finditer(text):
        if match["unit"].lower() == "year":
            yield match.group(), rf"\bin {next(_period(match['which'].lower(), 'year', published))}\b"


def _written(day: date) -> str:
    """How a claim may write the day, as a pattern."""
    number = rf"0?{day.day}(?:st|nd|rd|th)?"
    month = f"(?:{day:%B}|{day:%b}\\.?)"
    return (
        rf"(?:\bon )?\b(?:{day:%A},? )?(?:(?:the )?{number} (?:of )?{month}|{month} {number})(?!\d)"
        rf"(?:,? {day.year}\b(?:,(?= ))?)?"
    )


def _standing(claim: str, published: re.Match[str], *, another: bool) -> str:
    """What the day of publication is evidence of: all of it, its month and year, or nothing (`another` is told)."""
    label = published.group().lower() if published["outlet"] else ""
    if _REPORTING.search(claim) or (label and label in claim.lower()):
        return f"{published['day']} {published['month']} {published['year']}"
    return "" if another else f"{published['month']} {published['year']}"


def _told(text: str, published: date) -> Iterator[str]:
    """The days, months and years that a sentence tells by words which depend on the day of its publication."""
    ahead = bool(_FUTURE.search(text))
    for match in _WEEKDAY.finditer(text):
        for day in _weekday(match["name"], (match["which"] or "").lower(), published, ahead=ahead):
            yield _full(day)
    for match in _NEAR.finditer(text):
        yield _full(published + timedelta(days=_OFFSETS[match.lastgroup or "today"]))
    for match in _PERIOD.finditer(text):
        yield from _period(match["which"].lower(), match["unit"].lower(), published)
    for match in _IN_MONTH.finditer(text):
        later = MONTHS.index(match["month"].lower()) + 1 > published.month
        for year in {published.year - later, published.year} if ahead else {published.year - later}:
            yield f"{match['month'].title()} {year}"


def _full(day: date) -> str:
    return f"{day:%A} {spoken(day)}"


def _weekday(name: str, which: str, published: date, *, ahead: bool) -> set[date]:
    """The days that a weekday may be, seen from the publication: the last one, unless the words tell more."""
    past = published - timedelta(days=(published.weekday() - WEEKDAYS.index(name.lower())) % 7)
    week = timedelta(days=7)
    if which == "last":
        return {past - week, past} - {published}
    return {past, past + week} if ahead else {past}


def _period(which: str, unit: str, published: date) -> Iterator[str]:
    step = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "year":
        yield str(published.year + step)
    elif unit == "month":
        months = published.year * 12 + published.month - 1 + step
        yield f"{MONTHS[months % 12].title()} {months // 12}"
    else:
        monday = published + timedelta(days=7 * step - published.weekday())
        for day in {monday, monday + timedelta(days=6)}:
            yield f"{day:%B %Y}"


def _stated(match: re.Match[str], published: date) -> date | None:
    """A day that a sentence states; without its year, the one nearest to the publication."""
    month, day = match["m"] or match["m2"], int(match["d"] or match["d2"])
    years = [int(match["y"])] if match["y"] else range(published.year - 1, published.year + 2)
    found = [stated for year in years if (stated := _date(year, month, day))]
    return min(found, key=lambda stated: abs(stated - published), default=None)


def _date(year: int, month: str, day: int) -> date | None:
    """None where there is no such day."""
    number = [name[:3] for name in MONTHS].index(month[:3].lower()) + 1
    try:
        return date(year, number, day)
    except ValueError:
        return None
