"""The SQLite schema. SQLite is the truth; what FAISS holds is derived from the table `vectors`.

`AUTOINCREMENT` makes ids monotonic and never used again, also after the newest row was deleted. Only the current
version of an article has passages; earlier versions keep their text and sentences, so that an old answer's
citations still resolve. `vectors` is a table apart because a scan of `passages` must not read 1.5 KB a row.
"""

from __future__ import annotations

TOKENIZER = "porter unicode61 remove_diacritics 2"

DDL = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE articles (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    source TEXT NOT NULL,
    story INTEGER NOT NULL,
    published INTEGER,
    signature BLOB NOT NULL
);
CREATE INDEX articles_source ON articles (source);
CREATE INDEX articles_story ON articles (story);
CREATE INDEX articles_published ON articles (published);

CREATE TABLE versions (
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    outlet TEXT,
    published INTEGER,
    url TEXT,
    authors TEXT NOT NULL,
    added_at TEXT NOT NULL,
    PRIMARY KEY (article, version)
);

CREATE TABLE sentences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL
);
CREATE INDEX sentences_article ON sentences (article, version, position);

CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    published INTEGER,
    outlet TEXT COLLATE NOCASE
);
CREATE INDEX passages_article ON passages (article);

CREATE TABLE vectors (
    passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
    vector BLOB NOT NULL
);

CREATE VIRTUAL TABLE passages_fts USING fts5 (title, text, tokenize = '{TOKENIZER}');

CREATE VIRTUAL TABLE passages_vocab USING fts5vocab (passages_fts, 'row');

CREATE TABLE bands (
    band INTEGER NOT NULL,
    key BLOB NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    PRIMARY KEY (band, key, article)
) WITHOUT ROWID;
CREATE INDEX bands_article ON bands (article);
"""
