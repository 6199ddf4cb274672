"""What only the embedded store has: files, some of which are derived from the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from conftest import EntryMaker
from contract.test_stores import FOX, TAX, found, worded
from fakes.embedder import BagEmbedder

from index import sqlite_faiss, vectors
from index.manifest import Manifest
from index.records import Filter
from index.repair import examine, repair
from index.sqlite_db import transaction
from index.sqlite_faiss import VECTORS, SqliteFaissStore
from index.sqlite_write import drop_words


@pytest.fixture(autouse=True, params=["FTS5", "postings"])
def words_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_faiss, "WORDS_FROM", 1 if request.param == "postings" else 20_000)


class TestDerived:
    @pytest.mark.parametrize("harm", ["missing", "truncated", "flipped", "no seal", "empty"])
    def test_the_faiss_file_is_rebuilt(
        self, tmp_path: Path, manifest: Manifest, entry: EntryMaker, bag: BagEmbedder, harm: str
    ) -> None:
        with SqliteFaissStore(tmp_path / "i", manifest, create=True) as store:
            store.put([entry("a", FOX), entry("b", TAX)])
            store.snapshot()
            wanted = found(store, bag, FOX)
        file = tmp_path / "i" / VECTORS
        if harm == "missing":
            file.unlink()
        elif harm == "truncated":
            file.write_bytes(file.read_bytes()[:-20])
        elif harm == "flipped":
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)
        elif harm == "no seal":
            file.write_bytes(file.read_bytes()[:-80] + bytes(80))
        else:
            file.write_bytes(b"")
        with SqliteFaissStore(tmp_path / "i", manifest) as store:
            assert found(store, bag, FOX) == wanted == ["a", "b"]

    def test_inverted_lists_take_over_when_it_grows(
        self, store: SqliteFaissStore, entry: EntryMaker, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vectors, "FLAT_UP_TO", 100)
        texts = {f"n{i}": f"Report {i} tells of place {i % 37} and of matter {i % 11}." for i in range(300)}
        store.put([entry(i, text, outlet="Even" if int(i[1:]) % 2 else "Odd") for i, text in texts.items()])
        store.snapshot()
        assert not store._fresh()[0].exact
        store.remove(["n7"])
        store.put([entry("late", "A late report tells of snow.")])
        store.snapshot()
        with SqliteFaissStore(store.place, store.manifest) as other:
            assert not other._fresh()[0].exact
            assert sorted(other._fresh()[0].ids().tolist()) == other._fresh()[1].ids.tolist()
            assert found(other, bag, "A late report tells of snow.", k=1) == ["late"]
            assert "n7" not in found(other, bag, texts["n7"], k=300)
            hits = other.search_dense(bag.encode([texts["n9"]])[0], 5, Filter(outlets=("even",)))
            best = other.vectors([hits[0].passage_id])[0]
            assert hits[0].score == pytest.approx(float(best @ bag.encode([texts["n9"]])[0]), abs=1e-6), (
                "scores are exact"
            )
            assert {h.article_id for h in hits} <= {f"n{i}" for i in range(1, 300, 2)}
            only = Filter(article_ids=("n200",))
            assert [h.article_id for h in other.search_dense(bag.encode(["Report"])[0], 5, only)] == ["n200"]

    def test_a_stale_faiss_file_is_brought_up_to_date(
        self, tmp_path: Path, manifest: Manifest, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        with SqliteFaissStore(tmp_path / "i", manifest, create=True) as store:
            store.put([entry("a", FOX)])
            store.snapshot()
            store.put([entry("b", TAX)])
            store.remove(["a"])
        with SqliteFaissStore(tmp_path / "i", manifest) as store:
            assert found(store, bag, FOX) == ["b"]

    @pytest.mark.parametrize("among", [0, 30])
    def test_its_words_are_in_none_of_the_files(self, store: SqliteFaissStore, entry: EntryMaker, among: int) -> None:
        secret = "A zyzzogeton crept out of the qwertyberg at dawn."
        store.put([entry(f"n{i}", f"{FOX} Number {i}.") for i in range(among)])
        store.put([entry("a", secret, title="Zyzzogeton sighted"), entry("b", TAX)])
        store.snapshot()
        held = [file.read_bytes().lower() for file in store.place.iterdir()]
        assert any(b"yzzogeton" in content for content in held)
        store.remove(["a"])
        store.snapshot()
        for file in store.place.iterdir():
            content = file.read_bytes().lower()
            assert b"yzzogeton" not in content, file.name
            assert b"wertyberg" not in content, file.name
        assert worded(store, "tax") == ["b"]

    def test_a_removal_whose_files_another_writer_kept_from_being_written_leaves_them_with_the_next(
        self, store: SqliteFaissStore, manifest: Manifest, entry: EntryMaker
    ) -> None:
        store.put([entry("a", "A zyzzogeton crept out of the qwertyberg at dawn."), entry("b", TAX)])
        store.snapshot()
        with SqliteFaissStore(store.place, manifest) as other:
            with other.exclusive():
                other.remove(["a"])
                store.snapshot()
            other.put([entry("c", FOX)])
            other.snapshot(if_worth_it=True)
        for file in store.place.iterdir():
            assert b"yzzogeton" not in file.read_bytes().lower(), file.name


def merged_often(store: SqliteFaissStore) -> None:
    """Words come and are merged 2,100 times, then go again: by merging alone FTS5 is unreadable after 2,000."""
    store.db.execute("PRAGMA synchronous = OFF")  # two thousand commits need not reach the disk
    for row in range(1000, 3100):
        with transaction(store.db) as db:
            db.execute("INSERT INTO passages_fts (rowid, title, text) VALUES (?, 'x', 'y')", (row,))
            drop_words(db)
    with transaction(store.db) as db:
        db.execute("DELETE FROM passages_fts WHERE rowid >= 1000")


def test_words_can_be_merged_any_number_of_times(tmp_path: Path, manifest: Manifest, entry: EntryMaker) -> None:
    with SqliteFaissStore(tmp_path / "i", manifest, create=True) as store:
        store.put([entry("a", FOX), entry("b", TAX)])
        merged_often(store)
        assert worded(store, "fox") == ["a"]
    assert examine(tmp_path / "i") == []


@pytest.mark.skipif(sqlite3.sqlite_version_info >= (3, 42), reason="this SQLite bounds the levels itself")
def test_words_merged_too_often_are_repaired(
    tmp_path: Path, manifest: Manifest, entry: EntryMaker, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.sqlite_write.MERGES", 10_000)
    with SqliteFaissStore(tmp_path / "i", manifest, create=True) as store:
        store.put([entry("a", FOX), entry("b", TAX)])
        with pytest.raises(sqlite3.DatabaseError):
            merged_often(store)
    assert [problem.part for problem in examine(tmp_path / "i")] == ["words"]
    assert repair(tmp_path / "i", bag) == ()
    with SqliteFaissStore(tmp_path / "i", manifest) as store:
        assert worded(store, "fox") == ["a"]
