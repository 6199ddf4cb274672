"""One reader's conversation: asks the pipeline, remembers, keeps what was said in the history."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from index.errors import InputError, StoreError
from rag.history import History, Listed
from rag.line import Line
from rag.pipeline import Pipeline
from rag.sources import outdated
from rag.suggest import Suggester
from rag.types import NO_LIMITS, Answer, AnswerDone, Event, Limits, Turn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many questions of others must be answered first."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Suggested:
    """Questions that could be asked next and that the articles answer."""

    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unkept:
    """The answer stands, but the history could not take it."""

    reason: str


@dataclass(slots=True)
class Exchange:
    """A question and its answer.

    Attributes:
        question: as asked.
        limits: set by hand when it was asked.
        answer: None while there is none yet, where there was an error, and where an old one cannot be read.
        text: the answer in plain text.
        turn: its number in the history, once it is kept.
        stopped: whether the reader stopped the model.
        suggested: questions that could come next.
    """

    question: str
    limits: Limits = NO_LIMITS
    answer: Answer | None = None
    text: str = ""
    turn: int | None = None
    stopped: bool = False
    suggested: tuple[str, ...] = ()


@dataclass(slots=True)
class Conversation:
    """A conversation of one owner; `id` is None until its first answer is kept."""

    owner: str
    id: str | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)
    busy: threading.Lock = field(default_factory=threading.Lock)

    def before(self, position: int) -> tuple[str, ...]:
        """The questions before a position."""
        return tuple(exchange.question for exchange in self.exchanges[:position])


class Newsroom:
    """What all conversations share: the pipeline, the history and the line of those who wait."""

    def __init__(self, pipeline: Pipeline, history: History, suggester: Suggester, at_once: int = 8) -> None:
        self.pipeline = pipeline
        self.history = history
        self.suggester = suggester
        self.line = Line(at_once)

    def listed(self, owner: str, search: str = "", *, limit: int = 50) -> list[Listed]:
        """The owner's conversations, last used first, each with how many of its cited sentences were changed since."""
        listed = self.history.conversations(owner, search, limit=limit)
        cited = self.history.cited(owner, [c.id for c in listed])
        with self.pipeline.store.reading():
            gone = {i: len(outdated(sentences, self.pipeline.store)) for i, sentences in cited.items()}
        return [replace(c, outdated=gone.get(c.id, 0)) for c in listed]

    def open(self, owner: str, conversation: str) -> Conversation:
        """A conversation from the history, to be read and carried on.

        Raises:
            InputError: the owner has no such conversation.
        """
        kept = self.history.turns(owner, conversation)
        exchanges = [
            Exchange(k.question, k.limits, answer=k.answer, text=k.text, turn=k.id, stopped=k.stopped) for k in kept
        ]
        return Conversation(owner, conversation, exchanges)

    def ask(
        self, talk: Conversation, text: str, limits: Limits = NO_LIMITS, at: int | None = None
    ) -> Iterator[Event | Waiting | Suggested | Unkept]:
        """Asks a question in a conversation, at its end or anew in the place of one asked before.

        Yields the pipeline's events, before them `Waiting` where others are first, after `AnswerDone` what could be
        asked next. `talk.cancel` ends it; what has settled by then is the answer, and is kept.

        Args:
            talk: the conversation; changed as the answer comes.
            text: the question.
            limits: set by hand.
            at: position of the question that is asked anew; None for a new one.

        Raises:
            InputError: there is no question, or this conversation is already waiting for an answer.
            DatelineError: see `Pipeline.stream`.
        """
        if not talk.busy.acquire(blocking=False):
            msg = "An answer is still being written."
            raise InputError(msg, "Wait for it or stop it, then ask again.")
        try:
            talk.cancel.clear()
            yield from self._ask(talk, text, limits, at)
        finally:
            talk.busy.release()

    def _ask(
        self, talk: Conversation, text: str, limits: Limits, at: int | None
    ) -> Iterator[Event | Waiting | Suggested | Unkept]:
        position = len(talk.exchanges) if at is None else at
        before = talk.exchanges[:position]
        former = talk.exchanges[position].turn if at is not None else None
        exchange = Exchange(text, limits, turn=former)
        talk.exchanges[position : position + 1] = [exchange]
        with self.line.place(talk.cancel) as ahead:
            for count in ahead:
                yield Waiting(count)
            if talk.cancel.is_set():
                return
            turns = [Turn.of(e.answer) if e.answer else Turn(e.question, e.text) for e in before if e.text]
            events = self.pipeline.stream(
                text,
                as_of=limits.as_of,
                history=turns,
                window=limits.window,
                outlets=limits.outlets,
                cancel=talk.cancel,
            )
            for event in events:
                if isinstance(event, AnswerDone):
                    exchange.answer, exchange.text = event.answer, event.answer.text
                    exchange.stopped = talk.cancel.is_set()
                    unkept = self._keep(talk, exchange, event.answer)
                    yield event
                    if unkept:
                        yield unkept
                else:
                    yield event
            if exchange.answer and not talk.cancel.is_set():
                asked = (*talk.before(position), text)
                exchange.suggested = self.suggester.follow_ups(exchange.answer, asked, talk.cancel)
                yield Suggested(exchange.suggested)

    def _keep(self, talk: Conversation, exchange: Exchange, answer: Answer) -> Unkept | None:
        keep = partial(self.history.keep, talk.owner, exchange.question, answer)
        keep = partial(keep, limits=exchange.limits, stopped=exchange.stopped)
        try:
            try:
                talk.id, exchange.turn = keep(conversation=talk.id, turn=exchange.turn)
            except InputError:  # deleted in another tab: what is said from here on is a conversation of its own
                for earlier in talk.exchanges:
                    earlier.turn = None
                talk.id, exchange.turn = keep()
        except StoreError as exc:
            log.warning("An answer could not be kept: %s", exc)
            return Unkept(f"This answer could not be kept in the history. {exc}")
        return None
