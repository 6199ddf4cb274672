"""What only a cluster of Milvus has: many machines write and read, and it may not answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

from contract.test_stores import FOX, TAX, found, worded
from fakes.cluster import Cluster, serve

from index.errors import IndexBusy
from index.manifest import Manifest
from index.milvus import rights
from index.milvus.layout import ARTICLES, NOTES, PASSAGES
from index.milvus.link import Link, Row
from index.milvus.rights import LASTS_S, Note
from index.milvus.store import MilvusStore

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


def note_of(store: MilvusStore) -> Note:
    note = Note.read(store.link)
    assert note is not None
    return note


def take_away(store: MilvusStore) -> None:
    """The time of whoever has the right to write is up."""
    store.link.upsert(NOTES, [replace(note_of(store), until=time.time() - 1).to_row()])


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

    def test_of_many_who_come_at_once_one_gets_it(self, machine: Machine) -> None:
        stores = [machine(f"m{i}") for i in range(4)]
        started, held, most = threading.Barrier(4), [0], [0]
        got: list[bool] = []

        def contend(store: MilvusStore) -> None:
            started.wait()
            try:
                with store.exclusive():
                    held[0] += 1
                    most[0] = max(most[0], held[0])
                    time.sleep(0.5)
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
