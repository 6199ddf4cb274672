"""Every store passes this suite; what only the embedded store has is in test_embedded_store.py.

A store whose extra is not installed is skipped, and the summary of `make test` says so.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import plugins, sqlite_faiss
from index.copy import _kept as kept_of
from index.errors import IndexBusy, IndexMismatch, IndexMissing, PluginError
from index.manifest import Manifest
from index.records import Filter
from index.sources import Visit
from index.sqlite_faiss import DATABASE, SqliteFaissStore
from index.store import Store, Terms

Opener = Callable[..., Store]

FOX = "The quick brown fox jumped over the fence. It was seen in Leeds. Nobody was hurt."
TAX = "Parliament raised the tax on fuel by four percent. The minister defended the vote."


# The embedded store searches words in FTS5 or in postings, by size.
KINDS = (*plugins.available("dateline.stores"), "embedded, postings")


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def words_by(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_faiss, "WORDS_FROM", 1 if kind == "embedded, postings" else 20_000)


@pytest.fixture(scope="module")
def opener(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """Opens a store of the kind in a folder, found as any plug-in is."""
    try:
        made: Opener = plugins.load("dateline.stores", kind.partition(",")[0])
    except PluginError as exc:
        pytest.skip(str(exc))
    if kind != "milvus":
        return made
    empty: list[Path] = []  # making collections takes seconds, so an empty store is made once and copied

    def opened(place: Path, manifest: Manifest | None = None, *, create: bool = False) -> Store:
        if create and not place.exists():
            if not empty:
                empty.append(tmp_path_factory.mktemp("empty") / "index")
                made(empty[0], manifest, create=True).close()
            shutil.copytree(empty[0], place)
        return made(place, manifest, create=create)

    return opened


@pytest.fixture
def store(opener: Opener, tmp_path: Path, manifest: Manifest) -> Iterator[Store]:
    with opener(tmp_path / "index", manifest, create=True) as opened:
        yield opened


def rows_left(store: Store) -> dict[str, int]:
    """How much is kept of articles, by table or collection."""
    if isinstance(store, SqliteFaissStore):
        db = sqlite3.connect(store.place / DATABASE)
        tables = ("articles", "versions", "sentences", "passages", "vectors", "passages_fts", "bands")
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    from index.milvus.layout import COMMITTED, GARBAGE, NOTES, TERMS, VISIT
    from index.milvus.store import MilvusStore

    assert isinstance(store, MilvusStore)
    kept = {**dict.fromkeys((*COMMITTED, TERMS), "id != 0"), NOTES: f"kind in [{VISIT}, {GARBAGE}]"}
    return {name: len(list(store.link.query(name, where, ["id"]))) for name, where in kept.items()}


def found(store: Store, bag: BagEmbedder, text: str, where: Filter | None = None, k: int = 10) -> list[str]:
    vector = bag.encode([text])[0]
    return [hit.article_id for hit in store.search_dense(vector, k, where or Filter())]


def worded(store: Store, *words: str, where: Filter | None = None, phrases: tuple[str, ...] = ()) -> list[str]:
    return [hit.article_id for hit in store.search_lexical(Terms(words, phrases), 10, where or Filter())]


class TestPut:
    def test_added_unchanged_updated(self, store: Store, entry: EntryMaker) -> None:
        assert store.put([entry("a", FOX), entry("b", TAX)]) == ["added", "added"]
        assert store.put([entry("a", FOX)]) == ["unchanged"]
        assert store.put([entry("a", FOX + " A dog was.")]) == ["updated"]
        stored = store.articles(["a", "b", "c"])
        assert {i: s.version for i, s in stored.items()} == {"a": 2, "b": 1}
        assert stored["a"].article.text.endswith("A dog was.")
        assert worded(store, "dog") == ["a"]

    def test_sentences_and_passages_reproduce_the_text(self, store: Store, entry: EntryMaker) -> None:
        text = "Über 5 Männer kamen. “Yes,” she said. 🙂 It rained."
        store.put([entry("a", text)])
        sentences = store.sentences("a")
        assert [text[s.start : s.end] for s in sentences] == [s.text for s in sentences]
        assert sentences[0].text == "Über 5 Männer kamen."
        passages = store.article_passages("a")
        assert [text[p.start : p.end] for p in passages] == [p.text for p in passages]
        assert store.passages([p.id for p in passages] + [999]) == {p.id: p for p in passages}
        assert store.openings(["a", "zzz"])["a"].passage == passages[0].id

    def test_a_failing_batch_leaves_nothing(self, store: Store, entry: EntryMaker) -> None:
        bad = entry("b", TAX)
        object.__setattr__(bad, "vectors", bad.vectors[:0])
        with pytest.raises(ValueError):
            store.put([entry("a", FOX), bad])
        assert store.article_ids() == []
        assert store.stats().passages == 0


class TestRemove:
    def test_nothing_is_left_in_any_table(self, store: Store, entry: EntryMaker, bag: BagEmbedder) -> None:
        store.put([entry("a", FOX), entry("b", TAX)])
        store.put([entry("a", FOX + " Again.")])
        assert store.remove(["a", "unknown"]) == 1
        assert found(store, bag, FOX) == ["b"]
        assert worded(store, "fox") == []
        assert store.remove(["b"]) == 1
        left = rows_left(store)
        assert len(left) > 4
        assert left == dict.fromkeys(left, 0)

    def test_ids_are_never_used_again(self, store: Store, entry: EntryMaker, bag: BagEmbedder) -> None:
        store.put([entry("a", FOX), entry("b", TAX)])
        used = {p.id for i in ("a", "b") for p in store.article_passages(i)}
        store.remove(["b"])
        store.put([entry("c", "Snow fell on the harbour all night long.")])
        new = {p.id for p in store.article_passages("c")}
        assert min(new) > max(used)
        assert found(store, bag, "Snow fell on the harbour", k=1) == ["c"]
        assert found(store, bag, "quick brown fox jumped", k=1) == ["a"]


class TestWhatIsKept:
    """Versions, places, addresses, and what was fetched."""

    def test_every_version_with_its_sentences(self, store: Store, entry: EntryMaker) -> None:
        texts = [FOX, FOX + " A dog was seen, too.", "It was a dog."]
        for text in texts:
            store.put([entry("a", text, title=f"After {len(text)}", url="https://example.org/a"), entry("b", TAX)])
        versions = store.versions("a")
        assert [(v.version, v.article.text, v.article.title) for v in versions] == [
            (at, text, f"After {len(text)}") for at, text in enumerate(texts, 1)
        ]
        for at, text in enumerate(texts, 1):
            sentences = store.sentences("a", at)
            assert [text[s.start : s.end] for s in sentences] == [s.text for s in sentences]
            assert [s.position for s in sentences] == list(range(len(sentences)))
        assert [s.text for s in store.sentences("a", 2)][3:] == ["A dog was seen, too."]
        assert store.sentences("a") == store.sentences("a", 3)
        assert store.sentences("a", 4) == store.sentences("zzz", 1) == store.versions("zzz") == []
        assert [v.version for v in store.versions("b")] == [1]

    def test_ids_in_the_order_in_which_they_came(self, store: Store, entry: EntryMaker) -> None:
        store.put([entry("late", FOX, day="2025-02-01"), entry("undated", TAX)])
        store.put([entry("early", "Snow fell on the harbour.", day="2024-02-01")])
        store.put([entry("late", FOX + " Again.", day="2025-02-01")])
        assert store.added_ids() == ["late", "undated", "early"]
        assert store.article_ids() == ["late", "early", "undated"]
        store.remove(["undated"])
        store.put([entry("undated", TAX)])
        assert store.added_ids() == ["late", "early", "undated"]

    def test_hashes_tell_whether_a_text_is_known(self, store: Store, entry: EntryMaker) -> None:
        new, old = entry("a", FOX), entry("a", FOX + " Again.")
        store.put([old])
        assert store.hashes(["a", "zzz"]) == {"a": old.cut.article.content_hash}
        store.put([new])
        assert store.hashes(["a"]) == {"a": new.cut.article.content_hash}
        assert new.cut.article.content_hash != old.cut.article.content_hash

    def test_where_an_article_was_read_last(self, store: Store, entry: EntryMaker) -> None:
        store.put([entry("a", FOX), entry("b", TAX)])
        assert store.sources() == {"/a": ["a"], "/b": ["b"]}
        store.relocate({"a": "/b", "zzz": "/c"})
        assert store.sources() == {"/b": ["a", "b"]}
        assert store.articles(["a"])["a"].article.source == "/b"
        assert store.articles(["a"])["a"].version == 1
        assert worded(store, "fox") == ["a"]

    def test_articles_of_an_address(self, store: Store, entry: EntryMaker) -> None:
        url, other = "https://example.org/fox?a=1", "https://example.org/tax"
        store.put([entry("a", FOX, url=url), entry("b", FOX + " Again.", url=url), entry("c", TAX, url=other)])
        assert sorted(store.by_url(url)) == ["a", "b"]
        assert store.by_url(url)["a"] == store.articles(["a"])["a"]
        store.put([entry("a", FOX + " It moved.", url=other)])
        assert (sorted(store.by_url(url)), sorted(store.by_url(other))) == (["b"], ["a", "c"])
        assert store.by_url("https://example.org/none") == {}

    def test_twins_name_the_first_of_their_story(self, store: Store, entry: EntryMaker) -> None:
        wire = TestStories.WIRE
        store.put([entry("one", wire, day="2024-01-01"), entry("two", wire + " An update.", day="2024-01-02")])
        store.put([entry("three", wire + " More.", day="2024-01-02"), entry("tax", TAX)])
        assert store.twins(["one", "two", "three", "tax", "zzz"]) == {"two": "one", "three": "one"}
        store.remove(["one"])
        assert store.twins(["two", "three"]) == {"three": "two"}

    def test_what_was_fetched_goes_with_its_article(self, store: Store, entry: EntryMaker) -> None:
        page = Visit("https://example.org/a", "a", '"e1"', "Mon, 06 Jan 2025 10:00:00 GMT", "m", 12.5)
        again, feed = Visit("https://example.org/a?page=2", "a"), Visit("https://example.org/feed", mark="x", at=2.0)
        store.put([entry("a", FOX), entry("b", TAX)])
        store.remember([page, again, feed])
        assert store.visit(page.url) == page
        assert store.visit("https://example.org/b") is None
        newer = Visit(page.url, "a", '"e2"', "", "n", 13.0)
        store.remember([newer])
        assert store.visits() == [newer, again, feed]
        store.remove(["a"])
        assert store.visits() == [feed]
        assert store.visit(page.url) is None

    def test_saved_and_opened_again_it_is_the_same(
        self, opener: Opener, tmp_path: Path, manifest: Manifest, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        def told(store: Store) -> object:
            ids = store.added_ids()
            return (
                [store.versions(i) for i in ids],
                [store.article_passages(i) for i in ids],
                [store.vectors([p.id for p in store.article_passages(i)]).tolist() for i in ids],
                found(store, bag, TAX, k=1),
                worded(store, "dog"),
                store.twins(ids),
                store.visits(),
                store.stats(),
                store.outlets(),
                store.newest(),
            )

        with opener(tmp_path / "index", manifest, create=True) as store:
            store.put([entry("a", FOX, outlet="CNN", day="2025-01-02"), entry("b", TAX, outlet="BBC")])
            store.put([entry("a", FOX + " A dog barked.", outlet="CNN", day="2025-01-02"), entry("c", "Snow fell.")])
            store.remember([Visit("https://example.org/a", "a", at=1.0)])
            store.remove(["c"])
            store.snapshot()
            before = told(store)
        with opener(tmp_path / "index") as store:
            assert told(store) == before
            same = entry("a", FOX + " A dog barked.", outlet="CNN", day="2025-01-02")
            assert store.put([same]) == ["unchanged"]
            assert store.put([entry("d", "Hail fell, too.")]) == ["added"]
            assert found(store, bag, "Hail fell", k=1) == ["d"]

    def test_an_article_is_restored_with_its_versions_and_only_once(
        self, store: Store, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        store.put([entry("a", FOX)])
        store.put([entry("a", FOX + " A dog barked."), entry("b", TAX)])
        kept = kept_of(store, "a")
        with pytest.raises(ValueError, match="there already"):
            store.restore([kept_of(store, "b"), kept])
        store.remove(["a", "b"])
        with pytest.raises(ValueError):
            store.restore([replace(kept, vectors=kept.vectors[:0])])
        assert store.added_ids() == []
        store.restore([kept])
        versions = store.versions("a")
        assert [(v.article, v.version, v.added_at) for v in versions] == [
            (v.article, v.version, v.added_at) for v in kept.versions
        ]
        assert [[(s.start, s.end) for s in store.sentences("a", v.version)] for v in versions] == [
            [(s.start, s.end) for s in sentences] for sentences in kept.sentences
        ]
        assert worded(store, "dog") == found(store, bag, FOX) == ["a"]
        assert store.put([entry("a", FOX + " Again.")]) == ["updated"]
        assert store.articles(["a"])["a"].version == 3


class TestFilters:
    @pytest.fixture
    def full(self, store: Store, entry: EntryMaker) -> Store:
        store.put(
            [
                entry("old", FOX, outlet="CNN", day="2023-01-10"),
                entry("new", FOX + " Then it left.", outlet="The Week", day="2024-05-20"),
                entry("undated", FOX + " Nobody knows when."),
            ]
        )
        return store

    @pytest.mark.parametrize(
        ("where", "wanted"),
        [
            (Filter(), {"old", "new", "undated"}),
            (Filter(since=date(2024, 5, 20)), {"new", "undated"}),
            (Filter(until=date(2023, 1, 10)), {"old", "undated"}),
            (Filter(until=date(2023, 1, 10), include_undated=False), {"old"}),
            (Filter(outlets=("cnn",)), {"old"}),
            (Filter(outlets=("Nowhere Post",)), set()),
            (Filter(article_ids=("new", "gone")), {"new"}),
            (Filter(article_ids=()), set()),
            (Filter(without=("new",)), {"old", "undated"}),
        ],
    )
    def test_dense_and_lexical_agree(self, full: Store, bag: BagEmbedder, where: Filter, wanted: set[str]) -> None:
        assert set(found(full, bag, FOX, where)) == wanted
        assert set(worded(full, "fox", where=where)) == wanted

    def test_the_filter_comes_before_the_top_k(self, store: Store, entry: EntryMaker, bag: BagEmbedder) -> None:
        store.put([entry(f"n{i}", FOX + f" Number {i}.", outlet="Many") for i in range(30)])
        store.put([entry("rare", "A fox, perhaps.", outlet="Rare")])
        where = Filter(outlets=("Rare",))
        assert found(store, bag, FOX, where, k=1) == ["rare"]
        assert [h.article_id for h in store.search_lexical(Terms(("fox",)), 1, where)] == ["rare"]


class TestWords:
    def test_phrases_must_occur(self, store: Store, entry: EntryMaker) -> None:
        store.put([entry("a", "The loan package was approved."), entry("b", "A package came with a loan offer.")])
        assert worded(store, "loan", "package", phrases=("loan package",)) == ["a"]

    def test_scores_are_shares(self, store: Store, entry: EntryMaker) -> None:
        store.put([entry("a", FOX), entry("b", TAX), entry("c", "Snow fell. Roads closed.")])
        hits = store.search_lexical(Terms(("fox", "fence")), 10, Filter())
        assert [h.article_id for h in hits] == ["a"]
        assert 0 < hits[0].score <= 1
        rare, absent = store.idf(["fox", "zebra"])
        assert 0 < rare <= absent

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        words=st.lists(
            st.text(max_size=12) | st.sampled_from(['"', "*", "NEAR(a b)", "AND", "title:x", "\0", "-a", "^"]),
            max_size=5,
        )
    )
    def test_no_user_word_is_an_operator(self, store: Store, words: list[str]) -> None:
        assert isinstance(store.search_lexical(Terms(tuple(words), tuple(words[:1])), 5, Filter()), list)

    def test_an_empty_store_finds_nothing(self, store: Store, bag: BagEmbedder) -> None:
        assert (found(store, bag, "x"), worded(store, "x"), store.newest(), store.outlets()) == ([], [], None, ())


class TestStories:
    WIRE = " ".join(f"Sentence number {i} of the wire report about the storm in the bay." for i in range(12))

    def test_reprints_are_one_story_and_part_again(self, store: Store, entry: EntryMaker) -> None:
        store.put([entry("one", self.WIRE, day="2024-01-01"), entry("other", TAX, day="2024-01-01")])
        store.put([entry("two", self.WIRE + " An update.", day="2024-01-02")])
        stories = {i: s.story for i, s in store.articles(["one", "two", "other"]).items()}
        assert stories["one"] == stories["two"] != stories["other"]
        assert [s.article.id for s in store.story(stories["one"])] == ["two", "one"]
        assert store.stats().stories == 2
        store.remove(["one"])
        assert [s.article.id for s in store.story(store.articles(["two"])["two"].story)] == ["two"]

    def test_the_same_words_weeks_apart_are_two_stories(self, store: Store, entry: EntryMaker) -> None:
        store.put([entry("one", self.WIRE, day="2024-01-01"), entry("two", self.WIRE + " More.", day="2024-02-01")])
        assert store.stats().stories == 2


class TestManyHands:
    def test_a_reader_sees_what_a_writer_commits(
        self, opener: Opener, tmp_path: Path, store: Store, manifest: Manifest, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        with opener(tmp_path / "index", manifest) as reader:
            assert found(reader, bag, FOX) == []
            store.put([entry("a", FOX)])
            assert found(reader, bag, FOX) == ["a"]
            store.remove(["a"])
            assert found(reader, bag, FOX) == []

    def test_one_reading_is_one_state(
        self, opener: Opener, tmp_path: Path, store: Store, manifest: Manifest, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        store.put([entry("a", FOX), entry("b", TAX)])
        with opener(tmp_path / "index", manifest) as reader:
            with reader.reading():
                stored = reader.articles(["a"])["a"]
                store.put([entry("a", "The fox was a dog, we have learnt. " + FOX), entry("c", FOX + " Again.")])
                store.remove(["b"])
                other = threading.Thread(target=found, args=(reader, bag, FOX))  # takes the vectors to the new state
                other.start()
                other.join()
                assert reader.articles(["a"])["a"] == stored
                text = stored.article.text
                assert all(text[s.start : s.end] == s.text for s in reader.sentences("a"))
                hits = reader.search_dense(bag.encode([FOX])[0], 10, Filter())
                assert len(reader.vectors([hit.passage_id for hit in hits])) == len(hits), "every hit can be read"
                assert set(worded(reader, "tax")) == {"b"}
            assert reader.articles(["a"])["a"].version == 2
            assert set(found(reader, bag, FOX)) == {"a", "c"}

    def test_one_writer_at_a_time(
        self, opener: Opener, tmp_path: Path, store: Store, manifest: Manifest, entry: EntryMaker
    ) -> None:
        with opener(tmp_path / "index", manifest) as other:
            with store.exclusive(), pytest.raises(IndexBusy, match="Another process is writing"):
                other.put([entry("a", FOX)])
            assert other.put([entry("a", FOX)]) == ["added"]

    def test_what_is_derived_is_left_to_another_writer(
        self, opener: Opener, tmp_path: Path, store: Store, manifest: Manifest, entry: EntryMaker, bag: BagEmbedder
    ) -> None:
        with opener(tmp_path / "index", manifest) as other:
            store.put([entry("a", FOX), entry("b", TAX)])
            store.remove(["b"])
            with other.exclusive():
                store.snapshot()
            assert found(other, bag, FOX) == ["a"]
            other.snapshot()
            assert found(store, bag, FOX) == ["a"]

    def test_another_encoder_is_refused_with_advice(
        self, opener: Opener, tmp_path: Path, store: Store, manifest: Manifest
    ) -> None:
        wanted = Manifest("other", manifest.dimension, manifest.chunking)
        with pytest.raises(IndexMismatch, match="encoder is 'bag', wanted 'other'") as caught:
            opener(tmp_path / "index", wanted)
        assert "dateline ingest" in caught.value.advice

    def test_no_index_is_said(self, opener: Opener, tmp_path: Path) -> None:
        with pytest.raises(IndexMissing):
            opener(tmp_path / "nothing")

    def test_threads_search_while_another_writes(self, store: Store, entry: EntryMaker, bag: BagEmbedder) -> None:
        store.put([entry("a", FOX)])
        failures: list[BaseException] = []
        done = threading.Event()

        def search() -> None:
            try:
                while not done.is_set():
                    assert "a" in found(store, bag, FOX, k=50)
                    assert "a" in worded(store, "fox")
            except BaseException as exc:
                failures.append(exc)

        threads = [threading.Thread(target=search) for _ in range(4)]
        for thread in threads:
            thread.start()
        for i in range(10):
            store.put([entry(f"n{i}", f"{TAX} Number {i}.")])
            store.remove([f"n{i - 1}"])
        done.set()
        for thread in threads:
            thread.join()
        assert failures == []


class TestListing:
    @pytest.fixture(autouse=True)
    def articles(self, store: Store, entry: EntryMaker) -> None:
        store.put(
            [
                entry("a", FOX, title="Fox", outlet="CNN", day="2025-06-01", url="https://example.org/fox"),
                entry("b", FOX + " Again.", title="Fox again", outlet="BBC", day="2025-06-02"),
                entry("c", TAX, title="Tax", outlet="cnn", day="2025-06-08"),
                entry("d", "Nobody knows when it rained."),
            ]
        )
        store.put([entry("c", TAX + " It was close.", title="Tax passes", outlet="cnn", day="2025-06-08")])

    def test_newest_first_undated_last_in_pages(self, store: Store) -> None:
        listed = store.listed(Filter())
        assert [one.id for one in listed] == ["c", "b", "a", "d"]
        assert [one.id for one in store.listed(Filter(), offset=1, limit=2)] == ["b", "a"]
        assert store.counted(Filter()) == 4
        fox = listed[2]
        assert (fox.title, fox.outlet, fox.published, fox.url) == (
            "Fox",
            "CNN",
            date(2025, 6, 1),
            "https://example.org/fox",
        )

    def test_versions_and_near_duplicates_are_told(self, store: Store) -> None:
        told = {one.id: (one.title, one.version, one.copies) for one in store.listed(Filter())}
        assert told["c"] == ("Tax passes", 2, 0)
        assert (told["a"][2], told["b"][2]) == (1, 1)

    @pytest.mark.parametrize(
        ("where", "ids"),
        [
            (Filter(date(2025, 6, 2), date(2025, 6, 8)), ["c", "b", "d"]),
            (Filter(date(2025, 6, 2), include_undated=False), ["c", "b"]),
            (Filter(outlets=("CNN",)), ["c", "a"]),
            (Filter(article_ids=("a", "d", "zzz")), ["a", "d"]),
            (Filter(without=("c",)), ["b", "a", "d"]),
            (Filter(article_ids=()), []),
        ],
    )
    def test_filters(self, store: Store, where: Filter, ids: list[str]) -> None:
        assert [one.id for one in store.listed(where)] == ids
        assert store.counted(where) == len(ids)
        assert sum(store.weekly(where).values()) == len([i for i in ids if i != "d"])

    @pytest.mark.parametrize(
        ("where", "count", "undated", "oldest", "newest"),
        [
            (Filter(), 4, 1, date(2025, 6, 1), "c"),
            (Filter(until=date(2025, 6, 7)), 3, 1, date(2025, 6, 1), "b"),
            (Filter(date(2025, 6, 2), date(2025, 6, 7), include_undated=False), 1, 0, date(2025, 6, 2), "b"),
            (Filter(until=date(2025, 6, 7), outlets=("cnn",)), 1, 0, date(2025, 6, 1), "a"),
            (Filter(until=date(2025, 5, 31)), 1, 1, None, None),  # only the one of unknown date
            (Filter(outlets=("Nobody",)), 0, 0, None, None),
        ],
    )
    def test_the_extent_of_what_a_filter_allows(
        self, store: Store, where: Filter, count: int, undated: int, oldest: date | None, newest: str | None
    ) -> None:
        found = store.extent(where)
        assert (found.articles, found.undated, found.oldest) == (count, undated, oldest)
        assert (found.newest.id if found.newest else None) == newest
        if found.newest:
            assert found.newest == store.listed(where, limit=1)[0]

    def test_weeks_begin_on_mondays(self, store: Store) -> None:
        assert store.weekly(Filter()) == {date(2025, 5, 26): 1, date(2025, 6, 2): 2}
