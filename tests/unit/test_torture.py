"""The quick part of `make torture`: a few of each fault."""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from torture import faults

TESTS = Path(__file__).parents[1]
ENVIRON = {**os.environ, "PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}


def run(code: str) -> dict[str, object]:
    """Runs code in a process of its own, where it may fork and set limits."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRON, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


KILLS = """
import json, tempfile
from pathlib import Path
from torture.kills import run
with tempfile.TemporaryDirectory() as root:
    print(json.dumps(vars(run(Path(root), {kills}, {seed}, lie={lie}))))
"""

FAULT = """
import json, random, tempfile
from pathlib import Path
from torture import faults
with tempfile.TemporaryDirectory() as root:
    print(json.dumps(vars(faults.{call})))
"""


def test_nothing_reported_is_lost_by_a_kill() -> None:
    found = run(KILLS.format(kills=8, seed=random.randrange(10**6), lie=False))
    assert (found["tried"], found["lost"], found["broken"]) == (8, [], [])
    assert found["reported"]


def test_the_kills_would_show_a_loss() -> None:
    assert run(KILLS.format(kills=12, seed=3, lie=True))["lost"]


@pytest.mark.parametrize(
    "call",
    [
        "long_files(Path(root), 2, random.Random(1))",
        "read_only(Path(root), 2)",
        "two_at_once(Path(root), 1)",
        "damaged_faiss(Path(root), 4, random.Random(1))",
        "damaged_pages(Path(root), 4, random.Random(1))",
    ],
)
def test_a_fault(call: str) -> None:
    found = run(FAULT.format(call=call))
    assert (found["lost"], found["broken"]) == (0, [])
    assert found["reported"]
    assert found["tried"]


def test_unused_pages_are_those_that_sqlite_names(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "some.sqlite")) as db:
        db.executescript("CREATE TABLE a (x); CREATE TABLE b (x);")
        db.executemany("INSERT INTO a VALUES (?)", [("gone" * 700,) for _ in range(40)])
        db.executemany("INSERT INTO b VALUES (?)", [("kept" * 700,) for _ in range(40)])
        db.commit()
        db.execute("DROP TABLE a")
        db.commit()
        (free,) = db.execute("PRAGMA freelist_count").fetchone()
    content = (tmp_path / "some.sqlite").read_bytes()
    unused = faults.unused_pages(content)
    assert len(unused) == free - 1  # its first page is the list itself
    assert not any(b"kept" * 9 in content[(n - 1) * faults.PAGE : n * faults.PAGE] for n in unused)


def test_a_full_disk() -> None:
    try:
        with faults.small_disk(2):
            pass
    except (PermissionError, FileNotFoundError):
        pytest.skip("this machine does not let us make a small file system")
    found = run(FAULT.format(call="full_disk(Path(root), 1, random.Random(1))"))
    assert (found["lost"], found["broken"]) == (0, [])
