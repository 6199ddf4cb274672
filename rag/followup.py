"""A follow-up → a question that stands alone, by rules: what it leaves out comes from the turns before.

The forms, in the order in which they are looked for:

    What about the Fed? And in 2023? And for Moscow?   the last question, with that part exchanged
    When? Why was that?                                the last question, and then the word, or with it for "where"
    What did he say? Is it over? Who was there?        the pronoun's place is taken by the name that it can mean
    Which team asked for the ban?                      nothing to exchange: what the talk is about, in brackets

A question that names its own subject is left alone, and so is one that shares no word with what was told before. Such a
question, or one that says "new topic", ends what pronouns may mean: nothing before it is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.names import Name, names
from rag.talk import Talk, phrase_of, whole_name
from rag.terms import STOPWORDS, words
from rag.types import Turn
from rag.when import time_words

NEW_TOPIC = re.compile(
    r"^\s*(?:new (?:topic|question)|different question|change of (?:topic|subject))\s*[:,.–—-]*\s*", re.IGNORECASE
)
# Words without which a follow-up asks the same: "Thanks, and in 2023?", "No, I meant the Fed".
_AND = re.compile(
    r"^(?:(?:and|but|so|or|also|ok(?:ay)?|then|well|sorry|actually|thanks|thank you|i (?:mean|meant)|no(?=[,.;–—-]))\b"
    r"[\s,.;!–—-]*)+",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks|thank you|thx|cheers|great|perfect|bye|goodbye|good bye|hello|hi|hey"
    r"|that(?:['’]s| is| was) all"
    r"|(?:very|so) much|a lot|again|for (?:that|the (?:help|answer)|your help)|good (?:morning|evening|night))\b\W*)+$",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:what|how)\s+about\s+", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|did|does|do|has|have|had|can|could|will|would|should|might|may|must|wh\w+|how)\b"
)
_BARE = re.compile(
    r"^(?:(?:since|by|for|at|from|in|to|with|until)\s+)?(?:when|whom?|why(?:\s+not)?|where|what|which(?:\s+ones?)?"
    r"|how(?:\s+(?:much|many|long|often|far|so))?)\s*(?:exactly|else)?[\s?.!]*$"
    r"|^(?:when|where|why|how)\s+(?:(?:is|was)\s+(?:that|this)(?:\s+so)?|did\s+(?:that|this)\s+happen)[\s?.!]*$"
    r"|^who\s+sa(?:id|ys)\s+(?:so|that|this)[\s?.!]*$",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?<=\?)\s+([^?]+\?)$")
_HOW = re.compile(r"^(?:when|where|why|how)(?=\s*(?:exactly)?\W*$|\s+(?:is|was|did)\b)", re.IGNORECASE)
_HOW_DONE = re.compile(
    r"^(?:when|where|why|how)(?=\s+(?:is|are|was|were|did|does|do|has|have|had|will)\b)", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NEXT_YEAR = re.compile(
    r"^(?:(?:in|for|during)\s+)?(?:(?P<before>the\s+(?:year\s+before|previous\s+year)|(?:a|one)\s+year\s+(?:before|earlier))"
    r"|the\s+(?:year\s+after|following\s+year|next\s+year)|(?:a|one)\s+year\s+later)(?:\s+that)?$",
    re.IGNORECASE,
)
_IN = "in|for|to|from|at|by|with|against|on|about|of"
_PREPOSITION = re.compile(rf"^({_IN}|before|after|since|during)\s+", re.IGNORECASE)
_OBJECT = re.compile(rf"\b(?:{_IN})\s+(?:the\s+)?$", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\b(?:(?:is|was|are|were|be|been)\s+there(?=\s+\w)|there\s+(?:is|was|are|were|be|been|has|have)"
    r"|(?:is|was)\s+it\s+(?:true|possible|likely|known|clear|legal|common|normal)|it\s+(?:is|was)\s+(?:true|possible))\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:he|him|his|she|hers?|they|them|theirs?|its?|there)\b", re.IGNORECASE)
_POSSESSIVE = frozenset("his her hers their theirs its".split())
_PERSON = frozenset("he him his she her hers".split())
_MANY = frozenset("they them their theirs".split())
_DEMONSTRATIVE = re.compile(
    r"\b(?:the\s+(?:higher|lower|larger|smaller|earlier|later)\s+(?:figure|number|count|toll|report|one)"
    r"|this|these|those|the\s+(?:same|former|latter|others?)|that\s+\w+(?=\s*[?.,]|$)|that(?=\s*[?.,]|$)"
    r"|(?:of|in|on|for|with|about|after|before|from|by|to|share|hitting)\s+that|(?:by|since|until)\s+then|then(?=\s*\?)"
    r"|who\s+else|what\s+else|where\s+else|instead|too)\b|\b(?:before|afterwards?|after|earlier|later)(?=\s*[?.]|$)",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"\b(?:the|this|that|these|those)\s+[a-z]", re.IGNORECASE)
_HEAD = re.compile(r"\b(?:the|this|that)\s+([a-z][\w’'-]+)(?![\w’'-])")
# A question without a name of its own and with more content words than this says what it is about.
_SAYS_ENOUGH = 6
# With no more than this it leans on what was said before ("How many are missing?"), unless it asks what a thing is.
_SAYS_LITTLE = 3
_OF_ITSELF = re.compile(r"^(?:(?:what|who)\s+(?:is|are)\s+[\w-]+|how\s+(?:do|does)\b.*)\W*$", re.IGNORECASE)
_SPOKEN = re.compile(r"^(what\s+(?:did|does|has|do)\s.*?\b(?:say|said|think|tell)\b.*?\babout)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that stands alone; `leans` tells whether it took anything from the turns before."""

    text: str
    leans: bool = False


def standalone(text: str, history: Sequence[Turn], ignored: Sequence[str] = ()) -> FollowUp:
    """The question with what it leaves out.

    Args:
        text: as typed.
        history: earlier turns, oldest first.
        ignored: names that are nobody's subject: the outlets of the index.
    """
    if not history or asks_nothing(text):
        return FollowUp(text)
    asked: list[str] = []
    for n, turn in enumerate(history):
        fresh = NEW_TOPIC.sub("", turn.question)
        before = () if fresh != turn.question else _done(history[:n], asked)
        asked.append(turn.standalone or standalone(fresh, before, ignored).text)
    talk = Talk(_of_one_topic(history, asked), frozenset(name.lower() for name in ignored))
    core = _AND.sub("", text)
    for form in (_bare, _fragment, _pronouns, _again, _topic):
        found = form(core, talk, core != text)
        if found:
            return FollowUp(_capital(found), leans=True)
    return FollowUp(text)


def asks_nothing(text: str) -> bool:
    """Whether it is a courtesy alone: "Thanks!", "Hello"."""
    return bool(_COURTESY.match(text))


def _of_one_topic(history: Sequence[Turn], asked: Sequence[str]) -> list[tuple[str, str]]:
    """What was asked and told since the last new topic."""
    turns: list[tuple[str, str]] = []
    for turn, question in zip(history, asked, strict=True):
        typed = NEW_TOPIC.sub("", turn.question)
        named = any(name.sure for name in names(typed))
        alone = typed == question and named and turns and not Talk(turns, frozenset()).shares(question)
        if typed != turn.question or alone:
            turns = []
        turns.append((question, turn.said))
    return turns


def _done(history: Sequence[Turn], asked: Sequence[str]) -> list[Turn]:
    return [Turn(t.question, t.answer, q, t.told) for t, q in zip(history, asked, strict=True)]


def _bare(core: str, talk: Talk, _: bool) -> str | None:
    """ "When?": put in the place of "why" in "Why was he detained?"; else behind the last question."""
    if not _BARE.match(core):
        return None
    tail = _TAIL.search(talk.last)
    last = talk.last[: tail.start()] if tail and _BARE.match(tail[1]) else talk.last
    how = _HOW.match(core)
    if how and _HOW_DONE.match(last):
        return _HOW_DONE.sub(how[0], last)
    return f"{last} {_capital(core)}"


def _fragment(core: str, talk: Talk, continues: bool) -> str | None:
    """ "And in 2023?", "What about the Fed?": the last question with that part exchanged."""
    about = _ABOUT.match(core)
    part = _ABOUT.sub("", core).rstrip(" ?.!")
    if _VERB.search(part[:1].lower() + part[1:]) or len(part.split()) > 6 or not (about or continues or names(part)):
        return None
    if _PREPOSITION.match(part):
        part = part[:1].lower() + part[1:]
    for exchange in (_exchange_time, _exchange_phrase, _exchange_name):
        found: str | None = exchange(part, talk)
        if found:
            return found
    topic = [name for name in talk.about() if name.lower() not in part.lower()]
    return f"{core.rstrip(' ?.!')} ({', '.join(topic)})?" if topic else None


def _exchange_time(part: str, talk: Talk) -> str | None:
    beside, years = _NEXT_YEAR.match(part), set(_YEAR.findall(talk.last))
    if beside and len(years) == 1:
        (year,) = years
        return talk.last.replace(year, str(int(year) + (-1 if beside["before"] else 1)))
    new = time_words(part)
    if not new or [word for word in words(part.replace(new, "")) if word not in STOPWORDS]:
        return None
    old = time_words(talk.last)
    if old:
        return talk.last.replace(old, part if _PREPOSITION.match(old) or not _PREPOSITION.match(part) else new)
    return f"{talk.last.rstrip(' ?.!')} {part}?"


def _exchange_phrase(part: str, talk: Talk) -> str | None:
    preposition = _PREPOSITION.match(part)
    if not preposition:
        return None
    word = preposition[1].lower()
    same = list(re.finditer(rf"\b{word}\s+(?:the\s+)?", talk.last, re.IGNORECASE))
    for match in reversed(same):
        name = next((n for n in names(talk.last) if n.start == match.end()), None)
        if name:
            return talk.last[: match.start()] + part + talk.last[name.end :]
    return f"{talk.last.rstrip(' ?.!')} {part}?"


def _exchange_name(part: str, talk: Talk) -> str | None:
    own = names(part)
    # "Any reaction from Kyiv" is no name to put in another's place.
    if len(own) != 1 or part[own[0].end :].strip() or part[: own[0].start].strip().lower() not in ("", "the"):
        return None
    old = talk.names(talk.last)
    spoken = _SPOKEN.match(talk.last)
    if spoken and talk.is_place(own[0]):  # not who said it, but what of
        return f"{spoken[1]} {part}?"
    subjects = [n for n in old if not _OBJECT.search(talk.last[: n.start])]
    alike = [n for n in (*subjects, *old) if (n.kind == "person") == (own[0].kind == "person") or not own[0].sure]
    name = next(iter([*alike, *subjects, *old]), None)
    if name is None:
        return None
    compound = whole_name(talk.last, name) != name.text  # "the Leeds flood"
    before = talk.last[: name.start] if compound else re.sub(r"(?i)\bthe\s+$", "", talk.last[: name.start])
    return before + part + talk.last[name.end :]


def _pronouns(core: str, talk: Talk, _: bool) -> str | None:
    """ "What did he say?": the first pronoun of each kind gives its place to the name that it can mean."""
    said: set[str] = set()
    spared = [match.span() for match in _EXPLETIVE.finditer(core)]

    def exchange(match: re.Match[str]) -> str:
        word = match.group().lower()
        kind = "person" if word in _PERSON else "many" if word in _MANY else "place" if word == "there" else "thing"
        if kind in said or any(a <= match.start() < b for a, b in spared) or _bound(core, match, kind, talk):
            return match.group()
        means = _MEANS[kind](talk)
        if means is None:
            return match.group()
        said.add(kind)
        if kind == "place":
            return means if re.search(r"\b(?:from|to|near|in)\s+$", core[: match.start()]) else f"in {means}"
        owns = word in _POSSESSIVE and (word != "her" or _noun_follows(core[match.end() :]))
        return (means + ("’" if means.endswith("s") else "’s")) if owns else means

    found = _PRONOUN.sub(exchange, core)
    return found if said else None


_MEANS: dict[str, Callable[[Talk], str | None]] = {
    "person": lambda talk: talk.person(),
    "many": lambda talk: talk.people(),
    "place": lambda talk: talk.thing("place"),
    "thing": lambda talk: talk.thing(),
}


def _bound(core: str, match: re.Match[str], kind: str, talk: Talk) -> bool:
    """Whether a name in the question itself is what the pronoun means: "Did Trump say he would go?"."""
    own = [n for n in _own(core, talk) if n.end <= match.start()]
    if kind == "person":
        own = [n for n in own if n.kind == "person" or not n.sure]
    object_ = match.group().lower() in ("him", "them") or re.match(r"\s*(?:$|[?.,])", core[match.end() :])
    return bool(own) and not object_ and kind != "place"


def _again(core: str, talk: Talk, _: bool) -> str | None:
    """ "What is the prize worth?", where the talk was of the Booker Prize."""
    if _own(core, talk):
        return None
    for match in _HEAD.finditer(core):
        name = talk.called(match[1])
        if name:
            return f"{core[: match.start()]}the {name}{core[match.end() :]}"
    return None


def _topic(core: str, talk: Talk, continues: bool) -> str | None:
    """Where nothing could be exchanged: what the talk is about, in brackets."""
    spared = [match.span() for match in _EXPLETIVE.finditer(core)]
    pronoun = any(
        not any(a <= m.start() < b for a, b in spared) and not _bound(core, m, "thing", talk)
        for m in _PRONOUN.finditer(core)
    )
    points = pronoun or bool(_DEMONSTRATIVE.search(core))
    if not points:
        content = [word for word in words(core) if word not in STOPWORDS]
        if _own(core, talk) or len(content) > _SAYS_ENOUGH or not (_DEFINITE.search(core) or len(content) <= 4):
            return None
        says_little = len(content) <= _SAYS_LITTLE and not phrase_of(core) and not _OF_ITSELF.match(core)
        if content and not (continues or says_little or talk.shares(core)):
            return None
    missing = [name for name in talk.about() if name.lower() not in core.lower()]
    return f"{core.rstrip(' ?.!')} ({', '.join(missing)})?" if missing else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _own(text: str, talk: Talk) -> list[Name]:
    """Names in the question itself; its first word has a capital whatever it is."""
    return [n for n in talk.names(text) if n.start > 0 or n.sure or " " in n.text]


def _noun_follows(rest: str) -> bool:
    following = re.match(r"\s+([\w’'-]+)", rest)
    return following is not None and following[1].lower() not in STOPWORDS
