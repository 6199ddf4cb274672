"""What can be asked for, whoever asks: HTTP, OpenAI's protocol and MCP all come here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from api.errors import ApiError
from api.gate import Gate
from api.jobs import Jobs
from api.schemas import (
    ArticleFound,
    ArticleHead,
    ArticleJson,
    ArticleList,
    IngestJson,
    JobBody,
    JobJson,
    LeftJson,
    Limits,
    RefusedJson,
    SearchBody,
    SearchJson,
    SentenceFound,
)
from api.sent import SOURCE, Sent, position
from index.build import Builder
from index.clean import canonical_url
from index.priority import aside
from index.records import Filter, StoredArticle
from index.report import Progress
from index.sources import Source
from index.web.manners import Manners
from index.web.sources import Web
from rag.clock import Clock
from rag.contract import article_facts
from rag.evidence import EvidencePicker
from rag.pipeline import Pipeline
from rag.spans import Fact
from rag.types import Answer, AnswerDone, Event, Turn
from rag.understand import understand

T = TypeVar("T")
_SENTENCES = 24  # of all articles that a search found
_PATIENCE_S = 10.0  # for another process that is writing
AT_ONCE, WAITING = 4, 16


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much is done at a time.

    Attributes:
        at_once: questions and searches worked on.
        waiting: how many more may wait; the next is told to come again.
    """

    at_once: int = AT_ONCE
    waiting: int = WAITING


class Desk:
    """Answers, searches, reads and takes in, from one index, within bounds."""

    def __init__(self, pipeline: Pipeline, capacity: Capacity) -> None:
        self.pipeline = pipeline
        self.asking = Gate("ask", capacity.at_once, capacity.waiting)
        self.reading = Gate("read", capacity.at_once, capacity.waiting * 4)
        self.writing = Gate("write", 1, 4)
        self.gates = (self.asking, self.reading, self.writing)
        self.jobs = Jobs(self.writing)
        # Told what became of articles: outcome, and the articles.
        self.came_in: Callable[[str, Sequence[object]], None] = lambda _outcome, _articles: None
        # Asked what a collector of spans is to know of a question.
        self.about: Callable[[str], Mapping[str, Fact]] = lambda _question: {}
        self._picker = EvidencePicker(pipeline.store, _SENTENCES)

    def close(self) -> None:
        """Begins nothing more; the pipeline stays open."""
        for gate in self.gates:
            gate.close()

    def follow(self, question: str, limits: Limits, history: Sequence[Turn]) -> AsyncGenerator[Event, None]:
        """What happens while a question is answered; closing the generator stops the model.

        Raises:
            ApiError: too many are waiting.
            DatelineError: see `Pipeline.stream`; while iterating.
        """

        about = self.about(question)

        def work(cancel: threading.Event) -> Iterator[Event]:
            return self.pipeline.stream(question, history=history, cancel=cancel, about=about, **limits.named)

        return self.asking.follow(work)

    async def ask(self, question: str, limits: Limits, history: Sequence[Turn] = ()) -> Answer:
        """The answer to a question; raises as `follow` does."""
        async for event in self.follow(question, limits, history):
            if isinstance(event, AnswerDone):
                return event.answer
        msg = "the pipeline ended without an answer"
        raise RuntimeError(msg)

    async def search(self, body: SearchBody) -> SearchJson:
        """Articles that bear on a query, with their best sentences."""
        about = self.about(body.query)

        def work() -> SearchJson:
            with self.pipeline.tracing.begin("search", about) as span:
                return self._search(body, Clock(span))

        return await self.asking.run(work)

    def _search(self, body: SearchBody, clock: Clock) -> SearchJson:
        limits = body.named
        with clock.stage("understand"):
            question = understand(
                body.query,
                as_of=limits.pop("as_of") or date.today(),  # noqa: DTZ011 - the user's calendar day
                known_outlets=self.pipeline.store.outlets(),
                **limits,
            )
        with self.pipeline.store.reading():
            with clock.stage("retrieve") as stage:
                retrieved = self.pipeline.retriever.search(question, body.limit)
                stage.tell(articles=len(retrieved.found))
            with clock.stage("evidence") as stage:
                picked = self._picker.pick(question, retrieved.found, retrieved.vector)
                stage.tell(sentences=len(picked))
        sentences: dict[str, list[SentenceFound]] = {}
        for e in sorted(picked, key=lambda e: -e.score):
            found = SentenceFound(sentence=e.sentence.text, start=e.sentence.start, end=e.sentence.end, score=e.score)
            sentences.setdefault(e.sentence.article_id, []).append(found)
        results = [
            ArticleFound(
                article_id=f.article.article.id,
                title=f.article.article.title,
                outlet=f.article.article.outlet,
                published=f.article.article.published,
                url=f.article.article.url,
                outlets=list(f.outlets),
                score=f.score,
                sentences=sentences.get(f.article.article.id, []),
            )
            for f in retrieved.found
        ]
        window = question.window
        return SearchJson(
            query=question.text, as_of=question.as_of, since=window.since, until=window.until, results=results
        )

    async def articles(self, offset: int, limit: int, url: str | None) -> ArticleList:
        """A page of the articles, newest first; with `url`, those of that address."""

        def work() -> ArticleList:
            store = self.pipeline.store
            with store.reading():
                if url:
                    ids = list(store.by_url(canonical_url(url)))
                    total, shown = len(ids), ids[offset : offset + limit]
                else:
                    total = store.counted(Filter())
                    shown = [one.id for one in store.listed(Filter(), offset=offset, limit=limit)]
                found = store.articles(shown)
            heads = [ArticleHead(**article_facts(found[i])) for i in shown if i in found]
            return ArticleList(total=total, offset=offset, articles=heads)

        return await self.reading.run(work)

    async def article(self, article_id: str) -> ArticleJson:
        """An article by its id or its address.

        Raises:
            ApiError: there is none.
        """
        stored = await self.reading.run(lambda: self._one(article_id))
        return ArticleJson(**article_facts(stored), text=stored.article.text)

    async def remove(self, article_id: str) -> str:
        """Removes an article with everything that belongs to it; returns its id.

        Raises:
            ApiError: there is none.
            IndexBusy: another process is writing.
        """

        def work() -> str:
            known = self._one(article_id).article.id
            self.pipeline.store.remove([known])
            self.pipeline.store.snapshot()
            return known

        return await self.writing.run(work)

    async def ingest(self, records: Sequence[dict[str, object]]) -> IngestJson:
        """Takes records in; what is said to be in is in, and is found from now on.

        Raises:
            IndexBusy: another process is writing.
            StoreError: the disk or the database refused.
        """
        return await self.writing.run(lambda: self._ingest([Sent(records)], lambda _: None))

    def ingest_later(self, body: JobBody) -> JobJson:
        """Begins to take records and addresses in, one job after the other.

        Raises:
            ApiError: too many are waiting.
        """
        manners = Manners()
        sources: list[Source] = [Sent(body.articles)] if body.articles else []
        sources += [Web(address, manners) for address in body.addresses]
        known = None if body.addresses else len(body.articles)
        return self.jobs.begin(lambda notify: self._ingest(sources, notify), known)

    def _ingest(self, sources: Sequence[Source], notify: Callable[[Progress], None]) -> IngestJson:
        builder = Builder(self.pipeline.config.place, self.pipeline.embedder, wait_s=_PATIENCE_S)
        report = aside(lambda: builder.ingest(sources, notify))
        for outcome in ("added", "updated", "unchanged", "refused"):
            self.came_in(outcome, getattr(report, outcome))
        refused = [
            RefusedJson(
                position=position(r.source),
                address=None if r.source.startswith(SOURCE) else r.source,
                reason=r.reason,
                advice=r.advice,
            )
            for r in report.refused
        ]
        return IngestJson(
            added=report.added,
            updated=report.updated,
            unchanged=report.unchanged,
            near_duplicates=report.near_duplicates,
            refused=refused,
            left=[LeftJson(address=one.source, articles=one.articles, lists=one.lists) for one in report.left],
        )

    def _one(self, name: str) -> StoredArticle:
        store = self.pipeline.store
        found = store.articles([name]) or store.by_url(canonical_url(name))
        if not found:
            raise ApiError(404, "article_not_found", "There is no such article.", "Ids stand in every answer.")
        return next(iter(found.values()))


async def unless_gone(work: Awaitable[T], gone: Callable[[], Awaitable[None]]) -> T:
    """What `work` gives, given up when the caller is gone: nobody is left to read it.

    Raises:
        ApiError: the caller is gone (seen by the log alone).
    """
    doing, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise ApiError(499, "client_gone", "The caller did not wait for the answer.")
    finally:
        for task in (doing, leaving):
            task.cancel()
