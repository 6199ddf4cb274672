"""The right to write to an index: a lock file, held by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import BaseFileLock, Timeout

from index.errors import IndexBusy, StoreError


@contextmanager
def held(lock: BaseFileLock, index: str, refused: str, wait_s: float = 0.0) -> Iterator[None]:
    """Holds the right to write; nests.

    Args:
        lock: the lock file; its folder is made if need be.
        index: where the index is, for the message.
        refused: what cannot be written where the disk refuses, for the message.
        wait_s: how long to wait for another process.

    Raises:
        IndexBusy: another process holds it, and `wait_s` later still does.
        StoreError: the file cannot be written.
    """
    try:
        acquired = lock.acquire(timeout=wait_s)
    except Timeout as exc:
        msg = f"Another process is writing to the index at {index}."
        raise IndexBusy(msg, "Wait until it is done, then run the command again.") from exc
    except OSError as exc:
        msg = f"{refused} cannot be written: {exc.strerror or exc}."
        raise StoreError(msg, "Check the permissions of the folder, or name another with --index DIR.") from exc
    with acquired:
        yield
