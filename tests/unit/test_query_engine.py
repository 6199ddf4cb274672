"""The query engine for LlamaIndex applications."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fakes import answers
from fakes.embedder import BagEmbedder
from llama_index.core.base.response.schema import Response

from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config
from rag.pipeline import Pipeline
from rag.query_engine import DatelineQueryEngine
from rag.types import AnswerSentence, Notice
from rag.verify import OverlapVerifier


@pytest.fixture
def pipeline(seed_index: Path) -> Iterator[Pipeline]:
    opened = Pipeline.open(Config(index=seed_index, llm="none"))
    yield opened
    opened.close()


def test_source_nodes_are_the_cited_sentences(pipeline: Pipeline) -> None:
    engine = DatelineQueryEngine(pipeline, as_of=date(2022, 1, 5))
    response = engine.query("How many charges was Elizabeth Holmes convicted of?")
    assert isinstance(response, Response)
    assert "four of 11 charges" in str(response)
    assert response.source_nodes
    stored = pipeline.store.articles([node.metadata["article_id"] for node in response.source_nodes])
    for n, hit in enumerate(response.source_nodes, 1):
        text = stored[hit.metadata["article_id"]].article.text
        assert text[hit.node.start_char_idx : hit.node.end_char_idx] == hit.text
        assert hit.metadata["citation"] == n
        assert f"[{n}]" in str(response)
        assert hit.score == 1.0  # quoted word for word
    assert response.metadata is not None
    assert response.metadata["answered"] is True
    assert response.metadata["as_of"] == "2022-01-05"
    assert response.metadata["model"] == "extractive"
    assert (response.metadata["notices"], response.metadata["removed"]) == ([], [])


def test_what_a_reader_must_know_beside_the_answer_is_in_the_metadata(
    store: SqliteFaissStore, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(store, bag, Config(llm="none"), OverlapVerifier())
    notice = Notice("conflict", "The articles give different figures: 3 and 4.", (1,))
    gone = AnswerSentence("It snowed.", (), 0.2, "removed", ("not in the evidence: snowed",))
    given = answers.answer("It rained.", notices=(notice,), removed=(gone,))
    monkeypatch.setattr(pipeline, "answer", lambda *_, **__: given)
    response = DatelineQueryEngine(pipeline).query("What rained?")
    assert isinstance(response, Response)
    assert response.metadata is not None
    assert response.metadata["notices"] == [
        {"kind": "conflict", "text": "The articles give different figures: 3 and 4.", "citations": [1]}
    ]
    assert response.metadata["removed"] == [
        {"text": "It snowed.", "support": 0.2, "reasons": ["not in the evidence: snowed"]}
    ]
    assert str(response).endswith("The articles give different figures: 3 and 4. [1]")
    json.dumps(response.metadata)


def test_no_answer_has_a_reason_and_no_sources(pipeline: Pipeline) -> None:
    response = asyncio.run(
        DatelineQueryEngine(pipeline, as_of=date(2026, 1, 1)).aquery("Which striker did Wrexham sign for $9 million?")
    )
    assert isinstance(response, Response)
    assert response.source_nodes == []
    assert "not in these articles" in str(response)
    assert response.metadata is not None
    assert response.metadata["answered"] is False
