"""Question → articles, best first: dense and lexical search, fused, with a soft preference for the recent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from heapq import nlargest
from statistics import fmean

from index.embed import Embedder, Vectors
from index.records import StoredArticle
from index.store import Opening, Store
from rag.rank import ONLY, Signals, fuse
from rag.rerank import TOP, Reranker
from rag.terms import lexical_terms
from rag.types import Found, Question

CANDIDATES = 200  # passages from each search


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a search found, with the question's vector for the stages that follow."""

    found: tuple[Found, ...]
    vector: Vectors


class Retriever:
    """Hybrid retrieval over a store."""

    def __init__(self, store: Store, embedder: Embedder, reranker: Reranker | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._reranker = reranker

    def search(self, question: Question, k: int = 10) -> Retrieved:
        """The k best articles, one a story."""
        vector = self._embedder.encode([question.standalone])[0]
        return Retrieved(tuple(self.ranked(question, vector, k)), vector)

    def ranked(self, question: Question, vector: Vectors, k: int, without: tuple[str, ...] = ()) -> list[Found]:
        """The same for a question that is encoded already.

        Args:
            question: as understood.
            vector: its vector, shape (dimension,).
            k: how many articles.
            without: ids of articles that are left out.
        """
        found = self._ranked(question, vector, k, without)
        if not found and question.phrases:
            # Nothing holds the quoted words as they stand; the question is asked without insisting on them.
            found = self._ranked(replace(question, phrases=()), vector, k, without)
        return found

    def _ranked(self, question: Question, vector: Vectors, k: int, without: tuple[str, ...]) -> list[Found]:
        where = replace(question.filter, without=without)
        lexical = self._store.search_lexical(lexical_terms(question.standalone, question.phrases), CANDIDATES, where)
        # With a quoted phrase only what contains it may be found, so the dense search looks among those articles alone.
        dense = [] if question.phrases else self._store.search_dense(vector, CANDIDATES, where)
        passages: dict[str, dict[int, None]] = {}  # an ordered set for each article: many are found by both searches
        for hit in [*lexical, *dense]:
            passages.setdefault(hit.article_id, {})[hit.passage_id] = None
        openings = self._store.openings(list(passages))
        bm25 = {hit.passage_id: hit.score for hit in lexical}
        # The store returns the best passages only: one that it left out scores no more than the last it returned.
        unseen = lexical[-1].score if len(lexical) == CANDIDATES else 0.0
        held = {i for article_id in openings for i in (openings[article_id].passage, *passages[article_id])}
        cosine = self._cosines(sorted(held), vector)
        signals = {
            article_id: _signals(
                sorted((bm25[i] for i in ids if i in bm25), reverse=True),
                unseen,
                openings[article_id].of,
                cosine[openings[article_id].passage],
                fmean(nlargest(2, (cosine[i] for i in ids))),
                openings[article_id].published,
            )
            for article_id, ids in passages.items()
            # Another process may just have removed it, or put another version in its place.
            if article_id in openings and cosine.keys() >= {openings[article_id].passage, *ids}
        }
        scores = fuse(signals, self._reference_day(question), question.window or None, latest=question.latest)
        ranked = sorted(scores, key=lambda article_id: (-scores[article_id], article_id))
        found = [
            Found(newest, scores[best], outlets, asdict(signals[best]))
            for best, newest, outlets in self._one_a_story(ranked, openings, max(k, TOP) if self._reranker else k)
        ]
        return self._reranker.rerank(question, found)[:k] if self._reranker else found

    def _cosines(self, ids: Collection[int], vector: Vectors) -> dict[int, float]:
        """Of question and passages; those that are gone are left out."""
        if not ids:
            return {}
        order = list(ids)
        try:
            return dict(zip(order, (self._store.vectors(order) @ vector).tolist(), strict=True))
        except KeyError:
            left = list(self._store.passages(order))
            if len(left) == len(order):
                raise
            return self._cosines(left, vector)

    def _reference_day(self, question: Question) -> date:
        """Ages are counted back from the question's day, or from the newest article where all are older."""
        newest = self._store.newest()
        return min(question.as_of, newest) if newest else question.as_of

    def _one_a_story(
        self, ranked: Sequence[str], openings: Mapping[str, Opening], k: int
    ) -> list[tuple[str, StoredArticle, tuple[str, ...]]]:
        """The first k stories as (id of the best-ranked version, newest version found, outlets that carried it)."""
        stories: dict[int, list[str]] = {}
        for article_id in ranked:
            stories.setdefault(openings[article_id].story, []).append(article_id)
        # Of several from the same day, the first, which is the best ranked, stands for the story.
        chosen = [
            (ids[0], max(ids, key=lambda i: openings[i].published or date.min)) for ids in list(stories.values())[:k]
        ]
        articles = self._store.articles([newest for _, newest in chosen])
        found = []
        for best, newest in chosen:
            if newest in articles:
                stored = articles[newest]
                carried = self._store.story(stored.story)
                outlets = dict.fromkeys([stored.article.outlet, *(v.article.outlet for v in carried)])
                found.append((best, stored, tuple(name for name in outlets if name)))
        return found


def _signals(
    shares: Sequence[float], unseen: float, of: int, opening: float, closest: float, published: date | None
) -> Signals:
    """Signals of an article from its BM25 shares (best first), of which some may not have been returned."""
    best = shares[0] if shares else 0.0
    other = shares[1] if len(shares) > 1 else min(unseen, best)
    second = ONLY * best if of == 1 else other
    return Signals(best, second, opening, closest, published)
