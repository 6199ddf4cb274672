"""Bounded work: so many at once, so many that wait, and the next is told to come again."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from api.errors import ApiError

T = TypeVar("T")
_USUAL_S = 2.0  # what a piece of work takes, until some has been seen
_LONGEST_S = 60


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


class Gate:
    """A pool of threads with a short queue before it. What is inside is bounded, so a crowd costs no memory.

    Args:
        name: of what is done here; names the threads and the metrics.
        at_once: how many are worked on.
        waiting: how many may wait.
    """

    def __init__(self, name: str, at_once: int, waiting: int) -> None:
        self.name = name
        self._at_once, self._most = at_once, at_once + waiting
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._inside = 0
        self._usual_s = _USUAL_S
        self.turned_away = 0

    @property
    def inside(self) -> int:
        """How many are worked on or wait."""
        return self._inside

    def follow(self, work: Callable[[threading.Event], Iterator[T]]) -> AsyncGenerator[T, None]:
        """The items of `work`, which runs in a thread; closing the generator sets the event given to `work`.

        A generator that is returned must be iterated or closed.

        Raises:
            ApiError: too many are waiting (at once), and whatever `work` raises (while iterating).
        """
        self._enter()
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[T | _End] = asyncio.Queue()
        cancel = threading.Event()

        def tell(item: T | _End) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, item)

        def run() -> None:
            begun = time.monotonic()
            error: BaseException | None = None
            try:
                if not cancel.is_set():
                    with closing(_generated(work(cancel))) as items:
                        for item in items:
                            tell(item)
            except BaseException as exc:  # noqa: BLE001 - raised again where the items are awaited
                error = exc
            self._leave(time.monotonic() - begun)
            tell(_End(error))

        self._pool.submit(copy_context().run, run)  # the log and the spans know whose work it is
        return _items(queue, cancel)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns; it runs in a thread.

        Raises:
            ApiError: too many are waiting, and whatever `work` raises.
        """
        async for found in self.follow(lambda _: iter((work(),))):
            return found
        msg = "work that was begun has a result"
        raise RuntimeError(msg)

    def begin(self, work: Callable[[], None]) -> None:
        """Does `work` in a thread as soon as there is room, whoever waits for it or not.

        Raises:
            ApiError: too many are waiting.
        """
        self._enter()

        def run() -> None:
            begun = time.monotonic()
            try:
                work()
            finally:
                self._leave(time.monotonic() - begun)

        self._pool.submit(run)

    def close(self) -> None:
        """Begins nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _enter(self) -> None:
        with self._lock:
            if self._inside >= self._most:
                self.turned_away += 1
                seconds = min(max(math.ceil(self._usual_s * self._inside / self._at_once), 1), _LONGEST_S)
                msg = f"{self._inside} requests are being worked on or wait."
                raise ApiError(429, "busy", msg, f"Come again in {seconds} s.", retry_after=seconds)
            self._inside += 1

    def _leave(self, seconds: float) -> None:
        with self._lock:
            self._inside -= 1
            self._usual_s += (seconds - self._usual_s) / 8  # a moving average over the last eight or so


def _generated(items: Iterator[T]) -> Generator[T, None, None]:
    yield from items


async def _items(queue: asyncio.Queue[T | _End], cancel: threading.Event) -> AsyncGenerator[T, None]:
    try:
        while True:
            item = await queue.get()
            if isinstance(item, _End):
                if item.error:
                    raise item.error
                return
            yield item
    finally:
        cancel.set()
