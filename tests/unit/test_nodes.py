"""Dateline as a LlamaIndex retriever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from llama_index.core.schema import QueryBundle, TextNode

from index.manifest import Manifest
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config
from rag.nodes import DatelineRetriever
from rag.pipeline import Pipeline

TEXT = "The Harbour Bridge opened to traffic on Saturday. The Harbour Bridge cost 412 million euros, Ida Holt said."


@pytest.fixture
def pipeline(tmp_path: Path, manifest: Manifest, bag: BagEmbedder, entry: EntryMaker) -> Iterator[Pipeline]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as store:
        store.put(
            [
                entry(
                    "bridge", TEXT, title="Bridge opens", outlet="The Example", day="2025-05-03", url="https://x.org/b"
                ),
                entry("tax", "Parliament raised the fuel tax by four percent.", outlet="Other", day="2025-06-01"),
            ]
        )
        yield Pipeline(store, bag, Config(llm="none"))


def test_nodes_carry_offsets_and_metadata(pipeline: Pipeline) -> None:
    found = DatelineRetriever(pipeline, as_of=date(2025, 5, 10)).retrieve("How much did the Harbour Bridge cost?")
    node = found[0].node
    assert isinstance(node, TextNode)
    assert node.text == "The Harbour Bridge cost 412 million euros, Ida Holt said."
    assert TEXT[node.start_char_idx : node.end_char_idx] == node.text
    assert node.metadata == {
        "article_id": "bridge",
        "title": "Bridge opens",
        "outlet": "The Example",
        "published": "2025-05-03",
        "url": "https://x.org/b",
    }
    scores = [n.score for n in found if n.score is not None]
    assert scores == sorted(scores, reverse=True)


def test_later_articles_and_the_limit(pipeline: Pipeline) -> None:
    retriever = DatelineRetriever(pipeline, as_of=date(2025, 5, 10), limit=1)
    assert [n.node.metadata["article_id"] for n in retriever.retrieve(QueryBundle("fuel tax bridge"))] == ["bridge"]
