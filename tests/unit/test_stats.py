"""Ratios and tests of differences, on cases worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import estimate
from eval.stats import Score, difference, mcnemar, ratio

SCORES = st.tuples(st.floats(0, 1), st.integers(1, 5)).map(lambda pair: Score(pair[0] * pair[1], pair[1]))


def binary(*values: int) -> list[Score]:
    return [Score(value) for value in values]


def test_a_ratio_pools_what_questions_add() -> None:
    # 2 of 2 sentences and 1 of 4: 3 of 6, not the mean of 1 and 1/4
    found = ratio([Score(2, 2), Score(1, 4)])
    assert (found.mean, found.n) == (0.5, 2)
    assert (found.low, found.high) == (0.25, 1.0)


def test_what_is_not_scored_does_not_count() -> None:
    assert ratio([Score(1), Score(0, 0)]).n == 1
    with pytest.raises(ValueError, match="nothing to average"):
        ratio([Score(0, 0)])


def test_a_ratio_of_plain_values_is_their_mean() -> None:
    assert ratio(binary(0, 1, 1, 0, 1)) == estimate([0.0, 1.0, 1.0, 0.0, 1.0])


def test_mcnemar() -> None:
    # 1 lost, 5 won of 6 flips: 2 * (1 + 6) / 64
    assert mcnemar(1, 5) == pytest.approx(0.21875)
    assert mcnemar(0, 6) == pytest.approx(0.03125)
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_yes_or_no_is_compared_by_mcnemar() -> None:
    found = difference(binary(0, 0, 0, 0, 0, 0, 1, 1), binary(1, 1, 1, 1, 1, 1, 1, 1))
    assert (found.before, found.after, found.change) == (0.25, 1.0, 0.75)
    assert (found.test, found.p, found.n) == ("McNemar", 0.03125, 8)
    assert found.significant


def test_shares_are_compared_by_permutation() -> None:
    before, after = [Score(0.2)] * 6, [Score(0.7)] * 6
    found = difference(before, after)
    # Of the 64 ways to swap, two are as extreme as what was seen.
    assert found.p == pytest.approx(2 / 64, abs=0.006)
    assert found.test == "permutation"
    assert (found.low, found.high) == (pytest.approx(0.5), pytest.approx(0.5))


def test_the_same_run_twice_does_not_differ() -> None:
    scores = [Score(1, 2), Score(2, 3), Score(0, 1)]
    found = difference(scores, scores)
    assert (found.change, found.p, found.low, found.high) == (0.0, 1.0, 0.0, 0.0)


def test_runs_that_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        difference(binary(1), binary(1, 0))
    with pytest.raises(ValueError, match="nothing to compare"):
        difference([Score(0, 0)], [Score(1)])


@given(st.lists(SCORES, min_size=1, max_size=12))
def test_a_ratio_is_a_share(scores: list[Score]) -> None:
    found = ratio(scores)
    assert 0 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= 1 + 1e-9


@given(st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=8))
def test_a_difference_is_antisymmetric(pairs: list[tuple[Score, Score]]) -> None:
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    found, back = difference(before, after), difference(after, before)
    assert found.change == pytest.approx(-back.change)
    assert 0 < found.p <= 1
    assert found.p == pytest.approx(back.p)
