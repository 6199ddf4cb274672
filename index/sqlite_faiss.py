"""The embedded store: SQLite holds articles, versions, sentences, words (FTS5) and vectors; FAISS searches vectors.

SQLite is the truth and commits one batch of articles at a time; the FAISS file is derived (see `index.vectors`).
Readers in other processes notice a commit by the generation counter and bring their FAISS index up to date.
"""

from __future__ import annotations

import json
import math
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import numpy as np

from index import sqlite_write
from index.embed import Vectors
from index.errors import IndexBusy, IndexMissing, InputError, StoreError
from index.manifest import Manifest
from index.postings import K1
from index.records import Filter, Hit
from index.schema import DDL, migrate, statements
from index.schema_copy import TABLES, keep_tables
from index.sources import Visit
from index.sqlite_columns import Columns
from index.sqlite_db import DAMAGED, DATABASE, LOCK, transaction
from index.sqlite_read import Reading
from index.sqlite_words import fts_query
from index.store import Entry, Kept, Outcome, Terms
from index.vector_file import Seal, read_seal
from index.vectors import Ids, VectorIndex
from index.word_index import WordState
from index.word_search import WordSearch

__all__ = ["DATABASE", "LOCK", "POSTINGS", "VECTORS", "SqliteFaissStore"]

VECTORS, POSTINGS = "passages.faiss", "passages.words"

# Passages that the FAISS file may lack, or hold too many: what the next opening makes good in a tenth of a second.
WORTH_SAVING = 2_000
# Passages from which words are searched in postings: FTS5 takes 10 ms for so many.
WORDS_FROM = 20_000
# Where the search for vectors is not exact, so many times k candidates are compared at full precision.
SPARE = 1.5


class SqliteFaissStore(Reading):
    """See `index.store.Store`."""

    def __init__(self, place: Path, manifest: Manifest | None = None, *, create: bool = False, uri: str = "") -> None:
        """Opens the index in folder `place`; one of an earlier schema is brought up to date.

        Args:
            manifest: what the index must be; None accepts any (for commands that do not search).
            create: make a new index (needs a manifest) where there is none.
            uri: must be empty: the index is in the folder.

        Raises:
            InputError: there is a `uri`.
            IndexMissing: there is none and `create` is false.
            IndexMismatch: it was made with another encoder or chunking, or by a newer version.
            IndexBusy: it must be brought up to date, and another process is writing.
            StoreError: the database cannot be opened.
        """
        if uri:
            msg = f"The embedded store keeps its index in a folder, not at {uri!r}."
            raise InputError(msg, 'Leave `uri` out, or set `store = "milvus"`.')
        super().__init__(place)
        self._refreshing = threading.Lock()
        self._words = WordSearch(place / POSTINGS)
        with self.mapped():
            made = (place / DATABASE).exists() and not self.empty()
        if not made:
            if not (create and manifest):
                msg = f"There is no index at {place}."
                raise IndexMissing(msg, "Make one with `dateline ingest PATH`, or name another with --index DIR.")
            self._create(manifest)
        with self.mapped():
            self.manifest = Manifest.from_json(self.meta("manifest"))
        self.manifest.understood(str(place))
        if self.manifest.outdated:
            self.manifest = self.write(lambda db: migrate(db, Manifest.from_json(self.meta("manifest"))))
        if manifest:
            self.manifest.require(manifest, str(place))
        self._vectors: VectorIndex | None = None
        self._columns = Columns.read([], {}, generation=-1)

    @property
    def shown(self) -> str:
        return str(self.place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # --- writing -----------------------------------------------------------------------------------------------------

    def put(self, entries: Sequence[Entry]) -> list[Outcome]:
        return self.write(lambda db: [sqlite_write.put(db, entry) for entry in entries])

    def restore(self, kept: Sequence[Kept]) -> None:
        def work(db: sqlite3.Connection) -> None:
            for article in kept:
                sqlite_write.restore(db, article)

        self.write(work)

    def remove(self, article_ids: Sequence[str]) -> int:
        count = self.write(lambda db: sum(sqlite_write.remove(db, article_id) for article_id in article_ids))
        if count:
            with self.mapped():
                (self.place / DAMAGED).unlink(missing_ok=True)  # what was removed stands in it, too
        return count

    def relocate(self, places: Mapping[str, str]) -> None:
        sql = "SELECT id, source FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        with self.mapped():
            held = dict(self.db.execute(sql, (json.dumps(list(places)),)).fetchall())
        moved = [(place, i) for i, place in places.items() if i in held and held[i] != place]
        if moved:
            self.write(lambda db: db.executemany("UPDATE articles SET source = ? WHERE id = ?", moved))

    def remember(self, visits: Sequence[Visit]) -> None:
        if visits:
            self.write(lambda db: sqlite_write.remember(db, visits))

    def snapshot(self, *, if_worth_it: bool = False) -> None:
        if if_worth_it and self._nearly_saved():
            return
        with suppress(IndexBusy), self.exclusive(), self.mapped():
            with self._writing(self.place / TABLES):
                keep_tables(self.place, self.db)
            identity = self.meta("identity")
            self._forget(read_seal(self.place / VECTORS))
            vectors, columns = self._fresh()
            vectors.grow(self._fetch)
            with self._writing(self.place / VECTORS) as path:
                vectors.save(path, identity, columns.generation)
            with self.reading():
                postings = self._postings(whole=True)
            with self._writing(self.place / POSTINGS) as path:
                if postings:
                    self._words.save(identity)
                else:
                    path.unlink(missing_ok=True)
            # What was removed leaves the log, too. A reader that is in the middle of something keeps it a while longer.
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # --- searching ---------------------------------------------------------------------------------------------------

    def search_dense(self, vector: Vectors, k: int, where: Filter) -> list[Hit]:
        with self.reading(), self.mapped():
            vectors, columns = self._fresh()
            query = np.asarray(vector, dtype=np.float32)
            allowed = self._allowed(columns, where)
            ids, scores = vectors.search(query, k if vectors.exact else math.ceil(k * SPARE), allowed)
            # The vector index may be ahead of what this thread is reading.
            here = self.passage_ids(ids)
            if not vectors.exact:
                held = np.asarray([i for i in ids if i in here], dtype=np.int64)
                products = self._fetch(held) @ query
                best = np.lexsort((held, -products))[:k]
                ids, scores = held[best].tolist(), products[best].tolist()
        return [hit for hit in columns.hits(ids, scores) if hit.passage_id in here]

    def search_lexical(self, terms: Terms, k: int, where: Filter) -> list[Hit]:
        if k <= 0 or not fts_query(terms):
            return []
        with self.reading(), self.mapped():
            found = self._postings()
            if found is None:
                return self._words.search(self.db, terms, k, where, None)
            return self._words.search(self.db, terms, k, where, (*found, lambda: self._allowed(found[1], where)))

    # --- reading -----------------------------------------------------------------------------------------------------

    def idf(self, words: Sequence[str]) -> list[float]:
        with self.reading(), self.mapped():
            found = self._postings()
            state = found[0] if found else None
            return [self._words.attainable(self.db, [word], state) / (K1 + 1) for word in words]

    def vectors(self, ids: Sequence[int]) -> Vectors:
        with self.mapped():
            return self._fetch(np.asarray(ids, dtype=np.int64))

    def outlets(self) -> tuple[str, ...]:
        with self.mapped():
            return self._fresh()[1].outlet_names

    # --- inside ------------------------------------------------------------------------------------------------------

    def _create(self, manifest: Manifest) -> None:
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            msg = f"The folder {self.place} cannot be made: {exc.strerror}."
            raise StoreError(msg, "Name another with --index DIR.") from exc
        with self.exclusive(), self.mapped():
            self.db.execute("PRAGMA journal_mode = WAL")
            with transaction(self.db) as db:
                if not self.empty():
                    return  # another process was quicker
                for statement in statements(DDL):
                    db.execute(statement)
                meta = {"manifest": manifest.to_json(), "generation": "0", "removals": "0"}
                meta["identity"] = secrets.token_hex(16)
                db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            with self._writing(self.place / TABLES):
                keep_tables(self.place, self.db)

    def _fresh(self) -> tuple[VectorIndex, Columns]:
        """The vector index and the columns for filters, as of the newest commit that this thread can see, or newer."""
        with self._refreshing:
            if self._vectors is None:
                place = self.place / VECTORS
                self._vectors = VectorIndex.load(place, self.meta("identity"), self.manifest.dimension)
            with self.reading():  # one state for all that is read
                generation = int(self.meta("generation"))
                if generation > self._columns.generation:
                    self._still_ours()
                    self._columns = self._newer(generation)
                    self._vectors.sync(self._columns.ids, self._fetch)
            return self._vectors, self._columns

    def _postings(self, *, whole: bool = False) -> tuple[WordState, Columns] | None:
        """The postings of what this thread's transaction sees, where there are any."""
        if self.db.execute("SELECT coalesce(max(id), 0) FROM passages").fetchone()[0] < WORDS_FROM:
            return None
        columns = self._fresh()[1]
        if columns.ids.size < WORDS_FROM or columns.generation != int(self.meta("generation")):
            return None  # too few, or another thread has seen a newer state
        state = self._words.state(self.db, self.meta("identity"), columns, whole=whole)
        return (state, columns) if state else None

    def _allowed(self, columns: Columns, where: Filter) -> Ids | None:
        owners = None if where.article_ids is None else self._numbers(where.article_ids)
        return columns.allowed(where, owners, self._numbers(where.without))

    def _newer(self, generation: int) -> Columns:
        """The columns as of now: what was added since the last look, or all where passages have gone."""
        known = self._columns
        if int(self.meta("removals")) > known.generation:
            known = Columns.read([], {}, generation=-1)
        rows = self.db.execute(
            "SELECT id, published, outlet, article FROM passages WHERE id > ? ORDER BY id", (known.last_id,)
        )
        names = self.db.execute("SELECT n, id FROM articles WHERE n > ?", (max(known.names, default=0),))
        return known.extended(rows.fetchall(), dict(names), generation)

    def _still_ours(self) -> None:
        """Another process may have encoded the index anew: its vectors then mean nothing to this one.

        Raises:
            IndexMismatch: it has.
        """
        Manifest.from_json(self.meta("manifest")).require(self.manifest, str(self.place))

    def _forget(self, seal: Seal | None) -> None:
        """Words of what was removed since the file was written leave FTS5, too: it only strikes them out at first."""
        if seal is None or seal.generation < int(self.meta("removals")):
            with transaction(self.db) as db:
                sqlite_write.drop_words(db)

    @contextmanager
    def _writing(self, path: Path) -> Iterator[Path]:
        try:
            yield path
        except OSError as exc:
            msg = f"{path} could not be written: {exc}."
            raise StoreError(msg, "Nothing is lost: it is made anew at the next opening. Make room first.") from exc

    def _nearly_saved(self) -> bool:
        """Whether the derived files lack so little that catching up costs less than writing them."""
        with self.mapped():
            count = self.db.execute("SELECT count(*) FROM passages").fetchone()[0]
            files = [VECTORS, POSTINGS] if count >= WORDS_FROM else [VECTORS]
            return all(self._lacking(self.place / name, count) < WORTH_SAVING for name in files)

    def _lacking(self, path: Path, count: int) -> float:
        """How many of `count` passages a derived file lacks, or holds too many."""
        seal = read_seal(path)
        if seal is None or seal.identity != self.meta("identity") or seal.generation < self._last_removal():
            return math.inf
        new = self.db.execute("SELECT count(*) FROM passages WHERE id > ?", (seal.newest,)).fetchone()[0]
        return float(new + seal.count + new - count)

    def _last_removal(self) -> int:
        """The generation in which an article was removed last; until the files are written, they still hold it."""
        row = self.db.execute("SELECT value FROM meta WHERE key = 'removed'").fetchone()
        return int(row[0]) if row else 0

    def _fetch(self, ids: Ids) -> Vectors:
        wanted = [int(i) for i in ids]
        sql = "SELECT passage, vector FROM vectors WHERE passage IN (SELECT value FROM json_each(?))"
        found = dict(self.db.execute(sql, (json.dumps(wanted),)).fetchall())
        if not wanted:
            return np.empty((0, self.manifest.dimension), dtype=np.float32)
        return np.stack([np.frombuffer(found[i], dtype="<f4") for i in wanted])

    def _numbers(self, article_ids: Sequence[str]) -> list[int]:
        sql = "SELECT n FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        return [row[0] for row in self.db.execute(sql, (json.dumps(list(article_ids)),))]
