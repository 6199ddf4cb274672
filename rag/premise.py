"""A question may take for granted what the articles deny: "When did she resign?" where she refused to.

What a question takes for granted are its words behind the question word. A sentence of the evidence that denies just
these words is shown with a notice. Whether it denies them is read off its negations; what is in doubt is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.terms import STOPWORDS, stem, stems, words
from rag.types import Evidence

# Questions that ask whether, not when or why, take nothing for granted.
_WHETHER = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b|\bwhether\b|\b(?:not|never)\b|n['’]t\b",
    re.IGNORECASE,
)
_DENIALS = frozenset("not never nobody neither nor without cannot".split())
_REFUSALS = frozenset(
    stem(w)
    for w in "denied denies refused rejected declined ruled dropped cancelled canceled scrapped postponed".split()
)
# A denial reaches this many words on.
_REACH = 6
# At least this share of the question's content must stand in the sentence or its headline.
_ABOUT = 0.5


def denying(question: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """The first sentence that denies what the question takes for granted, or None.

    Args:
        question: standalone.
        evidence: sentences that bear on it, best first.
    """
    if _WHETHER.search(question):
        return None
    wanted = set(stems(question))
    actions = _actions(question)
    for e in evidence:
        held = set(stems(f"{e.article.article.title} {e.sentence.text}"))
        if len(wanted & held) >= _ABOUT * max(len(wanted), 1) and _denies(e.sentence.text, actions):
            return e
    return None


def _actions(question: str) -> frozenset[str]:
    """Stems of the question's lower-case content words: what is done, not who does it."""
    return frozenset(stem(w) for w in re.findall(r"\b[a-z][a-z'-]+\b", question) if w not in STOPWORDS)


def _denies(sentence: str, actions: frozenset[str]) -> bool:
    tokens = words(sentence)
    for i, word in enumerate(tokens):
        if word in _DENIALS or re.fullmatch(r"\w+n['’]t", word) or stem(word) in _REFUSALS:
            reach = [stem(w) for w in tokens[i + 1 : i + 1 + _REACH] if w not in STOPWORDS]
            # The denied verb comes first: "did not resign", "refused to sign".
            if reach and reach[0] in actions and reach[0] not in _REFUSALS:
                return True
    return False
