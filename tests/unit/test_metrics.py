"""Metrics on cases worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import (
    auroc,
    balanced_accuracy,
    best_threshold,
    calibration_bins,
    estimate,
    hits_at,
    reciprocal_rank,
)


def test_hits_and_reciprocal_rank() -> None:
    assert [hits_at(rank, 4) for rank in (1, 4, 5, None)] == [1.0, 1.0, 0.0, 0.0]
    assert [reciprocal_rank(rank, 10) for rank in (1, 4, 11, None)] == [1.0, 0.25, 0.0, 0.0]


def test_auroc_counts_pairs() -> None:
    # 3 > 2, 3 > 1, 2 = 2 (half), 2 > 1: 3.5 of 4 pairs
    assert auroc([3, 2], [2, 1]) == 3.5 / 4
    assert auroc([1], [0]) == 1.0
    assert auroc([1, 1], [1]) == 0.5


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="nothing"):
        estimate([])
    with pytest.raises(ValueError, match="both sides"):
        auroc([], [1.0])


def test_balanced_accuracy() -> None:
    # 2 of 3 positives reach .5; 3 of 4 negatives stay below
    assert balanced_accuracy([0.5, 0.9, 0.1], [0.4, 0.4, 0.1, 0.6], 0.5) == pytest.approx((2 / 3 + 3 / 4) / 2)
    with pytest.raises(ValueError, match="both sides"):
        balanced_accuracy([], [1.0], 0.5)


def test_the_best_threshold_is_midway_and_serves_all_groups() -> None:
    assert best_threshold([([0.8, 0.9], [0.2, 0.4])]) == pytest.approx(0.6)
    # The first group alone would take .6, the second .3; only .45 to .5 errs on neither.
    assert best_threshold([([0.5, 0.9], [0.2, 0.4]), ([0.8], [0.3])]) == pytest.approx(0.45)
    # Where nothing separates, everything is called positive.
    assert best_threshold([([0.5], [0.5])]) == 0.5


def test_calibration() -> None:
    found = calibration_bins([0.0, 0.05, 0.55, 1.0], [False, True, True, True])
    assert found == [(0.025, 0.5, 2), (0.55, 1.0, 1), (1.0, 1.0, 1)]


def test_an_estimate_is_the_same_every_time() -> None:
    first = estimate([0.0, 1.0, 1.0, 0.0, 1.0])
    assert first == estimate([0.0, 1.0, 1.0, 0.0, 1.0])
    assert first.mean == 0.6
    assert first.n == 5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_an_interval_holds_within_range(values: list[float]) -> None:
    found = estimate(values)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12), st.lists(st.floats(-5, 5), min_size=1, max_size=12))
def test_auroc_is_a_share_and_antisymmetric(one: list[float], other: list[float]) -> None:
    assert 0 <= auroc(one, other) <= 1
    assert auroc(one, other) == pytest.approx(1 - auroc(other, one))
