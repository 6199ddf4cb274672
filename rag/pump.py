"""From a model that pushes text in its own thread to an iterator that the pipeline pulls from.

The reader waits in short steps, so that a cancel is noticed within `STEP_S` even while the model loads or reads a long
prompt, and every time limit is kept in this one place, whatever the model's own client can do.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from rag.errors import ModelTimeout

STEP_S = 0.05  # how late a cancel may be noticed; a person cannot see it, and 20 wake-ups a second cost nothing


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds allowed: until the first sign of life, between two of them, and for the whole answer."""

    first: float
    stall: float
    total: float


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException


@dataclass(frozen=True, slots=True)
class _End:
    cut: bool


class Pump:
    """One answer on its way. The model's thread calls `put`, `fail` and `end`; the pipeline iterates `read`."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[str | _Failure | _End] = queue.SimpleQueue()
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether the reader has gone: what is still generated is for nobody."""
        return self._stopped.is_set()

    def put(self, text: str) -> None:
        """Pass on a piece of the answer; an empty one is a sign of life."""
        self._queue.put(text)

    def fail(self, error: BaseException) -> None:
        """End the answer with an error, raised in the reader's thread."""
        self._queue.put(_Failure(error))

    def end(self, *, cut: bool = False) -> None:
        """End the answer; `cut`: the model had more to say than it was allowed, or may have had."""
        self._queue.put(_End(cut))

    def read(
        self,
        limits: Limits,
        *,
        name: str,
        cancel: threading.Event | None = None,
        stop: Callable[[], object] = lambda: None,
    ) -> Generator[str, None, bool]:
        """Yield the pieces as they come, none of them empty; on a cancel end quietly.

        Returns whether the model came to the end of its answer: neither cut nor cancelled.

        Args:
            limits: seconds; see `Limits`.
            name: the model, for messages.
            cancel: set by anyone to end the answer.
            stop: called once when the reader is done, for whatever reason: stops the model.

        Raises:
            ModelTimeout: a limit was passed.
        """
        try:
            return (yield from self._pieces(limits, name, cancel))
        finally:
            self._stopped.set()
            stop()

    def _pieces(self, limits: Limits, name: str, cancel: threading.Event | None) -> Generator[str, None, bool]:
        start = last = time.monotonic()
        allowed = limits.first
        while not (cancel and cancel.is_set()):
            try:
                item = self._queue.get(timeout=STEP_S)
            except queue.Empty:
                now = time.monotonic()
                if now - last > allowed:
                    raise _too_slow(name, allowed, begun=last > start) from None
            else:
                if isinstance(item, _Failure):
                    raise item.error
                if isinstance(item, _End):
                    return not item.cut
                last, allowed = time.monotonic(), limits.stall
                if item:
                    yield item
                    last = time.monotonic()  # the time the pipeline took is not the model's
            if time.monotonic() - start > limits.total:
                message = f"{name} did not finish within {limits.total:g} s."
                raise ModelTimeout(message, "Ask for a shorter answer, or choose a smaller model.")
        return False


def _too_slow(name: str, seconds: float, *, begun: bool) -> ModelTimeout:
    if begun:
        return ModelTimeout(f"{name} fell silent for {seconds:g} s.", "Try again; if it happens often, see its log.")
    return ModelTimeout(
        f"{name} did not begin to answer within {seconds:g} s.",
        "A large model may still be loading: try again, raise the time-out, or choose a smaller model.",
    )
