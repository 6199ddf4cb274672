"""Metrics of ranking and calibration, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95% bootstrap interval (percentile method; Efron & Tibshirani 1993) over n questions."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def estimate(values: Sequence[float], seed: int = 0) -> Estimate:
    """The mean of per-question values and its interval.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        msg = "there is nothing to average"
        raise ValueError(msg)
    data = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    means = data[rng.integers(0, data.size, (RESAMPLES, data.size))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(data.mean()), float(low), float(high), data.size)


def hits_at(rank: int | None, k: int) -> float:
    """1 when the right article stands among the first k (ranks count from 1; None: not found)."""
    return float(rank is not None and rank <= k)


def reciprocal_rank(rank: int | None, k: int) -> float:
    """1 / rank within the first k, else 0."""
    return 1.0 / rank if rank is not None and rank <= k else 0.0


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that a positive scores above a negative, ties counted half (Mann & Whitney 1947).

    Raises:
        ValueError: a side is empty.
    """
    if not positive or not negative:
        msg = "both sides need values"
        raise ValueError(msg)
    ordered = np.sort(np.asarray(negative, dtype=np.float64))
    scores = np.asarray(positive, dtype=np.float64)
    below = np.searchsorted(ordered, scores, side="left")
    upto = np.searchsorted(ordered, scores, side="right")
    return float(((below + upto) / 2).mean() / ordered.size)


def balanced_accuracy(positive: Sequence[float], negative: Sequence[float], threshold: float) -> float:
    """(TPR + TNR) / 2, where a score of at least the threshold is called positive (Brodersen et al. 2010).

    Raises:
        ValueError: a side is empty.
    """
    if not positive or not negative:
        msg = "both sides need values"
        raise ValueError(msg)
    tpr = float((np.asarray(positive) >= threshold).mean())
    tnr = float((np.asarray(negative) < threshold).mean())
    return (tpr + tnr) / 2


def best_threshold(groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """The threshold with the highest mean balanced accuracy over groups of (positive, negative) scores.

    Candidates lie midway between neighbouring scores; of equally good ones the lowest is taken.

    Raises:
        ValueError: a side of a group is empty.
    """
    scores = np.unique([score for sides in groups for side in sides for score in side])
    candidates = [float(scores[0]), *((scores[1:] + scores[:-1]) / 2).tolist()] if scores.size else [0.0]
    return max(candidates, key=lambda t: sum(balanced_accuracy(*sides, threshold=t) for sides in groups))


def calibration_bins(
    scores: Sequence[float], positive: Sequence[bool], bins: int = 10
) -> list[tuple[float, float, int]]:
    """(mean score, share of positives, count) of each of the equal intervals of [0, 1] that holds a score."""
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=np.float64)
    places = np.minimum((values * bins).astype(int), bins - 1)
    return [
        (float(values[places == i].mean()), float(labels[places == i].mean()), int((places == i).sum()))
        for i in range(bins)
        if (places == i).any()
    ]
