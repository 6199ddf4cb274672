"""Fusion of the signals of one article into one score; see docs/retrieval.md for how it was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

RRF_K = 60


@dataclass(frozen=True, slots=True)
class Signals:
    """What the searches say of one article."""

    bm25: float
    cosine: float
    published: date | None

    def as_dict(self) -> dict[str, float]:
        """The numbers among them."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, float)}


def fuse(signals: Mapping[str, Signals], reference: date) -> dict[str, float]:
    """Scores by article id: reciprocal rank fusion (Cormack et al. 2009) with a recency prior."""
    scores = dict.fromkeys(signals, 0.0)
    for key in ("bm25", "cosine"):
        ranked = sorted((i for i in signals if getattr(signals[i], key) > 0), key=lambda i: -getattr(signals[i], key))
        for rank, article_id in enumerate(ranked, 1):
            scores[article_id] += 1 / (RRF_K + rank)
    return {i: score * _recency(signals[i].published, reference) for i, score in scores.items()}


def _recency(published: date | None, reference: date) -> float:
    if published is None:
        return 0.75
    age = max((reference - published).days, 0)
    return 0.5 + 0.5 / (1 + age / 14)
