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
# What makes a claim cautious; more than what is looked for in evidence, since a claim may be weaker.
_CAUTIOUS = re.compile(
    r"\b(?:may|might|could|would|possib\w+|perhaps|probabl[ey]|apparently|(?:un)?likely"
    r"|reportedly|alleged(?:ly)?|plan\w*|intend\w*|aim(?:s|ed|ing)?|hop(?:es?|ed|ing)|wants?|seeks?|expect\w*|consider\w*"
    r"|propos\w+|scheduled|believed|thought|rumou?red|(?:said|reported) to)\b",
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
    sure = {stem for part in _STATEMENTS.split(claim) if not _CAUTIOUS.search(part) for stem in stems(part)}
    sure -= {stem for part in _STATEMENTS.split(claim) if _CAUTIOUS.search(part) for stem in stems(part)}
    for sentence, share in zip(evidence, shared, strict=True):
        # A sentence that shares much less than another is not where the claim is from.
        if 2 * share > max(shared):
            for hedge, head in _hedged(sentence):
                if head in sure:
                    return [f"the evidence says only that it {hedge}"]
    return []


def _hedged(sentence: str) -> Iterator[tuple[str, str]]:
    """Each hedge with the stem that it hedges."""
    for match in _HEDGED.finditer(sentence):
        following = stems(" ".join(words(sentence[match.end() : match.end() + _NEAR])[:_REACH]))
        if following and match.group() != "May":  # with a capital it is the month
            yield match.group().lower(), following[0]
