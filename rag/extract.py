"""An answer without a language model: the best evidence, word for word, with its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.settle import Settled, quoted
from rag.types import Evidence

NAME = "extractive"
MAX_SENTENCES = 3
# Of held-out sentences that are at least so likely to answer more than a third do; of all that are read one in fifteen.
ANSWERS = 0.1
# What is at least so likely to answer as a share of the best is quoted as well (docs/selector.md).
WORTH_QUOTING = 0.2


def extract(evidence: Sequence[Evidence]) -> Iterator[Settled]:
    """The best sentence, and at most two that are nearly as likely to answer, best first."""
    ranked = sorted(evidence, key=lambda e: -e.score)
    for e in ranked[:MAX_SENTENCES]:
        if e is ranked[0] or e.answers >= WORTH_QUOTING * ranked[0].answers:
            yield Settled(quoted(e), (e,), 1.0, "quoted", ())
