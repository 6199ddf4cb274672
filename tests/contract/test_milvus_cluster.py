"""What only a cluster of Milvus has: many machines write and read, and it may not answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

from contract import test_stores as contract
from contract.test_stores import FOX, TAX, found, worded
from fakes.cluster import Cluster, serve

from api.errors import as_api_error, error_response
from index.errors import IndexBusy, StoreUnreachable
from index.manifest import Manifest
from index.milvus import rights
from index.milvus import store as store_module
from index.milvus.layout import ARTICLES, NOTES, PASSAGES, load
from index.milvus.link import Link, Row
from index.milvus.reading import _pins
from index.milvus.rights import LASTS_S, Note
from index.milvus.store import GRACE_S, MilvusStore
from index.records import Filter
from index.sources import Visit
from index.store import Store
from rag.retrieve import Retriever
from rag.understand import understand

T = TypeVar("T")
Machine = Callable[[str], MilvusStore]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with serve(tmp_path / "cluster.db") as running:
        yield running


@pytest.fixture
def machine(cluster: Cluster, tmp_path: Path, manifest: Manifest) -> Iterator[Machine]:
    """Opens the one index as a machine of that name does: with a folder of its own."""
    opened: list[MilvusStore] = []

    def open_one(name: str) -> MilvusStore:
        opened.append(MilvusStore(tmp_path / name, manifest, create=True, uri=cluster.uri))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def opener(cluster: Cluster) -> Callable[..., Store]:
    """Opens the one index, with whatever folder."""
    return partial(MilvusStore, uri=cluster.uri)


@pytest.fixture
def store(opener: Callable[..., Store], tmp_path: Path, manifest: Manifest) -> Iterator[Store]:
    with opener(tmp_path / "index", manifest, create=True) as opened:
        yield opened


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after another is sure to have the right to write: no need to wait and see."""
    monkeypatch.setattr(rights, "sleep", lambda _: None)


def note_of(store: MilvusStore) -> Note:
    note = Note.read(store.link)
    assert note is not None
    return note


def take_away(store: MilvusStore) -> None:
    """The time of whoever has the right to write is up."""
    store.link.upsert(NOTES, [replace(note_of(store), until=time.time() - 1).to_row()])


# A part of what every store keeps: all of it would take too long.


class TestPut(contract.TestPut):
    pass


class TestWhatIsKept(contract.TestWhatIsKept):
    pass


class TestManyHands(contract.TestManyHands):
    pass


class TestWriters:
    def test_one_writes_at_a_time_though_their_folders_differ(self, machine: Machine, entry: EntryMaker) -> None:
        one, other = machine("one"), machine("other")
        with one.exclusive():
            with pytest.raises(IndexBusy, match=r"Another process is writing to the index at http.* \(process \d+ on"):
                other.put([entry("a", FOX)])
            with one.exclusive():
                assert one.put([entry("b", TAX)]) == ["added"]
            with pytest.raises(IndexBusy):
                other.remove(["b"])
        assert other.put([entry("a", FOX)]) == ["added"]
        assert one.put([entry("c", FOX)]) == ["added"]
        assert one.added_ids() == other.added_ids() == ["b", "a", "c"]

    def test_whoever_is_willing_to_wait_gets_it(self, machine: Machine, entry: EntryMaker) -> None:
        one, other = machine("one"), machine("other")
        waiting = threading.Event()

        def write() -> None:
            with one.exclusive():
                waiting.set()
                time.sleep(0.6)
                one.put([entry("a", FOX)])

        writer = threading.Thread(target=write)
        writer.start()
        waiting.wait()
        with other.exclusive(wait_s=20):
            assert other.put([entry("b", TAX)]) == ["added"]
        writer.join()
        assert other.added_ids() == ["a", "b"]

    def test_of_many_who_come_at_once_one_gets_it(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rights, "sleep", time.sleep)
        monkeypatch.setattr(rights, "SETTLES_S", 2.0)  # enough for a busy machine
        stores = [machine(f"m{i}") for i in range(4)]
        started, held, most = threading.Barrier(4), [0], [0]
        got: list[bool] = []

        def contend(store: MilvusStore) -> None:
            started.wait()
            try:
                with store.exclusive():
                    held[0] += 1
                    most[0] = max(most[0], held[0])
                    time.sleep(3)
                    held[0] -= 1
                    got.append(True)
            except IndexBusy:
                got.append(False)

        threads = [threading.Thread(target=contend, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == [False, False, False, True]
        assert most == [1]

    def test_the_time_of_one_that_died_runs_out(self, machine: Machine, entry: EntryMaker) -> None:
        one, other = machine("one"), machine("other")
        other.put([entry("a", FOX)])  # knows that nothing is left to mend
        dead = one.exclusive()
        dead.__enter__()
        one.link.write(ARTICLES, [{**_first(other, ARTICLES), "id": 999_999, "born": 2, "n": 999_999, "key": "half"}])
        with pytest.raises(IndexBusy) as caught:
            other.put([entry("b", TAX)])
        assert f"for {LASTS_S:.0f} seconds at the most" in caught.value.advice
        take_away(other)
        assert other.put([entry("b", TAX)]) == ["added"]
        assert machine("third").added_ids() == ["a", "b"], "what it left half done is not seen"

    @pytest.mark.parametrize("after", [PASSAGES, NOTES], ids=["in between", "before the row that commits"])
    def test_one_that_was_held_up_finds_that_it_may_not_write_any_more(
        self, machine: Machine, entry: EntryMaker, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch, after: str
    ) -> None:
        one, other = machine("one"), machine("other")
        write = Link.write

        def held_up(link: Link, collection: str, rows: list[Row]) -> None:
            write(link, collection, rows)
            if collection == after:
                monkeypatch.undo()
                take_away(other)
                if after != NOTES:  # else the last of the rows were sent in time
                    one._right._until = time.time() - 1
                assert other.put([entry("theirs", TAX)]) == ["added"]

        monkeypatch.setattr(Link, "write", held_up)
        with one.exclusive(), pytest.raises(IndexBusy):
            one.put([entry("mine", FOX)])
        assert machine("third").added_ids() == ["theirs"]
        assert one.put([entry("mine", FOX)]) == ["added"]
        assert sorted(found(one, bag, FOX)) == ["mine", "theirs"]
        assert worded(machine("fourth"), "fox") == ["mine"]

    def test_nothing_is_sent_when_the_time_is_nearly_up(
        self, machine: Machine, entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = machine("one"), machine("other")
        with one.exclusive():
            take_away(other)
            with other.exclusive():
                monkeypatch.setattr(one._right, "_until", time.time() + rights.SPARE_S - 1)
                before = list(one.link.query(ARTICLES, "id >= 0", ["id"]))
                with pytest.raises(IndexBusy):
                    one.put([entry("mine", FOX)])
                assert list(one.link.query(ARTICLES, "id >= 0", ["id"])) == before

    def test_it_is_renewed_while_it_is_held(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rights, "RENEWED_S", 0.05)
        one = machine("one")
        with one.exclusive():
            first = note_of(one)
            time.sleep(0.5)
            second = note_of(one)
        third = note_of(one)
        assert first.until + 0.3 < second.until
        assert third.until <= time.time()
        time.sleep(0.2)
        assert note_of(one) == third

    def test_another_commit_in_between_is_found_out(
        self, machine: Machine, entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = machine("one")
        monkeypatch.setattr(one._right, "confirm", lambda: _commit_something(one))
        with pytest.raises(IndexBusy, match="has written to the index at"):
            one.put([entry("a", FOX)])


def _first(store: MilvusStore, collection: str) -> Row:
    row: Row = dict(store.link.client.query(collection, "id > 0", output_fields=["*"], limit=1)[0])
    return row


def _commit_something(store: MilvusStore) -> None:
    meta = store._meta()
    row = replace(meta, generation=meta.generation + 1).to_row()
    assert json.loads(row["body"])["generation"] == 1
    store.link.upsert(NOTES, [row])


@pytest.fixture
def elsewhere() -> Callable[[], None]:
    """Called, the process that writes knows of none that reads, as if that were another process."""
    return _pins.clear


class TestReaders:
    def test_what_was_replaced_is_there_for_a_minute(
        self, machine: Machine, entry: EntryMaker, bag: BagEmbedder, elsewhere: Callable[[], None]
    ) -> None:
        reader, writer = machine("reader"), machine("writer")
        writer.put([entry("a", FOX), entry("b", TAX)])
        with reader.reading():
            before = reader.articles(["a", "b"])
            hits = reader.search_dense(bag.encode([FOX])[0], 10, Filter())
            elsewhere()
            writer.put([entry("a", "It was a dog.")])
            writer.remove(["b"])
            writer.snapshot()
            ids = [hit.passage_id for hit in hits]
            assert len(reader.vectors(ids)) == len(ids) == 2
            assert list(reader.passages(ids)) == ids
            assert reader.articles(["a", "b"]) == before
            again = reader.search_dense(bag.encode([FOX])[0], 10, Filter())
            assert [hit.passage_id for hit in again] == ids
        assert found(reader, bag, FOX) == found(writer, bag, FOX) == ["a"]
        assert worded(reader, "fox", "tax") == []

    def test_then_it_is_deleted(
        self, machine: Machine, entry: EntryMaker, monkeypatch: pytest.MonkeyPatch, bag: BagEmbedder
    ) -> None:
        one = machine("one")
        one.put([entry("a", FOX), entry("b", TAX)])
        one.remember([Visit("https://example.org/b", "b")])
        one.remove(["b"])
        assert one.visits() == [], "nothing is asked for on condition that is not there"
        assert _rows(one, PASSAGES) == 2
        monkeypatch.setattr(time, "time", lambda now=time.time: now() + GRACE_S + 1)
        one.put([entry("c", FOX + " Again.")])
        assert _rows(one, PASSAGES) == 2
        assert _rows(machine("other"), ARTICLES) == 2
        assert one._fresh().dead == frozenset()
        assert sorted(found(one, bag, FOX)) == ["a", "c"]

    def test_an_answer_goes_on_without_what_is_gone(
        self,
        machine: Machine,
        entry: EntryMaker,
        bag: BagEmbedder,
        elsewhere: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(store_module, "GRACE_S", 0)
        reader, writer = machine("reader"), machine("writer")
        writer.put([entry("a", FOX, day="2025-01-01"), entry("b", FOX + " Twice.", day="2025-01-20")])
        vectors = reader.vectors

        def after_an_update(ids: list[int]) -> object:
            elsewhere()
            writer.put([entry("a", "It was a dog.", day="2025-01-01")])
            return vectors(ids)

        monkeypatch.setattr(reader, "vectors", after_an_update)
        question = understand("Where was the quick brown fox seen?", as_of=date(2025, 2, 1))
        with reader.reading():
            hits = Retriever(reader, bag).search(question).found
        assert [hit.article.article.id for hit in hits] == ["b"]


def _rows(store: MilvusStore, collection: str) -> int:
    return len(list(store.link.query(collection, "id > 0", ["id"])))


def in_time(ask: Callable[[], T], within_s: float = 20.0) -> T:
    """The answer; gRPC waits a little before it looks again whether a server is back."""
    end = time.monotonic() + within_s
    while True:
        try:
            return ask()
        except StoreUnreachable:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


class TestOutage:
    def test_it_is_said_at_once_and_is_over_when_milvus_is_back(
        self, cluster: Cluster, machine: Machine, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        store = machine("one")
        store.put([entry("a", FOX)])
        cluster.stop()
        try:
            for ask in (store.newest, lambda: found(store, bag, FOX), lambda: store.put([entry("b", TAX)])):
                with pytest.raises(StoreUnreachable, match=f"The index at {cluster.uri} does not answer") as caught:
                    ask()
                assert caught.value.retryable
        finally:
            cluster.start()
        assert in_time(lambda: found(store, bag, FOX)) == ["a"]
        assert store.put([entry("b", TAX)]) == ["added"]

    def test_silence_is_not_waited_for(
        self, cluster: Cluster, machine: Machine, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        store = machine("one")
        store.put([entry("a", FOX)])
        ids = [passage.id for passage in store.article_passages("a")]
        asked: list[Callable[[], object]] = [
            store.newest,
            lambda: store.vectors(ids),
            lambda: store._search(bag.encode([FOX])[0], "vector", 5, "id > 0"),
            store.visits,
            lambda: store.put([entry("b", TAX)]),
            lambda: load(store.link),
        ]
        store.link.timeout_s = 0.3
        cluster.silence()
        for ask in asked:
            with pytest.raises(StoreUnreachable):
                ask()

    def test_the_caller_of_the_api_is_told_to_come_again(
        self, cluster: Cluster, machine: Machine, entry: EntryMaker
    ) -> None:
        store = machine("one")
        cluster.stop()
        try:
            with pytest.raises(StoreUnreachable) as caught:
                store.newest()
        finally:
            cluster.start()
        told = error_response(as_api_error(caught.value, "r1"))
        assert (told.status_code, told.headers["Retry-After"]) == (503, "5")
        assert b'"code":"index_unreachable"' in told.body
        assert b"127.0.0.1" not in told.body, "where it is stands in the log"
