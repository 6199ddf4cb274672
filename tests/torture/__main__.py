"""`make torture`: everything, with a table at the end. Exit code 1 when an article was lost or anything is broken.

python -m torture [--kills 200] [--tries 20] [--minutes 10] [--load-seconds 300] [--requests 50]
                  [--articles 50000] [--out FILE]

What compares both stores, and the last step, 50,000 articles, need the files that DATELINE_BENCH names, and are left
out without them.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from torture import faults, fuzz, kills, load, openapi, ray_cluster, scale, two_stores
from torture.faults import Row


def main() -> None:
    """Runs everything and prints the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--tries", type=int, default=20)
    asked.add_argument("--minutes", type=float, default=10.0, help="of fuzzing")
    asked.add_argument("--load-seconds", type=float, default=300.0, help="of a crowd that asks the API")
    asked.add_argument("--requests", type=int, default=openapi.EXAMPLES, help="made up for each operation of the API")
    asked.add_argument("--articles", type=int, default=50_000, help="measured at this size; 0 leaves it out")
    asked.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rng = random.Random(given.seed)
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        sys.stderr.write(line(row) + "\n")

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        killed = kills.run(work, given.kills, given.seed)
        moments = ", ".join(f"{count} {moment}" for moment, count in sorted(killed.moments.items()))
        add(Row(f"kill -9 ({moments})", killed.tried, killed.reported, len(killed.lost), killed.broken + killed.lost))
        try:
            add(faults.full_disk(work, given.tries, rng))
        except (PermissionError, FileNotFoundError) as exc:
            sys.stderr.write(f"no small file system can be made here, left out: {exc}\n")
        add(faults.long_files(work, given.tries, rng))
        add(faults.read_only(work, max(2, given.tries // 4)))
        add(faults.two_at_once(work, max(2, given.tries // 4)))
        add(faults.damaged_faiss(work, given.tries, rng))
        add(faults.damaged_pages(work, given.tries, rng))
        if find_spec("ray"):
            add(ray_cluster.killed_midway(work, max(1, given.tries // 10)))
        else:
            sys.stderr.write("Ray is not installed, left out: pip install 'dateline[ray]'\n")
        add(fuzz.run(given.minutes * 60, given.seed))
        add(openapi.run(work / "openapi", given.requests, given.seed))
        if scale.BENCH.exists() and find_spec("pymilvus"):
            add(two_stores.run(work / "stores"))
        else:
            sys.stderr.write("Left out: both stores compared. Set DATELINE_BENCH, and pip install 'dateline[milvus]'\n")
        crowd = load.run(work / "load", load.ASKERS, given.load_seconds)
        add(Row(f"{load.ASKERS} asking the API at once", len(crowd.took), broken=crowd.wrong))
    table = ["| fault | tried | articles reported | lost | broken |", "|---|---|---|---|---|", *map(line, rows)]
    text = "\n".join([f"Seed {given.seed}.", "", *table, ""])
    sys.stdout.write(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    for row in rows:
        for problem in row.broken[:5]:
            sys.stdout.write(f"{row.fault}: {problem}\n")
    if given.articles and not scale.BENCH.exists():
        sys.stderr.write(f"There is no {scale.BENCH}; left out: {given.articles} articles. Set DATELINE_BENCH.\n")
    elif given.articles:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, "-m", "torture.scale", folder, str(given.articles)], check=False)
        rows.append(Row("scale", broken=[] if done.returncode == 0 else ["a figure is not what it should be"]))
    sys.exit(1 if any(row.lost or row.broken for row in rows) else 0)


def line(row: Row) -> str:
    """A line of the table."""
    return f"| {row.fault} | {row.tried:,} | {row.reported:,} | {row.lost} | {len(row.broken)} |"


if __name__ == "__main__":
    main()
