"""A question's way, top to bottom: understand → retrieve → evidence → draft → settle → Answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from math import inf

from index.embed import Embedder, embedder
from index.store import Store
from rag import verifiers
from rag.answerable import THRESHOLD, answerability
from rag.choice import LOOK_S, Choice
from rag.clock import Clock
from rag.config import Config
from rag.errors import ModelError
from rag.evidence import EvidencePicker
from rag.followup import asks_nothing
from rag.llm import Chosen, DraftModel, choose, choose_or_stand_in
from rag.refusal import refusal, unasked
from rag.rerank import reranker
from rag.retrieve import Retriever
from rag.spans import UNTOLD, Fact, Tracing, tracing_to
from rag.types import Answer, AnswerDone, Event, EvidenceFound, Turn, Understood, Window
from rag.understand import understand
from rag.verify import Verifier
from rag.writer import Writer

log = logging.getLogger(__name__)

ARTICLES = 10


class Pipeline:
    """Answers questions from one index. Thread-safe; many questions may be asked at once.

    Args:
        store: the index.
        embedder: the encoder that it was made with.
        config: the defaults when not given.
        verifier: judges the sentences in place of the one that the configuration names.
        tracing: is told how long each stage takes.
        fixed_model: for what is measured: a language model that was named and cannot be used is an error, and what was
            chosen is kept. Otherwise another one answers in its place and says so, until it can be used.

    Raises:
        PluginError, InputError, ModelError: the reranker or verifier that is configured cannot be used.
    """

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        config: Config | None = None,
        verifier: Verifier | None = None,
        tracing: Tracing = UNTOLD,
        *,
        fixed_model: bool = False,
    ) -> None:
        self.config = config or Config()
        self.store = store
        self.embedder = embedder
        self.verifier = verifier or verifiers.verifier(self.config.verifier, self.config.model_settings)
        self.tracing = tracing
        self.retriever = Retriever(store, embedder, reranker(self.config.reranker))
        self._picker = EvidencePicker(store, self.config.evidence_sentences)
        how, look_s = (choose, inf) if fixed_model else (choose_or_stand_in, LOOK_S)
        self._choice = Choice(partial(how, self.config.llm, self.config.model_settings), look_s)

    @classmethod
    def open(cls, config: Config, *, fixed_model: bool = False) -> Pipeline:
        """A pipeline over the index that the configuration names; `fixed_model` as in the constructor.

        Raises:
            IndexMissing: there is none.
            InputError: the collector's address is none.
            PluginError: the encoder, reranker, verifier or what tells a collector is not installed.
            ModelError: the verifier asks a model that cannot be used.
        """
        checker = verifiers.verifier(config.verifier, config.model_settings)  # before there is an index to be closed
        told = tracing_to(config.otlp_endpoint)
        store = config.place.open()
        return cls(store, embedder(store.manifest.encoder), config, checker, told, fixed_model=fixed_model)

    def close(self) -> None:
        """Releases the index; the collector, where there is one, is told the last."""
        self.store.close()
        self.tracing.close()

    @property
    def chosen(self) -> Chosen:
        """The language model in use, chosen at first need; one that stands in says in its note for which, and why.

        Raises:
            PluginError: there is no such model.
            ModelError: with `fixed_model`, the model that was named cannot be used.
        """
        self._choice.look_again()
        return self._choice.now

    def answer(self, text: str, *, as_of: date | None = None, history: Sequence[Turn] = (),
               window: Window | None = None, outlets: Sequence[str] | None = None,
               allow_later: bool = False) -> Answer:  # fmt: skip
        """The answer to a question; see `stream`, which this collects."""
        answer = None
        for event in self.stream(
            text, as_of=as_of, history=history, window=window, outlets=outlets, allow_later=allow_later
        ):
            if isinstance(event, AnswerDone):
                answer = event.answer
        if answer is None:
            msg = "the pipeline ended without an answer"
            raise RuntimeError(msg)
        return answer

    def stream(
        self,
        text: str,
        *,
        as_of: date | None = None,
        history: Sequence[Turn] = (),
        window: Window | None = None,
        outlets: Sequence[str] | None = None,
        allow_later: bool = False,
        cancel: threading.Event | None = None,
        about: Mapping[str, Fact] | None = None,
    ) -> Iterator[Event]:
        """Answers a question, telling what happens as it happens. The last event is always `AnswerDone`.

        Args:
            text: as typed.
            as_of: the day on which it is asked; today when not given.
            history: earlier turns, oldest first.
            window: overrides the time window understood from the question; an empty one means none.
            outlets: overrides the outlets understood from the question.
            allow_later: whether articles published after `as_of` may be used.
            cancel: when set, the model stops; what has settled by then is the answer.
            about: what a collector of spans is to know of the question.

        Raises:
            InputError: there is no question.
            PluginError: there is no such model, or a network's weights are damaged.
            ModelError: with `fixed_model`, the model that was named cannot be used.
            StoreError: the index cannot be read.
        """
        self._choice.look_again()  # while the index is searched
        with self.tracing.begin("ask", about or {}) as span:
            clock = Clock(span)
            with clock.stage("understand"):
                question = understand(
                    text,
                    as_of=as_of or date.today(),  # noqa: DTZ011 - the user's calendar day
                    history=history[max(len(history) - self.config.history_turns, 0) :],
                    window=window,
                    outlets=outlets,
                    known_outlets=self.store.outlets(),
                    allow_later=allow_later,
                )
            yield Understood(question)
            if asks_nothing(question.text):
                yield AnswerDone(unasked(question, clock))
                return
            with self.store.reading():  # articles, sentences and vectors of one state, whatever is taken in meanwhile
                with clock.stage("retrieve") as stage:
                    retrieved = self.retriever.search(question, ARTICLES)
                    stage.tell(articles=len(retrieved.found))
                with clock.stage("evidence") as stage:
                    evidence = tuple(self._picker.pick(question, retrieved.found, retrieved.vector))
                    stage.tell(sentences=len(evidence))
            yield EvidenceFound(evidence)
            with clock.stage("answerability") as stage:
                answerable = answerability(retrieved.found, evidence)
                stage.tell(probability=answerable)
            searched = partial(self.store.extent, question.filter)
            if answerable < THRESHOLD:
                answer = refusal(question, evidence, searched, clock, "none", "")
            else:
                run = Writer(question, evidence, self.verifier, clock, cancel or threading.Event(), answerable)
                with clock.stage("choose"):
                    chosen = self.chosen
                yield from run.draft(chosen, self._fallbacks(chosen), self.config.max_answer_tokens)
                answer = run.answer(searched)
            span.tell(**_outcome(answer))
        yield AnswerDone(answer)

    def _fallbacks(self, chosen: Chosen) -> Callable[[], DraftModel | None]:
        """What drafts when the chosen model fails midway: the embedded one, unless that is what failed."""

        def embedded() -> DraftModel | None:
            if chosen.model is None or chosen.model.name.startswith("embedded"):
                return None
            try:
                return choose("embedded", self.config.model_settings).model
            except ModelError as exc:
                log.warning("The embedded model cannot stand in: %s", exc)
                return None

        return embedded


def _outcome(answer: Answer) -> Mapping[str, Fact]:
    """What a collector is told of an answer: no word of it."""
    return {
        "answered": answer.answered,
        "model": answer.model,
        "sentences": len(answer.sentences),
        "removed": len(answer.removed),
        "citations": len(answer.citations),
        "notices": len(answer.notices),
    }
