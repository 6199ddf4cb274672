"""How much of a thing a claim speaks of: all of it or a part, at least or at most, from where to where."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.terms import stems

_ALL = re.compile(r"\b(?:all|every|each|both|entire|whole|full)\b", re.IGNORECASE)
_PART = re.compile(
    r"\b(?:some|several|few|part|parts|many|most|half|third|majority|(?:\d+|two|three|four|five|six|seven|eight|nine|ten)"
    r"(?= of (?:the|its|his|her|their)\b))\b",
    re.IGNORECASE,
)
_LEAST = re.compile(r"\b(?:at least|more than|over|above|no (?:fewer|less) than|exceed\w*)\s+(\S*\d\S*)", re.IGNORECASE)
_MOST = re.compile(
    r"\b(?:at most|up to|(?<!no )(?<!not )(?:less|fewer) than|under|below|no more than|nearly|almost)\s+(\S*\d\S*)",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"\bfrom\s+(\S*\d\S*)(?:\s+[a-z]+){0,2}?\s+to\s+(\S*\d\S*)", re.IGNORECASE)


def amounts(claim: str, evidence: Sequence[str]) -> list[str]:
    """What the claim says of how much, and the evidence otherwise."""
    joined = " ".join(evidence)
    whole = _heads(_ALL, claim)
    if any(whole & _heads(_PART, sentence) and not whole & _heads(_ALL, sentence) for sentence in evidence):
        return ["the evidence speaks of a part only"]
    for mine, other in ((_LEAST, _MOST), (_MOST, _LEAST)):
        wrong = _numbers(mine, claim) & _numbers(other, joined) - _numbers(mine, joined)
        if wrong:
            return [f"the evidence has {min(wrong)} as a limit on the other side"]
    said, held = _ranges(claim), _ranges(joined)
    if any(one not in held and any(set(one) & set(other) for other in held) for one in said):
        return ["the evidence goes from another figure to another"]
    return []


def _heads(quantifier: re.Pattern[str], text: str) -> set[str]:
    """What such a word counts: the first two stems behind it."""
    return {stem for match in quantifier.finditer(text) for stem in stems(text[match.end() : match.end() + 60])[:2]}


def _numbers(bound: re.Pattern[str], text: str) -> set[str]:
    return {number.rstrip(".,;:)") for number in bound.findall(text)}


def _ranges(text: str) -> set[tuple[str, str]]:
    return {(one, other.rstrip(".,;:)")) for one, other in _FROM_TO.findall(text)}
