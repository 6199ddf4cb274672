"""Names in a question or a report, and what each may stand for: enough to tell whom "he" or "there" can mean.

Rules over capital letters and the words beside a name, no model. A wrong guess costs a search, never a claim: what is
searched for is shown, and answers rest on articles alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rag.name_words import ATTRIBUTES, CALENDAR, DEMONYMS, FIRST_OF_THINGS, PARTICLES, THINGS, TITLES
from rag.terms import STOPWORDS

Kind = Literal["person", "place", "other"]

_TITLE = "Prime Minister|" + "|".join(TITLES)
_TITLED = re.compile(rf"^(?:{'|'.join(TITLES)})\.?\s+(?=[A-Z])")
_AFTER_TITLE = re.compile(rf"\b(?:{'|'.join(TITLES)})\.?\s+$")
_SAYS = (
    r"(?:say|said|says|tell|told|think|thinks|thought|add|added|argue|argued|warn|warned|deny|denied|promise|promised)"
)
_PERSON_AFTER = re.compile(rf"^(?:,?\s+(?:who|whose)\b|,\s+\d\d\b|,\s+an?\s+\d\d-year-old\b|\s+{_SAYS}\b)")
_BEFORE_VERB = re.compile(r"\b(?:did|does|do|has|had|will|would)\s+$")
_IN = re.compile(r"\b(?:in|at|near|outside|inside|across|around|to|from)\s+$", re.IGNORECASE)
_THE = re.compile(r"\bthe\s+$", re.IGNORECASE)
_WHICH = re.compile(r"\b(?:which|what)\s+$", re.IGNORECASE)

_WORD = r"(?:(?:Mr|Mrs|Ms|Dr|St|Sen|Rep|Gov|Gen)\.|[A-Z]\.(?:[A-Z]\.)*|[^\W\d_a-z][\w’'&-]*)"
_INNER = r"(?:of\s+the|of|von\s+der|van\s+der|van\s+den|de\s+la|de|del|van|von|der|bin|al|la|le|du)"
_NAME = re.compile(rf"(?<![\w’'-]){_WORD}(?:\s+(?:{_INNER}\s+)?{_WORD}|\s+\d{{1,3}}(?![\w%.,]))*")
_POSSESSIVE = re.compile(r"['’]s?$")

_CAMEL = re.compile(r"(?<!Mc)(?<!Mac)(?<=[a-z])[A-Z]")  # SpaceX, not McDonald

MAX_WORDS = 5


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands in the text, without possessive; `sure`: its kind rests on more than its look."""

    text: str
    kind: Kind
    start: int
    sure: bool

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.start + len(self.text)

    @property
    def last(self) -> str:
        """Its last word: a person's surname."""
        return self.text.split()[-1]


def names(text: str) -> list[Name]:
    """The names in a text, in order. Days, months, adjectives of origin and what "which" asks for are none."""
    found: list[Name] = []
    for match in _NAME.finditer(text):
        for start, end in _cut(match.group()):
            at = match.start() + start
            name = _POSSESSIVE.sub("", match.group()[start:end])
            if not _WHICH.search(text[:at]):
                kind, sure = _kind(name, text[:at], text[at + len(name) :])
                found.append(Name(name, kind, at, sure))
    return found


def _cut(run: str) -> Iterator[tuple[int, int]]:
    """Spans of the names in a run of capitalised words: cut behind possessives, at words that are none, at "of"."""
    kept: list[re.Match[str]] = []
    for token in [*re.finditer(r"\S+", run), None]:
        word = _POSSESSIVE.sub("", token.group()) if token else ""
        of = word == "of" and bool(kept) and kept[-1].group() not in THINGS
        if token and not (of or _no_name(word)):
            kept.append(token)
            if word == token.group():
                continue
        while kept and not _bears(kept[0].group()):
            kept = kept[1:]
        while kept and kept[-1].group().islower():
            kept = kept[:-1]
        if 0 < len(kept) <= MAX_WORDS and any(c.isalpha() for c in kept[0].group()):
            yield kept[0].start(), kept[-1].end()
        kept = []


def _bears(word: str) -> bool:
    """Whether a name can begin with it."""
    return not word.islower() and not word.isdigit()


def _no_name(word: str) -> bool:
    bare = word.rstrip(".")
    acronym = len(bare) > 1 and bare.isupper()  # "US", "IT" and "WHO" are names, "Us" and "Who" are not
    capital = word[:1].isupper() and not acronym
    return bare in CALENDAR or bare in DEMONYMS or (capital and bare.lower() in STOPWORDS | ATTRIBUTES | PARTICLES)


def _kind(name: str, before: str, after: str) -> tuple[Kind, bool]:
    words = name.split()
    if _TITLED.match(name) or _AFTER_TITLE.search(before):
        return "person", True
    if _THE.search(before) or words[-1] in THINGS or words[0] in FIRST_OF_THINGS:
        return ("place", True) if _IN.search(before) else ("other", True)
    if _PERSON_AFTER.match(after):
        return "person", len(words) > 1 or bool(_BEFORE_VERB.search(before))
    if _IN.search(before):
        return "place", True
    if any(c.isdigit() for c in name) or any((len(w) > 1 and w.isupper()) or _CAMEL.search(w) for w in words):
        return "other", True
    return ("person", True) if 2 <= len(words) <= 4 else ("other", False)
