"""Whether a claim is surer of itself than its evidence: "will close" of "may close" or "is expected to close"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.terms import stems, words

_BE = r"(?:is|are|was|were|be|been)"
_HEDGED = re.compile(
    rf"""\b(?:may|might|could|possibly|perhaps|likely|unlikely|reportedly|allegedly|plan(?:s|ned|ning)?\ to
    |{_BE}\ considering
    |{_BE}\ (?:\w+ly\ |also\ )?(?:expected|said|believed|thought|alleged|reported|rumou?red)\ to)\b""",
    re.IGNORECASE | re.VERBOSE,
)
# Somebody's belief or accusation: true as such, not as a fact.
_ALLEGED = re.compile(
    r"\b(?:(?:believe|allege|suspect|contend|speculate|fear)(?:s|d|ed)?|claims|thinks?)(?: that)?\b(?! for\b)"
    r"|\baccused of\b",
    re.IGNORECASE,
)
# What makes a claim cautious; more than what is looked for in evidence, since a claim may be weaker.
_CAUTIOUS = re.compile(
    r"\b(?:may|might|could|would|possib\w+|perhaps|probabl[ey]|apparently|(?:un)?likely"
    r"|reportedly|alleged(?:ly)?|plan(?:s|ned|ning)?|intend\w*|aim(?:s|ed|ing)?|hop(?:es?|ed|ing)|wants?|seeks?|expect\w*"
    r"|consider(?:s|ed|ing)?|propos\w+|scheduled|believed|thought|rumou?red|(?:said|reported) to)\b",
    re.IGNORECASE,
)
# What tells that somebody says or believes it.
_ATTRIBUTED = re.compile(
    r"\b(?:according to|says?|said|told|tells|alleg\w+|accus\w+|claim(?:s|ed|ing)?|suspect\w*|suspicions?|believe[sd]?"
    r"|think(?:s|ing)?|contend\w*|speculat\w+|fear(?:s|ed)?|argue[sd]?|charge[sd]?|holds?|view|opinion|alleged)\b",
    re.IGNORECASE,
)
# Where another statement begins. A mere "and" may join two verbs of one hedge.
_STATEMENTS = re.compile(r"[;—]|,\s+(?:and|but|while|whereas)\s+")
# A hedge binds the first content word of as many that follow, within so many characters.
_REACH, _NEAR = 3, 100


def hedging(claim: str, evidence: Sequence[str]) -> list[str]:
    """A claim may be weaker than its evidence, not stronger; the hedge must stand with the same statement."""
    wanted = set(stems(claim))
    shared = [len(wanted & set(stems(sentence))) for sentence in evidence]
    sure = _outside(_CAUTIOUS, claim)
    told = sure & _outside(_ATTRIBUTED, claim)
    for sentence, share in zip(evidence, shared, strict=True):
        # A sentence that shares much less than another is not where the claim is from.
        if 2 * share > max(shared):
            for hedge, head in _heads(_HEDGED, sentence):
                if head in sure:
                    return [f"the evidence says only that it {hedge}"]
            for hedge, head in _heads(_ALLEGED, sentence):
                if head in told:
                    return [f"the evidence has somebody say it only (“{hedge}”)"]
    return []


def _outside(cautious: re.Pattern[str], claim: str) -> set[str]:
    """The stems of the claim's statements that hold none of these words."""
    parts = _STATEMENTS.split(claim)
    held = {stem for part in parts if cautious.search(part) for stem in stems(part)}
    return set(stems(claim)) - held


def _heads(hedges: re.Pattern[str], sentence: str) -> Iterator[tuple[str, str]]:
    """Each hedge with the stem that it hedges."""
    for match in hedges.finditer(sentence):
        following = stems(" ".join(words(sentence[match.end() : match.end() + _NEAR])[:_REACH]))
        if following and match.group() != "May":  # with a capital it is the month
            yield match.group().lower(), following[0]
