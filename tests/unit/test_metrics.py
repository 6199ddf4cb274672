"""Metrics on cases worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import auroc, estimate, hits_at, reciprocal_rank


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
