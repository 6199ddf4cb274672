"""From a lexical query and a filter to FTS5 and SQL. Nothing that a user wrote is ever part of the SQL text."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from index.postings import K1, Postings, idf, key
from index.records import Filter, Hit
from index.schema import TOKENIZER
from index.store import Terms

# A hit in the headline says more about what a passage is about than one in its text; see docs/retrieval.md.
TITLE_WEIGHT = 4


class Words:
    """Turns texts into the terms that FTS5 stores, with FTS5's own tokenizer, and weighs them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute(f"CREATE VIRTUAL TABLE words USING fts5 (title, text, content = '', tokenize = '{TOKENIZER}')")
        self._db.execute("CREATE VIRTUAL TABLE vocab USING fts5vocab (words, 'instance')")

    def terms(self, texts: Iterable[str]) -> list[str]:
        """The distinct terms of the texts."""
        return list(dict.fromkeys(term for found in self.tokens(texts) for term in found))

    def tokens(self, texts: Iterable[str]) -> list[list[str]]:
        """The terms of each text, in their order."""
        rows = [(i, "", text.replace("\0", " ")) for i, text in enumerate(texts)]
        found: list[list[str]] = [[] for _ in rows]
        for number, term in self._read(rows, "SELECT doc, term FROM vocab ORDER BY doc, offset"):
            found[number].append(term)
        return found

    def counted(self, passages: Iterable[tuple[int, str, str]]) -> Postings:
        """Postings of passages, given as (id, headline, text) in ascending order of id."""
        rows = list(passages)
        found: dict[int, dict[int, int]] = {row[0]: {} for row in rows}
        lengths = dict.fromkeys(found, 0)
        last, number = "", key("")
        sql = f"""SELECT doc, term, count(*), sum(CASE col WHEN 'title' THEN {TITLE_WEIGHT} ELSE 1 END) FROM vocab
            GROUP BY term, doc"""
        for passage, term, times, weight in self._read(rows, sql):
            if term != last:
                last, number = term, key(term)
            found[passage][number] = weight
            lengths[passage] += times
        return Postings.of([(i, found[i], lengths[i]) for i in found])

    def _read(self, rows: Iterable[tuple[int, str, str]], sql: str) -> list[tuple[Any, ...]]:
        with self._lock:
            self._db.executemany("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", rows)
            found = self._db.execute(sql).fetchall()
            self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        return found


def attainable(counts: Iterable[int], total: int) -> float:
    """The BM25 score that a passage approaches as it repeats terms: Σ idf · (k₁ + 1).

    Args:
        counts: for each term, in how many passages it occurs; one that occurs in none counts as one in a single
            passage, so that it lowers every share alike.
        total: how many passages there are.
    """
    return max(sum(idf(max(n, 1), total) for n in counts) * (K1 + 1), 1e-6)


def ranked(db: sqlite3.Connection, terms: Terms, k: int, where: Filter) -> list[Hit]:
    """The k passages of greatest BM25, as FTS5 ranks them; scores are BM25."""
    conditions, values = sql_conditions(where)
    sql = f"""SELECT p.id, a.id, -bm25(passages_fts, {TITLE_WEIGHT}.0, 1.0) AS score
        FROM passages_fts JOIN passages p ON p.id = passages_fts.rowid JOIN articles a ON a.n = p.article
        WHERE passages_fts MATCH ? {conditions} ORDER BY score DESC, p.id LIMIT ?"""
    return [Hit(*row) for row in db.execute(sql, (fts_query(terms), *values, k))]


def scored(db: sqlite3.Connection, word: str) -> list[tuple[int, float]]:
    """Every passage with one word or phrase, and its BM25."""
    sql = f"SELECT rowid, -bm25(passages_fts, {TITLE_WEIGHT}.0, 1.0) FROM passages_fts WHERE passages_fts MATCH ?"
    return db.execute(sql, (_quoted(word),)).fetchall()


def counts(db: sqlite3.Connection, terms: Sequence[str]) -> tuple[list[int], int]:
    """In how many passages each of the terms occurs, and how many passages there are."""
    sql = "SELECT term, doc FROM passages_vocab WHERE term IN (SELECT value FROM json_each(?))"
    found = dict(db.execute(sql, (json.dumps(terms),)).fetchall())
    return [found.get(term, 0) for term in terms], db.execute("SELECT count(*) FROM passages").fetchone()[0]


def looked_for(words: Iterable[str]) -> list[str]:
    """Those of the words that hold a letter or digit."""
    return [word for word in words if any(c.isalnum() for c in word)]


def fts_query(terms: Terms) -> str:
    """An FTS5 query in which every word of the user is a quoted string, so none can be an operator.

    Empty when there is nothing to look for.
    """
    words = [_quoted(word) for word in looked_for(terms.words)]
    phrases = [_quoted(phrase) for phrase in looked_for(terms.phrases)]
    if not phrases:
        return " OR ".join(words)
    # The phrases stand in the OR as well, so that a passage that has them and none of the words still matches.
    return " AND ".join([*phrases, f"({' OR '.join([*words, *phrases])})"])


def _quoted(text: str) -> str:
    return '"' + text.replace("\0", " ").replace('"', '""') + '"'


def sql_conditions(where: Filter) -> tuple[str, list[str | int]]:
    """SQL conditions on passages `p` and articles `a`, each begun by AND, with the values of their parameters."""
    parts: list[str] = []
    values: list[str | int] = []
    for operator, day in ((">=", where.since), ("<=", where.until)):
        if day:
            parts.append(f"AND (p.published {operator} ? OR p.published IS NULL)")
            values.append(day.toordinal())
    if not where.include_undated:
        parts.append("AND p.published IS NOT NULL")
    if where.outlets:
        parts.append(f"AND p.outlet IN ({','.join('?' * len(where.outlets))})")
        values.extend(where.outlets)
    if where.article_ids is not None:
        parts.append("AND a.id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(where.article_ids))
    if where.without:
        parts.append("AND a.id NOT IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(where.without))
    return " ".join(parts), values
