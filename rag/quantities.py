"""Numbers as they are meant: "$106 billion" is 106bn and is not $105 billion; "three" is 3, and "−3" is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from rag.counted import DAY, YEAR, contradict, counted, soft

_UNITS = dict(
    zip(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_ORDINALS = dict(
    zip(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        range(1, 13),
        strict=True,
    )
)
_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "k": 10**3, "million": 10**6, "mln": 10**6, "m": 10**6, "mn": 10**6,
    "billion": 10**9, "bln": 10**9, "bn": 10**9, "b": 10**9, "trillion": 10**12, "tn": 10**12, "trn": 10**12,
}  # fmt: skip
# "Dozens" are two at least.
_LEAST = {"dozens": 24, "hundreds": 200, "thousands": 2000, "millions": 2 * 10**6, "billions": 2 * 10**9}
_MANY = re.compile(rf"\b(?:{'|'.join(_LEAST)})\b")
_CURRENCIES = {
    "$": "usd", "us$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₹": "inr", "₩": "krw", "₽": "rub",
    "dollar": "usd", "dollars": "usd", "euro": "eur",
    "euros": "eur", "pound": "gbp", "pounds": "gbp", "yen": "jpy", "usd": "usd", "eur": "eur", "gbp": "gbp",
}  # fmt: skip
_SPELLED = "|".join([*_UNITS, *_TENS, *_ORDINALS, "hundred", "thousand", "million", "billion", "trillion"])

# A hyphen is a minus sign in front of a number only, not in "2019-2020", "a 10-5 win", "COVID-19", nor in a range that
# was written with one blank.
_MINUS = r"(?<![^\s(\[:;,/\"'“‘])(?<!\d\s)[-−](?=(?:US)?[$€£¥₹₩₽]?\d)|(?<![\w-])(?<!or\s)minus\s+"
# "Fell 0.3%" is "-0.3%"; "fell to 0.3%" is not.
_LESS = r"falls?|fell|drop|decline|decrease|contraction|loss"
_FALLING = re.compile(
    rf"\b(?:{_LESS}|(?:drop|declin|decreas|contract)(?:e?d|e?s|ped|ping|ing)"
    r"|sh(?:rank|runk|rinks?|rinking)|falling|fallen|lost|down)"
    r"\s+(?:(?:by|of|an?|about|around|nearly|almost|some|another|further)\s+){0,2}$",
    re.IGNORECASE,
)
_FALL = re.compile(rf"[\s-](?:{_LESS})\b", re.IGNORECASE)
_NUMBER = re.compile(
    rf"""(?P<minus>{_MINUS})?(?P<currency>US\$|[$€£¥₹₩₽])?\s?
    (?:(?P<digits>\d+(?:[.,]\d+)*)(?P<ordinal>st|nd|rd|th)?|(?P<words>\b(?:{_SPELLED})(?:[\s-]+(?:and[\s-]+)?(?:{_SPELLED}))*\b))
    (?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion|mln|bln|trn|bn|tn|mn|[kmb])(?![a-z]))?
    (?:\s?(?P<percent>%|percent\b|per\s?cent\b|pct\b|percentage\s+points?\b))?
    (?:\s(?P<after>dollars?|euros?|pounds?|yen|USD|EUR|GBP)\b)?""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its kind: a currency code, "%" or "" (a count, a year, a day), and what it counts.

    `fallen`: it says how far something fell, so that the same number with a minus sign says the same.
    """

    value: Decimal
    kind: str
    of: str = ""
    fallen: bool = field(default=False, compare=False)

    def agrees(self, other: Quantity) -> bool:
        """Whether the two can be the same statement: equal values, and kinds that do not contradict each other."""
        fallen = (self.value > other.value and self.fallen) or (other.value > self.value and other.fallen)
        if self.value != (-other.value if fallen else other.value) or contradict(self.of, other.of):
            return False
        # "3.8 points" is not 3.8%; a sum may leave out its currency.
        return self.kind == other.kind or ("%" not in (self.kind, other.kind) and "" in (self.kind, other.kind))


def quantities(text: str) -> list[Quantity]:
    """Every number in the text, in order. The lone word "one" is left out: it is a pronoun more often than a count."""
    return [quantity for quantity, _, _ in located(text)]


def located(text: str) -> Iterator[tuple[Quantity, int, int]]:
    """The same numbers, each with the half-open span in which it is written."""
    for match in _NUMBER.finditer(text):
        if match["digits"]:
            value = _digits(match["digits"])
        else:
            value = _spelled(match["words"])
            if match["words"].lower() in ("one", "second") and not (match["scale"] or match["percent"]):
                continue
        if match["scale"]:
            value *= _SCALES[match["scale"].lower()]
        if match["minus"]:
            value = -value
        sign = (match["currency"] or match["after"] or "").lower()
        kind = "%" if match["percent"] else _CURRENCIES.get(sign, "")
        of = "" if kind else counted(text, match.start("digits" if match["digits"] else "words"), match.end())
        before = text[max(0, match.start() - 40) : match.start()] + " "
        fallen = bool(_FALLING.search(before) or _FALL.match(text, match.end()))
        yield Quantity(value.normalize(), kind, of, fallen), match.start(), match.end()


def missing_quantities(claim: str, evidence: str) -> list[str]:
    """The numbers of the claim that the evidence does not state, as they would be written."""
    named, vague = quantities(claim), set(_MANY.findall(claim.lower())) - set(_MANY.findall(evidence.lower()))
    stated = quantities(evidence) if named or vague else []
    many = [word for word in sorted(vague) if not any(_so_many(word, other) for other in stated)]
    return many + [
        f"{wanted.value:f}{' ' + wanted.kind if wanted.kind else ''}"
        for wanted in named
        if not any(wanted.agrees(other) for other in stated) or _swapped(wanted, stated)
    ]


def _so_many(word: str, stated: Quantity) -> bool:
    """Whether the number may be told as "dozens": it is twice as much at least, and no day or year."""
    least = _LEAST[word]
    return stated.of not in (DAY, YEAR) and least <= stated.value < 100 * least


def _swapped(wanted: Quantity, stated: list[Quantity]) -> bool:
    """Whether what is counted has another number, and the number counts something else: 12 goals in 15 games."""
    if not soft(wanted.of):
        return False
    alike = [other for other in stated if other.of == wanted.of]
    equal = [other for other in stated if wanted.agrees(other)]
    return bool(alike) and all(other not in alike and soft(other.of) for other in equal)


def _digits(text: str) -> Decimal:
    groups = re.split(r"[.,]", text)
    # 1,234,567 and 1.234.567 are grouped; 3.5 and 4,25 have a fraction; 1,234 is grouped, as in English.
    grouped = len(groups) > 1 and all(len(group) == 3 for group in groups[1:]) and ("," in text or len(groups) > 2)
    if grouped:
        return Decimal("".join(groups))
    return Decimal("".join(groups[:-1]) + "." + groups[-1]) if len(groups) > 1 else Decimal(text)


def _spelled(text: str) -> Decimal:
    total, current = 0, 0
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in _SCALES and word not in ("k", "m", "b"):
            scale = _SCALES[word]
            if scale == 100:
                current = max(current, 1) * scale
            else:
                total, current = total + max(current, 1) * scale, 0
        elif word != "and":
            current += _UNITS.get(word, _TENS.get(word, _ORDINALS.get(word, 0)))
    return Decimal(total + current)
