"""Write side of the embedded store: one transaction per call, run under the store's write lock."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import numpy as np

from index.duplicates import Signature, band_keys, same_story, signature
from index.records import Article, Span
from index.sources import Visit
from index.store import Entry, Kept, Outcome

# Merges of all words until they are built anew. An index made before these were counted has had some already.
MERGES = 500
# Near-duplicates that are looked at one by one. Of notices that say the same thousands of times, the newest ones that
# share a band stand for all; and a story of more does not fall apart when one of them goes.
CROWD = 50


def put(db: sqlite3.Connection, entry: Entry) -> Outcome:
    """Inserts one article, or a new version of it, inside the caller's transaction."""
    article = entry.cut.article
    known = db.execute("SELECT n, version, hash FROM articles WHERE id = ?", (article.id,)).fetchone()
    if known and known[2] == article.content_hash:
        db.execute("UPDATE articles SET source = ? WHERE n = ?", (article.source, known[0]))
        return "unchanged"
    day = _day(article)
    sketch = signature(f"{article.title}\n{article.text}")
    if known:
        n, version = int(known[0]), int(known[1]) + 1
        _drop_passages(db, n)
        _leave_story(db, n)
        db.execute(
            "UPDATE articles SET version = ?, hash = ?, source = ?, published = ?, signature = ? WHERE n = ?",
            (version, article.content_hash, article.source, day, sketch.tobytes(), n),
        )
    else:
        version = 1
        n = _insert_article(db, article, version, sketch)
    _insert_version(db, n, version, article, datetime.now(UTC).isoformat(timespec="seconds"))
    _insert_cut(db, n, version, entry, day)
    _join_story(db, n, sketch, article.published)
    return "updated" if known else "added"


def restore(db: sqlite3.Connection, kept: Kept) -> None:
    """Inserts an article with all its versions, inside the caller's transaction.

    Raises:
        ValueError: it is there already.
    """
    current = kept.versions[-1]
    article = current.article
    if db.execute("SELECT 1 FROM articles WHERE id = ?", (article.id,)).fetchone():
        msg = f"the article {article.id!r} is there already"
        raise ValueError(msg)
    sketch = signature(f"{article.title}\n{article.text}")
    n = _insert_article(db, article, current.version, sketch)
    for stored, sentences in zip(kept.versions[:-1], kept.sentences[:-1], strict=True):
        _insert_version(db, n, stored.version, stored.article, stored.added_at)
        _insert_sentences(db, n, stored.version, sentences)
    _insert_version(db, n, current.version, article, current.added_at)
    _insert_cut(db, n, current.version, kept.entry, _day(article))
    _join_story(db, n, sketch, article.published)


def _day(article: Article) -> int | None:
    """The day of publication as the database has it."""
    return article.published.toordinal() if article.published else None


def _insert_article(db: sqlite3.Connection, article: Article, version: int, sketch: Signature) -> int:
    day = _day(article)
    cursor = db.execute(
        """INSERT INTO articles (id, version, hash, source, story, published, signature)
        VALUES (?, ?, ?, ?, 0, ?, ?)""",
        (article.id, version, article.content_hash, article.source, day, sketch.tobytes()),
    )
    return int(cursor.lastrowid or 0)


def _insert_version(db: sqlite3.Connection, n: int, version: int, article: Article, added_at: str) -> None:
    db.execute(
        "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            n,
            version,
            article.title,
            article.text,
            article.outlet,
            _day(article),
            article.url,
            json.dumps(article.authors, ensure_ascii=False),
            added_at,
        ),
    )


def remove(db: sqlite3.Connection, article_id: str) -> bool:
    """Deletes an article with all its versions, sentences, passages, vectors, words and bands."""
    known = db.execute("SELECT n FROM articles WHERE id = ?", (article_id,)).fetchone()
    if not known:
        return False
    n = int(known[0])
    _drop_passages(db, n)
    _leave_story(db, n)
    db.execute("DELETE FROM visits WHERE article = ?", (article_id,))
    db.execute("DELETE FROM articles WHERE n = ?", (n,))
    # An update leaves its text in the earlier version: only what is removed must soon leave the derived files.
    db.execute("INSERT OR REPLACE INTO meta SELECT 'removed', value + 1 FROM meta WHERE key = 'generation'")
    return True


def remember(db: sqlite3.Connection, visits: Iterable[Visit]) -> None:
    """Notes what was fetched, inside the caller's transaction."""
    db.executemany(
        "INSERT OR REPLACE INTO visits (url, article, etag, modified, mark, at) VALUES (?, ?, ?, ?, ?, ?)",
        [(v.url, v.article_id, v.etag, v.modified, v.mark, v.at) for v in visits],
    )


def replace_passages(db: sqlite3.Connection, n: int, version: int, entry: Entry, day: int | None) -> None:
    """Puts passages, words and vectors to a version that has none; its sentences are replaced if they are others."""
    rows = db.execute(
        'SELECT start, "end" FROM sentences WHERE article = ? AND version = ? ORDER BY position', (n, version)
    )
    if rows.fetchall() == [(span.start, span.end) for span in entry.cut.sentences]:
        _insert_passages(db, n, entry, day)
    else:
        db.execute("DELETE FROM sentences WHERE article = ? AND version = ?", (n, version))
        _insert_cut(db, n, version, entry, day)


def _insert_cut(db: sqlite3.Connection, n: int, version: int, entry: Entry, day: int | None) -> None:
    _insert_sentences(db, n, version, entry.cut.sentences)
    _insert_passages(db, n, entry, day)


def _insert_sentences(db: sqlite3.Connection, n: int, version: int, sentences: Sequence[Span]) -> None:
    db.executemany(
        'INSERT INTO sentences (article, version, position, start, "end") VALUES (?, ?, ?, ?, ?)',
        [(n, version, i, span.start, span.end) for i, span in enumerate(sentences)],
    )


def _insert_passages(db: sqlite3.Connection, n: int, entry: Entry, day: int | None) -> None:
    cut, article = entry.cut, entry.cut.article
    used = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").fetchone()
    first_id = (int(used[0]) if used else 0) + 1
    ids = range(first_id, first_id + len(cut.passages))
    db.executemany(
        "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (i, n, p.first, p.last, cut.sentences[p.first].start, cut.sentences[p.last].end, day, article.outlet)
            for i, p in zip(ids, cut.passages, strict=True)
        ],
    )
    vectors = np.ascontiguousarray(entry.vectors, dtype="<f4")
    db.executemany(
        "INSERT INTO vectors VALUES (?, ?)", [(i, row.tobytes()) for i, row in zip(ids, vectors, strict=True)]
    )
    db.executemany(
        "INSERT INTO passages_fts (rowid, title, text) VALUES (?, ?, ?)",
        [(i, article.title, cut.passage_text(p)) for i, p in zip(ids, cut.passages, strict=True)],
    )


def _drop_passages(db: sqlite3.Connection, n: int) -> None:
    db.execute("DELETE FROM passages_fts WHERE rowid IN (SELECT id FROM passages WHERE article = ?)", (n,))
    db.execute("DELETE FROM passages WHERE article = ?", (n,))  # vectors follow by cascade
    # The generation that this transaction becomes: readers that know an earlier one look for what is gone.
    db.execute("UPDATE meta SET value = (SELECT value + 1 FROM meta WHERE key = 'generation') WHERE key = 'removals'")


def drop_words(db: sqlite3.Connection) -> None:
    """Takes the words of what was removed out of FTS5, inside the caller's transaction.

    "optimize" does it by merging all into one segment, a level above the last, and in SQLite before 3.42 nothing ever
    comes down again: with 2,000 levels FTS5 calls its own table corrupt. So every `MERGES` times all is built anew.
    """
    merged = "INSERT INTO meta VALUES ('merges', 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value"
    often = int(db.execute(merged).fetchone()[0]) % MERGES == 0
    db.execute("INSERT INTO passages_fts (passages_fts) VALUES (?)", ("rebuild" if often else "optimize",))


def _join_story(db: sqlite3.Connection, n: int, sketch: Signature, day: date | None) -> None:
    """Puts the article into the story of its near-duplicates; stories that it connects become one."""
    keys = list(enumerate(band_keys(sketch)))
    seen: set[int] = set()
    newest = "SELECT article FROM bands WHERE band = ? AND key = ? ORDER BY article DESC LIMIT ?"
    for band, key in keys:
        seen.update(row[0] for row in db.execute(newest, (band, key, CROWD)))
    stories = {
        story
        for other, story, other_sketch, other_day in _sketches(db, seen)
        if same_story(sketch, other_sketch, day, other_day)
    }
    story = min(stories, default=n)
    if len(stories) > 1:
        sql = "UPDATE articles SET story = ? WHERE story IN (SELECT value FROM json_each(?))"
        db.execute(sql, (story, json.dumps(sorted(stories))))
    db.execute("UPDATE articles SET story = ? WHERE n = ?", (story, n))
    db.executemany("INSERT INTO bands VALUES (?, ?, ?)", [(band, key, n) for band, key in keys])


def regroup(db: sqlite3.Connection, n: int, text: str) -> None:
    """Finds the near-duplicates of an article anew, from its headline and text; its bands must not be there yet."""
    sketch = signature(text)
    db.execute("UPDATE articles SET story = n, signature = ? WHERE n = ?", (sketch.tobytes(), n))
    day = db.execute("SELECT published FROM articles WHERE n = ?", (n,)).fetchone()[0]
    _join_story(db, n, sketch, date.fromordinal(day) if day else None)


def _leave_story(db: sqlite3.Connection, n: int) -> None:
    """Takes the article out of its story and joins the others afresh: it may have been what held them together."""
    db.execute("DELETE FROM bands WHERE article = ?", (n,))
    others = db.execute(
        """SELECT n FROM articles WHERE story = (SELECT story FROM articles WHERE n = ?) AND n <> ?
        ORDER BY n LIMIT ?""",
        (n, n, CROWD + 1),
    ).fetchall()
    if len(others) > CROWD:
        _leave_crowd(db, n)
        return
    db.execute("UPDATE articles SET story = n WHERE n = ?", (n,))
    members = list(_sketches(db, [row[0] for row in others]))
    for other, *_ in members:
        db.execute("DELETE FROM bands WHERE article = ?", (other,))
        db.execute("UPDATE articles SET story = n WHERE n = ?", (other,))
    for other, _, sketch, day in members:
        _join_story(db, other, sketch, day)


def _leave_crowd(db: sqlite3.Connection, n: int) -> None:
    """The others stay one story. Its number may be that of the one that goes: then another's is free to be given."""
    story = db.execute("SELECT story FROM articles WHERE n = ?", (n,)).fetchone()[0]
    if story == n:
        heir = db.execute("SELECT max(n) FROM articles WHERE story = ? AND n <> ?", (n, n)).fetchone()[0]
        db.execute("UPDATE articles SET story = ? WHERE story = ?", (heir, n))
    db.execute("UPDATE articles SET story = n WHERE n = ?", (n,))


def _sketches(db: sqlite3.Connection, articles: Iterable[int]) -> list[tuple[int, int, Signature, date | None]]:
    sql = """SELECT n, story, signature, published FROM articles
        WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n"""
    rows = db.execute(sql, (json.dumps(sorted(articles)),)).fetchall()
    return [
        (n, story, np.frombuffer(blob, dtype=np.uint32), date.fromordinal(day) if day else None)
        for n, story, blob, day in rows
    ]
