"""Closing a file of SQLite that other threads are reading."""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.connections import Connections
from index.errors import StoreError
from rag.journal import FILE, Journal

# In a process of its own: a connection that is closed under a thread takes the whole process with it.
SCRIPT = """
import sqlite3, sys, threading, time
from index.connections import Connections

def reads(connections):
    try:
        while True:
            with connections.in_use():
                connections.own().execute("SELECT x, hex(x) FROM t ORDER BY x").fetchall()
    except sqlite3.Error:
        pass

for _ in range(20):
    connections = Connections(lambda: sqlite3.connect(sys.argv[1], check_same_thread=False))
    threads = [threading.Thread(target=reads, args=(connections,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.01)
    connections.close()
    for thread in threads:
        thread.join()
print("alive")
"""


def test_closing_under_threads_that_read_leaves_the_process_alive(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "t.sqlite3") as db:
        db.execute("CREATE TABLE t (x)")
        db.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(2000)])
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "t.sqlite3")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "alive\n", done.stderr


def test_a_long_statement_is_interrupted_and_then_the_connections_refuse() -> None:
    connections = Connections(lambda: sqlite3.connect(":memory:", check_same_thread=False))
    began = threading.Event()
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"

    def reads() -> None:
        with connections.in_use():
            db = connections.own()
            began.set()
            db.execute(endless).fetchone()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reads)
        began.wait()
        connections.close()
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            reading.result(timeout=5)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"), connections.in_use():
        pass


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / FILE)
    journal.close()
    with pytest.raises(StoreError, match="it is closed"), journal.reading():
        pass
