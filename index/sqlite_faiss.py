"""The embedded store: SQLite holds articles, versions, sentences, words (FTS5) and vectors; FAISS searches vectors.

SQLite is the truth and commits one batch of articles at a time; the FAISS file is derived (see `index.vectors`).
Readers in other processes notice a commit by the generation counter and bring their FAISS index up to date.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from filelock import FileLock, Timeout

from index import sqlite_write
from index.embed import Vectors
from index.errors import IndexBusy, IndexMissing, StoreError
from index.manifest import Manifest
from index.records import Article, Filter, Hit, IndexStats, Passage, Sentence, StoredArticle
from index.schema import DDL
from index.sqlite_columns import Columns
from index.sqlite_words import K1, Words, fts_query, sql_conditions
from index.store import Entry, Opening, Outcome, Terms
from index.vectors import Ids, VectorIndex

T = TypeVar("T")

DATABASE, VECTORS, LOCK = "dateline.sqlite3", "passages.faiss", "write.lock"

# A hit in the headline says more about what a passage is about than one in its text; see docs/retrieval.md.
TITLE_WEIGHT = 4.0

_ARTICLE = """SELECT a.id, v.title, v.text, v.outlet, v.published, v.url, v.authors, a.source, a.version, a.story,
    v.added_at
    FROM articles a JOIN versions v ON v.article = a.n AND v.version = a.version"""

_PASSAGE = """SELECT p.id, a.id, p.first, p.last, p.start, p."end", substr(v.text, p.start + 1, p."end" - p.start)
    FROM passages p JOIN articles a ON a.n = p.article
    JOIN versions v ON v.article = a.n AND v.version = a.version"""


class SqliteFaissStore:
    """See `index.store.Store`. One connection a thread; one writing process at a time, guarded by a lock file."""

    def __init__(self, place: Path, manifest: Manifest | None = None, *, create: bool = False) -> None:
        """Opens the index in folder `place`.

        Args:
            manifest: what the index must be; None accepts any (for commands that do not search).
            create: make a new index (needs a manifest) where there is none.

        Raises:
            IndexMissing: there is none and `create` is false.
            IndexMismatch: it was made with another encoder, chunking or schema.
            StoreError: the database cannot be opened.
        """
        self.place = place
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._refreshing = threading.Lock()
        self._words = Words()
        self._lock = FileLock(place / LOCK)
        if not (place / DATABASE).exists():
            if not (create and manifest):
                msg = f"There is no index at {place}."
                raise IndexMissing(msg, "Make one with `dateline ingest PATH`, or name another with --index DIR.")
            self._create(manifest)
        with self._mapped():
            self.manifest = Manifest.from_json(self._meta("manifest"))
        if manifest:
            self.manifest.require(manifest, str(place))
        self._vectors: VectorIndex | None = None
        self._columns = Columns.read([], {}, generation=-1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # --- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Holds the right to write; nests.

        Raises:
            IndexBusy: another process holds it.
        """
        try:
            with self._lock.acquire(timeout=0):
                yield
        except Timeout as exc:
            msg = f"Another process is writing to the index at {self.place}."
            raise IndexBusy(msg, "Wait until it is done, then run the command again.") from exc

    def put(self, entries: Sequence[Entry]) -> list[Outcome]:
        return self._write(lambda db: [sqlite_write.put(db, entry) for entry in entries])

    def remove(self, article_ids: Sequence[str]) -> int:
        return self._write(lambda db: sum(sqlite_write.remove(db, article_id) for article_id in article_ids))

    def snapshot(self) -> None:
        with self.exclusive(), self._mapped():
            vectors, columns = self._fresh()
            vectors.save(self.place / VECTORS, columns.generation)

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    # --- searching ---------------------------------------------------------------------------------------------------

    def search_dense(self, vector: Vectors, k: int, where: Filter) -> list[Hit]:
        with self._mapped():
            vectors, columns = self._fresh()
            owners = None if where.article_ids is None else self._numbers(where.article_ids)
            found = vectors.search(
                np.asarray(vector, dtype=np.float32), k, columns.allowed(where, owners, self._numbers(where.without))
            )
        return columns.hits(*found)

    def search_lexical(self, terms: Terms, k: int, where: Filter) -> list[Hit]:
        match = fts_query(terms)
        if not match or k <= 0:
            return []
        conditions, values = sql_conditions(where)
        sql = f"""SELECT p.id, a.id, -bm25(passages_fts, {TITLE_WEIGHT}, 1.0) AS score
            FROM passages_fts JOIN passages p ON p.id = passages_fts.rowid JOIN articles a ON a.n = p.article
            WHERE passages_fts MATCH ? {conditions} ORDER BY score DESC, p.id LIMIT ?"""
        with self._mapped():
            rows = self._db.execute(sql, (match, *values, k)).fetchall()
            attainable = self._words.attainable(self._db, [*terms.words, *terms.phrases]) if rows else 1.0
        return [Hit(passage, article, min(score / attainable, 1.0)) for passage, article, score in rows]

    # --- reading -----------------------------------------------------------------------------------------------------

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        sql = f"{_PASSAGE} WHERE p.id IN (SELECT value FROM json_each(?))"
        with self._mapped():
            return {row[0]: Passage(*row) for row in self._db.execute(sql, (json.dumps(list(ids)),))}

    def openings(self, article_ids: Sequence[str]) -> dict[str, Opening]:
        sql = """SELECT a.id, min(p.id), count(*) FROM articles a JOIN passages p ON p.article = a.n
            WHERE a.id IN (SELECT value FROM json_each(?)) GROUP BY a.id"""
        with self._mapped():
            rows = self._db.execute(sql, (json.dumps(list(article_ids)),)).fetchall()
        return {article_id: Opening(passage, count) for article_id, passage, count in rows}

    def article_passages(self, article_id: str) -> list[Passage]:
        with self._mapped():
            return [
                Passage(*row) for row in self._db.execute(f"{_PASSAGE} WHERE a.id = ? ORDER BY p.id", (article_id,))
            ]

    def idf(self, words: Sequence[str]) -> list[float]:
        with self._mapped():
            return [self._words.attainable(self._db, [word]) / (K1 + 1) for word in words]

    def sentences(self, article_id: str) -> list[Sentence]:
        sql = """SELECT s.id, a.id, s.position, s.start, s."end", substr(v.text, s.start + 1, s."end" - s.start)
            FROM articles a JOIN versions v ON v.article = a.n AND v.version = a.version
            JOIN sentences s ON s.article = a.n AND s.version = a.version WHERE a.id = ? ORDER BY s.position"""
        with self._mapped():
            return [Sentence(*row) for row in self._db.execute(sql, (article_id,))]

    def vectors(self, ids: Sequence[int]) -> Vectors:
        with self._mapped():
            return self._fetch(np.asarray(ids, dtype=np.int64))

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        sql = f"{_ARTICLE} WHERE a.id IN (SELECT value FROM json_each(?))"
        with self._mapped():
            return {row[0]: _stored(row) for row in self._db.execute(sql, (json.dumps(list(ids)),))}

    def by_url(self, url: str) -> dict[str, StoredArticle]:
        with self._mapped():
            return {row[0]: _stored(row) for row in self._db.execute(f"{_ARTICLE} WHERE v.url = ?", (url,))}

    def article_ids(self) -> list[str]:
        with self._mapped():
            return [
                row[0] for row in self._db.execute("SELECT id FROM articles ORDER BY published DESC NULLS LAST, n DESC")
            ]

    def hashes(self, ids: Sequence[str]) -> dict[str, str]:
        sql = "SELECT id, hash FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        with self._mapped():
            return dict(self._db.execute(sql, (json.dumps(list(ids)),)).fetchall())

    def sources(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        with self._mapped():
            for source, article_id in self._db.execute("SELECT source, id FROM articles ORDER BY n"):
                found.setdefault(source, []).append(article_id)
        return found

    def story(self, story: int) -> list[StoredArticle]:
        sql = f"{_ARTICLE} WHERE a.story = ? ORDER BY a.published DESC NULLS LAST, a.n DESC"
        with self._mapped():
            return [_stored(row) for row in self._db.execute(sql, (story,))]

    def outlets(self) -> tuple[str, ...]:
        with self._mapped():
            return self._fresh()[1].outlet_names

    def newest(self) -> date | None:
        with self._mapped():
            return _day(self._db.execute("SELECT max(published) FROM articles").fetchone()[0])

    def stats(self) -> IndexStats:
        with self._mapped():
            db = self._db
            articles, oldest, newest, undated = db.execute(
                "SELECT count(*), min(published), max(published), count(*) - count(published) FROM articles"
            ).fetchone()
            sentences = db.execute(
                "SELECT count(*) FROM sentences s JOIN articles a ON a.n = s.article AND a.version = s.version"
            ).fetchone()[0]
            passages, stories = db.execute(
                "SELECT (SELECT count(*) FROM passages), (SELECT count(DISTINCT story) FROM articles)"
            ).fetchone()
            outlets = db.execute(
                """SELECT v.outlet, count(*) FROM articles a
                JOIN versions v ON v.article = a.n AND v.version = a.version
                WHERE v.outlet IS NOT NULL GROUP BY v.outlet ORDER BY count(*) DESC, v.outlet"""
            ).fetchall()
        return IndexStats(articles, stories, sentences, passages, dict(outlets), _day(oldest), _day(newest), undated)

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _db(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.place / DATABASE, check_same_thread=False, isolation_level=None)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("PRAGMA synchronous = FULL")  # a commit that was reported survives a power cut
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    def _create(self, manifest: Manifest) -> None:
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            msg = f"The folder {self.place} cannot be made: {exc.strerror}."
            raise StoreError(msg, "Name another with --index DIR.") from exc
        with self.exclusive(), self._mapped():
            db = self._db
            db.execute("PRAGMA journal_mode = WAL")
            with _transaction(db):
                for statement in DDL.split(";\n"):
                    if statement.strip():
                        db.execute(statement)
                db.executemany(
                    "INSERT INTO meta VALUES (?, ?)", [("manifest", manifest.to_json()), ("generation", "0")]
                )

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self.exclusive(), self._mapped():
            with _transaction(self._db) as db:
                done = work(db)
                db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            return done

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            msg = f"The database at {self.place} holds no {key}."
            raise StoreError(msg, "It is no index, or its making was cut short: remove the folder and ingest again.")
        return str(row[0])

    def _fresh(self) -> tuple[VectorIndex, Columns]:
        """The vector index and the columns for filters, as of the newest commit."""
        with self._refreshing:
            if self._vectors is None:
                self._vectors = VectorIndex.load(self.place / VECTORS, self.manifest.dimension)
            if int(self._meta("generation")) != self._columns.generation:
                with _transaction(self._db, "DEFERRED") as db:  # one snapshot for all that is read
                    generation = int(self._meta("generation"))
                    rows = db.execute("SELECT id, published, outlet, article FROM passages ORDER BY id").fetchall()
                    names = dict(db.execute("SELECT n, id FROM articles"))
                    self._columns = Columns.read(rows, names, generation)
                    self._vectors.sync(self._columns.ids, self._fetch)
            return self._vectors, self._columns

    def _fetch(self, ids: Ids) -> Vectors:
        wanted = [int(i) for i in ids]
        sql = "SELECT passage, vector FROM vectors WHERE passage IN (SELECT value FROM json_each(?))"
        found = dict(self._db.execute(sql, (json.dumps(wanted),)).fetchall())
        if not wanted:
            return np.empty((0, self.manifest.dimension), dtype=np.float32)
        return np.stack([np.frombuffer(found[i], dtype="<f4") for i in wanted])

    def _numbers(self, article_ids: Sequence[str]) -> list[int]:
        sql = "SELECT n FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        return [row[0] for row in self._db.execute(sql, (json.dumps(list(article_ids)),))]

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """The boundary where SQLite's and the disk's exceptions become ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            if isinstance(exc, Timeout):
                raise
            msg = f"The index at {self.place} could not be used: {exc}."
            raise StoreError(msg, "Check free disk space and permissions, then `dateline doctor`.") from exc


def _stored(row: tuple[Any, ...]) -> StoredArticle:
    article_id, title, text, outlet, day, url, authors, source, version, story, added_at = row
    article = Article(article_id, title, text, outlet, _day(day), url, tuple(json.loads(authors)), source)
    return StoredArticle(article, version, story, added_at)


def _day(ordinal: int | None) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None


@contextmanager
def _transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
    db.execute(f"BEGIN {kind}")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
