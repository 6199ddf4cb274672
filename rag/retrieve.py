"""Question → articles, best first: dense and lexical search, fused, with a soft preference for the recent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index.embed import Embedder, Vectors
from index.records import StoredArticle
from index.store import Store
from rag.rank import Signals, fuse
from rag.rerank import Reranker
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
        return Retrieved(tuple(self._search(question, vector, k)), vector)

    def _search(self, question: Question, vector: Vectors, k: int) -> list[Found]:
        where = question.filter
        lexical = self._store.search_lexical(lexical_terms(question.standalone, question.phrases), CANDIDATES, where)
        # With a quoted phrase only what contains it may be found, so the dense search looks among those articles alone.
        dense = [] if question.phrases else self._store.search_dense(vector, CANDIDATES, where)
        passages: dict[str, dict[int, None]] = {}
        for hit in [*lexical, *dense]:
            passages.setdefault(hit.article_id, {})[hit.passage_id] = None
        articles = self._store.articles(list(passages))
        bm25 = {hit.passage_id: hit.score for hit in lexical}
        cosine = self._cosines([i for ids in passages.values() for i in ids], vector)
        signals = {
            article_id: Signals(
                bm25=max((bm25.get(i, 0.0) for i in ids), default=0.0),
                cosine=max(cosine[i] for i in ids),
                published=articles[article_id].article.published,
            )
            for article_id, ids in passages.items()
            if article_id in articles
        }
        scores = fuse(signals, self._reference_day(question))
        ranked = sorted(scores, key=lambda article_id: (-scores[article_id], article_id))
        best = self._one_a_story([articles[i] for i in ranked], k)
        found = [
            Found(
                article,
                scores[representative],
                tuple(
                    sorted(
                        passages.get(article.article.id, passages[representative]),
                        key=lambda i: -(cosine[i] + bm25.get(i, 0.0)),
                    )
                ),
                outlets,
                signals[representative].as_dict(),
            )
            for representative, article, outlets in best
        ]
        return self._reranker.rerank(question, found) if self._reranker else found

    def _cosines(self, ids: Sequence[int], vector: Vectors) -> dict[int, float]:
        if not ids:
            return {}
        return dict(zip(ids, (self._store.vectors(ids) @ vector).tolist(), strict=True))

    def _reference_day(self, question: Question) -> date:
        """Ages are counted back from the question's day, or from the newest article where all are older."""
        newest = self._store.newest()
        return min(question.as_of, newest) if newest else question.as_of

    def _one_a_story(self, ranked: Sequence[StoredArticle], k: int) -> list[tuple[str, StoredArticle, tuple[str, ...]]]:
        """The first k stories as (id of the best-ranked version, newest version found, outlets that carried it)."""
        stories: dict[int, list[StoredArticle]] = {}
        for article in ranked:
            stories.setdefault(article.story, []).append(article)
        chosen = []
        for versions in list(stories.values())[:k]:
            newest = max(versions, key=lambda v: (v.article.published or date.min, v.added_at))
            carried = self._store.story(newest.story) if newest.story else versions
            outlets = dict.fromkeys([newest.article.outlet, *(v.article.outlet for v in carried)])
            chosen.append((versions[0].article.id, newest, tuple(name for name in outlets if name)))
        return chosen
