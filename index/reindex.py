"""Encodes an index anew, with another encoder: beside the old vectors, then all at once in their place.

Texts, versions and ids of articles stay. Until the change-over the index answers with its old vectors; what was encoded
so far is kept, so a reindex that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from index.chunk import Chunker, embedded_text
from index.embed import Embedder
from index.manifest import Manifest
from index.records import Article, Cut, PassageSpan, Span
from index.report import Progress
from index.schema import WORDS, statements
from index.sqlite_faiss import SqliteFaissStore
from index.sqlite_write import replace_passages
from index.store import Entry

_BATCH_PASSAGES = 256
_LOOKED_UP = 64

_STAGED = """CREATE TABLE IF NOT EXISTS staged (
    article INTEGER PRIMARY KEY REFERENCES articles (n) ON DELETE CASCADE,
    hash TEXT NOT NULL, sentences TEXT NOT NULL, passages TEXT NOT NULL, vectors BLOB NOT NULL)"""

_TODO = """FROM articles a LEFT JOIN staged s ON s.article = a.n
    JOIN versions v ON v.article = a.n AND v.version = a.version WHERE s.hash IS NOT a.hash"""


def reindex(place: Path, embedder: Embedder, notify: Callable[[Progress], None] = lambda _: None) -> int:
    """Encodes every article of an index anew. Returns how many, 0 where the index is of that encoder already.

    Args:
        place: the index's folder.
        embedder: the new one.
        notify: told how far it is.

    Raises:
        IndexMissing: there is no index.
        IndexBusy: another process is writing.
        StoreError: the disk refused; the index answers as before.
    """
    chunker = Chunker(embedder.count_tokens, embedder.max_tokens)
    target = Manifest(embedder.name, embedder.dimension, chunker.fingerprint)
    with SqliteFaissStore(place) as store:
        if store.manifest == target:
            return 0
        with store.exclusive():
            _begin(store, target)
            total, characters = store.db.execute(
                f"SELECT count(*), coalesce(sum(length(v.text)), 0) {_TODO}"
            ).fetchone()
            done = read = 0
            notify(Progress(0, total, 0, characters))
            while batch := _todo(store.db):
                cuts = _cut(batch, chunker)
                store.write(lambda db, cuts=cuts: _stage(db, cuts, embedder))  # type: ignore[misc]
                done, read = done + len(cuts), read + sum(len(cut.article.text) for _, cut in cuts)
                notify(Progress(done, total, read, characters))
            count = store.write(lambda db: _change_over(db, target))
    with SqliteFaissStore(place, target) as store:
        store.snapshot()
    return count


def _begin(store: SqliteFaissStore, target: Manifest) -> None:
    """Keeps what was staged for the same encoder, and nothing else."""

    def work(db: sqlite3.Connection) -> None:
        known = db.execute("SELECT value FROM meta WHERE key = 'reindex'").fetchone()
        if known is None or known[0] != target.to_json():
            db.execute("DROP TABLE IF EXISTS staged")
        db.execute(_STAGED)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('reindex', ?)", (target.to_json(),))

    store.write(work)


def _todo(db: sqlite3.Connection) -> list[tuple[int, Article]]:
    sql = f"SELECT a.n, a.id, v.title, v.text, a.hash {_TODO} ORDER BY a.n LIMIT ?"
    # The hash takes the place of the source: an article that changes meanwhile is staged again.
    return [
        (n, Article(article_id, title, text, source=digest))
        for n, article_id, title, text, digest in db.execute(sql, (_LOOKED_UP,))
    ]


def _cut(batch: Sequence[tuple[int, Article]], chunker: Chunker) -> list[tuple[int, Cut]]:
    cuts: list[tuple[int, Cut]] = []
    for n, article in batch:
        cuts.append((n, chunker.cut(article)))
        if sum(len(cut.passages) for _, cut in cuts) >= _BATCH_PASSAGES:
            break
    return cuts


def _stage(db: sqlite3.Connection, cuts: Sequence[tuple[int, Cut]], embedder: Embedder) -> None:
    texts = [embedded_text(cut.article.title, cut.passage_text(p)) for _, cut in cuts for p in cut.passages]
    vectors, at = np.ascontiguousarray(embedder.encode(texts), dtype="<f4"), 0
    for n, cut in cuts:
        part = vectors[at : at + len(cut.passages)]
        at += len(cut.passages)
        sentences = json.dumps([(span.start, span.end) for span in cut.sentences])
        passages = json.dumps([(p.first, p.last) for p in cut.passages])
        row = (n, cut.article.source, sentences, passages, part.tobytes())
        db.execute("INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?)", row)


def _change_over(db: sqlite3.Connection, target: Manifest) -> int:
    """Puts what is staged in the place of passages, vectors and words, all in the caller's transaction."""
    db.execute("DELETE FROM vectors")
    db.execute("DELETE FROM passages")
    db.execute("DROP TABLE passages_vocab")
    db.execute("DROP TABLE passages_fts")
    for statement in statements(WORDS):
        db.execute(statement)
    sql = """SELECT a.n, a.version, v.title, v.text, v.outlet, v.published, s.sentences, s.passages, s.vectors
        FROM staged s JOIN articles a ON a.n = s.article
        JOIN versions v ON v.article = a.n AND v.version = a.version ORDER BY a.n"""
    count = 0
    for n, version, title, text, outlet, day, sentences, passages, vectors in db.execute(sql):
        cut = Cut(
            Article("", title, text, outlet),
            tuple(Span(*span) for span in json.loads(sentences)),
            tuple(PassageSpan(*span) for span in json.loads(passages)),
        )
        found = np.frombuffer(vectors, dtype="<f4").reshape(len(cut.passages), target.dimension)
        replace_passages(db, n, version, Entry(cut, found), day)
        count += 1
    db.execute("DROP TABLE staged")
    db.execute("DELETE FROM meta WHERE key = 'reindex'")
    db.execute("UPDATE meta SET value = ? WHERE key = 'manifest'", (target.to_json(),))
    db.execute("UPDATE meta SET value = (SELECT value + 1 FROM meta WHERE key = 'generation') WHERE key = 'removals'")
    return count
