"""What is wrong with an index, and its repair.

SQLite is the truth, so there are two cases. What is derived (the FAISS file, words, near-duplicate groups, vectors) is
made anew from it. Where the database itself is damaged, everything that can still be read is copied, row by row, into a
new one; ids stay. An article whose text cannot be read is named, with where it came from, so that it can be ingested
again: what was on a damaged page cannot be made up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from index.chunk import Chunker, embedded_text
from index.embed import Embedder
from index.errors import IndexMissing, StoreError
from index.manifest import Manifest
from index.records import Article
from index.salvage import Salvage, content_hash, salvage, sound
from index.sqlite_db import DAMAGED, DATABASE, Database
from index.sqlite_faiss import POSTINGS, VECTORS, SqliteFaissStore
from index.store import Entry
from index.vector_file import checked

# The derived files and what they hold: they need not be there, and are made anew from the database.
FILES = {VECTORS: "vectors", POSTINGS: "postings"}
# Articles that are named in a message.
_NAMED = 5
_BATCH = 64
# The check of the word index counts as a write: it is left out while another process writes, or nothing can.
_NOT_NOW = ("SQLITE_BUSY", "SQLITE_READONLY", "SQLITE_READONLY_DIRECTORY", "SQLITE_LOCKED")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be.

    Attributes:
        part: ``database``, ``articles``, ``passages``, ``words``, or what a derived file holds.
        message: what was found.
        articles: ids of the articles concerned, if they can be told.
        derived: whether it can be made good from what is there.
    """

    part: str
    message: str
    articles: tuple[str, ...] = ()
    derived: bool = True


def examine(place: Path) -> list[Problem]:
    """Looks at everything: pages, texts against their hashes, passages, words and vectors against each other, FAISS.

    Reads the whole database: some seconds for 50,000 articles.

    Raises:
        IndexMissing: there is none.
    """
    if not (place / DATABASE).exists():
        msg = f"There is no index at {place}."
        raise IndexMissing(msg, "Make one with `dateline ingest PATH`, or name another with --index DIR.")
    with closing(Database(place)) as opened:
        try:
            db = opened.db
            problems = list(_structure(db)) or [*_texts(db), *_passages(db), *_words(db)]
        except sqlite3.Error as exc:
            problems = [Problem("database", f"it cannot be read: {exc}", derived=False)]
        with suppress(sqlite3.Error):
            row = opened.db.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
            for name, part in FILES.items():
                wrong = checked(place / name, row[0] if row else "") if (place / name).exists() else None
                if wrong:
                    problems.append(Problem(part, f"{name} {wrong}"))
    return problems


def repair(place: Path, embedder: Embedder, tell: Callable[[str], None] = lambda _: None) -> tuple[Article, ...]:
    """Makes an index good again. Returns the articles that are lost; their text is empty.

    Args:
        place: its folder.
        embedder: the one that it was made with: encodes passages whose vectors are lost.
        tell: told what is done.

    Raises:
        IndexBusy: another process is writing, or has it open while its database is damaged.
        IndexMismatch: the index was made with another encoder.
        StoreError: nothing can be read of it.
    """
    chunker = Chunker(embedder.count_tokens, embedder.max_tokens)
    wanted = Manifest(embedder.name, embedder.dimension, chunker.fingerprint)
    problems = examine(place)
    lost: tuple[Article, ...] = ()
    if any(problem.part not in FILES.values() for problem in problems):
        found = salvage(place, wanted)
        tell(f"{found.whole} articles are whole, {len(found.unfit)} are encoded anew, {len(found.lost)} are lost.")
        tell(f"{place / DAMAGED} holds all as it was, until an article is removed; delete it when you need it no more.")
        lost = found.lost
        _encoded_anew(found, place, embedder, chunker)
    with SqliteFaissStore(place, wanted) as store, store.exclusive():
        store.snapshot()
    tell("The derived files are made anew.")
    left = examine(place)
    if left:
        msg = f"The index at {place} is still not sound: {left[0].message}."
        raise StoreError(msg, f"Ingest into a new folder; what was there before is {DAMAGED}.")
    return lost


def _encoded_anew(found: Salvage, place: Path, embedder: Embedder, chunker: Chunker) -> None:
    """Puts back the articles whose text is whole and whose passages, words or vectors are not."""
    with SqliteFaissStore(place) as store:
        for start in range(0, len(found.unfit), _BATCH):
            cuts = [chunker.cut(article) for article in found.unfit[start : start + _BATCH]]
            texts = [embedded_text(cut.article.title, cut.passage_text(p)) for cut in cuts for p in cut.passages]
            vectors, at, entries = embedder.encode(texts), 0, []
            for cut in cuts:
                entries.append(Entry(cut, vectors[at : at + len(cut.passages)]))
                at += len(cut.passages)
            store.put(entries)


# --- looking ---------------------------------------------------------------------------------------------------------


def _structure(db: sqlite3.Connection) -> Iterator[Problem]:
    found = [row[0] for row in db.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        yield Problem("database", f"its pages are damaged: {'; '.join(found)[:300]}", derived=False)


def _texts(db: sqlite3.Connection) -> Iterator[Problem]:
    """Texts that are not what was stored: SQLite does not notice a byte that changed within a cell."""
    sql = """SELECT a.id, a.hash, v.title, v.text, v.outlet, v.published, v.url, v.authors FROM articles a
        LEFT JOIN versions v ON v.article = a.n AND v.version = a.version"""
    wrong = [row[0] for row in db.execute(sql) if row[3] is None or content_hash(row[2:]) != row[1]]
    if wrong:
        names = ", ".join(wrong[:_NAMED])
        yield Problem(
            "articles", f"the text of {len(wrong)} is not what was stored: {names}", tuple(wrong), derived=False
        )


def _passages(db: sqlite3.Connection) -> Iterator[Problem]:
    dimension = Manifest.from_json(db.execute("SELECT value FROM meta WHERE key = 'manifest'").fetchone()[0]).dimension
    owners: dict[str, None] = {}
    sql = """SELECT a.id, v.vector FROM passages p JOIN articles a ON a.n = p.article
        LEFT JOIN vectors v ON v.passage = p.id"""
    for article_id, blob in db.execute(sql):
        if not sound(blob, dimension):
            owners[article_id] = None
    missing = """SELECT id FROM articles WHERE n NOT IN (SELECT article FROM passages)
        OR n NOT IN (SELECT article FROM bands)
        OR (SELECT count(*) FROM sentences s WHERE s.article = n AND s.version = articles.version)
        <> (SELECT max(last) + 1 FROM passages p WHERE p.article = n)"""
    owners |= dict.fromkeys(row[0] for row in db.execute(missing))
    stray = db.execute("SELECT count(*) FROM vectors WHERE passage NOT IN (SELECT id FROM passages)").fetchone()[0]
    if owners or stray:
        message = f"sentences, passages or vectors of {len(owners)} articles are missing or wrong, {stray} are stray"
        yield Problem("passages", message, tuple(owners))


def _words(db: sqlite3.Connection) -> Iterator[Problem]:
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO passages_fts (passages_fts) VALUES ('integrity-check')")
        uneven = db.execute(
            """SELECT (SELECT count(*) FROM passages WHERE id NOT IN (SELECT rowid FROM passages_fts))
            + (SELECT count(*) FROM passages_fts WHERE rowid NOT IN (SELECT id FROM passages))"""
        ).fetchone()[0]
    except sqlite3.DatabaseError as exc:
        if exc.sqlite_errorname not in _NOT_NOW:
            yield Problem("words", f"the word index is damaged: {exc}")
    else:
        if uneven:
            yield Problem("words", f"the word index and the passages differ in {uneven} places")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
