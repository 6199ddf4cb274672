"""How long each stage of an answer took, told at its end and, where somebody traces, as it happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rag.spans import NOBODY, Span

# The answer's own account (`timings_ms`) puts stages together; what is not named here lies within one that is.
_ACCOUNT = {
    "understand": "retrieve",
    "retrieve": "retrieve",
    "evidence": "retrieve",
    "answerability": "retrieve",
    "choose": "draft",
    "draft": "draft",
    "complete": "draft",
    "verify": "verify",
}


class Clock:
    """Milliseconds by stage. One answer's stages follow each other or lie within each other.

    Args:
        span: of the whole answer.
    """

    def __init__(self, span: Span = NOBODY) -> None:
        self._start = time.perf_counter()
        self._spans = [span]  # those that have begun, innermost last
        self._seconds = {"retrieve": 0.0, "draft": 0.0, "verify": 0.0}

    @contextmanager
    def stage(self, name: str) -> Iterator[Span]:
        """Times the block, and opens a span for it within that of the block around it."""
        begun = time.perf_counter()
        try:
            with self._spans[-1].stage(name) as span:
                self._spans.append(span)
                try:
                    yield span
                finally:
                    self._spans.pop()
        finally:
            if account := _ACCOUNT.get(name):
                self._seconds[account] += time.perf_counter() - begun

    def done(self) -> dict[str, int]:
        """Milliseconds by stage, and in total since the clock was made."""
        seconds = dict(self._seconds)
        seconds["draft"] = max(seconds["draft"] - seconds["verify"], 0.0)  # sentences are verified within the draft
        seconds["total"] = time.perf_counter() - self._start
        return {stage: round(1000 * each) for stage, each in seconds.items()}
