"""The error tree. Every error says what was wrong, where, what to do about it, and whether a retry helps.

    DatelineError
    ├── InputError            an article, file or argument that cannot be used
    ├── IndexMissing          there is no index at that place
    ├── IndexMismatch         the index was made with another encoder, chunking or schema
    ├── IndexBusy             another process is writing to the index (a retry helps)
    ├── StoreError            the disk or the database refused
    │   └── StoreUnreachable  the database does not answer (a retry helps)
    ├── WorkersFailed         processes that an ingest hired cannot be reached, or are gone (a retry helps)
    ├── PluginError           an entry point that is unknown, or whose extra is not installed
    └── rag.errors.ModelError the language model (see there)

Foreign exceptions are mapped once, at the boundary where they arise, ``from exc``.
"""

from __future__ import annotations


class DatelineError(Exception):
    """Root of the tree.

    Args:
        message: what was wrong, and where.
        advice: what the user can do about it; shown after the message.
    """

    retryable = False

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class InputError(DatelineError):
    """An article, file or argument that cannot be used as it is."""


class IndexMissing(DatelineError):
    """There is no index at the given place."""


class IndexMismatch(DatelineError):
    """The index was made with another encoder, chunking or schema than the one asked for."""


class IndexBusy(DatelineError):
    """Another process is writing to the index."""

    retryable = True


class StoreError(DatelineError):
    """The disk or the database refused an operation."""


class StoreUnreachable(StoreError):
    """The database is elsewhere, and does not answer, or not in time."""

    retryable = True


class WorkersFailed(DatelineError):
    """Processes that an ingest hired (`index.workers`) cannot be reached, or were lost for good."""

    retryable = True


class PluginError(DatelineError):
    """An entry point that does not exist, or whose optional packages are not installed."""
