"""From a lexical query and a filter to FTS5 and SQL. Nothing that a user wrote is ever part of the SQL text."""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Iterable

from index.records import Filter
from index.schema import TOKENIZER
from index.store import Terms

K1 = 1.2  # fixed in FTS5's bm25()


class Words:
    """Turns words into the terms that FTS5 stores, with FTS5's own tokenizer, and weighs them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute(f"CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = '{TOKENIZER}')")
        self._db.execute("CREATE VIRTUAL TABLE vocab USING fts5vocab (words, 'row')")

    def terms(self, texts: Iterable[str]) -> list[str]:
        """The distinct terms of the texts."""
        with self._lock:
            self._db.execute("INSERT INTO words VALUES (?)", (" ".join(texts).replace("\0", " "),))
            found = [row[0] for row in self._db.execute("SELECT term FROM vocab")]
            self._db.execute("DELETE FROM words")
        return found

    def attainable(self, db: sqlite3.Connection, texts: Iterable[str]) -> float:
        """The BM25 score that a passage with all the terms approaches as it repeats them: Σ idf · (k₁ + 1)."""
        terms = self.terms(texts)
        total = db.execute("SELECT count(*) FROM passages").fetchone()[0]
        sql = "SELECT doc FROM passages_vocab WHERE term IN (SELECT value FROM json_each(?))"
        counts = [row[0] for row in db.execute(sql, (json.dumps(terms),))]
        # A term of the question that no passage has counts as one in a single passage: it lowers every share alike.
        counts += [1] * (len(terms) - len(counts))
        idf = (max(math.log((total - n + 0.5) / (n + 0.5)), 1e-6) for n in counts)
        return max(sum(idf) * (K1 + 1), 1e-6)


def fts_query(terms: Terms) -> str:
    """An FTS5 query in which every word of the user is a quoted string, so none can be an operator.

    Empty when there is nothing to look for.
    """
    words = [_quoted(word) for word in terms.words if any(c.isalnum() for c in word)]
    phrases = [_quoted(phrase) for phrase in terms.phrases if any(c.isalnum() for c in phrase)]
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
