"""SQLite connections to one file, one a thread, which are not closed under a thread that is using its own."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# How long closing waits for the threads at work. Their statements are interrupted, so only a stuck disk takes longer.
PATIENCE_S = 10.0


class Connections:
    """One connection a thread; closing one that another thread is inside of crashes the process, so closing waits."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` opens a connection that any thread may close (`check_same_thread=False`)."""
        self._connect = connect
        self._local = threading.local()
        self._made: list[sqlite3.Connection] = []
        self._inside = 0
        self._closed = False
        self._changed = threading.Condition()

    def own(self) -> sqlite3.Connection:
        """This thread's connection. Used within `in_use` only.

        Raises:
            sqlite3.Error: it cannot be opened.
        """
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._made.append(connection)
            self._local.connection = connection
        return connection

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """What is done with a connection is done within this; nests.

        Raises:
            sqlite3.ProgrammingError: they are closed.
        """
        with self._changed:
            if self._closed:
                msg = "it is closed"
                raise sqlite3.ProgrammingError(msg)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Interrupts what runs, waits for the threads to come out, closes. From then on `in_use` refuses.

        A thread that does not come out in time keeps its connection: a file left open is better than a crash.
        """
        with self._changed:
            self._closed = True
            until = time.monotonic() + PATIENCE_S
            while self._inside:
                if time.monotonic() > until:
                    return
                for connection in self._made:
                    connection.interrupt()  # again and again: it reaches only what runs at this instant
                self._changed.wait(0.05)
            for connection in self._made:
                connection.close()
            self._made.clear()
