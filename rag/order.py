"""What came first, what caused it, and whether it has happened yet: a claim may not turn it round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.terms import stems, words
from rag.verbs import root

_SECOND_FIRST = "after|following|because of|because|due to|caused by|as a result of|in response to|triggered by"
_FIRST_SECOND = "before|ahead of|prior to|led to|caused|triggered|prompted|resulted in"
# "The day after tomorrow", "a day after": the words behind tell what came first all the same.
_CONNECTIVE = re.compile(rf"\b(?:(?P<later>{_SECOND_FIRST})|(?P<earlier>{_FIRST_SECOND}))\b", re.IGNORECASE)
# So many words on either side of the connective are compared, and so many must have changed sides.
_SIDE, _CROSSED = 12, 3
# What tells a cause, in a claim; and what may tell one, in evidence.
_CAUSING = re.compile(
    r"\b(?:caused|causing|led to|because|due to|triggered|resulted in|brought about)\b", re.IGNORECASE
)
_CAUSED = re.compile(
    r"\b(?:caus\w+|led|lead\w*|because|due|trigger\w*|result\w*|as|after|since|following|blam\w+|prompt\w*|forc\w+|driv\w+"
    r"|drove|amid|so|thanks|given|owing|from|over|by|mak\w+|made|mean\w*|kill\w*)\b",
    re.IGNORECASE,
)
_AHEAD = frozenset("will would may might could should must can shall".split())
# What is to be done behind such a word has not been done; behind "managed to" or "had to" it has.
_OPEN = frozenset(
    map(
        root,
        """plan agree want due set expect pledge promise vow offer hope aim intend propose schedule threaten seek likely
        ready ask urge call order need prepare decide bid try attempt is are""".split(),
    )
)
_DONE = re.compile(r"\b(?:has|have|had|was|were)\s+(?:(?:\w+ly|been|already|also|now)\s+)*([a-z]+)\b")


def order(claim: str, evidence: Sequence[str]) -> list[str]:
    """What the claim tells in another order than the evidence, or as done though it is to come."""
    for first, second in _sequences(claim):
        for sentence in evidence:
            for before, after in _sequences(sentence):
                crossed = len(first & after), len(second & before)
                straight = len(first & before) + len(second & after)
                if min(crossed) and sum(crossed) >= _CROSSED and sum(crossed) > 2 * straight:
                    return ["the evidence tells it in another order"]
    if _CAUSING.search(claim) and not any(_CAUSED.search(sentence) for sentence in evidence):
        return ["the evidence names no cause"]
    early = _too_early(claim, evidence)
    return [f"the evidence does not say that it has happened: {early}"] if early else []


def _sequences(text: str) -> Iterator[tuple[set[str], set[str]]]:
    """The stems of what came first, and of what came second, for each word that joins two such things."""
    for match in _CONNECTIVE.finditer(text):
        left, right = text[: match.start()], text[match.end() :]
        if not left.strip(' "“') or left.rstrip().endswith((",", ";")):  # "After the vote, he left."
            right, _, left = right.partition(",")
        near, far = set(stems(left)[-_SIDE:]), set(stems(right)[:_SIDE])
        both = near & far
        near, far = near - both, far - both
        yield (far, near) if match["later"] else (near, far)


def _too_early(claim: str, evidence: Sequence[str]) -> str:
    """A verb that the claim tells as done, and the evidence only as something to come; or ""."""
    lines = [words(sentence) for sentence in evidence]
    for match in _DONE.finditer(claim):
        verb = root(match[1])
        places = [(line, i) for line in lines for i, word in enumerate(line) if root(word) == verb]
        if places and all(_to_come(line, i) for line, i in places):
            return match[1]
    return ""


def _to_come(line: Sequence[str], at: int) -> bool:
    before = [word for word in line[max(at - 3, 0) : at] if word not in ("be", "not", "also", "then")]
    if before and before[-1] in _AHEAD:
        return True
    return len(before) > 1 and before[-1] == "to" and (before[-2] in ("is", "are") or root(before[-2]) in _OPEN)
