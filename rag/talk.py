"""What a conversation was about: whom "he" can mean, what "it" can mean, what the topic is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.name_words import BODIES, DEMONYMS
from rag.names import Kind, Name, names
from rag.terms import STOPWORDS, stems, words
from rag.verbs import PARTICIPLES, PASTS

_WHO = re.compile(r"^(?:who|whose|whom|which)\b", re.IGNORECASE)
_WHO_IS = re.compile(r"^who\s+(?:is|are|was|were)\s+$", re.IGNORECASE)
# "the earthquake in" before "Tamur"
_THING_IN = re.compile(
    r"(?:\b(?P<do>did|does|do)\s+)?\b(?P<thing>the\s+(?P<words>[a-z-]+(?:\s+[a-z-]+)?)\s+(?:in|at|near|off)\s+(?:the\s+)?)$",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"(?:\b(?:(?P<do>did|does|do)|(?P<be>is|are|was|were))\s+)?\b(?:the|an?|his|her|its|their|[A-Z][\w-]*['’]s)\s+"
    r"(?P<rest>[^?.,;:()\"]+)",
    re.IGNORECASE,
)
_PARTICIPLE = re.compile(rf"\w+(?:ed|ing)|{'|'.join(sorted(PARTICIPLES))}", re.IGNORECASE)

_THE = re.compile(r"\bthe\s+$", re.IGNORECASE)
_AUX = re.compile(
    r"\b(?:(?P<be>is|are|was|were)|did|does|do|will|would|can|could|should|has|have|had|may|might)\s+the\s+$",
    re.IGNORECASE,
)
_THEME = re.compile(r"^what\s+(?:did|does|has|do)\b.*\babout\b(?!\s*\W*$)", re.IGNORECASE)
_NOUN = re.compile(r"\s+([a-z][a-z-]+)\b")
_FOLLOWS = re.compile(r"\s+[\w’'-]+")
_HAPPENS = re.compile(r"happen|occur|begin|start|end|strike|hit|kill|cause|last|become|leave|cost")


class Talk:
    """What the turns before were about, the last one first."""

    def __init__(self, turns: Sequence[tuple[str, str]], ignored: frozenset[str]) -> None:
        """Takes what was asked, standing alone, and what was told, oldest first; never empty."""
        self._turns = list(reversed(turns))
        self._ignored = ignored
        self.last = self._turns[0][0]

    def names(self, text: str) -> list[Name]:
        """Names in the text that are no outlet's."""
        return [name for name in names(text) if name.text.lower() not in self._ignored]

    def person(self) -> str | None:
        """Whom "he" or "she" means: a person of the last question or of who answered it; else of earlier turns."""
        for question, told in self._turns:
            asked = [n for n in self.names(question) if n.kind == "person" and n.sure]
            answers = self._salient(told, [n for n in self.names(told) if n.kind == "person" and n.sure])
            if _WHO.match(question) and not (asked and _asks_who_is(question, asked[0])):
                fresh = [n for n in answers if n not in {a.text for a in asked}]
                answers, asked = fresh or answers, [] if fresh else asked
            if asked:
                return self._whole(asked[0].text, answers)
            loose = [n.text for n in self.names(question) if n.kind != "place" and not n.sure]
            known = [full for full in answers if any(full.split()[-1] == name.split()[-1] for name in loose)]
            if known or answers:
                return (known or answers)[0]
            if len(loose) == 1:
                return loose[0]
        return None

    def people(self) -> str | None:
        """Whom "they" means: the persons of the last question, or the many that it asks about; else None."""
        question = self.last
        people = list(dict.fromkeys(n.text for n in self.names(question) if n.kind == "person" and n.sure))
        if 2 <= len(people) <= 3:
            return f"{', '.join(people[:-1])} and {people[-1]}"
        phrase = phrase_of(question)
        return f"the {phrase}" if phrase and phrase.endswith("s") and not self.names(question) else None

    def thing(self, *kinds: Kind) -> str | None:
        """What "it" or "there" means: the only such name in a question, or what it asks about; else None."""
        for asked, told in self._turns[:2]:
            # Of what a council decides about a stadium, "it" is the stadium.
            theme = None if kinds else _THEME.match(asked)
            question = asked[theme.end() :] if theme else asked
            found = [n for n in self._things(question, told) if not kinds or n.kind in kinds]
            if len({n.text for n in found}) == 1:
                thing = None if kinds else _thing_in(question[: found[0].start])
                the = _THE.search(question[: found[0].start])
                name = whole_name(question, found[0])
                return f"{thing}{name}" if thing else f"the {name}" if the else found[0].text
            if found:
                return None
            phrase = None if kinds or _WHO.match(question) else phrase_of(question)
            if phrase:
                return f"the {phrase}"
        return None

    def called(self, noun: str) -> str | None:
        """The whole name of what is now called by its last word alone."""
        for question, told in self._turns:
            for name in [*self.names(question), *self.names(told)]:
                if name.last.lower() == noun.lower() and " " in name.text:
                    return name.text
        return None

    def about(self) -> list[str]:
        """What the talk is about: names in the last question and what it asks about; else names in the answer."""
        question, told = self._turns[0]
        found = [whole_name(question, n) for n in self.names(question)]
        phrase = phrase_of(question)
        if phrase and not any(set(phrase.split()) & set(name.split()) for name in found):
            found.append(phrase)
        found = found or [n.text for n in self.names(told)[:2]] or _content(question)
        return list(dict.fromkeys(found))[:3]

    def is_place(self, name: Name) -> bool:
        """Whether it is a place: one that was told of, or one whose people are called by it."""
        told = (n for question, told in self._turns for n in (*self.names(question), *self.names(told)))
        return any(n.kind == "place" and n.text == name.text for n in told) or any(
            demonym.startswith(name.text[:-1]) or name.text.startswith(demonym)
            for demonym in DEMONYMS
            if len(name.text) > 3
        )

    def shares(self, text: str) -> bool:
        """Whether the question has a content word in common with what was asked and told."""
        held = {stem for question, told in self._turns for stem in stems(f"{question} {told}")}
        return bool(held & set(stems(text)))

    def _things(self, question: str, told: str) -> list[Name]:
        people = {n.last for n in self.names(told) if n.kind == "person" and n.sure}
        named = self.names(question)
        owners = {n.start for n, after in pairwise(named) if question[n.end : after.start] in ("'s ", "’s ")}
        return [
            n
            for n in named
            if n.start not in owners and not (n.kind == "person" and n.sure) and not (not n.sure and n.last in people)
        ]

    @staticmethod
    def _salient(told: str, people: Sequence[Name]) -> list[str]:
        """Who is named most, then first."""
        firsts = list(dict.fromkeys((n.text, n.last) for n in people))
        return [text for text, last in sorted(firsts, key=lambda name: -told.count(name[1]))]

    @staticmethod
    def _whole(name: str, people: Sequence[str]) -> str:
        """The whole name for a surname, where it was told."""
        last = name.rsplit(maxsplit=1)[-1]
        return next((full for full in people if full.split()[-1] == last and len(full) > len(name)), name)


def whole_name(question: str, name: Name) -> str:
    """The name with the noun that it stands before: "the Lorca flood" is no Lorca; in "did the Fed raise" is none."""
    noun = _NOUN.match(question[name.end :])
    if not _THE.search(question[: name.start]) or not noun or noun[1] in STOPWORDS | PASTS:
        return name.text
    if _PARTICIPLE.fullmatch(noun[1]):
        return name.text
    if noun[1] in BODIES:
        return f"{name.text} {noun[1]}"
    following = _FOLLOWS.match(question[name.end + noun.end() :])
    aux = _AUX.search(question[: name.start])
    if not aux and (not following or following[0].strip().lower() in STOPWORDS):
        return f"{name.text} {noun[1]}"
    verb = following[0].strip() if following else ""
    if aux and (_PARTICIPLE if aux["be"] else _HAPPENS).fullmatch(verb):  # "was the Lorca flood predicted"
        return f"{name.text} {noun[1]}"
    return name.text


def _asks_who_is(question: str, name: Name) -> bool:
    """ "Who is Ida Holt?", not "Who is Ida Holt's lawyer?"."""
    return bool(_WHO_IS.match(question[: name.start])) and not question[name.end :].startswith(("'", "’"))


def _thing_in(before: str) -> str | None:
    """ "Where was the earthquake in": "the earthquake in"; of "did the ministers meet in" nothing."""
    found = _THING_IN.search(before)
    if not found:
        return None
    several = len(found["words"].split()) > 1
    verb = several and (found["do"] or _PARTICIPLE.fullmatch(found["words"].split()[-1]))
    return None if verb else found["thing"]


def phrase_of(question: str) -> str | None:
    """The longest thing that the question speaks of by an article: "the lunar south pole", of up to four words."""
    found: list[str] = []
    for match in _PHRASE.finditer(question):
        run: list[str] = []
        for word in match["rest"].split():
            if word.lower() in STOPWORDS or len(run) == 4:
                break
            run.append(word)
        if match["do"] and len(run) > 1:  # "does the pacemaker sit": the last word is the verb
            run.pop()
        while match["be"] and len(run) > 1 and _PARTICIPLE.fullmatch(run[-1]):  # "was the summit held"
            run.pop()
        if run:
            found.append(" ".join(run))
    return max(found, key=len, default=None)


def _content(question: str) -> list[str]:
    return [word for word in words(question) if word not in STOPWORDS][:3]
