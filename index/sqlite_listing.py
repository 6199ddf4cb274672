"""Lists of articles without their texts, for people who look through a collection. Plain SQL, at most one page."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta

from index.records import Extent, Filter, ListedArticle

_FROM = "FROM articles a JOIN versions v ON v.article = a.n AND v.version = a.version"


def listed(db: sqlite3.Connection, where: Filter, offset: int, limit: int) -> list[ListedArticle]:
    """One page of the articles that `where` allows, newest publication first, undated last."""
    conditions, values = _conditions(where)
    sql = f"""SELECT a.id, v.title, v.outlet, a.published, v.url, a.version,
        (SELECT count(*) FROM articles b WHERE b.story = a.story) - 1, v.added_at
        {_FROM} WHERE {conditions} ORDER BY a.published DESC NULLS LAST, a.n DESC LIMIT ? OFFSET ?"""
    return [
        ListedArticle(article_id, title, outlet, date.fromordinal(day) if day else None, url, version, copies, added)
        for article_id, title, outlet, day, url, version, copies, added in db.execute(sql, (*values, limit, offset))
    ]


def counted(db: sqlite3.Connection, where: Filter) -> int:
    """How many articles `where` allows."""
    conditions, values = _conditions(where)
    return int(db.execute(f"SELECT count(*) {_FROM} WHERE {conditions}", values).fetchone()[0])


def extent(db: sqlite3.Connection, where: Filter) -> Extent:
    """How many articles `where` allows, of which days, and the newest of them."""
    conditions, values = _conditions(where)
    # Only outlets stand with the versions; without them days alone are read, from their index.
    source = _FROM if where.outlets else "FROM articles a"
    sql = f"SELECT count(*), count(a.published), min(a.published) {source} WHERE {conditions}"
    articles, dated, oldest = db.execute(sql, values).fetchone()
    newest = listed(db, where, 0, 1) if dated else []
    return Extent(articles, articles - dated, date.fromordinal(oldest) if oldest else None, *newest)


def weekly(db: sqlite3.Connection, where: Filter) -> dict[date, int]:
    """How many dated articles each week has, by its Monday, oldest first; weeks without any are left out."""
    conditions, values = _conditions(where)
    # Day 1 of the proleptic calendar was a Monday.
    sql = f"""SELECT (a.published - 1) / 7, count(*) {_FROM}
        WHERE a.published IS NOT NULL AND {conditions} GROUP BY 1 ORDER BY 1"""
    return {date.min + timedelta(weeks=week): count for week, count in db.execute(sql, values)}


def _conditions(where: Filter) -> tuple[str, list[str | int]]:
    parts, values = ["1"], list[str | int]()
    for operator, day in ((">=", where.since), ("<=", where.until)):
        if day:
            parts.append(f"(a.published {operator} ? OR a.published IS NULL)")
            values.append(day.toordinal())
    if not where.include_undated:
        parts.append("a.published IS NOT NULL")
    if where.outlets:
        parts.append("v.outlet COLLATE NOCASE IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(where.outlets))
    if where.article_ids is not None:
        parts.append("a.id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(where.article_ids))
    if where.without:
        parts.append("a.id NOT IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(where.without))
    return " AND ".join(parts), values
