"""From store to store: nothing is encoded again, nothing is lost, a stopped copy goes on."""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder

from index import copy as module
from index.copy import Copied, copy
from index.errors import IndexMismatch, InputError, StoreError
from index.manifest import Manifest
from index.records import Filter
from index.report import Progress
from index.sources import Visit
from index.sqlite_faiss import SqliteFaissStore
from index.store import Store, Terms
from index.stores import Place, named

WIRE = " ".join(f"Sentence number {i} of the wire report about the storm in the bay." for i in range(12))
QUERIES = ("the storm in the bay", "tax on fuel", "a quick fox")


@pytest.fixture
def source(tmp_path: Path, manifest: Manifest, entry: EntryMaker) -> Place:
    place = Place(tmp_path / "source")
    with place.open(manifest, create=True) as store:
        store.put([entry("gone", "It was raining.")])
        store.put([entry("fox", "A quick fox. It jumped.", title="Fox", outlet="BBC", day="2025-01-02")])
        store.put([entry("one", WIRE, outlet="CNN", day="2025-01-03", url="https://example.org/wire")])
        store.put([entry("two", WIRE + " An update.", day="2025-01-04"), entry("tax", "The tax on fuel is raised.")])
        store.put([entry("fox", "A quick fox. It jumped high.", title="Fox", outlet="BBC", day="2025-01-02")])
        store.remove(["gone"])
        store.remember([Visit("https://example.org/wire", "one", '"e1"', "", "mark", 12.5)])
    return place


def contents(store: Store) -> object:
    ids = store.added_ids()
    stories = {i: sorted(a.article.id for a in store.story(s.story)) for i, s in store.articles(ids).items()}
    passages = {i: store.article_passages(i) for i in ids}
    return (
        ids,
        {i: [(v.article, v.version, v.added_at) for v in store.versions(i)] for i in ids},
        {i: [[(s.start, s.end) for s in store.sentences(i, v.version)] for v in store.versions(i)] for i in ids},
        {i: [astuple(replace(p, id=0)) for p in found] for i, found in passages.items()},
        {i: store.vectors([p.id for p in found]).tolist() for i, found in passages.items()},
        stories,
        store.twins(ids),
        store.visits(),
        store.sources(),
        store.stats(),
        [one.id for one in store.listed(Filter())],
    )


def dense(store: Store, bag: BagEmbedder) -> list[list[tuple[str, float]]]:
    found = [store.search_dense(vector, 20, Filter()) for vector in bag.encode(list(QUERIES))]
    # Those that are equally near are in no order.
    return [sorted((hit.article_id, round(hit.score, 5)) for hit in hits) for hits in found]


def lexical(store: Store) -> list[list[tuple[str, float]]]:
    found = [store.search_lexical(Terms(tuple(query.split())), 20, Filter()) for query in QUERIES]
    return [[(hit.article_id, round(hit.score, 6)) for hit in hits] for hits in found]


def test_there_and_back_again(source: Place, tmp_path: Path, bag: BagEmbedder) -> None:
    pytest.importorskip("pymilvus", reason="the extra milvus is not installed")
    elsewhere, back = named(str(tmp_path / "there.db")), Place(tmp_path / "back")
    assert copy(source, elsewhere) == Copied(4, 0)
    assert copy(elsewhere, back) == Copied(4, 0)
    with source.open() as one, elsewhere.open() as two, back.open() as three:
        assert contents(one) == contents(two) == contents(three)
        assert dense(one, bag) == dense(two, bag) == dense(three, bag)
        assert lexical(one) == lexical(three)
        assert [[i for i, _ in hits] for hits in lexical(one)] == [[i for i, _ in hits] for hits in lexical(two)]


def test_a_copy_that_was_stopped_goes_on(
    source: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: EntryMaker
) -> None:
    target = Place(tmp_path / "target")
    monkeypatch.setattr(module, "BATCH", 2)
    restore, calls = SqliteFaissStore.restore, []

    def failing(store: SqliteFaissStore, kept: list[object]) -> None:
        calls.append(len(kept))
        if len(calls) == 2:
            msg = "The disk is full."
            raise StoreError(msg)
        restore(store, kept)  # type: ignore[arg-type]

    told: list[Progress] = []
    monkeypatch.setattr(SqliteFaissStore, "restore", failing)
    with pytest.raises(StoreError):
        copy(source, target, told.append)
    assert told == [Progress(2, 4, 2, 4)]
    with source.open() as store:
        store.put([entry("fox", "A quick fox. It fell.", title="Fox", outlet="BBC", day="2025-01-02")])
    assert copy(source, target, told.append) == Copied(3, 1)
    assert told[1:] == [Progress(2, 4, 2, 4), Progress(4, 4, 4, 4)]
    assert copy(source, target) == Copied(0, 4)
    with source.open() as one, target.open() as two:
        assert [v.version for v in two.versions("fox")] == [1, 2, 3]
        assert one.articles(one.added_ids()).keys() == two.articles(two.added_ids()).keys()
        assert {i: s.article for i, s in one.articles(one.added_ids()).items()} == {
            i: s.article for i, s in two.articles(two.added_ids()).items()
        }


def test_what_cannot_be_copied(source: Place, tmp_path: Path, manifest: Manifest, entry: EntryMaker) -> None:
    with pytest.raises(InputError, match="already"):
        copy(source, source)
    other = Place(tmp_path / "other")
    with other.open(manifest, create=True) as store:
        store.put([entry("mine", "Somebody else's article.")])
    with pytest.raises(InputError, match="holds 1 articles that the one at"):
        copy(source, other)
    with Place(tmp_path / "foreign").open(replace(manifest, encoder="another"), create=True):
        pass
    with pytest.raises(IndexMismatch):
        copy(source, Place(tmp_path / "foreign"))
    with source.open() as store, pytest.raises(ValueError, match="there already"):
        store.restore([module._kept(store, "fox")])


def test_one_word_names_a_place(tmp_path: Path) -> None:
    assert named("var/other") == Place(Path("var/other"))
    assert named("var/news.db") == Place(Path("var"), "milvus", "var/news.db")
    assert named("http://127.0.0.1:19530") == Place(Path(), "milvus", "http://127.0.0.1:19530")
    with pytest.raises(InputError, match="folder"):
        Place(tmp_path, "embedded", "x.db").open()
