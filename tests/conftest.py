"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
for name in [name for name in os.environ if name.startswith("DATELINE_") and name != "DATELINE_BENCH"]:
    del os.environ[name]

# ruff: noqa: E402 - the environment is set before anything that reads it is imported
from fakes.embedder import BagEmbedder

from index.build import Builder
from index.chunk import Chunker
from index.embed import Embedder, embedder
from index.manifest import Manifest
from index.records import Article
from index.sqlite_faiss import SqliteFaissStore
from index.store import Entry

ROOT = Path(__file__).parents[1]

# No time limit per example: on a busy machine it measures the machine. pytest-timeout catches what hangs.
settings.register_profile("dateline", deadline=None)
settings.load_profile("dateline")


@pytest.fixture(scope="session")
def minilm() -> Embedder:
    """The packaged encoder, loaded once."""
    return embedder("minilm")


@pytest.fixture(scope="session")
def seed_index(minilm: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the seeds, made with the real encoder."""
    place = tmp_path_factory.mktemp("seeds") / "index"
    report = Builder(place, minilm).ingest([ROOT / "seeds"])
    assert not report.refused
    return place


@pytest.fixture
def bag() -> BagEmbedder:
    """A small deterministic embedder: texts that share words are near."""
    return BagEmbedder()


@pytest.fixture
def chunker(bag: BagEmbedder) -> Chunker:
    return Chunker(bag.count_tokens, bag.max_tokens)


@pytest.fixture
def manifest(bag: BagEmbedder, chunker: Chunker) -> Manifest:
    return Manifest(bag.name, bag.dimension, chunker.fingerprint)


@pytest.fixture
def store(tmp_path: Path, manifest: Manifest) -> Iterator[SqliteFaissStore]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as opened:
        yield opened


@pytest.fixture
def entry(bag: BagEmbedder, chunker: Chunker) -> EntryMaker:
    return EntryMaker(bag, chunker)


class EntryMaker:
    """Makes store entries from a few words."""

    def __init__(self, bag: BagEmbedder, chunker: Chunker) -> None:
        self._bag, self._chunker = bag, chunker

    def __call__(
        self,
        article_id: str,
        text: str,
        *,
        title: str = "",
        outlet: str | None = None,
        day: str | None = None,
        url: str | None = None,
    ) -> Entry:
        published = date.fromisoformat(day) if day else None
        cut = self._chunker.cut(Article(article_id, title, text, outlet, published, url, (), f"/{article_id}"))
        return Entry(cut, self._bag.encode([f"{title} {cut.passage_text(p)}" for p in cut.passages]))
