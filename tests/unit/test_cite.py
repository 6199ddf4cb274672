"""Marks in a streamed draft, and the sentences they belong to."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
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


@pytest.mark.parametrize(
    ("mark", "numbers"),
    [
        ("[1-3]", (1, 2, 3)),
        ("[1–3]", (1, 2, 3)),
        ("[1 to 3]", (1, 2, 3)),
        ("[1, 2 and 3]", (1, 2, 3)),
        ("[1, 2, and 3]", (1, 2, 3)),
        ("[1] and [2]", (1, 2)),
        ("[1], [2] & [3]", (1, 2, 3)),
        ("([1])", (1,)),
        ("(see [1] and [2])", (1, 2)),
        ("[[1]]", (1,)),
        ("[Sentence 1]", (1,)),
        ("[sentences 1-3]", (1, 2, 3)),
        ("[Source 2]", (2,)),
        ("[Source 1, Source 3]", (1, 3)),
        ("(Source 2)", (2,)),
        ("【1】", (1,)),
        ("【2†L1-L3】", (2,)),
        ("[^1]", (1,)),
        ("[#1]", (1,)),
        ("**[1]**", (1,)),
        ("[3-1]", (3, 1)),
        ("[1-900]", (1, 900)),
    ],
)
def test_marks_as_models_write_them(mark: str, numbers: tuple[int, ...]) -> None:
    wanted = [DraftSentence("Rain closed the old bridge.", numbers), DraftSentence("It fell.", (4,))]
    for draft in (
        f"Rain closed the old bridge. {mark} It fell. [4]",
        f"Rain closed the old bridge {mark}. It fell [4].",
        f"Rain closed the old bridge, {mark}. It fell. [4].",
        f"Rain closed the old bridge. {mark}. It fell ([4]).",
        f"**Rain closed** the *old* bridge. {mark} **It fell.** [4]",
        f"**Rain closed the old bridge.** {mark}\n**It fell.** [4]",
        f"{mark} Rain closed the old bridge. [4] It fell.",
        f"{mark}: Rain closed the old bridge.\n[4]: It fell.",
        f"- {mark} Rain closed the old bridge.\n- [4] It fell.",
    ):
        assert (draft, read([draft])) == (draft, wanted)
        assert (draft, read(list(draft))) == (draft, wanted)


@pytest.mark.parametrize(
    "draft",
    [
        "According to [1], rain closed the old bridge.",
        "Based on the sentences [1], rain closed the old bridge.",
        "As reported in [1], rain closed the old bridge.",
        "Rain closed the old bridge, according to [1].",
        "Rain, according to [Source 1], closed the old bridge.",
    ],
)
def test_what_only_introduces_a_mark_is_no_part_of_the_sentence(draft: str) -> None:
    assert read([draft]) == [DraftSentence("Rain closed the old bridge.", (1,))]


@pytest.mark.parametrize(
    "sentence",
    [
        "It opened in [2019].",
        "He said [sic] it rained.",
        "According to CNN, it rained.",
        "It cost 5 * 3 euros.",
        "“F*** them,” he said.",
        "It rained (and snowed).",
        "He waited...",
    ],
)
def test_what_is_no_mark_stays(sentence: str) -> None:
    assert read([f"{sentence} [1] It fell. [2]"]) == [DraftSentence(sentence, (1,)), DraftSentence("It fell.", (2,))]


def test_a_name_keeps_its_small_letter() -> None:
    assert read(["According to [1], iPhone sales fell."]) == [DraftSentence("iPhone sales fell.", (1,))]


def test_a_mark_that_was_cut_off_is_dropped_and_a_sentence_is_not() -> None:
    assert read(["It rained. [1"]) == [DraftSentence("It rained.", ())]
    assert read(["It rained. [1] (Some said it"]) == [
        DraftSentence("It rained.", (1,)),
        DraftSentence("(Some said it", ()),
    ]


def test_a_long_row_of_commas_is_read_at_once() -> None:
    start = time.monotonic()
    read([f"[1] {',' * 20_000}x"])
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("again", [" ", "\n", " \n", "\t", "[1] "])
def test_what_comes_again_and_again_is_read_in_proportion(again: str) -> None:
    start = time.process_time()
    assert read(["It rained. [1]", *[again] * 10_000, "It snowed. [2]"]) == [
        DraftSentence("It rained.", (1,)),
        DraftSentence("It snowed.", (2,)),
    ]
    assert time.process_time() - start < 5


def test_spaces_in_a_row_within_a_sentence_and_a_mark() -> None:
    spaces = " " * 50_000
    start = time.process_time()
    assert read([f"It rained{spaces}hard.{spaces}[1,{spaces}2]{spaces}It snowed.\n\n{spaces}\n- It hailed"]) == [
        DraftSentence("It rained hard.", (1, 2)),
        DraftSentence("It snowed.", ()),
        DraftSentence("It hailed", ()),
    ]
    assert time.process_time() - start < 5


PARTS = (
    *("Rain closed it", "the bridge", "It fell", " and ", "According to ", ", ", ". ", "! ", "\n", "\n- ", " "),
    *("[1]", " [2]", "[1-3]", "[1, 2 and 3]", "【1】", "([2])", "[Source 3]", "[^1]", "[2019]"),
    *("[", "(", "]", ")", "**", "*"),
)
DRAFTS = st.lists(st.sampled_from(PARTS), max_size=14).map("".join)


@given(DRAFTS | st.text(alphabet="ab .!?[]()*-–1234567890,\n“”【】", max_size=120) | st.text(max_size=120))
def test_no_draft_breaks_it_and_only_what_was_offered_is_cited(draft: str) -> None:
    offered = [evidence(n) for n in (1, 3)]
    written = {int(n) for n in re.findall(r"\d+", draft)}
    for pieces in ([draft], list(draft)):
        for sentence in read(pieces):
            assert any(c.isalnum() for c in sentence.text)
            assert {e.n for e in resolve(sentence.marks, offered)} <= {1, 3} & set(sentence.marks)
            assert all(min(written) <= n <= max(written) for n in sentence.marks)


@given(st.lists(st.integers(0, 20)), st.sets(st.integers(1, 9)))
def test_citations_are_a_subset_of_what_was_offered(marks: list[int], offered: set[int]) -> None:
    found = resolve(marks, [evidence(n) for n in offered])
    assert [e.n for e in found] == [n for n in dict.fromkeys(marks) if n in offered]


def test_numbers_run_in_the_order_of_first_citation() -> None:
    numbering = Numbering()
    assert [c.n for c in numbering.cite([evidence(7), evidence(2)])] == [1, 2]
    assert [c.n for c in numbering.cite([evidence(5), evidence(7)])] == [3, 1]
    assert [c.sentence.id for c in numbering.citations] == [107, 102, 105]
