"""The JSON that `dateline ask --json` prints: kept stable, described in docs/json.md, checked by its schema."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from index.records import StoredArticle
from rag.types import Answer, NoticeKind


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WindowJson(_Strict):
    """Days that the search was limited to, inclusive; null leaves a side open."""

    since: date | None
    until: date | None


class SentenceJson(_Strict):
    """One sentence of the answer with the numbers of the citations that support it."""

    text: str
    citations: list[int]
    supported: bool
    support: float = Field(ge=0, le=1)


class CitationJson(_Strict):
    """A cited sentence: ``text[start:end] == sentence`` in the text that `dateline article ID --json` prints."""

    n: int = Field(ge=1)
    article_id: str
    title: str
    outlet: str | None
    published: date | None
    url: str | None
    sentence: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class EvidenceJson(_Strict):
    """A sentence that was offered to the model."""

    article_id: str
    sentence: str
    score: float


class NoticeJson(_Strict):
    """A disagreement of sources, an update or a denied premise, with the numbers of the citations it rests on."""

    kind: NoticeKind
    text: str
    citations: list[int]


class AskJson(_Strict):
    """The whole document."""

    question: str
    standalone_question: str
    answered: bool
    reason: str | None
    as_of: date
    window: WindowJson
    model: str
    note: str
    answer: str
    sentences: list[SentenceJson]
    citations: list[CitationJson]
    evidence: list[EvidenceJson]
    newest_evidence: date | None
    notices: list[NoticeJson]
    sources: int = Field(ge=0)
    timings_ms: dict[str, int]


def ask_json(answer: Answer) -> AskJson:
    """An answer as its JSON document."""
    question = answer.question
    return AskJson(
        question=question.text,
        standalone_question=question.standalone,
        answered=answer.answered,
        reason=answer.reason,
        as_of=question.as_of,
        window=WindowJson(since=question.window.since, until=question.window.until),
        model=answer.model,
        note=answer.note,
        answer=answer.text if answer.answered else "",
        sentences=[
            SentenceJson(text=s.text, citations=list(s.citations), supported=s.supported, support=s.support)
            for s in answer.sentences
        ],
        citations=[
            CitationJson(
                n=c.n,
                article_id=c.article.article.id,
                title=c.article.article.title,
                outlet=c.article.article.outlet,
                published=c.article.article.published,
                url=c.article.article.url,
                sentence=c.sentence.text,
                start=c.sentence.start,
                end=c.sentence.end,
            )
            for c in answer.citations
        ],
        evidence=[
            EvidenceJson(article_id=e.article.article.id, sentence=e.sentence.text, score=e.score)
            for e in sorted(answer.evidence, key=lambda e: -e.score)
        ],
        newest_evidence=answer.newest_evidence,
        notices=[NoticeJson(kind=n.kind, text=n.text, citations=list(n.citations)) for n in answer.notices],
        sources=answer.sources,
        timings_ms=answer.timings_ms,
    )


def article_facts(stored: StoredArticle) -> dict[str, Any]:
    """What JSON tells of an article beside its text."""
    a = stored.article
    return {
        "id": a.id,
        "version": stored.version,
        "title": a.title,
        "outlet": a.outlet,
        "published": a.published,
        "url": a.url,
        "authors": list(a.authors),
        "added_at": stored.added_at,
    }
