"""Whether an answer says what was accepted, on cases worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.matching import exact, f1, holds, normalised
from eval.questions import read_questions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The $1.9 billion, a record!", "1.9 billion record"),
        ("85,458 people.", "85458 people"),
        ("per 1,000 people, in 2021, 7.5.", "per 1000 people in 2021 7.5"),
        ("3 percent", "3 %"),
        ("3%", "3 %"),
        ("on 14 August 2024", "on august 14 2024"),
        ("on August 14th", "on august 14th"),
        ("the 3rd May", "may 3"),
        ("O’Mara’s and Kiptum's", "o mara and kiptum"),
        ("7–0", "7 0"),
    ],
)
def test_normalised(text: str, expected: str) -> None:
    assert normalised(text) == expected


def test_exact() -> None:
    assert exact("The Nurses.", ["nurses"])
    assert not exact("The nurses did.", ["nurses"])


def test_f1_takes_the_best_of_the_accepted() -> None:
    # against "four counts": 2 common of 5 and 2 words: 4 / 7
    assert f1("guilty on four counts Monday", ["eleven", "four counts"]) == pytest.approx(4 / 7)
    assert f1("nothing alike", ["four counts"]) == 0.0
    assert f1("", ["four"]) == 0.0
    assert f1("four", []) == 0.0


def test_a_word_counts_only_as_often_as_it_stands_in_both() -> None:
    # "six six" and "six": 1 common of 2 and 1
    assert f1("six six", ["six"]) == pytest.approx(2 / 3)


def test_holds_whole_words_and_whole_numbers() -> None:
    assert holds(["It rained.", "It cost $945 million."], ["945 million"])
    assert holds(["The rate is 7.5%."], ["7.5"])
    assert not holds(["The rate is 7.52."], ["7.5"])
    assert not holds(["It fell by 16,500."], ["500"])
    assert not holds(["The engineer spoke."], ["gin"])
    # A string does not stretch over two sentences.
    assert not holds(["They won four.", "Counts followed."], ["four counts"])
    assert not holds(["anything"], ["", "the"])


def test_a_bare_no_begins_the_sentence() -> None:
    assert holds(["No, it was put off."], ["no"])
    assert holds(["It was put off.", "No."], ["no"])
    assert not holds(["There was no launch."], ["no"])
    assert holds(["There was no launch."], ["no launch"])
    assert not holds(["Nobody came."], ["no"])


def test_gold_sentences_count_as_right() -> None:
    for question in read_questions():
        if question.answerable:
            assert holds([gold.sentence for gold in question.evidence], question.accepted), question.id


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_f1_is_a_share_and_full_where_exact(text: str, accepted: list[str]) -> None:
    assert 0 <= f1(text, accepted) <= 1
    if exact(text, accepted) and normalised(text):
        assert f1(text, accepted) == 1


@given(st.text(max_size=60))
def test_a_text_is_wholly_itself(text: str) -> None:
    assert f1(text, [text]) == (1 if normalised(text) else 0)
