"""The database file of the embedded store: connections, transactions, the right to write, and its errors as ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from index.connections import Connections
from index.errors import StoreError
from index.write_lock import held

T = TypeVar("T")

DATABASE, LOCK = "dateline.sqlite3", "write.lock"
# What a database was before its repair.
DAMAGED = f"{DATABASE}.damaged"

_ADVICE = {
    "SQLITE_FULL": "The disk is full: make room. What was reported is in the index.",
    "SQLITE_CORRUPT": "It is damaged: `dateline doctor --repair` saves everything that can be read.",
    "SQLITE_NOTADB": "It is damaged, or no index: `dateline doctor --repair` saves what can be read.",
    "": "Check free disk space and permissions, then `dateline doctor`.",
}


class Database:
    """One connection a thread; one writing process at a time, guarded by a lock file."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._connections = Connections(self._connect)
        # Held by the store, not by a thread: a stream of an ingest may be drawn from by one thread after another.
        self._lock = FileLock(place / LOCK, thread_local=False)

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection; used within `mapped` only."""
        return self._connections.own()

    def _connect(self) -> sqlite3.Connection:
        connection = self._opened()
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA synchronous = FULL")  # a commit that was reported survives a power cut
        connection.execute("PRAGMA secure_delete = ON")  # what was removed is overwritten, not only unlinked
        return connection

    def _opened(self) -> sqlite3.Connection:
        path = self.place / DATABASE
        if not path.exists() or os.access(self.place, os.W_OK):
            return sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Beside a database with a log SQLite writes a file even to read it. In a folder that cannot be written nothing
        # can change, so it is told that it need not; unless a log was left there, which it must read.
        log = path.with_name(f"{DATABASE}-wal")
        fixed = "" if log.exists() and log.stat().st_size else "&immutable=1"
        uri = f"{path.resolve().as_uri()}?mode=ro{fixed}"
        return sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)

    @contextmanager
    def exclusive(self, wait_s: float = 0.0) -> Iterator[None]:
        """Holds the right to write; nests.

        Raises:
            IndexBusy: another process holds it, and `wait_s` later still does.
            StoreError: the folder cannot be written.
        """
        with held(self._lock, str(self.place), f"The index at {self.place}", wait_s):
            yield

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """The boundary where SQLite's and the disk's exceptions become ours."""
        try:
            with self._connections.in_use():
                yield
        except (sqlite3.Error, OSError) as exc:
            msg = f"The index at {self.place} could not be used: {exc}."
            raise StoreError(msg, _ADVICE.get(getattr(exc, "sqlite_errorname", ""), _ADVICE[""])) from exc

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does `work` in one transaction, which becomes the next generation of the index.

        Raises:
            IndexBusy: another process is writing.
            StoreError: the disk or the database refused; nothing was changed.
        """
        with self.exclusive(), self.mapped():
            with transaction(self.db) as db:
                done = work(db)
                db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            return done

    def empty(self) -> bool:
        """Whether the file holds no table: its making was cut short before the first commit."""
        return not self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]

    def meta(self, key: str) -> str:
        """A value of the table `meta`.

        Raises:
            StoreError: there is none.
        """
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            msg = f"The database at {self.place} holds no {key}."
            raise StoreError(msg, "It is no index, or its making was cut short: remove the folder and ingest again.")
        return str(row[0])

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that this thread reads within is one state of the index, whatever others write meanwhile; nests."""
        with self.mapped():
            nested = self.db.in_transaction
        if nested:
            yield
            return
        with self.mapped():
            self.db.execute("BEGIN DEFERRED")
            self.db.execute("SELECT value FROM meta").fetchone()  # the state is the one of the first read
        try:
            yield
        finally:
            with self.mapped():
                self.db.execute("ROLLBACK")

    def close(self) -> None:
        """Releases files and locks. A closed store is not used again: a thread that tries is told so."""
        self._connections.close()


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        if db.in_transaction:  # a full disk makes SQLite roll back by itself
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
