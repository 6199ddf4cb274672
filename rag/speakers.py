"""Who says it: a claim must not put the words of one into the mouth of another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from rag.name_words import DEMONYMS, NOT_NAMES, THINGS
from rag.terms import stem, stems, words

_SAID = (
    "said|says|told|added|stated|claimed|argued|insisted|warned|announced|tweeted|wrote|called|described|declared|noted"
)
_NAME = r"((?:[A-Z][\w’'.-]+\s+){0,3}[A-Z][\w’'-]+)"
_SPEAKER = re.compile(rf"{_NAME}(?:,[^,]{{1,60}},)?\s+(?:has\s+|also\s+)?(?:{_SAID})\b")
_SPEAKER_AFTER = re.compile(rf"\b(?:{_SAID})\s+{_NAME}")
_ACCORDING = re.compile(
    rf"\b[Aa]ccording to\s+(?:[a-z-]+\s+){{0,3}}{_NAME}"
    r"(?=\s*[,.;:)]|\s*$|\s+(?:the|a|an|it|there|he|she|they|of|in|at|from|who)\b)"
)
_NO_PERSONS = frozenset(word.lower() for word in (*THINGS, *DEMONYMS))
_SAYING = frozenset(stem(word) for word in _SAID.split("|"))
# Where another statement, maybe another's, begins.
_STATEMENTS = re.compile(r"[;—]|,?\s+(?:while|whereas|but)\s+|,\s+and\s+")


def speakers(claim: str, evidence: Sequence[str], context: str) -> list[str]:
    """A speaker whom the evidence does not have, or who says another thing there.

    Args:
        claim: may name who says it, or according to whom it is so.
        evidence: sentences.
        context: names outlets, which report and do not speak.
    """
    held = _names(" ".join(evidence))
    said = _names(claim) | {name for name in _according(claim) if name not in words(context)}
    if said and held and not said & held:
        return [f"the evidence has {', '.join(sorted(held))} say it"]
    others = _others(claim, said, evidence)
    return [f"the evidence has {', '.join(sorted(others))} say it"] if others else []


def _names(text: str) -> set[str]:
    found = [*_SPEAKER.findall(text), *_SPEAKER_AFTER.findall(text)]
    return {words(name)[-1] for name in found if words(name)} - NOT_NAMES


def _according(text: str) -> set[str]:
    """Persons only: "according to the Ministry" or "to NATO" names who published it, whoever spoke."""
    found = [words(name) for name in _ACCORDING.findall(text) if not name.isupper()]
    return {name[-1] for name in found if name and not _NO_PERSONS & set(name)} - NOT_NAMES


def _others(claim: str, said: AbstractSet[str], evidence: Sequence[str]) -> set[str]:
    """Who says what the one speaker of the claim is said to say; nobody where that speaker says about as much of it."""
    if len(said) != 1:
        return set()
    told = set(words(claim))
    wanted = set(stems(claim)) - {stem(name) for name in said} - _SAYING
    own, best, others = 0, 0, set[str]()
    for statement in (part for sentence in evidence for part in _STATEMENTS.split(sentence)):
        names = _names(statement) | _according(statement)
        share = len(wanted & set(stems(statement)))
        if names & said:
            own = max(own, share)
        elif share > best:
            best, others = share, names
    enough = best >= own + 2 or (best == len(wanted) and best > own)
    # "Holt and Weber said" has both.
    return others if enough and 2 * best >= len(wanted) and not others & told else set()
