"""The SQLite schema. SQLite is the truth; what FAISS holds is derived from the table `vectors`.

`AUTOINCREMENT` makes ids monotonic and never used again, also after the newest row was deleted. Only the current
version of an article has passages; earlier versions keep their text and sentences, so that an old answer's
citations still resolve. `vectors` is a table apart because a scan of `passages` must not read 1.5 KB a row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from index.errors import IndexMismatch
from index.manifest import SCHEMA_VERSION, Manifest

TOKENIZER = "porter unicode61 remove_diacritics 2"

VISITS = """
CREATE TABLE visits (
    url TEXT PRIMARY KEY,
    article TEXT NOT NULL,
    etag TEXT NOT NULL,
    modified TEXT NOT NULL,
    mark TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX visits_article ON visits (article);
"""

WORDS = f"""
CREATE VIRTUAL TABLE passages_fts USING fts5 (title, text, tokenize = '{TOKENIZER}');

CREATE VIRTUAL TABLE passages_vocab USING fts5vocab (passages_fts, 'row');
"""

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

{WORDS}

CREATE TABLE bands (
    band INTEGER NOT NULL,
    key BLOB NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    PRIMARY KEY (band, key, article)
) WITHOUT ROWID;
CREATE INDEX bands_article ON bands (article);

{VISITS}
"""

# From each earlier schema to the next. A script changes what it must and keeps all that articles are made of.
MIGRATIONS = {
    1: f"""
{VISITS}
INSERT INTO meta VALUES ('removals', (SELECT value FROM meta WHERE key = 'generation'));
""",
    2: """
INSERT INTO meta VALUES ('identity', lower(hex(randomblob(16))));
""",
}


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit before it begins."""
    return (statement for statement in script.split(";\n") if statement.strip())


def migrate(db: sqlite3.Connection, manifest: Manifest) -> Manifest:
    """Brings a database to the current schema, inside the caller's transaction. Returns its manifest as it is then."""
    if manifest.schema not in (*MIGRATIONS, SCHEMA_VERSION):
        msg = f"There is no way from schema {manifest.schema} to {SCHEMA_VERSION}."
        raise IndexMismatch(msg, "Ingest into a new folder.")
    for version in range(manifest.schema, SCHEMA_VERSION):
        for statement in statements(MIGRATIONS[version]):
            db.execute(statement)
    current = replace(manifest, schema=SCHEMA_VERSION)
    db.execute("UPDATE meta SET value = ? WHERE key = 'manifest'", (current.to_json(),))
    return current
