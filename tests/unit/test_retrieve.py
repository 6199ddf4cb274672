"""Which articles are found, and which may not be."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from hypothesis import given
from hypothesis import strategies as st

from index.sqlite_faiss import SqliteFaissStore
from rag.rank import Signals, fuse
from rag.retrieve import Retriever
from rag.types import Window
from rag.understand import understand

AS_OF = date(2025, 5, 10)
FIRE = "A fire at the harbour mill destroyed two halls. Nobody was hurt, the brigade said."
WIRE = " ".join(f"Line {i} of the report on the harbour storm and the damage it did." for i in range(12))


def found(store: SqliteFaissStore, bag: BagEmbedder, text: str, **options: object) -> list[str]:
    question = understand(text, as_of=AS_OF, known_outlets=store.outlets(), **options)  # type: ignore[arg-type]
    return [f.article.article.id for f in Retriever(store, bag).search(question).found]


def test_later_articles_are_left_out_and_undated_ones_kept(
    store: SqliteFaissStore, bag: BagEmbedder, entry: EntryMaker
) -> None:
    store.put([entry("now", FIRE, day="2025-05-09"), entry("later", FIRE + " Again.", day="2025-06-20")])
    store.put([entry("undated", FIRE + " It was a cold night, and the wind blew in from the sea for hours on end.")])
    assert "later" not in found(store, bag, "What did the fire destroy?")
    assert set(found(store, bag, "What did the fire destroy?")) == {"now", "undated"}
    assert "later" in found(store, bag, "What did the fire destroy?", allow_later=True)


def test_the_newer_of_two_like_reports_comes_first(
    store: SqliteFaissStore, bag: BagEmbedder, entry: EntryMaker
) -> None:
    store.put([entry("old", FIRE, day="2023-01-02"), entry("new", FIRE, day="2025-05-08")])
    assert found(store, bag, "What did the fire at the mill destroy?") == ["new", "old"]
    assert found(store, bag, "What did the fire at the mill destroy in January 2023?") == ["old", "new"]


def test_one_hit_a_story_with_all_its_outlets(store: SqliteFaissStore, bag: BagEmbedder, entry: EntryMaker) -> None:
    store.put([entry("first", WIRE, outlet="One", day="2025-05-01")])
    store.put([entry("reprint", WIRE + " An update.", outlet="Two", day="2025-05-02")])
    question = understand("What damage did the harbour storm do?", as_of=AS_OF)
    hits = Retriever(store, bag).search(question).found
    assert [(f.article.article.id, f.outlets) for f in hits] == [("reprint", ("Two", "One"))]


def test_an_outlet_in_the_question_limits_the_search(
    store: SqliteFaissStore, bag: BagEmbedder, entry: EntryMaker
) -> None:
    store.put([entry("a", FIRE, outlet="CNN"), entry("b", FIRE + " And so on.", outlet="The Week")])
    assert found(store, bag, "According to The Week, what did the fire destroy?") == ["b"]


def test_a_quoted_phrase_must_occur_where_it_can(store: SqliteFaissStore, bag: BagEmbedder, entry: EntryMaker) -> None:
    store.put([entry("a", FIRE), entry("b", "The mill harbour had a fire, too. Two other halls burned.")])
    assert found(store, bag, 'What happened at the "harbour mill"?') == ["a"]
    assert set(found(store, bag, 'What happened at the "mill of the harbour fire"?')) == {"a", "b"}


def test_an_empty_index(store: SqliteFaissStore, bag: BagEmbedder) -> None:
    assert found(store, bag, "What did the fire destroy?") == []


SIGNALS = st.builds(
    Signals,
    best=st.floats(0, 1),
    second=st.floats(0, 1),
    opening=st.floats(-1, 1),
    closest=st.floats(-1, 1),
    published=st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)),
)


@given(st.dictionaries(st.text(min_size=1, max_size=3), SIGNALS, max_size=6), st.booleans())
def test_recency_is_bounded(signals: dict[str, Signals], latest: bool) -> None:
    scores = fuse(signals, AS_OF, Window(since=date(2020, 1, 1), until=date(2020, 2, 1)), latest=latest)
    assert scores.keys() == signals.keys()
    for name, score in scores.items():
        assert -1e-9 <= score - signals[name].relevance <= (12 if latest else 6) + 1e-9


def test_a_stale_collection_is_ranked_by_what_it_says(tmp_path: Path) -> None:
    old = date(1987, 2, 26)
    scores = fuse({"a": Signals(0.9, 0.5, 0.6, 0.6, old), "b": Signals(0.1, 0.0, 0.2, 0.2, old)}, AS_OF)
    assert scores["a"] > scores["b"] > 0
