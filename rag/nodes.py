"""Dateline's retrieval for LlamaIndex applications: a `BaseRetriever` whose nodes carry exact offsets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.records import Sentence, StoredArticle
from rag.evidence import EvidencePicker
from rag.pipeline import Pipeline
from rag.understand import understand


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the user's calendar day


class DatelineRetriever(BaseRetriever):
    """Evidence sentences for a query, best first, as nodes.

    ``article_text[node.start_char_idx:node.end_char_idx] == node.text`` holds for every node; its metadata names
    article_id, title, outlet, published and url. Nothing but the query string is read from the bundle.

    Args:
        pipeline: an open pipeline; its index is searched.
        as_of: the day on which every query is asked; today when not given.
        limit: how many sentences, at most.
    """

    def __init__(self, pipeline: Pipeline, as_of: date | None = None, limit: int = 8) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._day: Callable[[], date] = (lambda: as_of) if as_of else _today
        self._picker = EvidencePicker(pipeline.store, limit)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = understand(query_bundle.query_str, as_of=self._day(), known_outlets=self._pipeline.store.outlets())
        retrieved = self._pipeline.retriever.search(question)
        picked = self._picker.pick(question, retrieved.found, retrieved.vector)
        return [
            NodeWithScore(node=sentence_node(e.sentence, e.article), score=e.score)
            for e in sorted(picked, key=lambda e: (-e.score, e.sentence.id))
        ]


def sentence_node(sentence: Sentence, stored: StoredArticle) -> TextNode:
    """A stored sentence as a node with its offsets and its article's metadata."""
    article = stored.article
    return TextNode(
        id_=str(sentence.id),
        text=sentence.text,
        start_char_idx=sentence.start,
        end_char_idx=sentence.end,
        metadata={
            "article_id": article.id,
            "title": article.title,
            "outlet": article.outlet,
            "published": article.published.isoformat() if article.published else None,
            "url": article.url,
        },
    )
