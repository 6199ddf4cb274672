"""What is measured: a magnitude, a length, a rate, a rise; and which figure of a sentence is the one that is asked for.

The figure's place in the sentence decides: "lasted 12 hours" tells how long, "12 hours later" does not. Forms that are
not listed are left alone: better no comparison than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from rag.days import MONTHS
from rag.names import names
from rag.quantities import Quantity
from rag.terms import stem

WHAT = r"\bwhat(?:['’]s|\s+(?:is|was|are|were))?\s+(?:the\s+)?(?:(?:final|latest|official|current|total|exact)\s+){0,2}"

_LENGTHS = frozenset("miles kilometers meters centimeters feet inches yards".split())
_TIMES = frozenset("minutes hours days weeks months years decades".split())
_AREAS = frozenset({"acres", "hectares", "square miles", "square kilometers"})
_DEGREES = frozenset({"degrees Celsius", "degrees Fahrenheit"})
_SPEEDS = frozenset({"miles per hour", "kilometers per hour"})
_CHANGES = frozenset({"%", "usd", "eur", "gbp", "jpy"})

_UNIT = r"[\s-]?[\w²°/]+"  # behind the figure, which "#" stands for
_DOWN = (
    r"f[ae]ll(?:en|s|ing)?|drop\w*|declin\w*|slip\w*|slump\w*|plung\w*|tumbl\w*|s[aiu]nk\w*|slid\w*|decreas\w*"
    r"|shr[aiu]nk\w*|down"
)
_UP = r"r[io]se\w*|rising|climb\w*|jump\w*|gr[eo]w\w*|increas\w*|surg\w*|soar\w*|up"
_LINK = (
    r"rate|figure|has|have|had|been|stood|stands?|stay(?:s|ed)|remain(?:s|ed)|now|currently|rose|risen|fell|fallen"
    r"|climbed|dropped|eased|slowed|slipped|jumped|edged|ticked|accelerated|cooled|up|down|in|for|the|year|month|last|this"
    rf"|{'|'.join(MONTHS)}"
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a question has measured.

    Attributes:
        beside: what stands beside the figure, for which "#" stands.
        units: of which the figure must have one; empty where it has none.
        asking: stems of words that only ask, and need not stand in an answer.
        apart: how far apart reports of one event may lie.
        slack: by how much one figure may be told in two ways.
        partly: what tells that a figure is of a part of the time.
    """

    beside: re.Pattern[str]
    units: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    apart: timedelta = timedelta(days=180)
    slack: Decimal = Decimal(0)
    partly: re.Pattern[str] | None = None

    def unit(self, quantity: Quantity, before: str, behind: str) -> str | None:
        """The unit of a figure between these words, "" for none; None where it is not what is measured."""
        unit = next((unit for unit in (quantity.kind, quantity.of) if unit in self.units), "")
        text = f"{before}#{behind}"
        if bool(self.units) != bool(unit) or not self.beside.search(text) or (self.partly and self.partly.search(text)):
            return None
        return unit


def measured(question: str) -> Measure | None:
    """What is measured, by the question's form."""
    for asks, measure in _FORMS:
        if match := asks.search(question):
            return measure(match) if callable(measure) else measure
    return None


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


def _beside(pattern: str, units: frozenset[str] = frozenset(), asking: str = "") -> Measure:
    return Measure(re.compile(pattern, re.IGNORECASE), units, _stems(asking))


def _far(asked: re.Match[str]) -> Measure | None:
    places = "|".join(re.escape(name.text) for name in names(asked.string))
    if not places:
        return None
    return _beside(
        rf"#{_UNIT}\s+(?:away\s+)?(?:[a-z]+\s+of|from)\s+(?:the\s+)?(?:{places})\b", _LENGTHS, "far distance"
    )


def _age(asked: re.Match[str]) -> Measure | None:
    named = [name for name in names(asked.string) if name.kind == "person"]
    if len(named) != 1:
        return None
    # The surname alone, not that of another of the family.
    who = rf"(?:{re.escape(named[0].text)}|(?:^|\b[a-z]+\s|\bM(?:r|rs|s)\.?\s){re.escape(named[0].last)})"
    stands = rf"{who}(?:,\s+(?:aged\s+)?#\s*[,.]|\s+(?:is|was|turned)\s+#(?:\s*[,.]|\s+years?\s+old)?(?!\s?[\w%]))"
    return Measure(
        re.compile(rf"{stands}|#-year-old(?:\s+[a-z-]+){{0,2}}\s+{re.escape(named[0].text)}\b"),
        asking=_stems("old age"),
        slack=Decimal(1),  # a birthday may lie between
    )


def _rate(asked: re.Match[str]) -> Measure:
    noun = re.escape((asked["noun"] or asked["of"] or asked["known"]).lower())
    own = "|".join(re.escape(word) for word in re.findall(r"[\w-]+", asked.string))
    # "core inflation" is another rate, "US inflation" may be the one that is asked for.
    lead = (
        r"(?:^\W*|[.,;:]\s"
        rf"|\b(?:the|a|an|its|their|annual|overall|headline|official|\w+['’]s?|(?-i:[A-Z]{{2,}})|{own})\s)"
    )
    ends = r"(?:at|to|of|is|was|were|hit|reached)"
    return _beside(
        rf"{lead}(?:rate\s+of\s+)?{noun}(?:\s+(?:{_LINK}))*\s+{ends}\s+#|(?:a|an|the|at|of)\s+#\s+(?:annual\s+)?{noun}\b",
        frozenset("%"),
        "rate",
    )


def _change(asked: re.Match[str]) -> Measure:
    verbs, asking = (_DOWN, "down") if asked["down"] else (_UP, "up")
    during = r"early|opening|intraday|at one point|pre-?market|after-hours|so far|since|years?|quarter|months?|weeks?"
    return Measure(
        re.compile(rf"\b(?:{verbs})\s+(?:by\s+)?#|\ban?\s+#\s+(?:{verbs})\b", re.IGNORECASE),
        _CHANGES,
        _stems(f"{asking} {(asked['down'] or asked['up']).lower()}"),
        apart=timedelta(days=3),
        partly=None if re.search(during, asked.string) else re.compile(rf"\b(?:{during})\b", re.IGNORECASE),
    )


def _size(word: str, noun: str) -> Measure:
    pattern = rf"#{_UNIT}[\s-](?:{word}|in {noun})\b|\b{noun}\s+(?:of|is|was)\s+#"
    return _beside(pattern, _LENGTHS, f"{word.replace('|', ' ')} {noun}")


_RATE = (
    r"\bwhat(?:['’]s|\s+(?:is|was))\b[^?]*?\b(?:rate\s+of\s+(?P<of>[a-z-]+)|(?P<noun>[a-z-]{3,})\s+rate"
    r"|(?P<known>inflation|unemployment|turnout))\b"
)
_EARTHQUAKE = "earthquake quake tremor magnitude strong powerful big strength measure"
_FORMS: tuple[tuple[re.Pattern[str], Measure | Callable[[re.Match[str]], Measure | None]], ...] = tuple(
    (re.compile(asks, re.IGNORECASE), measure)
    for asks, measure in (
        (
            rf"{WHAT}(?:magnitude|strength)\b|\bhow (?:strong|powerful|big)\b[^?]*\b(?:earth)?quake\b",
            Measure(
                re.compile(
                    r"\bmagnitude[\s-](?:of\s+)?#|#[\s-]magnitude\b|#\s+on\s+the\s+Richter|\bmeasur(?:ed|ing)\s+#",
                    re.IGNORECASE,
                ),
                asking=_stems(_EARTHQUAKE),
                partly=re.compile(
                    r"\b(?:aftershocks?|foreshocks?|second|another|previous|earlier|first)\b", re.IGNORECASE
                ),
            ),
        ),
        (r"\bhow old\b", _age),
        (r"\bhow far\b", _far),
        (
            r"\bhow long\b[^?]*\b(?:jail|sentence|imprison|prison)",
            _beside(
                r"\b(?:jailed|imprisoned)\s+(?:for\s+)?#|\bsentenced\s+to\s+#"
                rf"|#{_UNIT}\s+(?:in (?:prison|jail)|behind bars)",
                _TIMES,
                "long jail jailed sentence sentenced prison imprisoned",
            ),
        ),
        (
            r"\bhow long\b",
            _beside(
                rf"#{_UNIT}[\s-](?:long|in length)\b|\blength\s+(?:of|is|was)\s+#"
                r"|\b(?:last(?:ed|s|ing)?|took|takes?|taking)\s+(?:for\s+)?#",
                _LENGTHS | _TIMES,
                "long length last take",
            ),
        ),
        (r"\bhow (?:tall|high)\b", _size("tall|high", "height")),
        (r"\bhow deep\b", _size("deep", "depth")),
        (r"\bhow wide\b", _size("wide", "width")),
        (
            r"\bhow (?:fast|strong)\b[^?]*\bgusts?\b",
            _beside(r"\bgust(?:s|ed|ing)?\s+(?:of|at|to|reach\w*|hit)\s+(?:up to\s+)?#", _SPEEDS, "fast strong gust"),
        ),
        (
            r"\bhow (?:fast|strong)\b[^?]*\bwinds?\b",
            _beside(r"\bwinds?\s+(?:of|at|to|reach\w*|hit)\s+(?:up to\s+)?#", _SPEEDS, "fast strong wind"),
        ),
        (
            rf"{WHAT}(?:\w+\s+)?temperature\b|\bhow (?:hot|cold|warm)\b",
            _beside(
                r"\btemperatures?\s+(?:(?:in|has|have|had)\s+(?:\w+\s+)?)?"
                r"(?:of|at|(?:rose|climbed|fell|dropped)\s+to|hit|reached|was|topped)\s+#",
                _DEGREES,
                "hot cold warm temperature",
            ),
        ),
        (
            r"\bhow (?:big|large)\b",
            _beside(
                r"\b(?:burn\w*|scorch\w*|consum\w*|charr\w*|cover\w*|blacken\w*|(?:grew|grown) to"
                r"|spread (?:to|over|across))\s+#|#[\s-][a-z]+\s+(?:fire|blaze|wildfire)\b",
                _AREAS,
                "big large",
            ),
        ),
        (rf"\b(?:by )?how much\b[^?]*?\b(?:(?P<down>{_DOWN})|(?P<up>{_UP}))\b", _change),
        (_RATE, _rate),
    )
)
