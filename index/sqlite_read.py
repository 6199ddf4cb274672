"""The reading side of the embedded store: what is kept of articles, by id, address, source and story."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from index import sqlite_listing
from index.records import Article, Extent, Filter, IndexStats, ListedArticle, Passage, Sentence, StoredArticle
from index.sources import Visit
from index.sqlite_db import Database
from index.store import Opening

_ARTICLE = """SELECT a.id, v.title, v.text, v.outlet, v.published, v.url, v.authors, a.source, a.version, a.story,
    v.added_at
    FROM articles a JOIN versions v ON v.article = a.n AND v.version = a.version"""

_PASSAGE = """SELECT p.id, a.id, p.first, p.last, p.start, p."end", substr(v.text, p.start + 1, p."end" - p.start)
    FROM passages p JOIN articles a ON a.n = p.article
    JOIN versions v ON v.article = a.n AND v.version = a.version"""


class Reading(Database):
    """Everything that is read of articles, sentences and passages; see `index.store.Store`."""

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        sql = f"{_PASSAGE} WHERE p.id IN (SELECT value FROM json_each(?))"
        with self.mapped():
            return {row[0]: Passage(*row) for row in self.db.execute(sql, (json.dumps(list(ids)),))}

    def openings(self, article_ids: Sequence[str]) -> dict[str, Opening]:
        sql = """SELECT a.id, min(p.id), count(*), a.published, a.story
            FROM articles a JOIN passages p ON p.article = a.n
            WHERE a.id IN (SELECT value FROM json_each(?)) GROUP BY a.id"""
        with self.mapped():
            rows = self.db.execute(sql, (json.dumps(list(article_ids)),)).fetchall()
        return {row[0]: Opening(row[1], row[2], _day(row[3]), row[4]) for row in rows}

    def article_passages(self, article_id: str) -> list[Passage]:
        with self.mapped():
            return [Passage(*row) for row in self.db.execute(f"{_PASSAGE} WHERE a.id = ? ORDER BY p.id", (article_id,))]

    def sentences(self, article_id: str, version: int | None = None) -> list[Sentence]:
        sql = """SELECT s.id, a.id, s.position, s.start, s."end", substr(v.text, s.start + 1, s."end" - s.start)
            FROM articles a JOIN versions v ON v.article = a.n AND v.version = coalesce(?, a.version)
            JOIN sentences s ON s.article = a.n AND s.version = v.version WHERE a.id = ? ORDER BY s.position"""
        with self.mapped():
            return [Sentence(*row) for row in self.db.execute(sql, (version, article_id))]

    def versions(self, article_id: str) -> list[StoredArticle]:
        sql = """SELECT a.id, v.title, v.text, v.outlet, v.published, v.url, v.authors, a.source, v.version, a.story,
            v.added_at FROM articles a JOIN versions v ON v.article = a.n WHERE a.id = ? ORDER BY v.version"""
        with self.mapped():
            return [_stored(row) for row in self.db.execute(sql, (article_id,))]

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        sql = f"{_ARTICLE} WHERE a.id IN (SELECT value FROM json_each(?))"
        with self.mapped():
            return {row[0]: _stored(row) for row in self.db.execute(sql, (json.dumps(list(ids)),))}

    def by_url(self, url: str) -> dict[str, StoredArticle]:
        with self.mapped():
            return {row[0]: _stored(row) for row in self.db.execute(f"{_ARTICLE} WHERE v.url = ?", (url,))}

    def article_ids(self) -> list[str]:
        with self.mapped():
            return [
                row[0] for row in self.db.execute("SELECT id FROM articles ORDER BY published DESC NULLS LAST, n DESC")
            ]

    def added_ids(self) -> list[str]:
        with self.mapped():
            return [row[0] for row in self.db.execute("SELECT id FROM articles ORDER BY n")]

    def listed(self, where: Filter, *, offset: int = 0, limit: int = 50) -> list[ListedArticle]:
        with self.mapped():
            return sqlite_listing.listed(self.db, where, offset, limit)

    def counted(self, where: Filter) -> int:
        with self.mapped():
            return sqlite_listing.counted(self.db, where)

    def extent(self, where: Filter) -> Extent:
        with self.mapped():
            return sqlite_listing.extent(self.db, where)

    def weekly(self, where: Filter) -> dict[date, int]:
        with self.mapped():
            return sqlite_listing.weekly(self.db, where)

    def hashes(self, ids: Sequence[str]) -> dict[str, str]:
        sql = "SELECT id, hash FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        with self.mapped():
            return dict(self.db.execute(sql, (json.dumps(list(ids)),)).fetchall())

    def sources(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        with self.mapped():
            for source, article_id in self.db.execute("SELECT source, id FROM articles ORDER BY n"):
                found.setdefault(source, []).append(article_id)
        return found

    def story(self, story: int) -> list[StoredArticle]:
        sql = f"{_ARTICLE} WHERE a.story = ? ORDER BY a.published DESC NULLS LAST, a.n DESC"
        with self.mapped():
            return [_stored(row) for row in self.db.execute(sql, (story,))]

    def newest(self) -> date | None:
        with self.mapped():
            return _day(self.db.execute("SELECT max(published) FROM articles").fetchone()[0])

    def stats(self) -> IndexStats:
        with self.mapped():
            db = self.db
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

    def passage_ids(self, ids: Sequence[int]) -> set[int]:
        """Those of the ids that belong to a passage."""
        with self.mapped():
            rows = self.db.execute(
                "SELECT id FROM passages WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
            )
            return {row[0] for row in rows}

    def twins(self, article_ids: Sequence[str]) -> dict[str, str]:
        """For each article that is a near-duplicate, the first article of its story."""
        sql = """SELECT a.id, (SELECT b.id FROM articles b WHERE b.story = a.story AND b.n < a.n ORDER BY b.n LIMIT 1)
            FROM articles a WHERE a.id IN (SELECT value FROM json_each(?))"""
        with self.mapped():
            rows = self.db.execute(sql, (json.dumps(list(article_ids)),)).fetchall()
        return {article_id: twin for article_id, twin in rows if twin is not None}

    def visit(self, url: str) -> Visit | None:
        """What is remembered of an address that was fetched; see `index.sources.Memory`."""
        sql = "SELECT url, article, etag, modified, mark, at FROM visits WHERE url = ?"
        with self.mapped():
            row = self.db.execute(sql, (url,)).fetchone()
        return Visit(*row) if row else None

    def visits(self) -> list[Visit]:
        with self.mapped():
            rows = self.db.execute("SELECT url, article, etag, modified, mark, at FROM visits ORDER BY url")
            return [Visit(*row) for row in rows]


def _stored(row: tuple[Any, ...]) -> StoredArticle:
    article_id, title, text, outlet, day, url, authors, source, version, story, added_at = row
    article = Article(article_id, title, text, outlet, _day(day), url, tuple(json.loads(authors)), source)
    return StoredArticle(article, version, story, added_at)


def _day(ordinal: int | None) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None
