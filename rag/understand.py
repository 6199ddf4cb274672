"""From what was typed to a Question: follow-ups made standalone, time window, outlets, quoted phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from index.errors import InputError
from rag.terms import STOPWORDS, phrases, words
from rag.types import Question, Turn, Window
from rag.when import read_time

MAX_QUESTION = 2000
_BY = (
    r"(?:according to|reported (?:by|in|on)|(?:article|report|story|piece|coverage|reporting)s? (?:by|in|from|of)"
    r"|sa(?:id|ys) (?:by|in|on))"
)
_DID = r"(?:did|does|do|has|have|had)"
_REPORT = (
    r"(?:report|sa(?:y|id)|wr(?:ite|ote)|stor(?:y|ies)|article|coverage|cover|piece|account|describe|call|quote|tell|told"
    r"|note|publish|claim)"
)
_PRONOUN = re.compile(
    r"\b(?:he|him|his|she|her|hers|they|them|their|it|its|this|that|these|those|there|then|former|latter)\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"^\s*(?:and|but|or|so|also|what about|how about|why|when|where|who else|what else|since when)\b", re.IGNORECASE
)
_NEW_TOPIC = re.compile(
    r"^\s*(?:new (?:topic|question)|different question|change of (?:topic|subject))\s*[:,.–—-]*\s*", re.IGNORECASE
)
_NAME = re.compile(r"\b[A-Z][\w’'.&-]*(?:\s+(?:of|the|and|for|de|van|von|al)?\s*[A-Z0-9][\w’'.&-]*)*")


def understand(
    text: str,
    *,
    as_of: date,
    history: Sequence[Turn] = (),
    window: Window | None = None,
    outlets: Sequence[str] | None = None,
    known_outlets: Sequence[str] = (),
    allow_later: bool = False,
) -> Question:
    """Reads a question.

    Args:
        text: as typed.
        as_of: the day on which it is asked; relative words are resolved against it.
        history: earlier turns, oldest first.
        window: overrides what the question says of time; an empty Window means no window.
        outlets: overrides what the question says of outlets.
        known_outlets: outlets that the index holds.
        allow_later: whether articles published after `as_of` may be used.

    Raises:
        InputError: there is no question, or it is absurdly long.
    """
    text = " ".join(text.split())
    if not any(c.isalnum() for c in text):
        msg = "There is no question."
        raise InputError(msg, "Type one.")
    if len(text) > MAX_QUESTION:
        msg = f"The question has {len(text)} characters; {MAX_QUESTION} are the most."
        raise InputError(msg, "Ask it more shortly.")
    fresh = _NEW_TOPIC.sub("", text)
    standalone = fresh if fresh != text else _standalone(text, history)
    when = read_time(standalone, as_of)
    return Question(
        text=text,
        standalone=standalone,
        as_of=as_of,
        window=when.window if window is None else window,
        outlets=tuple(outlets) if outlets is not None else named_outlets(standalone, known_outlets),
        phrases=phrases(standalone),
        latest=when.latest,
        allow_later=allow_later,
    )


def named_outlets(question: str, known: Sequence[str]) -> tuple[str, ...]:
    """The outlets whose own reporting is asked for: "according to CNN", "what did The Week report", "CNN's report"."""
    found = []
    for name in known:
        spelled = r"(?:the\s+)?" + re.escape(re.sub(r"(?i)^the ", "", name)) + r"\b"
        cues = (
            rf"{_BY}\s+{spelled}",
            rf"{_DID}\s+{spelled}\s+{_REPORT}",
            rf"{spelled}(?:['’]s?)?\s+(?:{_DID}\s+)?{_REPORT}",
        )
        if any(re.search(cue, question, re.IGNORECASE) for cue in cues):
            found.append(name)
    return tuple(found)


def _standalone(text: str, history: Sequence[Turn]) -> str:
    """A follow-up with the names it leaves out, taken from the questions before; anything else as it is."""
    if not history:
        return text
    content = [word for word in words(text) if word not in STOPWORDS]
    has_name = any(match.start() > 0 for match in _NAME.finditer(text))
    leans = bool(_PRONOUN.search(text)) or bool(_ELLIPSIS.search(text)) or len(content) <= 2
    if not leans or (has_name and not _ELLIPSIS.search(text) and not _PRONOUN.search(text)):
        return text
    missing = [name for name in _names(history[-1]) if name.lower() not in text.lower()]
    return f"{text.rstrip(' ?')} ({', '.join(missing)})?" if missing else text


def _names(turn: Turn) -> list[str]:
    """Names in the turn's question; where it has none, those of its answer's first sentence."""
    for part in (turn.question, turn.answer.split(". ")[0]):
        found = [m.group().rstrip(".,'’") for m in _NAME.finditer(part)]
        kept = [name for name in found if not all(word in STOPWORDS for word in words(name))]
        if kept:
            return list(dict.fromkeys(kept))[:4]
    return []
