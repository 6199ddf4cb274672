"""How closely a sentence follows its source: what decides whether a model too small to be believed may say it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.terms import stems

_ATTRIBUTED = re.compile(
    r"\b(?:sa(?:id|ys)|told|tells|according to|report(?:s|ed)|announce[sd]|claim(?:s|ed)|argue[sd]|warn(?:s|ed)"
    r"|describe[sd]|call(?:s|ed)"
    r"|add(?:s|ed)|den(?:ies|ied)|insist(?:s|ed)|estimate[sd]|predict(?:s|ed)|allege[sd])\b",
    re.IGNORECASE,
)


_PRONOUN = re.compile(r"(?:he|she|they|it|his|her|their|its)\b", re.IGNORECASE)


def in_order(claim: str, sentence: str) -> float:
    """Share, in [0, 1], of the claim's content words that the sentence has in the same order: their longest common
    subsequence. "One of fraud and one of bribery" is not in "one of fraud and three of bribery" twice over.
    """  # fmt: skip
    wanted, held = stems(claim), stems(sentence)
    return _common(wanted, held) / len(wanted) if wanted else 0.0


def loses_attribution(claim: str, sentence: str) -> bool:
    """Whether the sentence says who says so, and the claim does not: what was reported would stand as a fact."""
    return bool(_ATTRIBUTED.search(sentence)) and not _ATTRIBUTED.search(claim)


def loses_subject(claim: str, sentence: str) -> bool:
    """Whether the claim begins with a pronoun where the sentence does not, which alone says who is meant."""
    begins = _PRONOUN.match(claim)
    return begins is not None and not sentence.lower().startswith(begins.group().lower())


def _common(one: Sequence[str], two: Sequence[str]) -> int:
    before = [0] * (len(two) + 1)
    for word in one:
        row = [0]
        for i, other in enumerate(two):
            row.append(before[i] + 1 if word == other else max(before[i + 1], row[i]))
        before = row
    return before[-1]
