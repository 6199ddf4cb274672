"""Ratios over questions with bootstrap intervals, and tests of the difference between two runs.

Every metric of a run is a ratio of two sums over questions: supported sentences over shown ones, right answers over
questions asked, 2·tp over 2·tp + fp + fn. A question to which a metric does not apply adds nothing to either sum. So
means, pooled shares, precision, recall and F1 are estimated, resampled and compared by one piece of code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from eval.metrics import RESAMPLES, Estimate

PERMUTATIONS = 10_000
_BLOCK = 2_000  # permutations held in memory at once

Floats = npt.NDArray[np.float64]


class Score(NamedTuple):
    """What one question adds to a metric: `part` to the numerator, `of` to the denominator; 0 ≤ part ≤ of."""

    part: float
    of: float = 1.0


@dataclass(frozen=True, slots=True)
class Difference:
    """How a metric differs between two runs over the same questions.

    Attributes:
        before: its value in the first run.
        after: in the second.
        low: lower end of the 95% bootstrap interval of after - before (paired, percentile).
        high: upper end.
        p: two-sided, of the exact McNemar test where the scores are yes or no, else of a paired permutation test.
        test: which of the two.
        n: questions that both runs score.
    """

    before: float
    after: float
    low: float
    high: float
    p: float
    test: str
    n: int

    @property
    def change(self) -> float:
        """after - before."""
        return self.after - self.before

    @property
    def significant(self) -> bool:
        """Whether p < 0.05; of twenty metrics one may pass by chance."""
        return self.p < 0.05


def ratio(scores: Sequence[Score], seed: int = 0) -> Estimate:
    """sum(part) / sum(of) with its 95% interval; questions are resampled, not sentences (Efron & Tibshirani 1993).

    Raises:
        ValueError: nothing is scored.
    """
    counted = [score for score in scores if score.of > 0]
    if not counted:
        msg = "there is nothing to average"
        raise ValueError(msg)
    parts, whole = _columns(counted)
    picks = _picks(len(counted), seed)
    low, high = np.percentile(parts[picks].sum(axis=1) / whole[picks].sum(axis=1), [2.5, 97.5])
    return Estimate(float(parts.sum() / whole.sum()), float(low), float(high), len(counted))


def difference(before: Sequence[Score], after: Sequence[Score], seed: int = 0) -> Difference:
    """Two runs compared question by question.

    Args:
        before: scores of the first run.
        after: scores of the second, for the same questions in the same order; ``Score(0, 0)`` where a question is not
            scored.
        seed: of resampling and permutation.

    Raises:
        ValueError: the lengths differ, or a run has no score at all.
    """
    if len(before) != len(after):
        msg = f"{len(before)} scores cannot be paired with {len(after)}"
        raise ValueError(msg)
    pairs = [(one, two) for one, two in zip(before, after, strict=True) if one.of > 0 or two.of > 0]
    one, two = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    first, second = _value(one), _value(two)
    picks = _picks(len(pairs), seed)
    (part_1, of_1), (part_2, of_2) = _columns(one), _columns(two)
    with np.errstate(invalid="ignore", divide="ignore"):
        changes = _ratios(part_2[picks], of_2[picks]) - _ratios(part_1[picks], of_1[picks])
    low, high = np.nanpercentile(changes, [2.5, 97.5])
    binary = all(score.of == 1 and score.part in (0, 1) for pair in pairs for score in pair)
    if binary:
        lost = sum(a.part > b.part for a, b in pairs)
        won = sum(b.part > a.part for a, b in pairs)
        p, test = mcnemar(lost, won), "McNemar"
    else:
        p, test = _permuted(one, two, seed), "permutation"
    return Difference(first, second, float(low), float(high), p, test, len(pairs))


def mcnemar(lost: int, won: int) -> float:
    """Two-sided p of the exact test (McNemar 1947): the questions that flipped are flips of a fair coin."""
    n = lost + won
    tail = sum(comb(n, k) for k in range(min(lost, won) + 1)) / (1 << n)
    return min(1.0, 2 * tail)


def _permuted(one: Sequence[Score], two: Sequence[Score], seed: int) -> float:
    """Two-sided p of the paired permutation test (Fisher 1935): swaps the two runs' scores of random questions.

    The observed assignment counts as one of the permutations, so p is never 0 (Phipson & Smyth 2010).
    """
    (part_1, of_1), (part_2, of_2) = _columns(one), _columns(two)
    observed = abs(_value(two) - _value(one))
    rng = np.random.default_rng(seed)
    extreme = 0
    for start in range(0, PERMUTATIONS, _BLOCK):
        swap = rng.random((min(_BLOCK, PERMUTATIONS - start), part_1.size)) < 0.5
        with np.errstate(invalid="ignore", divide="ignore"):
            new_1 = _ratios(np.where(swap, part_2, part_1), np.where(swap, of_2, of_1))
            new_2 = _ratios(np.where(swap, part_1, part_2), np.where(swap, of_1, of_2))
        # A permutation that leaves one side without any score (nan) is no evidence against chance: it counts.
        extreme += int((~(np.abs(new_2 - new_1) < observed - 1e-12)).sum())
    return (extreme + 1) / (PERMUTATIONS + 1)


def _picks(n: int, seed: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))


def _columns(scores: Sequence[Score]) -> tuple[Floats, Floats]:
    table = np.asarray(scores, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _ratios(parts: Floats, whole: Floats) -> Floats:
    found: Floats = parts.sum(axis=1) / whole.sum(axis=1)
    return found


def _value(scores: Sequence[Score]) -> float:
    parts, whole = _columns(scores)
    if not whole.sum():
        msg = "there is nothing to compare"
        raise ValueError(msg)
    return float(parts.sum() / whole.sum())
