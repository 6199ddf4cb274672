"""Whether the evidence holds an answer."""

from __future__ import annotations

from fakes.evidence import evidence
from hypothesis import given
from hypothesis import strategies as st

from rag.answerable import DOUBT, THRESHOLD, answerability
from rag.types import Found


def found(score: float) -> list[Found]:
    return [Found(evidence(1, "Text.").article, score)]


def test_nothing_found_cannot_answer() -> None:
    assert answerability([], []) == 0.0
    assert answerability(found(20.0), []) == 0.0


def test_a_likely_sentence_of_a_fitting_article_answers() -> None:
    assert answerability(found(14.0), [evidence(1, "Text.", answers=0.02), evidence(2, "Text.", answers=0.6)]) > DOUBT
    assert answerability(found(5.0), [evidence(1, "Text.", answers=0.02)]) < THRESHOLD


@given(st.floats(-50, 50), st.floats(0, 1), st.floats(0, 1))
def test_it_is_a_probability_and_grows_with_the_likeliest_sentence(score: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    first = answerability(found(score), [evidence(1, "Text.", answers=low)])
    second = answerability(found(score), [evidence(1, "Text.", answers=low), evidence(2, "Text.", answers=high)])
    assert 0.0 <= first <= second <= 1.0
