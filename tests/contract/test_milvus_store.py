"""What only the Milvus store has: commits made of many writes, texts in pieces, one process a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

from contract.test_stores import FOX, TAX, found, rows_left, worded
from pymilvus import AnnSearchRequest, RRFRanker

from index.errors import IndexBusy, InputError, StoreError
from index.manifest import Manifest
from index.milvus.layout import COMMITTED, PASSAGES, TERMS
from index.milvus.link import Link
from index.milvus.store import MilvusStore
from index.records import Filter

WIRE = " ".join(f"Sentence number {i} of the wire report about the storm in the bay." for i in range(12))


@pytest.fixture
def store(tmp_path: Path, manifest: Manifest) -> MilvusStore:
    with MilvusStore(tmp_path / "index", manifest, create=True) as opened:
        yield opened


class Cut(Exception):
    """The power goes."""


def state(store: MilvusStore, bag: BagEmbedder) -> object:
    """All that can be asked of it."""
    articles = store.articles(store.article_ids())
    kept = {i: (s.article, s.version, s.story) for i, s in articles.items()}
    past = {i: [(v.article, v.version) for v in store.versions(i)] for i in kept}
    return (
        kept,
        past,
        {i: [s.text for s in store.sentences(i)] for i in kept},
        {i: [p.text for p in store.article_passages(i)] for i in kept},
        sorted(found(store, bag, FOX)),
        worded(store, "fox"),
        worded(store, "storm", "dog"),
        store.idf(["fox", "storm", "dog"]),
        store.stats(),
    )


@pytest.mark.parametrize("after", range(8))
def test_a_commit_that_is_cut_short_was_never_there(
    store: MilvusStore,
    entry: EntryMaker,
    bag: BagEmbedder,
    manifest: Manifest,
    monkeypatch: pytest.MonkeyPatch,
    after: int,
) -> None:
    """Cut off after so many of its writes; what stands then is seen by the same store, and by another one."""
    store.put([entry("one", WIRE), entry("two", WIRE + " More."), entry("fox", FOX), entry("gone", TAX)])
    before = state(store, bag)
    left, written = after, Link.write
    deleted = Link.delete

    def spend(doing: Callable[..., None], *args: object) -> None:
        nonlocal left
        if left == 0:
            raise Cut
        left -= 1
        doing(*args)

    monkeypatch.setattr(Link, "write", lambda link, collection, rows: spend(written, link, collection, rows))
    monkeypatch.setattr(Link, "delete", lambda link, collection, ids: spend(deleted, link, collection, ids))
    changes = [entry("one", "Something else altogether."), entry("fox", FOX + " A dog barked."), entry("new", FOX)]
    try:
        store.put(changes)
    except Cut:
        committed = store.articles(["new"]) != {}
    else:
        committed = True
    monkeypatch.undo()
    assert committed == (after >= 7), "six collections are written, then the row that commits"
    if not committed:
        assert state(store, bag) == before
    with MilvusStore(store.place, manifest) as other:
        assert state(other, bag) == state(store, bag)
        assert other.put(changes) == (["unchanged"] * 3 if committed else ["updated", "updated", "added"])
        other.remove(["gone"])
    with MilvusStore(store.place, manifest) as third:
        assert sorted(worded(third, "fox")) == ["fox", "new"]
        assert worded(third, "dog") == ["fox"]
        assert [s.version for s in third.versions("fox")] == [1, 2]
        third.remove(third.article_ids())
        assert rows_left(third) == dict.fromkeys((*COMMITTED, TERMS), 0)


def test_a_text_longer_than_a_field(store: MilvusStore, entry: EntryMaker) -> None:
    text = " ".join(f"Sätze Nummer {i} 🙂 stehen hier für den Test." for i in range(2_500))
    assert len(text.encode()) > 65_535
    store.put([entry("long", text)])
    assert store.articles(["long"])["long"].article.text == text
    sentences = store.sentences("long")
    assert len(sentences) == 2_500
    assert all(text[s.start : s.end] == s.text for s in sentences)
    assert worded(store, "2345")[0] == "long"


def test_a_phrase_does_not_reach_from_the_headline_into_the_text(store: MilvusStore, entry: EntryMaker) -> None:
    store.put([entry("a", "Dog bites man, again.", title="Storm")])
    assert worded(store, phrases=("storm dog",)) == []
    assert worded(store, phrases=("dog bites man",)) == ["a"]
    assert worded(store, phrases=("storm storm",)) == []


def test_many_passages_are_saved_and_searched_as_before(
    store: MilvusStore, entry: EntryMaker, bag: BagEmbedder, manifest: Manifest
) -> None:
    texts = {f"n{i}": f"Report {i} tells of place {i % 37} and of matter {i % 11}." for i in range(120)}
    store.put([entry(i, text, outlet="Even" if int(i[1:]) % 2 else "Odd") for i, text in texts.items()])
    asked, where = bag.encode([texts["n9"]])[0], Filter(outlets=("even",))
    before = store.search_dense(asked, 200, where)
    store.snapshot()
    store.remove(["n7"])
    with MilvusStore(store.place, manifest) as other:
        hits = other.search_dense(asked, 200, where)
        kept = [hit for hit in before if hit.article_id != "n7"]
        assert len(kept) == 59
        assert {h.passage_id for h in hits} == {h.passage_id for h in kept}
        assert [h.score for h in hits] == pytest.approx([h.score for h in kept], abs=1e-5)
        assert hits[0].score == pytest.approx(1, abs=1e-5)
        assert "n7" not in [h.article_id for h in other.search_dense(bag.encode([texts["n7"]])[0], 200, Filter())]
        assert worded(other, "119") == ["n119"]


def test_milvus_could_fuse_both_searches_under_the_same_filter(
    store: MilvusStore, entry: EntryMaker, bag: BagEmbedder
) -> None:
    """What it fuses comes with one score, where Dateline weighs both: decisions/0012. The collection allows it."""
    store.put([entry("fox", FOX, outlet="BBC"), entry("other", FOX + " Again.", outlet="CNN"), entry("tax", TAX)])
    with store.reading():
        where = store._fresh().expression(Filter(outlets=("bbc",)))
        asked = {"vector": bag.encode([FOX])[0], "sparse": "quick fox"}
        requests = [AnnSearchRequest([what], field, {}, limit=5, expr=where) for field, what in asked.items()]
        found = store.link.client.hybrid_search(PASSAGES, requests, RRFRanker(60), limit=5, output_fields=["article"])[
            0
        ]
        articles = [store._fresh().heads[hit["entity"]["article"]].id for hit in found]
    assert articles == ["fox"]
    assert found[0]["distance"] == pytest.approx(2 / 61), "first in both searches"


def test_another_process_is_told_that_the_file_is_in_use(store: MilvusStore) -> None:
    code = (
        "from pathlib import Path; from index.milvus.store import MilvusStore; from index.errors import IndexBusy\n"
        f"try: MilvusStore(Path({str(store.place)!r}))\n"
        "except IndexBusy as exc: print(exc)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "serves one at a time" in said


def test_a_kill_loses_nothing_that_was_reported(store: MilvusStore, manifest: Manifest, bag: BagEmbedder) -> None:
    place = store.place
    store.close()
    code = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from index.chunk import Chunker
from index.milvus.store import MilvusStore
bag = BagEmbedder()
entry = EntryMaker(bag, Chunker(bag.count_tokens, bag.max_tokens))
store = MilvusStore(Path({str(place)!r}))
print(store.put([entry("fox", {FOX!r}), entry("tax", {TAX!r})]), flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (-9, "['added', 'added']"), done.stderr
    with MilvusStore(place, manifest) as again:
        assert found(again, bag, FOX, k=1) == ["fox"]
        assert worded(again, "parliament") == ["tax"]


def test_places_that_are_none(tmp_path: Path, manifest: Manifest) -> None:
    with pytest.raises(InputError, match="is no place for Milvus"):
        MilvusStore(tmp_path, manifest, create=True, uri=str(tmp_path / "index.sqlite3"))
    with pytest.raises(StoreError) as caught:
        MilvusStore(tmp_path, manifest, uri="http://editor:secret@127.0.0.1:9/news")
    assert "http://127.0.0.1:9/news" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_closed_store_frees_the_file(store: MilvusStore, manifest: Manifest, entry: EntryMaker) -> None:
    store.put([entry("a", FOX)])
    place = store.place
    with MilvusStore(place, manifest) as second:
        store.close()
        assert second.article_ids() == ["a"], "the other one in this process goes on"
    with MilvusStore(place, manifest) as third:
        assert third.article_ids() == ["a"]
    with (
        MilvusStore(place, manifest) as one,
        MilvusStore(place, manifest) as two,
        one.exclusive(),
        pytest.raises(IndexBusy, match="writing"),
    ):
        two.put([entry("b", TAX)])
