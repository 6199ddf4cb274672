"""Which language model drafts, for as long as a program runs: chosen at first need, chosen anew while it stands in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from index.errors import DatelineError
from rag.llm import Chosen

LOOK_S = 30.0


class Choice:
    """A choice of model. Thread-safe.

    Args:
        choose: makes it; may wait for a server.
        look_s: seconds from one look to the next whether the model that was wanted can be used by now.
    """

    def __init__(self, choose: Callable[[], Chosen], look_s: float = LOOK_S) -> None:
        self.made: Chosen | None = None
        self._choose, self._look_s = choose, look_s
        self._looked = 0.0
        self._lock = threading.Lock()

    @property
    def now(self) -> Chosen:
        """The model to use; the first to ask waits until it is chosen."""
        with self._lock:
            if self.made is None:
                self.made, self._looked = self._choose(), time.monotonic()
            return self.made

    def look_again(self) -> None:
        """Chooses anew, in the background, where the model stands in for another and the last look was long ago."""
        with self._lock:
            wanting = self.made is not None and self.made.stands_in
            if not wanting or time.monotonic() < self._looked + self._look_s:
                return
            self._looked = time.monotonic()
        threading.Thread(target=self._look, name="look for the model", daemon=True).start()

    def _look(self) -> None:
        with suppress(DatelineError):  # then what stands in goes on
            found = self._choose()
            with self._lock:
                self.made = found
