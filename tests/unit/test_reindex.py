"""Another encoder: refused with advice, or everything is encoded anew, resumable, at once for all readers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes.embedder import BagEmbedder

from index.build import Builder
from index.chunk import Chunker
from index.embed import Vectors
from index.errors import IndexMismatch
from index.manifest import Manifest
from index.records import Filter
from index.reindex import reindex
from index.repair import examine
from index.report import Progress
from index.sqlite_faiss import SqliteFaissStore
from index.store import Terms


class Wide(BagEmbedder):
    """Another encoder: twice the dimension, a window of 30 words; fails when it is told to."""

    name, dimension, max_tokens = "wide", 128, 30  # type: ignore[assignment]

    def __init__(self, fail_after: int = 10**9) -> None:
        super().__init__()
        self.fail_after = fail_after

    def encode(self, texts: Sequence[str]) -> Vectors:
        if len(self.encoded) >= self.fail_after:
            raise KeyboardInterrupt
        return super().encode(texts)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    text = " ".join(f"Sentence {j} of the report says something of its own." for j in range(12))
    records = [{"id": f"a{i}", "title": f"Title {i}", "text": f"Unique{i}word begins. {text}"} for i in range(100)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, records)))
    return tmp_path / "in.jsonl"


@pytest.fixture
def place(tmp_path: Path, bag: BagEmbedder, source: Path) -> Path:
    Builder(tmp_path / "index", bag).ingest([source])
    return tmp_path / "index"


def manifest(encoder: BagEmbedder) -> Manifest:
    return Manifest(encoder.name, encoder.dimension, Chunker(encoder.count_tokens, encoder.max_tokens).fingerprint)


def test_another_encoder_is_refused_with_advice(place: Path) -> None:
    with pytest.raises(IndexMismatch) as caught:
        SqliteFaissStore(place, manifest(Wide()))
    assert "dateline reindex" in caught.value.advice


def test_an_index_that_was_encoded_anew_is_as_if_it_had_been_made_so(
    place: Path, source: Path, tmp_path: Path, bag: BagEmbedder
) -> None:
    with SqliteFaissStore(place, manifest(bag)) as before:
        used = [p.id for i in before.article_ids() for p in before.article_passages(i)]
        sentences = {i: before.sentences(i) for i in before.article_ids()}
    wide, seen = Wide(), list[Progress]()
    assert reindex(place, wide, seen.append) == 100
    assert (seen[0].articles, seen[-1].articles, seen[-1].characters) == (0, 100, seen[-1].of_characters)
    fresh = Builder(tmp_path / "fresh", Wide())
    fresh.ingest([source])
    assert examine(place) == []
    with SqliteFaissStore(place, manifest(wide)) as store, SqliteFaissStore(fresh.place) as wanted:
        ids = store.article_ids()
        assert ids == wanted.article_ids()
        assert store.hashes(ids) == wanted.hashes(ids)
        for article_id in ids:
            mine, theirs = store.article_passages(article_id), wanted.article_passages(article_id)
            assert [(p.first, p.last, p.text) for p in mine] == [(p.first, p.last, p.text) for p in theirs]
            assert np.array_equal(store.vectors([p.id for p in mine]), wanted.vectors([p.id for p in theirs]))
        assert min(p.id for i in ids for p in store.article_passages(i)) > max(used), "ids are never used again"
        assert {i: store.sentences(i) for i in ids} == sentences, "what old answers cite stays"
        assert [h.article_id for h in store.search_lexical(Terms(("Unique42word",)), 1, Filter())] == ["a42"]
        (hit,) = store.search_dense(wide.encode(["Title 42 Unique42word"])[0], 1, Filter(article_ids=("a42",)))
        assert hit.article_id == "a42"
    assert Builder(place, wide).ingest([source]).changed is False
    assert reindex(place, wide) == 0


def test_one_that_was_stopped_goes_on_and_answers_as_before_until_then(place: Path, bag: BagEmbedder) -> None:
    stopped = Wide(fail_after=150)
    with pytest.raises(KeyboardInterrupt):
        reindex(place, stopped)
    with SqliteFaissStore(place, manifest(bag)) as store:
        vector = store.vectors([store.article_passages("a7")[0].id])[0]
        assert store.search_dense(vector, 1, Filter(article_ids=("a7",)))
        store.remove(["a99"])
    again = Wide()
    assert reindex(place, again) == 99
    with SqliteFaissStore(place) as store:
        assert 0 < len(again.encoded) < store.stats().passages, "what was encoded before is not encoded again"
    assert examine(place) == []


def test_a_reader_with_the_old_encoder_is_told(place: Path, bag: BagEmbedder) -> None:
    with SqliteFaissStore(place, manifest(bag)) as reader:
        vector = bag.encode(["report"])[0]
        assert reader.search_dense(vector, 3, Filter())
        reindex(place, Wide())
        with pytest.raises(IndexMismatch, match="made differently"):
            reader.search_dense(vector, 3, Filter())
