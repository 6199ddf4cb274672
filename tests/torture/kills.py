"""kill -9 at random instants of ingest, update, removal and snapshot; after each, what was reported must be there.

One index lives through all kills. A child process takes in three states of a collection in turn, removes some articles
by hand and writes the derived files, and says in a log what it was told. It is killed after a random time, after a
random number of SQLite's steps from the start or from the first removal, or at a marked point of writing one of the
files. Then the index is opened and compared: what was reported must be there in the version reported; what was not
reported may be as before or as it was to become; nothing may be half there.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import faiss
import numpy as np
from fakes.embedder import BagEmbedder

from index import sqlite_db, sqlite_faiss, vector_file, vectors, word_index, workers
from index.build import Builder, gathered
from index.load import load
from index.records import Article, Filter
from index.repair import examine
from index.report import Item
from index.sqlite_faiss import SqliteFaissStore
from index.store import Terms

ARTICLES = 30
# Passages from which words are searched in postings, so that these thirty articles have some.
WORDS_FROM = 8
ABSENT = ""
State = dict[str, str]  # article id → content hash; ABSENT when it is not there


@dataclass
class Outcome:
    """What a series of kills came to."""

    tried: int = 0
    reported: int = 0
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    moments: dict[str, int] = field(default_factory=dict)


def collections(root: Path) -> list[tuple[Path, State]]:
    """Three states of one collection: each adds, changes and drops a third."""
    found = []
    for state in range(3):
        records = []
        for i in range(ARTICLES):
            if i % 3 == state:
                continue
            version = state if i % 4 == 0 else 0
            words = " ".join(f"word{(i * 7 + j) % 90}" for j in range(25))
            text = f"Unique{i}word{version} stands here. It says {words}. And version {version} ends so. Done {i}."
            records.append({"id": f"a{i}", "title": f"Title {i}", "text": text, "date": "2025-01-02"})
        folder = root / f"state{state}"
        folder.mkdir(parents=True)
        path = folder / "in.jsonl"
        path.write_text("\n".join(map(json.dumps, records)))
        target = {f"a{i}": ABSENT for i in range(ARTICLES)}
        target |= {item.id: item.content_hash for item in load([path]) if isinstance(item, Article)}
        found.append((path, target))
    return found


def work(
    place: Path, source: Path, states: list[tuple[Path, State]], first: int, lie: bool, say: Callable[[str], None]
) -> None:
    """What the child does until it is killed."""
    workers.BATCH_PASSAGES = 8
    for phase in count(first):
        path, target = states[phase % 3]
        temporary = source.with_suffix(".tmp")
        temporary.write_bytes(path.read_bytes())
        temporary.replace(source)
        say(f"begin {phase % 3}")
        builder = Builder(place, BagEmbedder())
        if lie:
            say(f"added {[i for i in target if target[i] != ABSENT][-1]}")
        for event in builder.stream(gathered([source])):
            if isinstance(event, Item):
                say(f"{event.outcome} {event.article_id}")
        with builder.open() as store:
            store.snapshot()
            say("begin removal")
            gone = [f"a{phase % 3 + 1}", f"a{phase % 3 + 4}"]
            store.remove(gone)
            for article_id in gone:
                say(f"removed {article_id}")
            store.snapshot()


def kill_within(steps: int, armed: Callable[[], bool] = lambda: True) -> None:
    """Kills this process after so many thousand steps of SQLite's machine, wherever that is, counted while armed."""
    left = [steps]
    real = sqlite_db.Database._connect

    def step() -> int:
        left[0] -= armed()
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def connect(self: sqlite_db.Database) -> sqlite3.Connection:
        connection = real(self)
        connection.set_progress_handler(step, 200)
        return connection

    sqlite_db.Database._connect = connect  # type: ignore[method-assign]


def kill_at_file(point: str, writer: Any) -> None:
    """Kills this process at a point of writing the file that this module writes."""
    real = vector_file.write_sealed

    def die(*_: object, **__: object) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    def write(path: Path, seal: Any, fill: Callable[[str], None]) -> None:
        if point == "before":
            die()
        if point == "half":

            def half(name: str) -> None:
                fill(name)
                os.truncate(name, Path(name).stat().st_size // 2)
                die()

            real(path, seal, half)
        if point == "unsealed":
            vector_file.os.fsync = die  # type: ignore[attr-defined]
        real(path, seal, fill)
        if point == "after":
            die()

    writer.write_sealed = write


def run(root: Path, kills: int, seed: int = 0, *, lie: bool = False) -> Outcome:
    """Kills a child `kills` times over one index under `root`.

    With `lie`, the child reports articles before they are committed: what is then found lost shows that loss is seen.
    """
    with patch.object(sqlite_faiss, "WORDS_FROM", WORDS_FROM):
        return _run(root, kills, seed, lie)


def _run(root: Path, kills: int, seed: int, lie: bool) -> Outcome:
    faiss.omp_set_num_threads(1)
    rng = random.Random(seed)
    place, source, log = root / "index", root / "in.jsonl", root / "log"
    states = collections(root)
    known: State = {f"a{i}": ABSENT for i in range(ARTICLES)}
    outcome = Outcome()
    for number in range(kills):
        log.write_bytes(b"")
        way = ("time", "steps", "removal", "file", "removal", "file")[number % 6]
        first, delay, steps = rng.randrange(3), rng.uniform(0.0, 3.0), rng.randrange(1, 2500)
        if way == "removal":
            steps = rng.randrange(1, 300)
        point = rng.choice(("before", "half", "unsealed", "after"))
        writer = rng.choice((vectors, word_index))
        child = os.fork()
        if child == 0:
            _child(
                way, steps, partial(kill_at_file, point, writer), partial(work, place, source, states, first, lie), log
            )
        if way == "time":
            time.sleep(delay)
        else:
            _wait(child)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            outcome.broken.append(f"kill {number}: the child ended by itself with {status}")
        outcome.tried += 1
        known = _judge(place, states, known, log.read_text().splitlines(), outcome, f"kill {number} ({way})")
    return outcome


def _child(
    way: str, steps: int, at_file: Callable[[], None], do: Callable[[Callable[[str], None]], None], log: Path
) -> None:
    removing: list[str] = []

    def say(text: str) -> None:
        os.write(fd, f"{text}\n".encode())
        removing.extend([text] if text == "begin removal" else [])

    try:
        fd = os.open(log, os.O_WRONLY | os.O_APPEND)
        if way == "steps":
            kill_within(steps)
        elif way == "removal":
            kill_within(steps, lambda: bool(removing))
        elif way == "file":
            at_file()
        do(say)
    except BaseException as exc:
        sys.stderr.write(f"the child failed: {type(exc).__name__}: {exc}\n")
        os._exit(3)


def _wait(child: int) -> None:
    """Until the child has killed itself; it stays to be waited for."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.005)


def _judge(
    place: Path, states: list[tuple[Path, State]], known: State, lines: list[str], outcome: Outcome, name: str
) -> State:
    """Compares the index with what was reported. Returns the state that it is in."""
    may: dict[str, set[str]] = {article_id: {digest} for article_id, digest in known.items()}
    target: State = {}
    moment = "before anything"
    removed = 0
    for line in lines:
        what, _, which = line.partition(" ")
        if what == "begin" and which.isdigit():
            target, moment = states[int(which)][1], "ingest"
            # From here on each may become what it is to be, until it is reported.
            may = {article_id: may[article_id] | {target[article_id]} for article_id in may}
        elif what == "begin":
            moment = which
            if which == "removal":
                phase = next(i for i, (_, state) in enumerate(states) if state is target)
                for article_id in (f"a{phase + 1}", f"a{phase + 4}"):
                    may[article_id] = may[article_id] | {ABSENT}
                # The ingest has ended: everything is as it was to be.
                may = {i: {target[i]} | ({ABSENT} & allowed) for i, allowed in may.items()}
                removed = 0
        elif what == "removed" and moment == "removal":
            may[which] = {ABSENT}
            removed += 1
            if removed == 2:
                moment = "between"
        else:
            outcome.reported += 1
            may[which] = {target[which]}
    outcome.moments[moment] = outcome.moments.get(moment, 0) + 1
    actual = dict.fromkeys(known, ABSENT)
    if (place / sqlite_db.DATABASE).exists():
        try:
            actual |= _held(place, outcome, name)
        except Exception as exc:
            if type(exc).__name__ != "IndexMissing":  # killed before the first commit: there is no index yet
                outcome.broken.append(f"{name}: {type(exc).__name__}: {exc}")
    for article_id, allowed in may.items():
        if actual[article_id] not in allowed:
            outcome.lost.append(f"{name}, {moment}: {article_id} is {actual[article_id]!r}, reported {allowed}")
    return actual


def _held(place: Path, outcome: Outcome, name: str) -> State:
    """What the index holds; notes everything that does not fit together."""
    with SqliteFaissStore(place) as store:
        ids = store.article_ids()
        held = store.hashes(ids)
        held_vectors, columns = store._fresh()
        if sorted(held_vectors.ids().tolist()) != columns.ids.tolist():
            outcome.broken.append(f"{name}: FAISS and SQLite differ")
        for article_id in ids:
            article = store.articles([article_id])[article_id].article
            word = article.text.split()[0]
            if [hit.article_id for hit in store.search_lexical(Terms((word,)), 1, Filter())] != [article_id]:
                outcome.broken.append(f"{name}: {article_id} is not found by its word")
            vector = store.vectors([store.article_passages(article_id)[0].id])[0]
            hits = store.search_dense(np.asarray(vector), 3, Filter(article_ids=(article_id,)))
            if not hits or hits[0].article_id != article_id:
                outcome.broken.append(f"{name}: {article_id} is not found by its vector")
    outcome.broken += [f"{name}: {problem.part}: {problem.message}" for problem in examine(place)]
    return held


def main() -> None:
    """python -m torture.kills NUMBER SEED"""
    with tempfile.TemporaryDirectory() as root:
        outcome = run(Path(root), int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps(vars(outcome)))


if __name__ == "__main__":
    main()
