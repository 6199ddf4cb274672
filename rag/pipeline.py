"""A question's way, top to bottom: understand → retrieve → evidence → draft → settle → Answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from index.embed import Embedder, embedder
from index.sqlite_faiss import SqliteFaissStore
from index.store import Store
from rag import extract
from rag.answerable import THRESHOLD, answerability
from rag.cite import DraftSentence, Numbering, SentenceReader
from rag.config import Config
from rag.errors import ModelError
from rag.evidence import EvidencePicker
from rag.grammar import REFUSAL
from rag.instructions import lifted, plain, speaks_to_machine
from rag.llm import Chosen, DraftModel, choose
from rag.prompt import fitted, spoken
from rag.rerank import reranker
from rag.retrieve import Retriever
from rag.settle import Settled, quoted, settle
from rag.types import (
    Answer,
    AnswerDone,
    AnswerSentence,
    Drafting,
    Event,
    Evidence,
    EvidenceFound,
    Question,
    SentenceSettled,
    Token,
    Turn,
    Understood,
    Window,
)
from rag.understand import understand
from rag.verifiers import verifier
from rag.verify import OverlapVerifier, Verifier

log = logging.getLogger(__name__)

ARTICLES = 10


class Pipeline:
    """Answers questions from one index. Thread-safe; many questions may be asked at once."""

    def __init__(
        self, store: Store, embedder: Embedder, config: Config | None = None, verifier: Verifier | None = None
    ) -> None:
        self.config = config or Config()
        self.store = store
        self.embedder = embedder
        self.verifier = verifier or OverlapVerifier()
        self.retriever = Retriever(store, embedder, reranker(self.config.reranker))
        self._picker = EvidencePicker(store, embedder, self.config.evidence_sentences)
        self._chosen: Chosen | None = None
        self._choosing = threading.Lock()

    @classmethod
    def open(cls, config: Config) -> Pipeline:
        """A pipeline over the index that the configuration names.

        Raises:
            IndexMissing: there is none.
            PluginError: the encoder, reranker or verifier is not installed.
            ModelError: the verifier asks a model that cannot be used.
        """
        checker = verifier(config.verifier, config.model_settings)
        store = SqliteFaissStore(config.index)
        return cls(store, embedder(store.manifest.encoder), config, checker)

    def close(self) -> None:
        """Releases the index."""
        self.store.close()

    @property
    def chosen(self) -> Chosen:
        """The language model in use, chosen at first need.

        Raises:
            ModelError: the configured model cannot be used.
        """
        with self._choosing:
            if self._chosen is None:
                self._chosen = choose(self.config.llm, self.config.model_settings)
            return self._chosen

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

        Raises:
            InputError: there is no question.
            ModelError: a model that was named explicitly cannot be used at all.
            StoreError: the index cannot be read.
        """
        clock = _Clock()
        question = understand(
            text,
            as_of=as_of or date.today(),  # noqa: DTZ011 - the user's calendar day
            history=history[-self.config.history_turns :],
            window=window,
            outlets=outlets,
            known_outlets=self.store.outlets(),
            allow_later=allow_later,
        )
        yield Understood(question)
        with self.store.reading():  # articles, sentences and vectors of one state, whatever is taken in meanwhile
            retrieved = self.retriever.search(question, ARTICLES)
            evidence = tuple(self._picker.pick(question, retrieved.found, retrieved.vector))
        clock.lap("retrieve")
        yield EvidenceFound(evidence)
        if answerability(self._picker.weights(question.standalone), retrieved.found, evidence) < THRESHOLD:
            yield AnswerDone(_refusal(question, evidence, self.store.newest(), clock, "none", ""))
            return
        run = _Run(question, evidence, self.verifier, clock, cancel or threading.Event())
        chosen = self.chosen
        yield from run.draft(chosen, self._fallbacks(chosen), self.config.max_answer_tokens)
        yield AnswerDone(run.answer(self.store.newest()))

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


class _Run:
    """The drafting of one answer: what has settled so far."""

    def __init__(
        self,
        question: Question,
        evidence: tuple[Evidence, ...],
        verifier: Verifier,
        clock: _Clock,
        cancel: threading.Event,
    ) -> None:
        self._question, self._evidence, self._verifier = question, evidence, verifier
        self._clock, self._cancel = clock, cancel
        self._numbering = Numbering()
        self._sentences: list[AnswerSentence] = []
        self._model, self._notes = extract.NAME, list[str]()

    def draft(self, chosen: Chosen, fallback: Callable[[], DraftModel | None], max_tokens: int) -> Iterator[Event]:
        """Drafts with the model, its stand-in or none, settling each sentence as it completes."""
        model, note = chosen.model, chosen.note
        while model:
            self._model, self._notes = model.name, [*self._notes, note] if note else self._notes
            yield Drafting(model.name, " ".join(self._notes))
            try:
                yield from self._from_model(model, max_tokens)
                break
            except ModelError as exc:
                self._sentences, self._numbering = [], Numbering()
                self._notes = [str(exc)]
                model = fallback()
                fallback = _nothing
                note = f"{model.name} answers instead." if model else ""
        if not model:
            self._model = extract.NAME
            self._notes.append(
                "The articles are quoted, no language model wrote this." if chosen.model else chosen.note
            )
            yield Drafting(extract.NAME, " ".join(self._notes))
        yield from self._complete()
        self._clock.lap("draft")

    def _from_model(self, model: DraftModel, max_tokens: int) -> Iterator[Event]:
        prompt, offered = fitted(self._question, self._evidence, model, max_tokens)
        reader = SentenceReader()
        marks = [e.n for e in offered]
        for piece in model.stream(prompt, max_tokens=max_tokens, marks=marks, cancel=self._cancel):
            yield Token(piece)
            for sentence in reader.feed(piece):
                yield from self._settle(sentence)
        for sentence in reader.end():
            # A last sentence without a full stop was cut off by the token limit or the stop button.
            if sentence.text.rstrip("\"'”’)").endswith((".", "!", "?", "…")):
                yield from self._settle(sentence)

    def _settle(self, sentence: DraftSentence) -> Iterator[Event]:
        if REFUSAL in sentence.text.upper():
            return
        with self._clock.timing("verify"):
            used = {c.sentence.id for c in self._numbering.citations}
            if speaks_to_machine(sentence.text):  # orders, links and markup are no statement
                settled = Settled(sentence.text, (), 0.0, "removed", ("it is no statement",))
            else:
                settled = settle(sentence, plain(self._evidence), self._verifier, used)
                if settled.state == "verified" and all(lifted(settled.text, e.sentence.text) for e in settled.evidence):
                    best = settled.evidence[0]
                    reasons = ("it leaves out how the source introduces it",)
                    settled = Settled(quoted(best), (best,), 1.0, "repaired", reasons)
        if settled.text in {s.text for s in self._sentences}:
            return
        yield self._take(settled)

    def _take(self, settled: Settled) -> SentenceSettled:
        citations = self._numbering.cite(settled.evidence)
        sentence = AnswerSentence(
            settled.text, tuple(c.n for c in citations), settled.support, settled.state, settled.reasons
        )
        self._sentences.append(sentence)
        return SentenceSettled(sentence, citations)

    def _complete(self) -> Iterator[Event]:
        """Quotes the best evidence where the draft left it out: a draft that evades the point is no answer."""
        cited = {c.sentence.id for c in self._numbering.citations}
        shown = [s for s in self._sentences if s.supported]
        for settled in extract.extract(plain(self._evidence) or self._evidence):
            if settled.evidence[0].sentence.id in cited:
                break
            yield self._take(settled)
            if shown:
                break

    def answer(self, newest: date | None) -> Answer:
        """Everything that settled, as an Answer."""
        shown = tuple(s for s in self._sentences if s.supported)
        removed = tuple(s for s in self._sentences if not s.supported)
        if not shown:
            return _refusal(self._question, self._evidence, newest, self._clock, self._model, " ".join(self._notes))
        return Answer(
            self._question,
            answered=True,
            reason=None,
            model=self._model,
            note=" ".join(self._notes),
            sentences=shown,
            removed=removed,
            citations=self._numbering.citations,
            evidence=self._evidence,
            timings_ms=self._clock.done(),
        )


def _refusal(
    question: Question, evidence: tuple[Evidence, ...], newest: date | None, clock: _Clock, model: str, note: str
) -> Answer:
    parts = ["The answer is not in these articles."]
    limits = []
    if question.window.firm and question.window.since:
        limits.append(f"from {spoken(question.window.since)}")
    if question.window.firm and question.window.until:
        limits.append(f"until {spoken(question.window.until)}")
    if question.outlets:
        limits.append(f"by {', '.join(question.outlets)}")
    if limits:
        parts.append(f"Searched were those {' '.join(limits)}.")
    if newest:
        parts.append(f"The newest article is of {spoken(newest)}.")
    if evidence:
        parts.append("The nearest sentences are listed as evidence.")
    return Answer(question, False, " ".join(parts), model, note, (), (), (), evidence, clock.done())


def _nothing() -> None:
    return None


class _Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {"retrieve": 0.0, "draft": 0.0, "verify": 0.0}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps[stage] += now - self._last
        self._last = now

    def timing(self, stage: str) -> _Timing:
        return _Timing(self._laps, stage)

    def done(self) -> dict[str, int]:
        laps = dict(self._laps)
        laps["draft"] = max(laps["draft"] - laps["verify"], 0.0)
        laps["total"] = time.perf_counter() - self._start
        return {stage: round(seconds * 1000) for stage, seconds in laps.items()}


class _Timing:
    """Adds the time spent in its block to one stage."""

    def __init__(self, laps: dict[str, float], stage: str) -> None:
        self._laps, self._stage = laps, stage

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *exc: object) -> None:
        self._laps[self._stage] += time.perf_counter() - self._start
