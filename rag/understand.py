"""From what was typed to a Question: follow-ups made standalone, time window, outlets, quoted phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from index.errors import InputError
from rag.followup import NEW_TOPIC, FollowUp, asks_nothing, standalone
from rag.terms import phrases
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
    history = [turn for turn in history if not asks_nothing(turn.question)]
    fresh = NEW_TOPIC.sub("", text)
    follow_up = FollowUp(fresh) if fresh != text else standalone(text, history, known_outlets)
    when = read_time(follow_up.text, as_of)
    understood = when.window
    if follow_up.leans and not understood and not when.latest:
        understood = _earlier_window(history, as_of)
    return Question(
        text=text,
        standalone=follow_up.text,
        as_of=as_of,
        window=understood if window is None else window,
        outlets=tuple(outlets) if outlets is not None else named_outlets(follow_up.text, known_outlets),
        phrases=phrases(follow_up.text),
        latest=when.latest,
        allow_later=allow_later,
    )


def _earlier_window(history: Sequence[Turn], as_of: date) -> Window:
    """The time that the last question named: a follow-up without one of its own speaks of the same."""
    return read_time(history[-1].standalone or history[-1].question, as_of).window


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
