"""What an outlet took back: its correction is shown beside the sentence that it corrects.

A correction says again what was wrong, so that it looks like an answer: "We wrote that eleven were stolen. Nine were."
Such a sentence is quoted with the one behind it. And where a correction says what is right, "It is Ida Holt, not Ada
Holt", and an earlier sentence that is shown says what is wrong, the reader is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.terms import STOPWORDS, words
from rag.types import Evidence
from rag.wording import spoken

_TITLE = re.compile(r"^\W*(?:corrections?|corrected|clarifications?|errat(?:um|a))\b", re.IGNORECASE)
# A sentence that says what was wrong, and leaves it to another to say what is right.
_TAKES_BACK = re.compile(
    r"\bwe (?:(?:wrote|reported) that|(?:wrongly|incorrectly|mistakenly) \w+)\b"
    r"|\b(?:an?|the) (?:earlier|previous) (?:version|edition) of (?:this|the|our) (?:article|report|story|headline)\b"
    r"|\b(?:article|report|story|headline|caption)\b(?: \w+){0,2}"
    r" (?:gave the wrong|misstated|misspelled|misidentified|(?:wrongly|incorrectly|mistakenly) \w+)\b",
    re.IGNORECASE,
)
_REGRETS = re.compile(r"\b(?:we regret the errors?|we apologi[sz]e for the errors?)\b", re.IGNORECASE)
_NOT = re.compile(r",\s+(?:and\s+)?not\s+(?P<wrong>[^,.;:]+)|\bnot\s+(?P<but>[^,.;:]+?),?\s+but\b", re.IGNORECASE)
_MOST_WORDS = 6  # of what is said to be wrong: more are a clause that no other sentence repeats


@dataclass(frozen=True, slots=True)
class Correction:
    """A sentence that is shown, and the later one that says what of it was wrong."""

    wrong: Evidence
    right: Evidence

    @property
    def text(self) -> str:
        """ "Alpha corrected this on 7 May 2025." """
        article = self.right.article.article
        return f"{article.outlet} corrected this{f' on {spoken(article.published)}' if article.published else ''}."


def takes_back(sentence: str) -> bool:
    """Whether it only repeats what was wrong."""
    return bool(_TAKES_BACK.search(sentence)) and not _NOT.search(sentence)


def behind(e: Evidence, offered: Sequence[Evidence]) -> Evidence | None:
    """The sentence on offer that follows this one in its article."""
    at = e.sentence.article_id, e.sentence.position + 1
    return next((o for o in offered if (o.sentence.article_id, o.sentence.position) == at), None)


def correction(shown: Sequence[Evidence], offered: Sequence[Evidence]) -> Correction | None:
    """The first correction on offer of what an older article of its outlet says in a sentence shown, or None."""
    for right in offered:
        said = list(_wrong(right.sentence.text))
        of = [wrong for wrong in shown if _earlier(wrong, right) and any(_says(wrong, one) for one in said)]
        if of and _corrects(right):
            return Correction(of[0], right)
    return None


def _corrects(e: Evidence) -> bool:
    """Whether its article is a correction."""
    article = e.article.article
    return bool(_TITLE.search(article.title) or _TAKES_BACK.search(article.text) or _REGRETS.search(article.text))


def _earlier(one: Evidence, other: Evidence) -> bool:
    """Whether it is of another article of the same outlet, which is not newer: nobody corrects what others wrote."""
    mine, its = one.article.article, other.article.article
    if mine.id == its.id or not its.outlet or mine.outlet != its.outlet:
        return False
    return not mine.published or not its.published or mine.published <= its.published


def _wrong(sentence: str) -> Iterator[list[str]]:
    """What the sentence says is not so: "Ada Holt", "two million"."""
    for found in _NOT.finditer(sentence):
        said = words(found["wrong"] or found["but"])
        if len(said) <= _MOST_WORDS and set(said) - STOPWORDS:
            yield said


def _says(e: Evidence, said: Sequence[str]) -> bool:
    """Whether the sentence holds these words as they stand, and not as wrong."""
    text = words(e.sentence.text)
    held = any(text[at : at + len(said)] == list(said) for at in range(len(text) - len(said) + 1))
    return held and list(said) not in _wrong(e.sentence.text)
