"""The writing of one answer: drafted, each sentence settled as it completes, completed by quotations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import cast

from index.clean import visible
from index.records import Extent
from rag import extract
from rag.answerable import DOUBT
from rag.cite import DraftSentence, Numbering, SentenceReader
from rag.clock import Clock
from rag.conflicts import disagreement
from rag.copying import in_order, loses_attribution, loses_limit, loses_subject
from rag.corrections import correction, takes_back
from rag.errors import ModelError
from rag.grammar import REFUSAL
from rag.instructions import lifted, plain, speaks_to_machine
from rag.llm import Chosen, DraftModel
from rag.periods import other_period
from rag.premise import denying
from rag.prompt import ORDERS_ALONE, fitted
from rag.refusal import refusal
from rag.settle import Settled, quoted, settle
from rag.terms import stems
from rag.thoughts import AFRESH
from rag.types import (
    Answer,
    AnswerSentence,
    Drafting,
    Event,
    Evidence,
    Notice,
    NoticeKind,
    Question,
    SentenceSettled,
    Token,
)
from rag.verify import Verifier, until

# A weak model's sentence stands as it is only if a source holds this share of its content words in their order: what
# else it writes is true too seldom, whatever the verifier thinks of it (docs/experiments.md).
COPIED = 0.9
# Of a sentence's content words, so many in another on the same evidence make it a repetition.
REPEATED, HALF = 0.8, 0.5


class Writer:
    """The drafting of one answer: what has settled so far."""

    def __init__(
        self,
        question: Question,
        evidence: tuple[Evidence, ...],
        verifier: Verifier,
        clock: Clock,
        cancel: threading.Event,
        answerable: float = 1.0,
    ) -> None:
        self._question, self._evidence, self._verifier = question, evidence, until(verifier, cancel)
        self._plain = plain(evidence)  # what speaks to a machine is evidence of nothing
        self._clock, self._cancel, self._answerable = clock, cancel, answerable
        self._numbering = Numbering()
        self._sentences: list[AnswerSentence] = []
        self._model, self._notes = extract.NAME, list[str]()
        self._notices: list[Notice] = []
        self._weak = False  # the model that drafts is one of those that are not believed
        self._declined = False  # a model that can be believed says that the evidence holds no answer

    @property
    def _shown(self) -> list[AnswerSentence]:
        return [s for s in self._sentences if s.supported]

    def draft(self, chosen: Chosen, fallback: Callable[[], DraftModel | None], max_tokens: int) -> Iterator[Event]:
        """Drafts with the model, its stand-in or none, settling each sentence as it completes."""
        if not self._plain:
            self._model, self._notes = "none", [ORDERS_ALONE]
            return
        model, note = chosen.model, chosen.note
        while model:
            self._model, self._notes = model.name, [*self._notes, note] if note else self._notes
            self._weak = _weak(model)
            yield Drafting(model.name, " ".join(self._notes))
            try:
                with self._clock.stage("draft") as stage:
                    stage.tell(model=model.name)
                    yield from self._from_model(model, max_tokens)
                break
            except ModelError as exc:
                self._forget()
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
        if not self._cancel.is_set():
            with self._clock.stage("complete"):
                yield from self._complete()
                if self._shown:
                    yield from self._notice()

    def _from_model(self, model: DraftModel, max_tokens: int) -> Iterator[Event]:
        with self._clock.stage("prompt") as stage:
            prompt, offered = fitted(self._question, self._evidence, model, max_tokens)
            stage.tell(sentences=len(offered))
        reader = SentenceReader()
        marks = [e.n for e in offered]
        draft = _Draft(model.stream(prompt, max_tokens=max_tokens, marks=marks, cancel=self._cancel))
        for arrived in draft:
            _, afresh, piece = arrived.rpartition(AFRESH)
            if afresh:
                self._forget()
                reader = SentenceReader()
                yield Drafting(model.name, " ".join(self._notes))
            piece = visible(piece)  # no model writes to a terminal what moves its cursor
            yield Token(piece)
            for sentence in reader.feed(piece):
                yield from self._settle(sentence)
        for sentence in reader.end():
            if _stopped(sentence) or REFUSAL in sentence.text.upper():
                yield from self._settle(sentence)
            elif draft.ended:  # the end of the draft is the end of its last sentence
                yield from self._settle(DraftSentence(f"{sentence.text}.", sentence.marks))
            elif not self._cancel.is_set():  # who stops an answer knows that it is not whole
                yield self._take(Settled(sentence.text, (), 0.0, "removed", ("it was cut off",)))

    def _forget(self) -> None:
        """What was drafted so far is no answer; whoever shows it withdraws it at the next `Drafting`."""
        self._sentences, self._numbering, self._declined = [], Numbering(), False

    def _settle(self, sentence: DraftSentence) -> Iterator[Event]:
        if REFUSAL in sentence.text.upper():
            self._declined = not self._weak
            return
        with self._clock.stage("verify") as stage:
            settled = self._checked(sentence)
            stage.tell(state=settled.state, support=settled.support, citations=len(settled.evidence))
        halted = self._cancel.is_set() and settled.state != "verified"  # its checks may not have come to their end
        if not halted and not self._repeats(settled):
            yield self._take(settled)

    def _repeats(self, settled: Settled) -> bool:
        """Whether the answer already says it: the same words, or nearly all of them on the same evidence."""
        content = set(stems(settled.text))
        for sentence in self._sentences:
            if sentence.text == settled.text:
                return True
            shared = len(content & set(stems(sentence.text))) / max(len(content), 1)
            same = {e.sentence.id for e in settled.evidence} <= self._cited
            # What was put in a sentence's place says the whole of its source, of which something is shown already.
            enough = HALF if settled.state == "repaired" else REPEATED
            if sentence.supported and settled.evidence and same and shared >= enough:
                return True
        return False

    def _checked(self, sentence: DraftSentence) -> Settled:
        if speaks_to_machine(sentence.text):  # orders, links and markup are no statement
            return Settled(sentence.text, (), 0.0, "removed", ("it is no statement",))
        settled = settle(sentence, self._plain, self._verifier, self._cited)
        if settled.state == "verified" and (fault := next(self._faults(settled), "")):
            best = settled.evidence[0]
            settled = Settled(quoted(best), (best,), 1.0, "repaired", (fault,))
        if self._weak and settled.evidence and not {e.sentence.id for e in settled.evidence} & self._to_the_point:
            return Settled(sentence.text, (), 0.0, "removed", ("it is beside the point",))
        return settled

    def _faults(self, settled: Settled) -> Iterator[str]:
        """Why its source is quoted in place of a sentence that the verifier lets pass; nothing where it may stand."""
        said, sources = settled.text, [e.sentence.text for e in settled.evidence]
        before = self._shown[-1].text if self._shown else ""
        one_fails = any if settled.together else all  # one source that supports it is enough, whatever others say
        if all(lifted(said, source) for source in sources):
            yield "it leaves out how the source introduces it"
        if one_fails(takes_back(source) and not takes_back(said) for source in sources):
            yield "it repeats what the source takes back"
        if one_fails(loses_attribution(said, source) for source in sources):
            yield "it leaves out who says so"
        if one_fails(loses_subject(said, source, before) for source in sources):
            yield "it does not name whom it is about"
        if self._weak and all(in_order(said, source) < COPIED for source in sources):
            yield "a small model put it in words of its own"
        if self._weak and all(loses_limit(said, source) for source in sources):
            yield "it leaves out what limits it"

    def _take(self, settled: Settled) -> SentenceSettled:
        citations = self._numbering.cite(settled.evidence)
        sentence = AnswerSentence(
            settled.text, tuple(c.n for c in citations), settled.support, settled.state, settled.reasons
        )
        self._sentences.append(sentence)
        return SentenceSettled(sentence, citations)

    def _complete(self) -> Iterator[Event]:
        """Quotes what the draft left out: a draft that evades the point is no answer.

        Beside a draft that stands, one quotation, and only where the draft does not cite the best evidence. A weak
        model leaves out too much for that: beside its sentences stands whatever would be quoted without a model.
        """
        quotations = extract.extract(self._quotable)
        if self._shown and not self._weak:
            quotations = islice(quotations, 1)
        for settled in quotations:
            if settled.evidence[0].sentence.id not in self._cited:
                yield self._take(settled)

    def _notice(self) -> Iterator[Event]:
        """What the reader must know beside the answer; the sentences it rests on are quoted."""
        # What is shown may differ, likely to answer or not; one value a story is compared, so none counts twice.
        if found := disagreement(self._question.standalone, [*self._likely, *self._quoted], self._ranked):
            yield from self._noted(found.kind, found.text, [figure.evidence for figure in found.figures])
        if corrected := correction(self._quoted, self._ranked):
            yield from self._noted("update", corrected.text, [corrected.wrong, corrected.right])
        if denial := denying(self._question.standalone, [*self._quoted, *self._likely]):
            yield from self._noted("premise", denial.text, [denial.evidence])
        if other := other_period(self._question.standalone, self._quoted):
            self._notices.append(Notice("doubt", other, ()))
        if self._answerable < DOUBT and not self._notices:
            text = "It is uncertain whether these sentences answer the question; they are the nearest that were found."
            self._notices.append(Notice("doubt", text, ()))

    def _noted(self, kind: NoticeKind, text: str, evidence: Sequence[Evidence]) -> Iterator[Event]:
        for e in evidence:
            if e.sentence.id not in self._cited:
                yield self._take(Settled(quoted(e), (e,), 1.0, "quoted", ()))
        self._notices.append(Notice(kind, text, tuple(c.n for c in self._numbering.cite(evidence))))

    @property
    def _likely(self) -> list[Evidence]:
        """The evidence that by itself answers the question, more likely than not; likeliest first."""
        return [e for e in self._ranked if e.answers >= extract.ANSWERS]

    @property
    def _ranked(self) -> list[Evidence]:
        """The evidence, what is likeliest to answer the question by itself first."""
        return sorted(self._plain, key=lambda e: -e.answers)

    @property
    def _quotable(self) -> Sequence[Evidence]:
        """What may be quoted beside the draft, or for it.

        Where a model that can be believed says that there is no answer, only what is likely to be one by itself. So
        too where nothing stands that such a model wrote, unless there is enough to say that the evidence as a whole
        answers. That a weak model failed says nothing about the evidence.
        """
        if self._shown or (not self._declined and (self._weak or not self._sentences)):
            return self._plain
        believed = self._declined or self._likely or self._answerable < DOUBT
        return self._likely if believed else self._plain

    @cached_property
    def _to_the_point(self) -> set[int]:
        """The sentences that would be quoted without a model."""
        return {settled.evidence[0].sentence.id for settled in extract.extract(self._plain)}

    @property
    def _cited(self) -> set[int]:
        return {c.sentence.id for c in self._numbering.citations}

    @property
    def _quoted(self) -> list[Evidence]:
        return [e for e in self._evidence if e.sentence.id in self._cited]

    def answer(self, searched: Callable[[], Extent]) -> Answer:
        """Everything that settled, as an Answer.

        Args:
            searched: counts the articles that were searched; asked only where nothing settled.
        """
        shown = tuple(self._shown)
        removed = tuple(s for s in self._sentences if not s.supported)
        if not shown:
            refused = refusal(
                self._question,
                self._evidence,
                searched,
                self._clock,
                self._model,
                " ".join(self._notes),
                stopped=self._cancel.is_set(),
            )
            return replace(refused, removed=removed)
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
            notices=tuple(self._notices),
        )


class _Draft:
    """A draft as it streams in; afterwards `ended` tells whether the model is known to have come to its end."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces, self.ended = pieces, False

    def __iter__(self) -> Iterator[str]:
        draft = cast("Generator[str, None, object]", self._pieces)  # an iterator that is none returns nothing
        self.ended = bool((yield from draft))


def _stopped(sentence: DraftSentence) -> bool:
    """Whether it ends with a full stop, or with what stands for one."""
    return sentence.text.rstrip("\"'”’)").endswith((".", "!", "?", "…"))


def _weak(model: DraftModel) -> bool:
    """Whether it is too small a model to be believed when it says that there is no answer, or leaves something out."""
    return model.name.startswith("embedded")


def _nothing() -> None:
    return None
