"""The search for words: by FTS5, or by postings in memory where there are many passages; both score the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index import sqlite_words
from index.postings import Ids, key
from index.records import Filter, Hit
from index.sqlite_columns import Columns
from index.sqlite_words import Words, attainable, looked_for
from index.store import Terms
from index.word_index import Rows, Scored, WordIndex, WordState

# Words of several terms ("U.S.", "12.5") whose passages are remembered until something changes.
_REMEMBERED = 200


class WordSearch:
    """Searches within one state of the index. Thread-safe."""

    def __init__(self, path: Path) -> None:
        """`path` is where the postings are kept."""
        self._words = Words()
        self._index = WordIndex(path, self._words.counted)
        self._scored: dict[tuple[int, str], Scored] = {}

    def state(
        self, db: sqlite3.Connection, identity: str, columns: Columns, *, whole: bool = False
    ) -> WordState | None:
        """The postings of exactly these passages; None where they are not counted yet.

        Args:
            db: in a transaction that sees the generation of `columns`.
            identity: of the database.
            columns: the passages.
            whole: count what is missing, however long it takes.
        """
        found = self._index.sync(identity, columns.generation, columns.ids, lambda ids: _texts(db, ids), whole=whole)
        return found if found.generation == columns.generation else None

    def save(self, identity: str) -> None:
        """Writes the postings.

        Raises:
            OSError: the disk refused.
        """
        self._index.save(identity)

    def search(
        self,
        db: sqlite3.Connection,
        terms: Terms,
        k: int,
        where: Filter,
        state: tuple[WordState, Columns, Callable[[], Ids | None]] | None,
    ) -> list[Hit]:
        """The k passages of greatest BM25 among those that `where` allows; scores are shares of what is attainable.

        Args:
            db: in a transaction.
            terms: what is looked for.
            k: how many at most.
            where: which passages may be found.
            state: postings, passages and which of them are allowed, if there are such.
        """
        if state is None or terms.phrases:
            hits = sqlite_words.ranked(db, terms, k, where)
        else:
            postings, columns, allowed = state
            words = looked_for(terms.words)
            wanted: list[int | Scored] = [
                key(found[0]) if len(found) == 1 else self._of_several(db, columns.generation, word)
                for word, found in zip(words, self._words.tokens(words), strict=True)
                if found
            ]
            hits = columns.hits(*postings.best(wanted, k, allowed()))
        most = self.attainable(db, [*terms.words, *terms.phrases], state[0] if state else None) if hits else 1.0
        return [replace(hit, score=min(hit.score / most, 1.0)) for hit in hits]

    def attainable(self, db: sqlite3.Connection, texts: Sequence[str], state: WordState | None) -> float:
        """The BM25 that a passage approaches as it repeats every word of the texts."""
        terms = self._words.terms(texts)
        if state is None:
            return attainable(*sqlite_words.counts(db, terms))
        return attainable([state.frequency(key(term)) for term in terms], state.passages)

    def _of_several(self, db: sqlite3.Connection, generation: int, word: str) -> Scored:
        """A word that is several terms, which must stand together: only FTS5 knows where."""
        known = self._scored.get((generation, word))
        if known is None:
            rows = sqlite_words.scored(db, word)
            ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
            known = ids, np.fromiter((row[1] for row in rows), np.float64, len(rows))
            if len(self._scored) >= _REMEMBERED:
                self._scored.clear()
            self._scored[generation, word] = known
        return known


def _texts(db: sqlite3.Connection, ids: Ids) -> Rows:
    sql = "SELECT rowid, title, text FROM passages_fts WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    return db.execute(sql, (int(ids[0]), int(ids[-1]))).fetchall()
