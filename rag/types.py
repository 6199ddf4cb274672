"""The records that pass through the pipeline, in the order in which they arise.

    Question → Evidence → (draft) → AnswerSentence with Citations → Answer

Each stage takes the previous stage's record and returns the next; nothing here has behaviour beyond what reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from index.records import Filter, Sentence, StoredArticle


@dataclass(frozen=True, slots=True)
class Window:
    """Days between which an article must have been published, inclusive; None leaves that side open.

    Attributes:
        since: first day.
        until: last day.
        words: the words of the question it was understood from; empty when it was set by hand.
        firm: whether articles outside are left out. What was set by hand is firm, and what the question says of the
            reporting itself ("articles before March"); other time words tell when something happened, and reports of
            it may lie outside: there the window is a preference.
        bound: whether the words draw a line ("before 2022", "between June and August") rather than name a time. What
            lies beyond the line is often told by the newest report, so that is preferred as much as one from inside.
    """

    since: date | None = None
    until: date | None = None
    words: str = ""
    firm: bool = True
    bound: bool = False

    def days_outside(self, day: date) -> int:
        """How far a day lies outside, 0 inside."""
        if self.since and day < self.since:
            return (self.since - day).days
        return (day - self.until).days if self.until and day > self.until else 0

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None


NO_ANSWER = "The answer is not in these articles."
"""What every refusal says first."""

_TOLD = 6000  # characters of headlines and sentences that a turn remembers


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier exchange of the conversation. It helps to understand a follow-up and is never evidence.

    Attributes:
        question: as typed.
        answer: as shown.
        standalone: what was searched for; worked out again from the turns before where it is empty.
        told: headlines and sentences that the answer cited, then those it was offered: whom "she" may mean. Empty
            where there was no answer, or where it is not known; the answer's text serves then.
    """

    question: str
    answer: str
    standalone: str = ""
    told: str = ""

    @property
    def said(self) -> str:
        """What later questions may lean on. A refusal tells what was searched, and that is nobody's subject."""
        return self.told or ("" if self.answer.startswith(NO_ANSWER) else self.answer)

    @classmethod
    def of(cls, answer: Answer) -> Turn:
        """The exchange that this answer ends."""
        told: dict[str, None] = {}  # an ordered set: cited before offered
        sources: tuple[Citation | Evidence, ...] = (*answer.citations, *answer.evidence)
        for source in sources if answer.answered else ():
            told |= dict.fromkeys((source.article.article.title.rstrip(". "), source.sentence.text.rstrip(". ")))
        text = ". ".join(" ".join(part.split()) for part in told if part)[:_TOLD]
        return cls(answer.question.text, answer.text, answer.question.standalone, text)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the reader of an answer set by hand; None leaves it to the words of the question.

    Attributes:
        as_of: the day on which the question is asked.
        window: days of publication; an empty Window means no window, whatever the question says.
        outlets: an empty tuple means any outlet, whatever the question says.
    """

    as_of: date | None = None
    window: Window | None = None
    outlets: tuple[str, ...] | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood.

    Attributes:
        text: as asked.
        standalone: what is searched for; differs from `text` for a follow-up.
        as_of: the day on which it is asked.
        window: the time window that applies.
        outlets: outlets it is restricted to, by the names they have in the index.
        phrases: quoted phrases; each must occur.
        latest: whether the newest report is asked for.
        allow_later: whether articles published after `as_of` may be used.
    """

    text: str
    standalone: str
    as_of: date
    window: Window = Window()
    outlets: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    latest: bool = False
    allow_later: bool = False

    @property
    def filter(self) -> Filter:
        """What the searches may return."""
        window = self.window if self.window.firm else Window()
        until = window.until
        if not self.allow_later:
            until = min(until, self.as_of) if until else self.as_of
        return Filter(window.since, until, self.outlets)


@dataclass(frozen=True, slots=True)
class Found:
    """An article that retrieval found, best first.

    Attributes:
        article: the version that stands for its story: the newest of those found.
        score: fused score; comparable within one question only.
        outlets: every outlet that carried the story, its own first; one story is one source however many carried it.
        signals: what made the score, by name, for the curious and for calibration.
    """

    article: StoredArticle
    score: float
    outlets: tuple[str, ...] = ()
    signals: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence offered to the model under the number `n` (from 1); only what is offered can be cited.

    Attributes:
        score: how well it bears on the question; comparable within one question only.
        outlets: every outlet that carried the story.
        answers: probability that the sentence answers the question, in [0, 1].
    """

    n: int
    sentence: Sentence
    article: StoredArticle
    score: float
    outlets: tuple[str, ...] = ()
    answers: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence that an answer cites, under the number the reader sees.

    ``article.article.text[sentence.start:sentence.end] == sentence.text`` always holds.
    """

    n: int
    sentence: Sentence
    article: StoredArticle
    outlets: tuple[str, ...] = ()


State = Literal["verified", "repaired", "quoted", "removed"]


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer.

    Attributes:
        text: without marks.
        citations: numbers of the citations that support it.
        support: the verifier's score in [0, 1].
        state: verified (as drafted), repaired (changed to what is supported), quoted (taken from an article word for
            word) or removed (shown to nobody as part of the answer; kept for the record).
        reasons: why the verifier judged so, in words.
    """

    text: str
    citations: tuple[int, ...]
    support: float
    state: State
    reasons: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether it may stand in the answer."""
        return self.state != "removed"

    @property
    def marked(self) -> str:
        """The text with its marks before the closing full stop's end: ``It rained. [1][2]``."""
        marks = "".join(f"[{n}]" for n in self.citations)
        return f"{self.text} {marks}" if marks else self.text


NoticeKind = Literal["conflict", "update", "premise", "doubt"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What the reader must know beside the sentences of an answer; `text` carries no marks.

    Attributes:
        kind: conflict (sources of about the same time disagree), update (a later report gives another figure than an
            earlier one, or corrects it), premise (the evidence denies what the question takes for granted) or doubt
            (what was found may not answer the question; rests on no citation).
        citations: numbers of the citations that it rests on.
    """

    kind: NoticeKind
    text: str
    citations: tuple[int, ...]

    @property
    def marked(self) -> str:
        """The text with its marks."""
        return f"{self.text} {''.join(f'[{n}]' for n in self.citations)}".rstrip()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or the reason why there is none.

    Attributes:
        answered: whether the articles hold an answer.
        reason: in plain words, why not; None when answered.
        model: what drafted it ("embedded/smollm2-135m"), or "extractive".
        note: what the reader should know of how it came about (which model and why, a fall-back).
        sentences: those shown.
        removed: drafted sentences that no evidence supports.
        citations: in the order of their numbers, which run from 1 without gaps; those of a notice where there is no
            answer.
        evidence: everything that was offered, best first.
        timings_ms: by stage, and "total".
        notices: disagreements, updates, false premises; each rests on citations of this answer.
    """

    question: Question
    answered: bool
    reason: str | None
    model: str
    note: str
    sentences: tuple[AnswerSentence, ...]
    removed: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    timings_ms: dict[str, int]
    notices: tuple[Notice, ...] = ()

    @property
    def text(self) -> str:
        """The answer with its marks, or the reason when there is none; then the notices."""
        said = [s.marked for s in self.sentences] if self.answered else [self.reason or ""]
        return " ".join([*said, *(n.marked for n in self.notices)])

    @property
    def newest_evidence(self) -> date | None:
        """Publication day of the newest article among the evidence."""
        return max((e.article.article.published for e in self.evidence if e.article.article.published), default=None)

    @property
    def newest_cited(self) -> date | None:
        """Publication day of the newest article that is cited."""
        return max((c.article.article.published for c in self.citations if c.article.article.published), default=None)

    @property
    def sources(self) -> int:
        """How many independent stories are cited; reprints of one wire report count once."""
        return len({c.article.story for c in self.citations})


# --- events, as `Pipeline.stream` yields them ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Understood:
    """The question was understood; the searches begin."""

    question: Question


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The evidence stands."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Drafting:
    """A model begins to write, or none does. What an earlier draft of this answer showed is withdrawn."""

    model: str
    note: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the draft, unverified."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceSettled:
    """A drafted sentence was verified, repaired or removed; `citations` holds those it cites."""

    sentence: AnswerSentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """The whole answer; always the last event."""

    answer: Answer


Event = Understood | EvidenceFound | Drafting | Token | SentenceSettled | AnswerDone
