"""An answer without a language model: the best evidence, word for word, with its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.settle import Settled, quoted
from rag.types import Evidence

NAME = "extractive"
MAX_SENTENCES = 3
# How far below the best a sentence may score and still be quoted (docs/experiments.md).
WORTH_QUOTING = 4.0


def extract(evidence: Sequence[Evidence]) -> Iterator[Settled]:
    """The best sentence, and at most two that are nearly as good, best first."""
    ranked = sorted(evidence, key=lambda e: -e.score)
    for e in ranked[:MAX_SENTENCES]:
        if e.score >= ranked[0].score - WORTH_QUOTING:
            yield Settled(quoted(e), (e,), 1.0, "quoted", ())
