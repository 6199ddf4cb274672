"""The file that conversations and feedback are kept in: SQLite beside the index, one connection a thread.

It is apart from the index: articles can be taken in anew from their sources, what people wrote cannot.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.connections import Connections
from index.errors import StoreError

FILE = "history.sqlite3"

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        created TEXT NOT NULL,
        changed TEXT NOT NULL
    );
    CREATE INDEX conversations_owner ON conversations (owner, changed);
    CREATE TABLE turns (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        question TEXT NOT NULL,
        limits TEXT NOT NULL,
        answer TEXT NOT NULL,
        trace TEXT NOT NULL,
        stopped INTEGER NOT NULL,
        asked TEXT NOT NULL
    );
    CREATE INDEX turns_conversation ON turns (conversation);
    CREATE VIRTUAL TABLE turns_fts USING fts5 (
        question, answer, content = 'turns', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
        INSERT INTO turns_fts (rowid, question, answer) VALUES (new.id, new.question, new.answer);
    END;
    CREATE TRIGGER turns_gone AFTER DELETE ON turns BEGIN
        INSERT INTO turns_fts (turns_fts, rowid, question, answer)
        VALUES ('delete', old.id, old.question, old.answer);
    END;
    CREATE TRIGGER turns_changed AFTER UPDATE ON turns BEGIN
        INSERT INTO turns_fts (turns_fts, rowid, question, answer)
        VALUES ('delete', old.id, old.question, old.answer);
        INSERT INTO turns_fts (rowid, question, answer) VALUES (new.id, new.question, new.answer);
    END;
    CREATE TABLE feedback (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        turn INTEGER,
        citation INTEGER,
        rating TEXT NOT NULL CHECK (rating IN ('up', 'down')),
        comment TEXT NOT NULL,
        history TEXT NOT NULL,
        trace TEXT NOT NULL,
        given TEXT NOT NULL
    );
    CREATE UNIQUE INDEX feedback_once ON feedback (owner, turn, coalesce(citation, 0));
    """,
)
"""Each makes the schema of the version before it into its own; `PRAGMA user_version` counts those that were applied."""


class Journal:
    """An opened journal. Thread-safe; several processes may use one file.

    Args:
        path: the file; made with its folder where there is none.

    Raises:
        StoreError: it cannot be opened, or a newer version of the program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections = Connections(self._connect)
        with self._mapped():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

    def close(self) -> None:
        """Releases the file. A closed journal is not used again: a thread that tries is told so."""
        self._connections.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The thread's connection, outside any transaction.

        Raises:
            StoreError: the disk or the database refused.
        """
        with self._mapped():
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block or nothing.

        Raises:
            StoreError: the disk or the database refused; nothing was written.
        """
        with self._mapped():
            db = self._db
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.own()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what a person deletes is overwritten in the file
        return connection

    def _migrate(self) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode = WAL")
        self.path.chmod(0o600)  # it holds what people asked
        with self.writing():
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                msg = f"{self.path} was written by a newer version of Dateline."
                raise StoreError(msg, "Upgrade Dateline, or move that file away.")
            for number, script in enumerate(MIGRATIONS[version:], version + 1):
                for statement in _statements(script):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            with self._connections.in_use():
                yield
        except (sqlite3.Error, OSError) as exc:
            msg = f"{self.path} could not be used: {exc}."
            raise StoreError(msg, "Check free disk space and permissions; if it is damaged, move it away.") from exc


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit the transaction first."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
