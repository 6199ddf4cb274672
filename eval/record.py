"""What is kept of one question of a run: all that scores and report need, one JSON object a line.

Records name articles by handle, as the question set does, and carry the sentences themselves, so that a run can be
read, judged again and compared long after its index is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from eval.questions import EvalQuestion
from eval.stats import Score
from rag.settle import context_of
from rag.types import Answer, AnswerSentence, Evidence, Turn
from rag.wording import source_name

Outcome = Literal["right", "wrong", "wrongly answered", "wrongly refused"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Record):
    """A sentence of an article that was offered as evidence.

    Attributes:
        article: the article's handle, as in the question set.
        sentence: ``text[start:end]`` of the article's text; of a peer that cites passages, the passage.
        parts: the sentences of a passage, for the judge, who reads sentences; empty for a sentence.
        context: what the reader sees beside it (headline, outlet, day); the judge gets it with the sentence.
        name: outlet and day, as a quoting answer names them.
    """

    article: str
    article_id: str
    title: str
    outlet: str | None
    published: date | None
    url: str | None
    sentence: str
    start: int
    end: int
    context: str
    name: str
    parts: tuple[str, ...] = ()


class Cited(Source):
    """A source that the answer cites, under the number that the reader sees."""

    n: int


class Offered(Source):
    """A source that was offered to the model under number `n`."""

    n: int
    score: float


class Sentence(_Record):
    """A sentence of the answer, with what the chat's own verifier said of it.

    Attributes:
        text: as shown, without marks.
        said: the same without the name of the source that a quotation begins with.
        citations: numbers of the citations.
    """

    text: str
    said: str
    citations: tuple[int, ...]
    support: float
    state: str
    reasons: tuple[str, ...]


class Verdict(_Record):
    """What the judge says of one shown sentence.

    Attributes:
        support: of the sentence by all its citations together, in [0, 1].
        supported: whether that reaches the judge's threshold.
        relevant: for each citation, in the sentence's order, whether the sentence needs it or it suffices alone.
        reasons: what lowered the support, in words.
    """

    support: float
    supported: bool
    relevant: tuple[bool, ...]
    reasons: tuple[str, ...]


class Exchange(_Record):
    """An earlier question of the conversation, and what was answered."""

    question: str
    answer: str


class Record(_Record):
    """One question, asked, answered, judged and scored.

    Attributes:
        fingerprint: of everything that shaped the answer; see `eval.fingerprint`.
        scoring: of the judge and the scores.
        ranking: the articles found, best first: for each the handles of its story (its reprints stand for it).
        verdicts: the judge's, one a sentence shown.
        scores: by metric.
        timings_ms: by stage; ``first``: until the first sentence that is shown, missing when none is; ``first_token``:
            until the model's first, unverified, token, missing where no model wrote.
        tokens: of the prompt and of the draft, where the model counts them.
    """

    fingerprint: str
    scoring: str = ""
    question: EvalQuestion
    history: tuple[Exchange, ...] = ()
    standalone: str
    since: date | None = None
    until: date | None = None
    answered: bool
    reason: str | None = None
    model: str
    note: str = ""
    sentences: tuple[Sentence, ...] = ()
    removed: tuple[Sentence, ...] = ()
    citations: tuple[Cited, ...] = ()
    evidence: tuple[Offered, ...] = ()
    ranking: tuple[tuple[str, ...], ...] = ()
    draft: str = ""
    verdicts: tuple[Verdict, ...] = ()
    scores: dict[str, Score] = {}
    timings_ms: dict[str, int] = {}
    tokens: dict[str, int] = {}

    @property
    def text(self) -> str:
        """The answer without marks and without the names that quotations begin with."""
        return " ".join(sentence.said for sentence in self.sentences)

    @property
    def outcome(self) -> Outcome:
        """Whether the answer is right, and if not, how it fails."""
        if self.question.answerable and not self.answered:
            return "wrongly refused"
        if self.answered and not self.question.answerable:
            return "wrongly answered"
        return "right" if self.scores.get("accuracy", Score(0)).part else "wrong"

    @property
    def unsupported(self) -> bool:
        """Whether a sentence is shown that the judge does not find supported."""
        return any(not verdict.supported for verdict in self.verdicts)


def made(
    question: EvalQuestion,
    answer: Answer,
    handles: Mapping[str, str],
    *,
    fingerprint: str,
    history: Sequence[Turn] = (),
    ranking: Sequence[Sequence[str]] = (),
    draft: str = "",
    timings_ms: Mapping[str, int] | None = None,
    tokens: Mapping[str, int] | None = None,
) -> Record:
    """The record of an answer, not yet judged or scored.

    Args:
        question: as in the set.
        answer: as the pipeline gave it.
        handles: article id to handle; an id without one is its own handle.
        fingerprint: of the configuration.
        history: the earlier exchanges as they went.
        ranking: the articles found, for each the handles of its story.
        draft: what the model wrote, unverified.
        timings_ms: what was measured from outside: until the first token and the first shown sentence.
        tokens: of prompt and draft.
    """
    offered = {e.sentence.id: source_fields(e, handles) for e in answer.evidence}
    numbered = {c.n: Cited(n=c.n, **offered[c.sentence.id]) for c in answer.citations}
    window = answer.question.window
    return Record(
        fingerprint=fingerprint,
        question=question,
        history=tuple(Exchange(question=turn.question, answer=turn.answer) for turn in history),
        standalone=answer.question.standalone,
        since=window.since,
        until=window.until,
        answered=answer.answered,
        reason=answer.reason,
        model=answer.model,
        note=answer.note,
        sentences=tuple(_sentence(s, numbered) for s in answer.sentences),
        removed=tuple(_sentence(s, numbered) for s in answer.removed),
        citations=tuple(numbered.values()),
        evidence=tuple(Offered(n=e.n, score=round(e.score, 4), **offered[e.sentence.id]) for e in answer.evidence),
        ranking=tuple(tuple(story) for story in ranking),
        draft=draft,
        timings_ms=answer.timings_ms | dict(timings_ms or {}),
        tokens=dict(tokens or {}),
    )


def source_fields(e: Evidence, handles: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a `Source`."""
    article = e.article.article
    return {
        "article": handles.get(article.id, article.id),
        "article_id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published,
        "url": article.url,
        "sentence": e.sentence.text,
        "start": e.sentence.start,
        "end": e.sentence.end,
        "context": context_of([e]),
        "name": source_name(e),
    }


def _sentence(s: AnswerSentence, numbered: Mapping[int, Cited]) -> Sentence:
    names = (f"{numbered[n].name}: " for n in s.citations)
    said = next((s.text.removeprefix(name) for name in names if s.text.startswith(name)), s.text)
    return Sentence(text=s.text, said=said, citations=s.citations, support=s.support, state=s.state, reasons=s.reasons)
