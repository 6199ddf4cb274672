"""Postings find and score exactly what FTS5 does, in every state of a changing collection."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from conftest import EntryMaker

from index import sqlite_faiss, word_index
from index.manifest import Manifest
from index.postings import Postings, key
from index.records import Filter, Hit
from index.repair import examine
from index.sqlite_faiss import POSTINGS, SqliteFaissStore
from index.sqlite_words import Words
from index.store import Terms

VOCABULARY = """storm storms stormed tax taxes taxed U.S. us 12.5 12 5 don't doesn’t fox Zürich zurich 1,000 running
    runner run election elected minister fuel the of a and in""".split()
FILTERS = [
    Filter(),
    Filter(until=date(2024, 1, 15)),
    Filter(since=date(2024, 1, 10), outlets=("cnn",), include_undated=False),
    Filter(article_ids=("n3", "n4", "n5", "n17", "n30")),
    Filter(without=("n1", "n2")),
]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postings are used from the first passage on, and written piecemeal."""
    monkeypatch.setattr(sqlite_faiss, "WORDS_FROM", 1)
    monkeypatch.setattr(word_index, "CATCH_UP", 7)


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


def fill(store: SqliteFaissStore, entry: EntryMaker, rng: random.Random, names: Iterator[int] | range) -> None:
    def text() -> str:
        words = rng.choices(VOCABULARY, weights=[1 / (i + 1) for i in range(len(VOCABULARY))], k=rng.randrange(5, 150))
        return ". ".join(" ".join(words[at : at + 9]) for at in range(0, len(words), 9)) + "."

    for i in names:
        day = f"2024-01-{i % 28 + 1:02}" if i % 5 else None
        store.put(
            [entry(f"n{i}", text(), title=" ".join(rng.sample(VOCABULARY, 4)), outlet=["CNN", "BBC"][i % 2], day=day)]
        )


def queries(rng: random.Random) -> list[Terms]:
    asked = [Terms(tuple(rng.sample(VOCABULARY, rng.randrange(1, 7)))) for _ in range(25)]
    return [*asked, Terms(("nowhere",)), Terms(("_", "storm")), Terms(("tax", "taxes", "U.S."), ("12.5 tax",))]


def by_both(store: SqliteFaissStore, terms: Terms, k: int, where: Filter) -> tuple[list[Hit], list[Hit]]:
    with store.reading(), store.mapped():
        assert store._postings(whole=True) is not None, "these are the postings"
        quick = store.search_lexical(terms, k, where)
        return quick, store._words.search(store.db, terms, k, where, None)


def assert_equal(store: SqliteFaissStore, rng: random.Random) -> None:
    found = 0
    for terms in queries(rng):
        for where in FILTERS:
            for k in (1, 10, 500):
                quick, slow = by_both(store, terms, k, where)
                assert quick == slow
                found += len(slow)
    assert found > 1_000, "there was something to compare"


def test_they_find_and_score_what_fts5_does(
    store: SqliteFaissStore, entry: EntryMaker, rng: random.Random, manifest: Manifest
) -> None:
    fill(store, entry, rng, range(40))
    assert_equal(store, rng)
    store.remove(["n3", "n11", "n39"])
    fill(store, entry, rng, range(5, 12))  # new versions
    assert_equal(store, rng)
    store.snapshot()
    fill(store, entry, rng, range(40, 50))
    store.remove(["n41"])
    with SqliteFaissStore(store.place, manifest) as other:  # from the file, and what came since
        assert_equal(other, rng)


def test_weights_of_words_are_the_same(
    store: SqliteFaissStore, entry: EntryMaker, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, entry, rng, range(12))
    with store.reading(), store.mapped():
        store._postings(whole=True)
    quick = store.idf([*VOCABULARY, "nowhere"])
    monkeypatch.setattr(sqlite_faiss, "WORDS_FROM", 20_000)
    assert quick == store.idf([*VOCABULARY, "nowhere"])


def test_what_is_missing_is_counted_a_little_at_a_time(
    store: SqliteFaissStore, entry: EntryMaker, rng: random.Random
) -> None:
    fill(store, entry, rng, range(20))
    passages = store.stats().passages
    assert passages > 3 * word_index.CATCH_UP
    searches = 0
    with store.reading(), store.mapped():
        while store._postings() is None:
            searches += 1
    assert searches == -(-passages // word_index.CATCH_UP) - 1
    assert store.search_lexical(Terms(("storm",)), 10, Filter())


@pytest.mark.parametrize("harm", ["truncated", "flipped", "another's", "empty"])
def test_a_damaged_file_is_said_and_costs_nothing_but_time(
    store: SqliteFaissStore,
    entry: EntryMaker,
    rng: random.Random,
    manifest: Manifest,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    harm: str,
) -> None:
    fill(store, entry, rng, range(12))
    store.snapshot()
    wanted = store.search_lexical(Terms(("storm", "tax")), 10, Filter())
    file = store.place / POSTINGS
    content = file.read_bytes()
    if harm == "another's":
        with SqliteFaissStore(tmp_path / "other", manifest, create=True) as other:
            other.put([entry("x", "A storm.")])
            other.snapshot()
            content = (other.place / POSTINGS).read_bytes()
    middle = len(content) // 2
    harmed = {
        "truncated": content[:middle],
        "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "another's": content,
        "empty": b"",
    }
    file.write_bytes(harmed[harm])
    assert [problem.part for problem in examine(store.place)] == ["postings"]
    with caplog.at_level(logging.WARNING), SqliteFaissStore(store.place, manifest) as again:
        assert again.search_lexical(Terms(("storm", "tax")), 10, Filter()) == wanted
        assert POSTINGS in caplog.text or harm in ("truncated", "empty"), "what has no seal counts as not there"
        again.snapshot()
        assert_equal(again, rng)
    assert examine(store.place) == []


def test_a_collection_that_shrinks_needs_no_file(
    store: SqliteFaissStore, entry: EntryMaker, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, entry, rng, range(5))
    store.snapshot()
    assert (store.place / POSTINGS).exists()
    monkeypatch.setattr(sqlite_faiss, "WORDS_FROM", 1_000)
    store.remove(["n1"])
    store.snapshot()
    assert not (store.place / POSTINGS).exists()
    assert store.search_lexical(Terms(("storm",)), 10, Filter())


def test_a_reader_that_is_behind_reads_its_own_state(
    store: SqliteFaissStore, entry: EntryMaker, rng: random.Random, manifest: Manifest
) -> None:
    fill(store, entry, rng, range(12))
    with SqliteFaissStore(store.place, manifest) as reader, reader.reading():
        before = reader.search_lexical(Terms(("storm",)), 100, Filter())
        store.remove(["n1", "n2", "n3"])
        store.snapshot()  # the file lacks what this reader still sees
        assert reader.search_lexical(Terms(("storm",)), 100, Filter()) == before


def test_postings_of_a_few_passages() -> None:
    made = Words().counted([(3, "Taxes", "The tax on fuel."), (9, "", "Fuel, fuel and storms")])
    assert made.ids.tolist() == [3, 9]
    assert made.lengths.tolist() == [5, 4]

    def held(postings: Postings, term: str) -> list[tuple[int, int]]:
        where = postings.find(key(term))
        return [
            (int(postings.ids[row]), int(n))
            for row, n in zip(postings.rows[where], postings.counts[where], strict=True)
        ]

    assert held(made, "tax") == [(3, 5)], "the headline counts four times"
    assert held(made, "fuel") == [(3, 1), (9, 2)]
    assert held(made, "nowhere") == []
    both = made.joined(Words().counted([(10, "Fuel", "A storm")]))
    assert held(both, "fuel") == [(3, 1), (9, 2), (10, 4)]
    assert held(both, "storm") == [(9, 1), (10, 1)]
