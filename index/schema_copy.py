"""A copy of the table of tables, beside the database: without it SQLite can read nothing of what is else whole.

`sqlite_schema` says on which page each table begins. It fills a few pages, the first of the file among them; where one
is damaged, every statement fails. The copy is put into a copy of the database whose first page is made anew; all other
pages stay as they are (file format: https://www.sqlite.org/fileformat2.html).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

TABLES = "tables.json"
_SQL = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid"
# Fields of the first page: change counter, size in pages, first free page, number of free pages, version valid for.
_CHANGED, _SIZE, _FREE, _FREE_COUNT, _VALID_FOR = 24, 28, 32, 36, 92


def keep_tables(place: Path, db: sqlite3.Connection) -> None:
    """Writes the copy, where it is not there as it should be.

    Raises:
        OSError: the disk refused.
    """
    content = {"page_size": db.execute("PRAGMA page_size").fetchone()[0], "tables": db.execute(_SQL).fetchall()}
    text, path = json.dumps(content), place / TABLES
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def with_tables(damaged: Path, out: Path) -> bool:
    """Writes a copy of a database in which the tables are found again. False where there is no copy of their places.

    Raises:
        OSError: the disk refused.
        sqlite3.Error: the copy does not fit.
    """
    try:
        content = json.loads(damaged.with_name(TABLES).read_text(encoding="utf-8"))
        size, tables = int(content["page_size"]), [tuple(row) for row in content["tables"]]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    out.unlink(missing_ok=True)
    with closing(sqlite3.connect(out, isolation_level=None)) as empty:
        empty.execute(f"PRAGMA page_size = {size}")
        empty.execute("VACUUM")
    first = bytearray(out.read_bytes()[:size])
    shutil.copyfile(damaged, out)
    struct.pack_into(">I", first, _SIZE, out.stat().st_size // size)
    struct.pack_into(">II", first, _FREE, 0, 0)  # no page is taken for a free one
    first[_VALID_FOR : _VALID_FOR + 4] = first[_CHANGED : _CHANGED + 4]
    with out.open("r+b") as file:
        file.write(first)
    with closing(sqlite3.connect(out, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.executemany("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", tables)
    return True
