"""Which sentence rests on which, who is independent, what changed since the answer."""

from __future__ import annotations

from dataclasses import replace

from fakes.answers import answer, stored

from index.history import Standing
from index.sqlite_faiss import SqliteFaissStore
from rag.history import Cited
from rag.sources import cited_by, independent_outlets, outdated, since
from rag.types import AnswerSentence, Citation


def test_sentences_by_citation() -> None:
    said = [
        AnswerSentence("a", (1, 2), 1, "verified"),
        AnswerSentence("b", (), 1, "quoted"),
        AnswerSentence("c", (1,), 1, "quoted"),
    ]
    assert cited_by(said) == {1: (1, 3), 2: (1,)}


def test_reprints_and_one_desk_twice_count_once() -> None:
    citation = answer("It rained.").citations[0]

    def of(outlet: str | None, story: int) -> Citation:
        article = stored("It rained.", key=f"{outlet}{story}", story=story, outlet=outlet, title=f"Title {story}")
        return replace(citation, article=article)

    assert independent_outlets([of("CNN", 1), of("Reuters", 1)]) == ("CNN",)
    assert independent_outlets([of("CNN", 1), of("CNN", 2), of("BBC", 3)]) == ("CNN", "BBC")
    assert independent_outlets([of(None, 1), of(None, 2)]) == ("Title 1", "Title 2")
    assert independent_outlets([]) == ()


def test_articles_that_changed_or_went_are_told(store: SqliteFaissStore, entry) -> None:
    given = answer("It rained.", "It snowed.")
    store.put([entry("weather", "It rained. It hailed.")])
    assert since(given.citations, store) == {2: Standing("removed", "", 1)}  # the first sentence stands where it stood
    cited = [Cited("weather", c.article.version, c.sentence.text) for c in given.citations]
    assert outdated(cited, store) == [], "it is the version that was cited"
    store.put([entry("weather", "It rained. It hailed and snowed on Sunday.")])
    assert outdated(cited, store) == [cited[1]]
    store.put([entry("weather", "It rained. It snowed.")])
    assert outdated(cited, store) == [], "it says so again"
    store.remove(["weather"])
    assert since(given.citations, store) == {1: Standing("gone"), 2: Standing("gone")}
    assert outdated(cited, store) == cited
