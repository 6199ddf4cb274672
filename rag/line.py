"""The line in which questions wait when more are asked at once than the machine answers at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

STEP_S = 0.1  # how late a cancel may be noticed while waiting


class Line:
    """At most `places` at a time; the others wait in the order in which they came. Thread-safe."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._tickets: list[object] = []
        self._moved = threading.Condition()

    @contextmanager
    def place(self, cancel: threading.Event) -> Iterator[Iterator[int]]:
        """A place in the line, given up at the end of the block.

        Yields an iterator over how many must still finish first, each time that changes; it ends when it is one's
        turn, or when `cancel` is set.
        """
        ticket = object()
        with self._moved:
            self._tickets.append(ticket)
        try:
            yield self._ahead(ticket, cancel)
        finally:
            with self._moved:
                self._tickets.remove(ticket)
                self._moved.notify_all()

    def _ahead(self, ticket: object, cancel: threading.Event) -> Iterator[int]:
        told = 0
        while not cancel.is_set():
            with self._moved:
                ahead = self._tickets.index(ticket) - self.places + 1
                if ahead == told:
                    self._moved.wait(STEP_S)
            if ahead <= 0:
                return
            if ahead != told:
                told = ahead
                yield ahead

    def __len__(self) -> int:
        """How many are answered or waiting now."""
        return len(self._tickets)
