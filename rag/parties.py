"""Who does it, and who says it: a claim may not give one party of its evidence what is told of another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.name_words import CALENDAR, NOT_NAMES
from rag.terms import STOPWORDS, stems, words
from rag.verbs import root

_NAME = re.compile(r"[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*")
_SAYING = (
    "said|says|say|told|added|stated|claimed|claims|argued|argues|insisted|warned|warns|announced|wrote|declared|noted"
    "|blamed|blames|believes?|believed|thinks?|thought|fears?|feared|complained|promised|demanded|urged|suggested|estimated"
)
_STATEMENT = re.compile(
    rf"^(?P<who>.{{2,80}}?)\s+(?:(?:had|has|have|also)\s+)*(?:{_SAYING})\b(?:\s+that)?\s(?P<what>.+)$"
)
_CLAUSES = re.compile(r"[;—]|,?\s+(?:while|whereas|but)\s+|,\s+and\s+")
_PRONOUNS = frozenset("he she it they we i who which that this these those".split())
_MUTUAL = frozenset("meet met marri join talk agre".split())
# Shares of what is said or done that another's sentence must hold, and how much there must be of it.
_SAID, _DONE, _LEAST = 0.7, 0.85, 3
# A title stands so near its name.
_NEAR = 3


def parties(claim: str, evidence: Sequence[str]) -> list[str]:
    """What the claim tells of the wrong one of those whom the evidence names."""
    return _exchanged(claim, evidence) or _done_by_another(claim, evidence) or _said_by_another(claim, evidence)


@dataclass(frozen=True, slots=True)
class _Named:
    start: int
    end: int
    parts: tuple[str, ...]


def _names(text: str) -> list[_Named]:
    found = []
    for match in _NAME.finditer(text):
        parts = tuple(
            w for w in words(match.group()) if w not in NOT_NAMES and w not in STOPWORDS and w.title() not in CALENDAR
        )
        if parts:
            found.append(_Named(match.start(), match.end(), parts))
    return found


def _exchanged(claim: str, evidence: Sequence[str]) -> list[str]:
    """Two neighbouring names that have changed places about the same verb."""
    for one, two in pairwise(_names(claim)):
        verb, passive = _joined(claim[one.end : two.start])
        if not verb or verb in _MUTUAL or set(one.parts) & set(two.parts):
            continue
        for sentence in evidence:
            for first, second in pairwise(_names(sentence)):
                turned = first.parts[-1] == two.parts[-1] and second.parts[-1] == one.parts[-1]
                if turned and _joined(sentence[first.end : second.start]) == (verb, passive):
                    mine, other = one.parts[-1].title(), two.parts[-1].title()
                    return [f"the evidence says it of {other} and {mine} the other way round"]
    return []


def _joined(between: str) -> tuple[str, bool]:
    """The first word of weight between two names, and whether it is told in the passive."""
    told = words(between)
    return next((root(word) for word in told if word not in STOPWORDS), ""), "by" in told


def _done_by_another(claim: str, evidence: Sequence[str]) -> list[str]:
    """A sentence holds all that is told of the claim's subject, and has another subject."""
    subject = next(iter(_names(claim)), None)
    if subject is None or len(words(claim[: subject.start])) > _NEAR:
        return []
    rest = set(stems(claim[subject.end :]))
    if len(rest) < _LEAST or not any(set(subject.parts) & set(words(sentence)) for sentence in evidence):
        return []
    for sentence in evidence:
        held, tokens = set(stems(sentence)), words(sentence)
        if len(rest & held) < _DONE * len(rest) or set(subject.parts) & set(tokens) or _PRONOUNS & set(tokens[:3]):
            continue
        own = next((name for name in _names(sentence) if len(name.parts) > 1 or name.start == 0), None)
        if own and len(words(sentence[: own.start])) <= _NEAR and not _one_name(own, subject):
            return [f"the evidence says it of {own.parts[-1].title()}"]
    return []


def _one_name(one: _Named, two: _Named) -> bool:
    """Whether one may be short for the other: "EU", "Fed"."""
    short, long = sorted((one.parts, two.parts), key=lambda parts: len("".join(parts)))
    initials = "".join(part[0] for part in long)
    return short[-1].replace(".", "") == initials or any(part.startswith(short[-1]) for part in long)


def _said_by_another(claim: str, evidence: Sequence[str]) -> list[str]:
    """The claim's speaker is of the evidence, and another says there what the claim has that one say."""
    held = set(stems(" ".join(evidence)))
    told = [statement for sentence in evidence for statement in _statements(sentence)]
    for who, what in _statements(claim):
        if len(what) < _LEAST or not who <= held:
            continue
        near = [(len(what & other) / len(what), speaker) for speaker, other in told]
        share, speaker = max(near, key=lambda one: one[0], default=(0.0, set[str]()))
        own = max((part for part, other in near if who & other), default=0.0)
        if share >= _SAID and own < share and speaker and not _one_party(who, speaker, evidence):
            return [f"the evidence has another say it ({', '.join(sorted(speaker))})"]
    return []


def _statements(text: str) -> Iterator[tuple[set[str], set[str]]]:
    """Stems of who says something, and of what; nobody for a pronoun."""
    for clause in _CLAUSES.split(text):
        found = _STATEMENT.match(clause.strip())
        if found:
            who = words(found["who"].rstrip(" ,").rpartition(", ")[2])[-6:]
            named = set() if _PRONOUNS & set(who[-2:]) else set(stems(" ".join(who)))
            yield named, set(stems(found["what"]))


def _one_party(one: set[str], other: set[str], evidence: Sequence[str]) -> bool:
    """Whether the two may be the same: they stand side by side somewhere, as a title and a name do."""
    if one & other:
        return True
    for sentence in evidence:
        line = stems(sentence)
        if any(one & {stem} and other & set(line[max(i - _NEAR, 0) : i + _NEAR + 1]) for i, stem in enumerate(line)):
            return True
    return False
