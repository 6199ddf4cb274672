"""Everything that can still be read of a damaged database, copied into a new one."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import IndexBusy, StoreError
from index.manifest import SCHEMA_VERSION, Manifest
from index.records import Article
from index.schema import DDL, statements
from index.schema_copy import with_tables
from index.sqlite_db import DAMAGED, DATABASE, Database, transaction

Row = tuple[Any, ...]

# Tables in which rows are looked for one by one, with the column that each is found by.
_TABLES = {
    "articles": "n",
    "versions": "rowid",
    "sentences": "id",
    "passages": "id",
    "vectors": "passage",
}
# Ids looked for beyond the last that is known, where the end of a table cannot be read.
_BEYOND = 100_000


@dataclass(frozen=True, slots=True)
class Salvage:
    """What was found.

    Attributes:
        whole: articles that are as they were.
        unfit: articles whose text is whole and whose passages, vectors or words must be made anew.
        lost: articles of which the text is lost; id and source are known, the text is empty.
    """

    whole: int
    unfit: tuple[Article, ...]
    lost: tuple[Article, ...]


def content_hash(row: Sequence[Any]) -> str:
    """The content hash of (title, text, outlet, day, url, authors); empty when they are no such values."""
    try:
        return _article("", row, "").content_hash
    except (TypeError, ValueError, OverflowError):
        return ""


def sound(blob: object, dimension: int) -> bool:
    """Whether these are the bytes of a unit vector."""
    if not isinstance(blob, bytes) or len(blob) != 4 * dimension:
        return False
    vector = np.frombuffer(blob, dtype="<f4")
    return bool(np.isfinite(vector).all() and abs(float(vector @ vector) - 1) < 1e-3)


def salvage(place: Path, manifest: Manifest) -> Salvage:
    """Puts a new database in the place of a damaged one, which is kept as ``.damaged``.

    Args:
        place: the index's folder.
        manifest: what it was made with, where that cannot be read any more.

    Raises:
        IndexBusy: another process is writing, or has it open.
        IndexMismatch: it was made with another encoder.
        StoreError: nothing can be read of it.
    """
    old, new = place / DATABASE, place / f"{DATABASE}.new"
    guard = Database(place)
    with guard.exclusive(), guard.mapped():
        new.unlink(missing_ok=True)
        rows, meta = _read(old)
        if not rows["articles"]:
            refound = place / f"{DATABASE}.refound"
            with suppress(sqlite3.Error):
                if with_tables(old, refound):
                    rows, meta = _read(refound)
            refound.unlink(missing_ok=True)
        if not rows["articles"]:
            msg = f"Nothing can be read of {old}."
            raise StoreError(msg, "Restore it from a copy, or ingest into a new folder.")
        if "manifest" in meta:
            with suppress(ValueError, TypeError):
                wanted, manifest = manifest, replace(Manifest.from_json(meta["manifest"]), schema=SCHEMA_VERSION)
                manifest.require(wanted, str(place))
        with closing(sqlite3.connect(new, isolation_level=None)) as target:
            found = _copied(target, rows, meta, manifest)
        try:
            _unused(place)
        except IndexBusy:
            new.unlink()
            raise
        kept = old.with_name(DAMAGED)
        kept.unlink(missing_ok=True)
        os.link(old, kept)
        new.replace(old)
    return found


def _unused(place: Path) -> None:
    """Makes sure that no other process has the database open.

    The log and its index go when the last connection closes. What another process still writes into them, even when
    all that it does is to close, would be taken for the log of the new file.

    Raises:
        IndexBusy: they are still there.
    """
    left = [name for name in (f"{DATABASE}-wal", f"{DATABASE}-shm") if (place / name).exists()]
    if left:
        msg = f"Another process has the index at {place} open: its {' and '.join(left)} are in use."
        advice = "End it (serve, api, watch), then repair again. If none runs, a kill left these files: move them away."
        raise IndexBusy(msg, advice)


def _read(path: Path) -> tuple[dict[str, dict[int, Row]], dict[str, str]]:
    """Rows by table and number, and the table `meta`: what can be read of them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as source:
        with suppress(sqlite3.Error):
            source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = {table: dict(_rows(source, table, key)) for table, key in _TABLES.items()}
        rows["articles"].update(_by_indexes(source, rows))
        meta: dict[str, str] = {}
        with suppress(sqlite3.Error):
            meta = dict(source.execute("SELECT key, value FROM meta"))
    return rows, meta


def _rows(db: sqlite3.Connection, table: str, key: str) -> Iterator[tuple[int, Row]]:
    """Every row that can be read: the table in one go, and from where that breaks off, row by row."""
    last = 0
    with suppress(sqlite3.Error, OverflowError):
        for row in db.execute(f"SELECT {key}, * FROM {table} ORDER BY {key}"):
            last = int(row[0])
            yield last, row[1:]
        return
    end = last + _BEYOND
    with suppress(sqlite3.Error):
        end = int(db.execute(f"SELECT max({key}) FROM {table}").fetchone()[0] or 0)
    for number in range(last + 1, end + 1):
        with suppress(sqlite3.Error, OverflowError):
            row = db.execute(f"SELECT * FROM {table} WHERE {key} = ?", (number,)).fetchone()
            if row:
                yield number, row


def _by_indexes(db: sqlite3.Connection, rows: dict[str, dict[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Rows of `articles` that could not be read, put together from indexes, which are trees of their own, and from the
    newest versions.

    The content hash is that of the text as it is now: there is nothing left to hold it against.
    """
    ids = _pairs(db, "SELECT n, id FROM articles INDEXED BY sqlite_autoindex_articles_1 ORDER BY id")
    sources = _pairs(db, "SELECT n, source FROM articles INDEXED BY articles_source ORDER BY source")
    sql = "SELECT article, version FROM versions INDEXED BY sqlite_autoindex_versions_1 ORDER BY article, version"
    newest = _pairs(db, sql)
    texts = {(version[0], version[1]): version for version in rows["versions"].values()}
    for n in sorted(ids.keys() - rows["articles"].keys()):
        text = texts.get((n, newest.get(n)))
        digest, day = (content_hash(text[2:8]), text[5]) if text else ("", None)
        yield n, (n, ids[n], newest.get(n), digest, sources.get(n, ""), n, day, b"")


def _pairs(db: sqlite3.Connection, sql: str) -> dict[int, Any]:
    """Of a query for number and value: the last value of each number, as far as it can be read."""
    found: dict[int, Any] = {}
    with suppress(sqlite3.Error):
        found.update(db.execute(sql))
    return found


def _copied(
    db: sqlite3.Connection, rows: dict[str, dict[int, Row]], meta: dict[str, str], manifest: Manifest
) -> Salvage:
    sentences: dict[tuple[int, int], list[Row]] = {}
    for row in rows["sentences"].values():
        sentences.setdefault((row[1], row[2]), []).append(row)
    passages: dict[int, list[Row]] = {}
    for row in rows["passages"].values():
        passages.setdefault(row[1], []).append(row)
    versions: dict[int, list[Row]] = {}
    for row in rows["versions"].values():
        versions.setdefault(row[0], []).append(row)
    unfit: list[Article] = []
    lost: list[Article] = []
    kept: list[int] = []
    earlier: list[int] = []  # of the unfit: what they were before is kept as it is
    for n, row in rows["articles"].items():
        _, article_id, version, digest, source, *_ = row
        current = next((v for v in versions.get(n, []) if v[1] == version), None)
        if current is None or content_hash(current[2:8]) != digest:
            lost.append(Article(str(article_id), "", "", source=str(source)))
        elif _fits(current[3], sentences.get((n, version), []), passages.get(n, []), rows["vectors"], manifest):
            kept.append(n)
        else:
            unfit.append(_article(str(article_id), current[2:8], str(source)))
            earlier.append(n)
    # Texts whose article cannot be told any more.
    for n in versions.keys() - rows["articles"].keys():
        _, _, title, _, _, _, url, *_ = versions[n][-1]
        lost.append(Article("", str(title), "", url=str(url or "") or None))
    db.execute("PRAGMA journal_mode = WAL")
    with transaction(db):
        for statement in statements(DDL):
            db.execute(statement)
        generation = int(meta.get("generation", 0)) + 1
        about = {"manifest": manifest.to_json(), "generation": generation, "removals": generation}
        db.executemany("INSERT INTO meta VALUES (?, ?)", [(k, str(v)) for k, v in about.items()])
        # Another identity: ids that were given out in the damaged file may be given out again.
        db.execute("INSERT INTO meta VALUES ('identity', lower(hex(randomblob(16))))")
        for n in kept:
            _copy(db, n, rows, versions[n], sentences, passages[n])
        for n in earlier:
            number, article_id, version, _, *rest = rows["articles"][n]
            before = [v for v in versions[n] if v[1] < version]
            if before:
                rows["articles"][n] = (number, article_id, max(v[1] for v in before), "", *rest)
                _copy(db, n, rows, before, sentences, [])
    # Only a database that is closed without a log may be moved.
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Salvage(len(kept), tuple(unfit), tuple(lost))


def _copy(
    db: sqlite3.Connection,
    n: int,
    rows: dict[str, dict[int, Row]],
    versions: list[Row],
    sentences: dict[tuple[int, int], list[Row]],
    passages: list[Row],
) -> None:
    from index.sqlite_write import regroup  # noqa: PLC0415

    article = rows["articles"][n]
    db.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)", article)
    for version in versions:
        db.execute("INSERT OR IGNORE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", version)
        db.executemany("INSERT OR IGNORE INTO sentences VALUES (?, ?, ?, ?, ?, ?)", sentences.get((n, version[1]), []))
    title, text = next((v[2], v[3]) for v in versions if v[1] == article[2])
    for passage in passages:
        db.execute("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", passage)
        db.execute("INSERT INTO vectors VALUES (?, ?)", rows["vectors"][passage[0]])
        words = text[passage[4] : passage[5]]
        db.execute("INSERT INTO passages_fts (rowid, title, text) VALUES (?, ?, ?)", (passage[0], title, words))
    regroup(db, n, f"{title}\n{text}")


def _fits(text: str, sentences: list[Row], passages: list[Row], vectors: dict[int, Row], manifest: Manifest) -> bool:
    """Whether sentences and passages are complete, lie where they should, and have their vectors."""
    try:
        ordered = sorted(sentences, key=lambda s: s[3])
        parts = sorted(passages, key=lambda p: p[2])
        whole = [s[3] for s in ordered] == list(range(len(ordered))) and bool(parts)
        inside = all(0 <= s[4] < s[5] <= len(text) for s in ordered)
        firsts = [p[2] for p in parts]
        follow = firsts == [0, *(p[3] + 1 for p in parts[:-1])] and parts[-1][3] == len(ordered) - 1
        placed = all((p[4], p[5]) == (ordered[p[2]][4], ordered[p[3]][5]) for p in parts) if whole and follow else False
        encoded = all(p[0] in vectors and sound(vectors[p[0]][1], manifest.dimension) for p in parts)
    except (TypeError, IndexError, KeyError):
        return False
    return whole and inside and follow and placed and encoded


def _article(article_id: str, row: Sequence[Any], source: str) -> Article:
    title, text, outlet, day, url, authors = row
    published = date.fromordinal(day) if day else None
    return Article(article_id, title, text, outlet, published, url, tuple(json.loads(authors)), source)
