"""Who says it: a claim must not put the words of one into the mouth of another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from rag.days import MONTHS
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
_IN_FRONT = re.compile(rf"^\W*{_NAME}:\s")
_DAY = rf"\d{{1,2}} (?:{'|'.join(MONTHS)}) \d{{4}}"
# Where another statement, maybe another's, begins.
_STATEMENTS = re.compile(r"[;—]|,?\s+(?:while|whereas|but)\s+|,\s+and\s+")


def speakers(claim: str, evidence: Sequence[str], context: str) -> list[str]:
    """A speaker whom the evidence does not have, or who says another thing there.

    Args:
        claim: may name who says it, or according to whom it is so.
        evidence: sentences.
        context: names outlets, which report and do not speak.
    """
    claim = without_source(claim, context)
    held = _names(" ".join(evidence))
    front = _in_front(claim)
    if front and not any(front in words(sentence) for sentence in evidence):
        return [f"the evidence does not have {front.title()} say it"]
    said = _names(claim) | {name for name in _according(claim) if name not in words(context)} | ({front} - {""})
    if said and held and not said & held:
        return [f"the evidence has {', '.join(sorted(held))} say it"]
    others = _others(claim, said, evidence)
    return [f"the evidence has {', '.join(sorted(others))} say it"] if others else []


def without_source(claim: str, context: str) -> str:
    """The claim without the name of its source in front: "CNN: …", "CNN, 21 December 2025: …".

    The source is the outlet, as `rag.settle.context_of` writes it behind the headline; whom a headline names is none.
    """
    front, colon, said = claim.partition(": ")
    source = r"\s+".join(map(re.escape, front.split()))
    if not colon or not source or re.fullmatch(_DAY, front.strip(), re.IGNORECASE):
        return claim
    label = rf"(?:^|\. ){source}(?:, {_DAY}(?=\. |\.?$)|(?<=\d{{4}})(?=\. |\.?$)|\.?$)"
    # An article without outlet and day has its headline for a label.
    only_headline = re.search(rf"(?:^|\. ){source}\. {source}\.?$", context, re.IGNORECASE)
    return said if re.search(label, context, re.IGNORECASE) and not only_headline else claim


def _in_front(claim: str) -> str:
    """Whom the claim begins with as in a transcript, "Ida Holt: …"; empty where that is no name."""
    found = _IN_FRONT.match(claim)
    name = words(found[1])[-1:] if found else []
    return next((word for word in name if word not in NOT_NAMES), "")


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
