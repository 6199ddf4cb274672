"""How closely a sentence follows its source: what a verifier that compares statements does not see.

Whoever wrote it, a sentence must not turn what somebody said into a fact, nor leave open whom it is about. A model too
small to be believed may besides say only what its source says in that order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from rag.terms import stems

_ATTRIBUTED = re.compile(
    r"\b(?:sa(?:id|ys)|told|tells|according to|report(?:s|ed)|announce[sd]|claim(?:s|ed)|argue[sd]|warn(?:s|ed)"
    r"|describe[sd]|call(?:s|ed)"
    r"|add(?:s|ed)|den(?:ies|ied)|insist(?:s|ed)|estimate[sd]|predict(?:s|ed)|allege[sd])\b",
    re.IGNORECASE,
)

# Other words with which a writer says that somebody says so. Not "states" and "notes", which are mostly nouns.
_SAYS_SO = re.compile(
    r"\b(?:say|saying|tell|telling|stat(?:ed|ing)|wr(?:ote|ites?|iting)|not(?:ed|ing)|confirm(?:s|ed|ing)?"
    r"|suggest(?:s|ed|ing)?|believe[sd]?|think(?:s|ing)?|thought|expects?|accus(?:es?|ed|ing)|alleg(?:e|edly|ing)"
    r"|reportedly|report(?:ing)?|announc(?:e|ing)|claim(?:ing)?|argu(?:e|ing)|warn(?:ing)?|describ(?:e|ing)|call(?:ing)?"
    r"|add(?:ing)?|deny(?:ing)?|insist(?:ing)?|estimat(?:e|ing)|predict(?:ing)?)\b",
    re.IGNORECASE,
)
# Such a word before the speaker, or before "said", begins a clause of its own: "…, while Holt said", "… and said".
_JOINS = frozenset("who which that and but while where when because".split())
_CLAUSES = re.compile(r"[,;:\"“”—–]|['’](?=\s)")

_PRONOUN = re.compile(r"(?:he|she|they|it|his|her|their|its)\b", re.IGNORECASE)


def in_order(claim: str, sentence: str) -> float:
    """Share, in [0, 1], of the claim's content words that the sentence has in the same order: their longest common
    subsequence. "One of fraud and one of bribery" is not in "one of fraud and three of bribery" twice over.
    """  # fmt: skip
    wanted, held = stems(claim), stems(sentence)
    return _common(wanted, held) / len(wanted) if wanted else 0.0


def loses_attribution(claim: str, sentence: str) -> bool:
    """Whether the claim states as a fact what stands in the sentence as somebody's words."""
    if not _ATTRIBUTED.search(sentence) or _ATTRIBUTED.search(claim) or _SAYS_SO.search(claim):
        return False
    return bool(set(stems(claim)) - set(stems(_own(sentence))))


def loses_subject(claim: str, sentence: str, before: str = "") -> bool:
    """Whether the claim begins with a pronoun where the sentence says who is meant, and `before` does not.

    Args:
        claim: as written.
        sentence: its source.
        before: what the reader reads in front of the claim.
    """
    begins = _PRONOUN.match(claim)
    if begins is None or sentence.lower().startswith(begins.group().lower()):
        return False
    subject = _subject(claim, sentence)
    return not subject or not subject <= set(stems(before))


def _own(sentence: str) -> str:
    """What the sentence says itself: "Holt opened the bridge and said …" says that she opened it.

    Nothing of it where who says so is put behind a comma, or "according to" stands anywhere: all of it is reported.
    """
    found = _ATTRIBUTED.search(sentence)
    if found is None:
        return sentence
    *earlier, last = _CLAUSES.split(sentence[: found.start()].lower())
    if "according to" in sentence.lower() or (earlier and not {*last.split()[:1], *last.split()[-1:]} & _JOINS):
        return ""
    return sentence[: found.start()]


def _subject(claim: str, sentence: str) -> set[str]:
    """The sentence's first words in a row that the claim leaves out, as stems: whom its pronoun stands for."""
    said = set(stems(claim))
    return next((set(run) for kept, run in groupby(stems(sentence), key=said.__contains__) if not kept), set())


def _common(one: Sequence[str], two: Sequence[str]) -> int:
    before = [0] * (len(two) + 1)
    for word in one:
        row = [0]
        for i, other in enumerate(two):
            row.append(before[i] + 1 if word == other else max(before[i + 1], row[i]))
        before = row
    return before[-1]
