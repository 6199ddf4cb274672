"""Questions from single sentences: a question word for what the sentence states, beside some of its words.

They are no English that anyone would write. They teach one thing: that "how much" wants a sum of money, and "who" a
person, in the sentence that is otherwise about the right matter.
"""

from __future__ import annotations

import random
import re

from eval.opposites import MONTHS, PLACES, WEEKDAYS
from rag.terms import STOPWORDS, words

_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds"
    r"|thousands)"
    r"(?: (?:million|billion|trillion|hundred|thousand))?"
)
_MONTH, _DAY, _PLACE = "|".join(MONTHS), "|".join(WEEKDAYS), "|".join(PLACES)
_STATED = {
    "money": r"[$£€]\s?\d[\d.,]*\d?(?: ?(?:million|billion|trillion|thousand))?"
    r"|\d[\d.,]* (?:million |billion )?(?:dollars|euros|pounds)",
    "percent": r"\d[\d.]*(?:%| percent| per cent| percentage points?)",
    "date": rf"(?:on )?(?:(?:{_DAY}),? )?(?:{_MONTH})\.? \d{{1,2}}(?:, \d{{4}})?"
    rf"|(?:in|since|by|until) (?:(?:{_MONTH}) )?(?:19|20)\d\d"
    rf"|(?:on|last|next) (?:{_DAY})(?: (?:morning|night|evening|afternoon))?|(?:this|last|next) (?:week|month|year)",
    "age": r"\b\d{1,2}-year-old|, \d{2},",
    "length": rf"{_NUMBER}[ -](?:feet|foot|miles?|meters?|kilometers?|inches|mph|pounds|tons?|acres)",
    "duration": rf"(?:for )?(?:about |more than |nearly )?{_NUMBER} (?:years?|months?|weeks?|days?|hours?|minutes?)",
    "count": rf"(?<![\w$£€.,-])({_NUMBER}) ((?:[a-z]+ )?[a-z]+s)\b",
    "place": rf"(?:in|at|near|from|to) (?:the )?(?:{_PLACE})\b",
    "person": r"(?<![\w’'])[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+"
    r"(?=,? (?:said|says|told|has|had|was|is|won|will|announced|wrote|added|and|who|became|died|led|called)\b)",
    "quote": r"[\"“][^\"”“]{25,}[\"”]",
    "why": r"\b(?:because|due to|in order to|after)\b.{15,}",
    "name": r"(?<=[a-z,] )[A-Z][\w’'&-]+(?: [A-Z][\w’'&-]+)*",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _STATED.items()}
KINDS = tuple(_STATED)
_ASKED = {
    "money": ("how much", "how much money", "how many dollars", "what did it cost for", "what is the price of"),
    "percent": ("what percentage", "by how much", "what share", "how many percent"),
    "date": ("when", "on what day", "on which date", "since when", "what year", "how recently"),
    "age": ("how old", "what age"),
    "length": ("how far", "how long", "how big", "how high", "how tall", "how heavy", "how wide", "how fast"),
    "duration": ("how long", "for how long", "how many years", "how soon"),
    "count": ("how many",),
    "place": ("where", "in which country", "in which city", "which state", "what place"),
    "person": ("who", "whom", "which person", "what is the name of the person who"),
    "quote": ("what was said about", "what did they say about", "how did they describe"),
    "why": ("why", "for what reason", "what caused"),
    "name": ("which", "what", "what is the name of", "which company", "what organization", "which team", "which group"),
}


def states(kind: str, sentence: str) -> bool:
    """Whether the sentence states something of the kind."""
    return bool(_PATTERNS[kind].search(sentence))


def asked(kind: str, sentence: str, title: str, rng: random.Random) -> tuple[str, str]:
    """A question for something of the kind that the sentence states, and the words that answer it.

    Where it states nothing of the kind the question asks for it all the same. Both are empty where too few words are
    left.
    """
    found = list(_PATTERNS[kind].finditer(sentence))
    match = rng.choice(found) if found else None
    start, end = match.span() if match else (len(sentence), len(sentence))
    answer = sentence[start:end]
    kept = _kept(f"{sentence[:start]} {sentence[end:]}", rng)
    if sum(word.lower() not in STOPWORDS for word in kept) < 2:
        return "", ""
    opening = rng.choice(_ASKED[kind])
    if kind == "count" and match:
        opening = f"how many {match.group(2)}"
    if kind == "quote" and match:
        said = [word for word in words(answer) if word not in STOPWORDS]
        kept = [*kept[:6], *rng.sample(said, min(2, len(said)))]
        if speaker := re.search(r"[A-Z]\w+(?= (?:said|told|says))", sentence):
            opening = rng.choice((f"what did {speaker.group()} say about", f"how did {speaker.group()} describe"))
    body = " ".join(kept)
    above = [word for word in re.findall(r"\w[\w’'-]*", title) if word.lower() not in STOPWORDS]
    if above and rng.random() < 0.3:
        body += rng.choice((" ", " in ", " of ")) + " ".join(above[: rng.randint(1, 4)])
    question = (
        f"{body} {opening}?" if rng.random() < 0.25 else f"{opening} {rng.choice(('did ', 'was ', '', ''))}{body}?"
    )
    return question[:1].upper() + question[1:], answer


def _kept(text: str, rng: random.Random) -> list[str]:
    """Some of the words, in order: most small ones, and a share of the others; at most fourteen in a row."""
    share = rng.uniform(0.3, 0.75)
    kept = [
        word
        for word in re.findall(r"[\w’'$%.,-]*\w", text)
        if rng.random() < (0.6 if word.lower() in STOPWORDS else share)
    ]
    start = rng.randrange(max(len(kept) - 13, 1))
    return kept[start : start + 14]
