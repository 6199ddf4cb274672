"""The chunker: whole sentences, within the window, evenly divided."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.chunk import MAX_TITLE, SPECIAL_TOKENS, Chunker, _balanced, embedded_text
from index.errors import InputError
from index.records import Article, PassageSpan


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def article(text: str, title: str = "A title") -> Article:
    return Article(id="a", title=title, text=text, source="/x/a.txt")


def test_passages_are_even_rather_than_full_with_a_crumb() -> None:
    # Six sentences of four words; a window of 22 less 2 special tokens and a title of 2: room for four sentences.
    cut = Chunker(words, 22).cut(article(" ".join(["One two three four."] * 6)))
    assert [passage.last - passage.first + 1 for passage in cut.passages] == [3, 3]


def test_a_short_article_is_one_passage() -> None:
    cut = Chunker(words, 100).cut(article("One two. Three four."))
    assert cut.passages == (PassageSpan(0, 1),)
    assert cut.passage_text(cut.passages[0]) == "One two. Three four."


def test_a_sentence_longer_than_the_window_is_a_passage_of_its_own() -> None:
    long = "Word " * 50 + "end."
    cut = Chunker(words, 20).cut(article(f"Short one. {long} Short two."))
    assert [cut.passage_text(passage) for passage in cut.passages] == ["Short one.", long, "Short two."]


def test_the_headline_is_embedded_with_the_passage() -> None:
    assert embedded_text("Storm hits", "It rained.") == "Storm hits\nIt rained."
    assert embedded_text("", "It rained.") == "It rained."


def test_an_absurd_headline_is_cut_at_a_word() -> None:
    title = "word " * 100
    text = embedded_text(title, "It rained.")
    head, _, passage = text.partition("\n")
    assert passage == "It rained."
    assert len(head) <= MAX_TITLE
    assert head.split() == ["word"] * len(head.split())
    assert len(embedded_text("x" * 1000, "y")) == MAX_TITLE + 2


def test_a_headline_that_fills_the_window_leaves_one_sentence_a_passage() -> None:
    cut = Chunker(words, 10).cut(article("One two. Three four.", title="w " * 20))
    assert len(cut.passages) == 2


def test_tokens_are_counted_in_one_call_an_article() -> None:
    calls: list[int] = []

    def counting(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return words(texts)

    Chunker(counting, 50).cut(article("One. Two. Three."))
    assert calls == [4]


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_article_without_text_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"'a' \(/x/a\.txt\) has no text"):
        Chunker(words, 50).cut(article(text))


def test_the_fingerprint_names_what_decides() -> None:
    assert Chunker(words, 256).fingerprint == Chunker(words, 256).fingerprint
    assert Chunker(words, 256).fingerprint != Chunker(words, 512).fingerprint
    assert "256" in Chunker(words, 256).fingerprint


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.integers(1, 40))
def test_every_sentence_is_in_one_passage_that_fits(lengths: list[int], room: int) -> None:
    at = 0
    for count in _balanced(lengths, room):
        assert count >= 1
        assert count == 1 or sum(lengths[at : at + count]) <= room
        at += count
    assert at == len(lengths)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=8), st.integers(8, 25))
def test_the_division_is_the_best_of_all(lengths: list[int], room: int) -> None:
    def cost(counts: Sequence[int]) -> tuple[int, int] | None:
        sums, at = [], 0
        for count in counts:
            sums.append(sum(lengths[at : at + count]))
            if sums[-1] > room and count > 1:
                return None
            at += count
        return len(sums), sum(size * size for size in sums)

    every = []
    for cuts in range(len(lengths)):
        for inner in combinations(range(1, len(lengths)), cuts):
            bounds = [0, *inner, len(lengths)]
            if found := cost([b - a for a, b in pairwise(bounds)]):
                every.append(found)
    assert cost(list(_balanced(lengths, room))) == min(every)


@given(st.text(alphabet="ab .\n", min_size=1), st.integers(3, 30))
def test_passages_follow_each_other_without_gap(text: str, window: int) -> None:
    if not text.strip():
        return
    cut = Chunker(words, window).cut(article(text))
    assert cut.passages[0].first == 0
    assert cut.passages[-1].last == len(cut.sentences) - 1
    for one, two in pairwise(cut.passages):
        assert two.first == one.last + 1
    room = window - SPECIAL_TOKENS - 2
    for passage in cut.passages:
        assert passage.first == passage.last or len(cut.passage_text(passage).split()) <= room
