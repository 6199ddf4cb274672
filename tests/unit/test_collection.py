"""The collection: listed, searched, counted by week, added to, taken from."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from index.build import Builder
from index.errors import InputError
from index.records import Filter
from index.sqlite_faiss import SqliteFaissStore
from rag.collection import MAX_FILES, Collection


@pytest.fixture
def collection(store: SqliteFaissStore, entry, bag) -> Collection:
    store.put(
        [
            entry("a", "The harbour council voted for a bridge.", title="Bridge", outlet="CNN", day="2025-06-02"),
            entry("b", "The mayor opened the harbour.", title="Harbour", outlet="BBC", day="2025-06-08"),
            entry("c", "A dog barked.", title="Dog", outlet="CNN", day="2025-06-09"),
            entry("d", "Nobody knows when.", title="Undated"),
        ]
    )  # fmt: skip
    return Collection(store, store.place, bag)


def ids(page) -> list[str]:
    return [article.id for article in page.articles]


def test_all_are_listed_newest_first_and_counted_by_week(collection: Collection) -> None:
    page = collection.page("", Filter())
    assert ids(page) == ["c", "b", "a", "d"]
    assert page.total == 4
    assert page.weeks == {date(2025, 6, 2): 2, date(2025, 6, 9): 1}  # Mondays
    assert ids(collection.page("", Filter(), offset=1, limit=2)) == ["b", "a"]


def test_filters_hold_for_list_search_and_weeks(collection: Collection) -> None:
    june = Filter(date(2025, 6, 8), date(2025, 6, 30), include_undated=False)
    assert ids(collection.page("", june)) == ["c", "b"]
    assert ids(collection.page("", Filter(outlets=("cnn",)))) == ["c", "a"]
    page = collection.page("harbour", june)
    assert (ids(page), page.total, page.weeks) == (["b"], 1, {date(2025, 6, 2): 1})


def test_all_words_must_stand_in_a_passage_and_quoted_ones_side_by_side(collection: Collection) -> None:
    assert set(ids(collection.page("harbour", Filter()))) == {"a", "b"}
    assert ids(collection.page("bridge council", Filter())) == ["a"]
    assert ids(collection.page('"council voted"', Filter())) == ["a"]
    assert ids(collection.page("“voted council”", Filter())) == []
    assert ids(collection.page('" OR * NEAR(', Filter())) == []


def test_removing_is_complete(collection: Collection) -> None:
    assert collection.remove("a") is True
    assert collection.remove("a") is False
    assert ids(collection.page("bridge", Filter())) == []
    assert collection.page("", Filter()).total == 3


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


def taken(collection: Collection, *paths: Path) -> list[tuple[str, str]]:
    return [(item.outcome, Path(item.source).name) for item in collection.take_files(paths)]


def test_uploads_say_what_became_of_each(tmp_path: Path, bag, uploads: Path) -> None:
    with Builder(tmp_path / "index", bag).open() as store:
        collection = Collection(store, tmp_path / "index", bag)
        text = "The harbour council of Zorvia voted on Monday for a new bridge over the bay. " * 5
        (uploads / "one.txt").write_text(f"Bridge\n\n{text}")
        (uploads / "two.json").write_text(json.dumps({"id": "x", "text": text + "It will open soon.", "outlet": "CNN"}))
        (uploads / "three.exe").write_bytes(b"MZ")
        (uploads / "four.json").write_text("{")
        assert sorted(taken(collection, *sorted(uploads.iterdir()))) == [
            ("added", "one.txt"), ("near-duplicate", "two.json"), ("refused", "four.json:1"), ("refused", "three.exe")
        ]  # fmt: skip
        assert taken(collection, uploads / "one.txt") == [("unchanged", "one.txt")]
        (uploads / "two.json").write_text(json.dumps({"id": "x", "text": "It was called off."}))
        assert taken(collection, uploads / "two.json") == [("updated", "two.json")]
        # Another file of the same name, without an id, is another article: nobody's is replaced.
        (uploads / "one.txt").write_text("Dog\n\nA dog barked at the postman for an hour.")
        assert taken(collection, uploads / "one.txt") == [("added", "one.txt")]
        assert store.counted(Filter()) == 3
        assert taken(collection, uploads / "three.exe") == [("refused", "three.exe")]
        assert list((tmp_path / "index" / "uploads").rglob("*.*")) == []  # the copies are gone


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/feed", "file:///etc/passwd", "localhost", "/etc/passwd", "http://[bad"]
)
def test_an_address_of_this_machine_is_refused(tmp_path: Path, bag, address: str) -> None:
    with Builder(tmp_path / "index", bag).open() as store:
        (item,) = Collection(store, tmp_path / "index", bag).take_address(address)
        assert item.outcome == "refused"
        assert item.reason
        assert store.counted(Filter()) == 0
        with pytest.raises(InputError, match="no address"):
            Collection(store, tmp_path / "index", bag).take_address("  ")


def test_names_lead_nowhere_else_and_too_many_files_are_refused(
    tmp_path: Path, collection: Collection, uploads: Path
) -> None:
    odd = uploads / "..hidden\n<b>.txt"
    odd.write_text("Odd\n\nAn odd name for a file.")
    (item,) = collection.take_files([odd])
    assert item.outcome == "added"
    assert collection.page("odd", Filter()).total == 1
    with pytest.raises(InputError, match=f"{MAX_FILES} at once are the most"):
        collection.take_files([odd] * (MAX_FILES + 1))
