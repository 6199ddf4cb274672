"""Minimal corruptions of true sentences: one fact changed, all else alike (after FactCC, Kryściński et al. 2020).

They train the learned verifier and test every verifier: a sentence taken from an article is supported by it, the same
sentence with another number, date, name, place, speaker or sense is not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from eval.opposites import ALIKE, MONTHS, NUMBER_WORDS, OPPOSITE, PLACES, WEEKDAYS

_NUMBER = re.compile(r"(?<![\w.,:-])\d{1,3}(?:,\d{3})+(?![\d:])|(?<![\w.,:-])\d+(?:\.\d+)?(?![\w,.:]*\d)")
_SPELLED = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})\b")
_YEAR = re.compile(r"(?<![\w.,$£€-])(?:19|20)\d\d(?![\w,]*\d)")
_MONTH = re.compile(rf"\b({'|'.join(m for m in MONTHS if m != 'May')})\b")
_DAY = re.compile(rf"\b({'|'.join(WEEKDAYS)})\b")
_PLACE = re.compile(rf"(?<![A-Z][a-z] )\b({'|'.join(PLACES)})\b(?!['’]|\s+[A-Z])")
_NAME = re.compile(r"\b[A-Z][a-z][\w’'-]*(?:\s+(?:[A-Z]\.\s+)?[A-Z][a-z][\w’'-]*)*\b")
_NO_NAME = frozenset(
    """The A An He She It They We I You But And In On At This That These Those His Her Its Their There When While After
    Before As If However Meanwhile For From With What Who Why How Some Many Most More One Also According Officials Mr
    Mrs Ms Dr President Prime Minister Sen Rep Gov Two Three Four Five Six Seven Eight Nine Ten Last Next No Not All
    Both Each Every Since Until During Under Over Later Earlier Another Other Such So Yet Then Now Here Even
    Still""".split()
)
_SAYS = r"said|says|told|added|argued|warned|announced|tweeted|wrote|insisted"
_BEFORE = re.compile(rf"({_NAME.pattern})(?=,?\s+(?:{_SAYS})\b)")
_AFTER = re.compile(rf"(?<=said )({_NAME.pattern})|(?<=says )({_NAME.pattern})|(?<=according to )({_NAME.pattern})")
_AUXILIARY = re.compile(
    r"\b(is|was|are|were|has|have|had|will|can|could|would|should|did|does)\b(?!\s+(?:not|never)\b)"
)
_DENIED = re.compile(r"\b(is|was|are|were|has|have|had|will|could|would|should|did|does)(?:n['’]t| not| never)\b ?")
_HEDGE = re.compile(r"\b(may|might|could) (?=[a-z])")
_UNSURE = re.compile(
    r"(?<!more )(?<!most )(?<!less )\b(?:allegedly|reportedly|apparently|possibly|probably|likely|potentially|"
    r"supposedly|purportedly|presumably|alleged|suspected|nearly|almost) (?=[a-z])"
)
_SYMMETRIC = re.compile(r"^\s*(?:,|and|or|&|,\s*and|’s|'s|-|–|with|versus|vs\.?)\s*$")
_WORD = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True, slots=True)
class Corruption:
    """A changed sentence.

    Attributes:
        kind: what was changed: number, date, name, place, speaker, role, negation, antonym, hedge or alike.
        text: the sentence with that change.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Pool:
    """What may be put in the place of a sentence's own facts: names, numbers and places of the texts around it."""

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    @classmethod
    def of(cls, sentences: Iterable[str]) -> Pool:
        """What the sentences hold, each once, in order."""
        text = list(sentences)
        return cls(
            tuple(dict.fromkeys(name for s in text for name in names(s) if name not in PLACES)),
            tuple(dict.fromkeys(m.group() for s in text for m in _NUMBER.finditer(s))),
            tuple(dict.fromkeys(m.group() for s in text for m in _PLACE.finditer(s))),
        )

    def __add__(self, other: Pool) -> Pool:
        return Pool(self.names + other.names, self.numbers + other.numbers, self.places + other.places)


def names(text: str) -> list[str]:
    """Capitalised names in a text, in order; a sentence's first word only as a part of a longer name."""
    found = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        while words and words[0] in _NO_NAME:
            words = words[1:]
        starts = match.start() == 0 or text[: match.start()].rstrip()[-1:] in (".", "?", "!", "“", '"', ":")
        name = " ".join(words).removesuffix("'s").removesuffix("’s")
        if not words or (starts and len(words) == 1) or name in MONTHS or name in WEEKDAYS or len(name) < 3:
            continue
        found.append(name)
    return found


def corruptions(sentence: str, pool: Pool, rng: random.Random) -> Iterator[Corruption]:
    """Each kind of corruption that the sentence admits, once.

    Args:
        sentence: true, with its capitals.
        pool: what may be put in place of its facts.
        rng: draws where there is a choice.
    """
    for kind, change in _CHANGES.items():
        text = change(sentence, pool, rng)
        if text and text != sentence:
            yield Corruption(kind, text)


def _number(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    found = [m for m in _NUMBER.finditer(sentence) if not _YEAR.fullmatch(m.group())]
    found = [m for m in found if not re.search(rf"(?:{'|'.join(MONTHS)})\s$", sentence[: m.start()])]
    spelled = list(_SPELLED.finditer(sentence))
    if not found and not spelled:
        return None
    match = rng.choice([*found, *spelled])
    old = match.group()
    if old in NUMBER_WORDS:
        return _put(sentence, match, rng.choice([w for w in NUMBER_WORDS if w != old]))
    like = [
        n
        for n in pool.numbers
        if ("," in n, "." in n, len(n)) == ("," in old, "." in old, len(old)) and n not in sentence
    ]
    like = [n for n in like if not _YEAR.fullmatch(n)]
    if like and rng.random() < 0.6:
        return _put(sentence, match, rng.choice(like))
    value = float(old.replace(",", ""))
    new = value
    while new == value:
        shift = rng.choice([-3, -2, -1, 1, 2, 3, 5, 10])
        new = value + shift if value < 100 else round(value * rng.choice([0.5, 0.8, 1.1, 1.3, 2])) + shift
        new = abs(new) or value + 4
    if "." in old:
        return _put(sentence, match, f"{new:.{len(old.partition('.')[2])}f}")
    return _put(sentence, match, f"{round(new):,}" if "," in old else str(round(new)))


def _date(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    del pool
    choices: list[tuple[re.Match[str], str]] = []
    choices += [(m, rng.choice([x for x in MONTHS if x != m.group()])) for m in _MONTH.finditer(sentence)]
    choices += [(m, rng.choice([x for x in WEEKDAYS if x != m.group()])) for m in _DAY.finditer(sentence)]
    choices += [(m, str(int(m.group()) + rng.choice([-3, -2, -1, 1, 2]))) for m in _YEAR.finditer(sentence)]
    return _put(sentence, *rng.choice(choices)) if choices else None


def _name(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    mine = [n for n in names(sentence) if n not in PLACES]
    if not mine:
        return None
    old = rng.choice(mine)
    words = set(sentence.split())
    like = [
        o for o in pool.names if len(o.split()) == len(old.split()) and o not in sentence and not set(o.split()) & words
    ]
    return re.sub(rf"\b{re.escape(old)}\b", rng.choice(like).replace("\\", ""), sentence) if like else None


def _place(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    found = list(_PLACE.finditer(sentence))
    if not found:
        return None
    near = [p for p in pool.places if p not in sentence]
    far = [p for p in PLACES if p not in sentence]
    return _put(sentence, rng.choice(found), rng.choice(near if near and rng.random() < 0.5 else far))


def _speaker(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    found = [
        m for m in (*_BEFORE.finditer(sentence), *_AFTER.finditer(sentence)) if m.group().split()[0] not in _NO_NAME
    ]
    like = [o for o in pool.names if o not in sentence and o not in PLACES]
    if not found or not like:
        return None
    return _put(sentence, rng.choice(found), rng.choice(like))


def _role(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    del pool
    mine = list(dict.fromkeys(names(sentence)))
    first = _NAME.match(sentence)  # a name of one word that begins the sentence
    if first and first.group().split()[0] not in _NO_NAME and not any(first.group() in name for name in mine):
        mine.insert(0, first.group())
    pairs = []
    for one in mine:
        for two in mine:
            i, j = sentence.find(one), sentence.find(two)
            if i + len(one) >= j or one in two or two in one:
                continue
            between = sentence[i + len(one) : j]
            alike = (one in PLACES) == (two in PLACES)
            if alike and not _SYMMETRIC.match(between) and re.search(r"[a-z]{3}", between):
                pairs.append((i, one, j, two))
    if not pairs:
        return None
    i, one, j, two = rng.choice(pairs)
    return f"{sentence[:i]}{two}{sentence[i + len(one) : j]}{one}{sentence[j + len(two) :]}"


def _negation(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    del pool
    denied = _DENIED.search(sentence)
    if denied:
        return _put(sentence, denied, f"{denied.group(1)} ")
    outside = [m for m in _AUXILIARY.finditer(sentence) if not _in_quote(sentence, m.start())]
    if not outside:
        return None
    match = outside[0] if rng.random() < 0.7 else rng.choice(outside)
    never = match.group() in ("has", "have", "had")
    return _put(sentence, match, f"{match.group()} {'never' if never else 'not'}")


def _antonym(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    del pool
    found = [m for m in re.finditer(r"[a-z]+", sentence) if m.group() in OPPOSITE]
    if not found:
        return None
    match = rng.choice(found)
    return _put(sentence, match, OPPOSITE[match.group()])


def _hedge(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    """A possibility as a plan, or a suspicion as a fact."""
    del pool
    possible = _HEDGE.search(sentence)
    if possible and re.match(r"\w+ (?:not|have)\b", sentence[possible.start() :]):
        possible = None
    unsure = next((m for m in _UNSURE.finditer(sentence) if not _in_quote(sentence, m.start())), None)
    if unsure and (not possible or rng.random() < 0.5):
        return f"{sentence[: unsure.start()]}{sentence[unsure.end() :]}"
    return _put(sentence, possible, "will ") if possible else None


def _alike(sentence: str, pool: Pool, rng: random.Random) -> str | None:
    """Another of the same sort: a mayor for a governor, silver for bronze."""
    del pool
    found = [m for m in _WORD.finditer(sentence) if m.group() in ALIKE]
    if not found:
        return None
    match = rng.choice(found)
    return _put(sentence, match, rng.choice([w for w in ALIKE[match.group()] if w not in sentence] or [""])) or None


def _in_quote(sentence: str, at: int) -> bool:
    before = sentence[:at]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1


def _put(sentence: str, match: re.Match[str], new: str) -> str:
    return f"{sentence[: match.start()]}{new}{sentence[match.end() :]}" if new else ""


_CHANGES: dict[str, Callable[[str, Pool, random.Random], str | None]] = {
    "number": _number,
    "date": _date,
    "name": _name,
    "place": _place,
    "speaker": _speaker,
    "role": _role,
    "negation": _negation,
    "antonym": _antonym,
    "hedge": _hedge,
    "alike": _alike,
}
