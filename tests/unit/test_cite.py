"""Marks in a streamed draft, and the sentences they belong to."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.records import Article, Sentence, StoredArticle
from rag.cite import DraftSentence, Numbering, SentenceReader, resolve
from rag.types import Evidence

DRAFT = "The U.S. bridge opened. [1] “It cost $1.5 million,” Mr. Holt said. [2][3] Nobody was hurt! [1, 3]"
WANTED = [
    DraftSentence("The U.S. bridge opened.", (1,)),
    DraftSentence("“It cost $1.5 million,” Mr. Holt said.", (2, 3)),
    DraftSentence("Nobody was hurt!", (1, 3)),
]


def evidence(n: int) -> Evidence:
    article = StoredArticle(Article(f"a{n}", "T", "Text."), 1, n, "2025-01-01")
    return Evidence(n, Sentence(100 + n, f"a{n}", 0, 0, 5, "Text."), article, 1.0)


def read(pieces: list[str]) -> list[DraftSentence]:
    reader = SentenceReader()
    return [*(sentence for piece in pieces for sentence in reader.feed(piece)), *reader.end()]


def test_whole() -> None:
    assert read([DRAFT]) == WANTED


def test_a_sentence_is_given_out_as_soon_as_the_next_begins() -> None:
    reader = SentenceReader()
    assert list(reader.feed("It rained. [1]")) == []
    assert list(reader.feed(" Then")) == [DraftSentence("It rained.", (1,))]


@given(st.lists(st.integers(0, len(DRAFT)), max_size=30))
def test_however_it_is_split(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(DRAFT)]
    assert read([DRAFT[a:b] for a, b in pairwise(edges)]) == WANTED


def test_marks_inside_and_list_signs() -> None:
    assert read(["- The bridge [2] opened [1].\n- It rained."]) == [
        DraftSentence("The bridge opened.", (2, 1)),
        DraftSentence("It rained.", ()),
    ]


@given(st.text(alphabet="ab .!?[]1234567890,\n“”", max_size=120) | st.text(max_size=120))
def test_no_draft_breaks_it(draft: str) -> None:
    assert all(any(c.isalnum() for c in sentence.text) for sentence in read([draft]))


@given(st.lists(st.integers(0, 20)), st.sets(st.integers(1, 9)))
def test_citations_are_a_subset_of_what_was_offered(marks: list[int], offered: set[int]) -> None:
    found = resolve(marks, [evidence(n) for n in offered])
    assert [e.n for e in found] == [n for n in dict.fromkeys(marks) if n in offered]


def test_numbers_run_in_the_order_of_first_citation() -> None:
    numbering = Numbering()
    assert [c.n for c in numbering.cite([evidence(7), evidence(2)])] == [1, 2]
    assert [c.n for c in numbering.cite([evidence(5), evidence(7)])] == [3, 1]
    assert [c.sentence.id for c in numbering.citations] == [107, 102, 105]
