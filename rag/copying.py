"""How closely a sentence follows its source: what a verifier that compares statements does not see.

Whoever wrote it, a sentence must not turn what somebody said into a fact, nor leave open whom it is about. A model too
small to be believed may besides say only what its source says in that order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from rag.terms import stems, words

NEAR = 160  # characters on either side of a word that show what it means: a long sentence takes no long time

# Whatever follows these, they tell somebody's words, hopes or guess.
_SAID = re.compile(
    r"\b(?:sa(?:id|ys?|ying)|t(?:old|ells?)|according to|announce[sd]?|claim(?:s|ed)|argue[sd]?|warn(?:s|ed)?"
    r"|describe[sd]?|call(?:s|ed)|add(?:s|ed)|den(?:y|ies|ied)|insist(?:s|ed)?|estimate[sd]|predict(?:s|ed)?"
    r"|allege(?:s|d|dly)?|accuses?|(?<!the )(?<!, )accused|believe[sd]?|suggest(?:s|ed)?|contend(?:s|ed)?"
    r"|thinks?(?![\s-]tank)|expects?|hoped|hopes? (?:to|that)|feared|promise[sd]|vow(?:s|ed)|pledge[sd])\b",
    re.IGNORECASE,
)
# These have other objects, too ("posted a profit", "wrote a book"), or are as often nouns ("fears of war").
_MAY_SAY = re.compile(
    r"\b(?:report(?:s|ed)?|claim|estimate|stated|w(?:rites?|rote)|post(?:s|ed)?|tweet(?:s|ed)?|thought"
    r"|note[sd]|testif(?:y|ies|ied)|acknowledge[sd]?|maintain(?:s|ed)?|promise|pledge|hopes?|fears?"
    r"|states(?= that (?!(?:are|were|have|had|will|would|can|could|do|did)\b)))\b",
    re.IGNORECASE,
)
# Behind these such a word is a noun: "a claim", "his hope", "of reports".
_NOUN = re.compile(
    r"(?:\b(?:an?|the|its|his|her|their|our|this|that|these|those|no|some|many|more|all|of|for|in|to|by|on|with"
    r"|growing|rising|amid)|['’]s)\s+$",
    re.IGNORECASE,
)
# How a clause begins that tells what was said: "that …", "on Monday that …", "he …", a quotation, "the bridge was …".
_WORD = r"[^\s,;:.\"“]+\s+"
_LINK = r"(?:and|but|or|nor|who|whom|whose|which|that|as|because|when|where|while|why|how|after|before|if|since)\b"
_BEGUN = re.compile(
    rf"\s+(?:that\b|(?:in|on|at|to|this|last|early|late|earlier|later)\s+(?:{_WORD}){{1,6}}that\b"
    rf"|(?:he|she|they|we|there)\b|(?:(?!{_LINK})(?!(?:of|about|over|for|from|by|in|on|to)\b){_WORD})"
    rf"(?:(?!{_LINK}){_WORD}){{0,7}}?(?:is|are|was|were|has|had|have|will|would|can|could|may|might|must|should)\b)"
    r"|[^.;,]{0,40}[:,]?\s*[“\"]",
    re.IGNORECASE,
)
# How the speaker stands behind what was said: "…, Holt wrote.", "…,” wrote Holt", "…, Holt posted on Monday".
_BEHIND = re.compile(r"[,\"”’]\s*(?:[^\s,;:]+\s+){0,6}$")
# Whereas these, there, are things: "a bridge, a ferry and new hopes."
_THINGS = re.compile("claim|estimate|posts?|tweets?|promise|pledge|hopes?|fears?|notes|reports?", re.IGNORECASE)
_QUOTES = '"”’'
_DONE = re.compile(r"\s*(?:$|[.,;!?])|\s+(?:in|on|to|at|after|during|earlier|later|this|last)\b", re.IGNORECASE)
# "Reported" says so with any object, "report" only with one: "an annual report" is a noun.
_REPORTS = re.compile(
    r"report(?:s|ed)\b|report\s+(?:an?|the|no|more|at|up|nearly|some|about|over|two|three|four|five|[\d£$€]\S*)\s",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:is|are|was|were|been|be|being)\s+(?:\w+ly\s+)?$", re.IGNORECASE)

# Other words with which a claim says that somebody says so. Not "states" and "notes", which are mostly nouns.
_SAYS_SO = re.compile(
    r"\b(?:telling|stat(?:ed|ing)|wr(?:ote|ites?|iting)|not(?:ed|ing)|confirm(?:s|ed|ing)?|(?:is|are|was|were) expected"
    r"|suggesting|thought|accusing|alleging|reportedly|report(?:s|ed|ing)?|announcing|claim(?:ing)?|arguing|warning"
    r"|describing|call(?:ing)?|add(?:ing)?|denying|insisting|estimat(?:e|ing)|predicting|testifying|acknowledging"
    r"|promis(?:e|ing)|fearing|hoping)\b",
    re.IGNORECASE,
)
# Such a word before the speaker, or before "said", begins a clause of its own: "…, while Holt said", "… and said".
_JOINS = frozenset("who which that and but while where when because".split())
_CLAUSES = re.compile(r"[,;:\"“”—–]|['’](?=\s)")

# Without such a word what is left of a sentence may say more than it did.
_LIMITS = frozenset("each per unless except if until only without barely nearly almost".split())
_PRONOUN = re.compile(r"(?:he|she|they|it|his|her|their|its)\b", re.IGNORECASE)


def in_order(claim: str, sentence: str) -> float:
    """Share, in [0, 1], of the claim's content words that the sentence has in the same order: their longest common
    subsequence. "One of fraud and one of bribery" is not in "one of fraud and three of bribery" twice over.
    """  # fmt: skip
    wanted, held = stems(claim), stems(sentence)
    return _common(wanted, held) / len(wanted) if wanted else 0.0


def loses_attribution(claim: str, sentence: str) -> bool:
    """Whether the claim states as a fact what stands in the sentence as somebody's words.

    "The company reported 3 million in profit" may become "The company made …": who reported it is still named.
    """
    found = _attribution(sentence)
    if found is None or _attribution(claim) or _SAYS_SO.search(claim):
        return False
    if _reports_a_thing(found, sentence) and set(stems(claim)[:1]) & set(stems(sentence[: found.start()])):
        return False
    return bool(set(stems(claim)) - set(stems(_own(sentence, found))))


def loses_limit(claim: str, sentence: str) -> bool:
    """Whether the sentence limits what it says ("for each count", "unless …") and the claim leaves that out."""
    said = set(words(claim))
    return any(limit not in said for limit in _LIMITS.intersection(words(sentence)))


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


def _attribution(sentence: str) -> re.Match[str] | None:
    """The first word that says that somebody says so."""
    may = (found for found in _MAY_SAY.finditer(sentence) if _says(found, sentence))
    found = [match for match in (_SAID.search(sentence), next(may, None)) if match]
    return min(found, key=re.Match.start, default=None)


def _says(found: re.Match[str], sentence: str) -> bool:
    """Whether a word that may tell what somebody said does so here."""
    before, after = sentence[max(0, found.start() - NEAR) : found.start()], sentence[found.end() : found.end() + NEAR]
    if _NOUN.search(before):
        return False
    behind = (
        _BEHIND.search(before)
        and not _THINGS.fullmatch(found.group())
        and (before.rstrip()[-1] in _QUOTES or _DONE.match(after))
    )
    return bool(behind or _BEGUN.match(after) or _REPORTS.match(sentence, found.start()))


def _reports_a_thing(found: re.Match[str], sentence: str) -> bool:
    """Whether somebody reports a thing, "a loss", and not that something is so."""
    return bool(
        _REPORTS.match(sentence, found.start())
        and not _BEGUN.match(sentence[found.end() :])
        and not _PASSIVE.search(sentence[: found.start()])
    )


def _own(sentence: str, found: re.Match[str]) -> str:
    """What the sentence says itself: "Holt opened the bridge and said …" says that she opened it.

    Nothing of it where who says so is put behind a comma, or "according to" stands anywhere: all of it is reported.
    """
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
