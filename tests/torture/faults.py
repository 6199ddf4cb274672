"""Faults other than kills: a full disk, a folder that cannot be written, two processes at once, damaged files."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fakes.embedder import BagEmbedder

from index import workers
from index.build import Builder
from index.errors import DatelineError, IndexBusy, StoreError
from index.load import load
from index.records import Article, Filter
from index.repair import examine, repair
from index.report import Item
from index.sqlite_faiss import DATABASE, VECTORS, SqliteFaissStore
from index.store import Terms

PAGE = 4096
"""Bytes of a page of SQLite's file, unless it is told otherwise; the index does not."""


@dataclass
class Row:
    """A line of the table: how often it was tried, how many articles had been reported, and how many are lost."""

    fault: str
    tried: int = 0
    reported: int = 0
    lost: int = 0
    broken: list[str] = field(default_factory=list)


def written(path: Path, count: int, start: int = 0, words: int = 40) -> Path:
    """A file of so many articles."""
    records = []
    for i in range(start, start + count):
        rng = random.Random(i)
        text = f"Unique{i}word stands here. " + " ".join(f"Word{rng.randrange(5000)}" for _ in range(words)) + "."
        records.append({"id": f"a{i}", "title": f"Title {i}", "text": text, "date": "2025-01-02"})
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def hashes(path: Path) -> dict[str, str]:
    """What an index of that file should hold."""
    return {item.id: item.content_hash for item in load([path]) if isinstance(item, Article)}


def check(row: Row, place: Path, reported: list[str], wanted: dict[str, str]) -> None:
    """Everything that was reported must be there as it was, and nothing half."""
    row.tried += 1
    row.reported += len(reported)
    with SqliteFaissStore(place) as store:
        held = store.hashes(store.article_ids())
        row.lost += sum(held.get(article_id) != wanted[article_id] for article_id in reported)
        row.broken += [
            f"{article_id} is not what was given" for article_id in held if held[article_id] != wanted[article_id]
        ]
        for article_id in list(held)[:5]:
            word = f"Unique{article_id[1:]}word"
            if [hit.article_id for hit in store.search_lexical(Terms((word,)), 1, Filter())] != [article_id]:
                row.broken.append(f"{article_id} is not found")
    row.broken += [problem.message for problem in examine(place)]


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own, if this machine lets us make one.

    Raises:
        PermissionError: it does not.
    """
    folder = Path(tempfile.mkdtemp(prefix="dateline-small-"))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        folder.rmdir()
        raise PermissionError(done.stderr.decode(errors="replace"))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@contextlib.contextmanager
def short_files(kilobytes: int) -> Iterator[None]:
    """No file of this process may be longer: the nearest that every machine has to a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def taken(place: Path, source: Path) -> tuple[list[str], DatelineError | None]:
    """Ingests; what was reported before an error, and the error."""
    reported: list[str] = []

    def each(item: Item) -> None:
        if item.outcome in ("added", "updated", "near-duplicate", "unchanged"):
            reported.append(item.article_id)

    try:
        Builder(place, BagEmbedder()).ingest([source], each=each)
    except DatelineError as exc:
        return reported, exc
    return reported, None


def full_disk(work: Path, tries: int, rng: random.Random) -> Row:
    """The disk is full at some point of an ingest; after room was made, the ingest is run again."""
    row = Row("disk full (tmpfs of a few MB)")
    workers.BATCH_PASSAGES = 16
    source = written(work / "full.jsonl", 400)
    wanted = hashes(source)
    for _ in range(tries):
        with small_disk(4) as disk:
            filler = disk / "filler"
            filler.write_bytes(b"x" * rng.randrange(1_200_000, 3_900_000))
            reported, error = taken(disk / "index", source)
            if not isinstance(error, StoreError):
                row.broken.append(f"no StoreError but {error!r}")
            if (disk / "index" / DATABASE).exists() and reported:
                check(row, disk / "index", reported, wanted)
            else:
                row.tried += 1
            filler.unlink()
            source_now = written(work / "part.jsonl", 150)
            reported, error = taken(disk / "index", source_now)
            if error:
                row.broken.append(f"not usable after room was made: {error}")
            check(row, disk / "index", reported, wanted)
            row.tried -= 1
    return row


def long_files(work: Path, tries: int, rng: random.Random) -> Row:
    """The same with a limit on the length of files, which needs no rights."""
    row = Row("writes refused at a random length of file")
    workers.BATCH_PASSAGES = 16
    source = written(work / "long.jsonl", 200)
    wanted = hashes(source)
    for number in range(tries):
        place = work / f"long{number}"
        with short_files(rng.randrange(100, 900)):
            reported, error = taken(place, source)
        if error is not None and not isinstance(error, StoreError):
            row.broken.append(f"no StoreError but {error!r}")
        if reported:
            check(row, place, reported, wanted)
        reported, error = taken(place, source)
        if error:
            row.broken.append(f"not usable afterwards: {error}")
        check(row, place, reported, wanted)
        row.tried -= bool(reported)
        shutil.rmtree(place)
    return row


def read_only(work: Path, tries: int) -> Row:
    """A folder that cannot be written: it answers, and refuses to be written with words."""
    row = Row("read-only folder")
    source = written(work / "readonly.jsonl", 20)
    wanted = hashes(source)
    for number in range(tries):
        outside = Path(tempfile.mkdtemp(prefix="dateline-readonly-"))
        place = outside / "index"
        reported, _ = taken(place, source)
        if number % 2:  # a log that was left there by a kill
            with SqliteFaissStore(place) as store:
                store.relocate({"a0": "/elsewhere"})
                logs = {name: (place / name).read_bytes() for name in (f"{DATABASE}-wal", f"{DATABASE}-shm")}
            for name, content in logs.items():
                (place / name).write_bytes(content)
        outside.chmod(0o755)
        for path in (*place.iterdir(), place):
            path.chmod(0o555 if path.is_dir() else 0o444)
        told, out = os.pipe()
        child = os.fork()
        if child == 0:
            _as_nobody(partial(_used_read_only, place, reported, wanted), out)
        os.close(out)
        with os.fdopen(told) as answer:
            found = json.loads(answer.read() or '["the child died"]')
        os.waitpid(child, 0)
        row.tried, row.reported = row.tried + 1, row.reported + len(reported)
        row.broken += found
        place.chmod(0o755)
        shutil.rmtree(outside)
    return row


def _as_nobody(do: Callable[[], list[str]], out: int) -> None:
    try:
        if os.getuid() == 0:
            os.setuid(65534)
        found = do()
    except BaseException as exc:
        found = [f"{type(exc).__name__}: {exc}"]
    os.write(out, json.dumps(found).encode())
    os._exit(0)


def _used_read_only(place: Path, reported: list[str], wanted: dict[str, str]) -> list[str]:
    row = Row("")
    check(row, place, reported, wanted)
    with SqliteFaissStore(place) as store:
        try:
            store.remove(["a0"])
            row.broken.append("it was written")
        except StoreError as exc:
            if not exc.advice:
                row.broken.append("no advice")
    return row.broken + (["an article is lost"] if row.lost else [])


INGEST = """
import json, sys
from pathlib import Path
from torture.faults import taken
reported, error = taken(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps([reported, type(error).__name__ if error else ""]))
"""


def two_at_once(work: Path, tries: int) -> Row:
    """Two processes take different articles into one index, from its making on: one may be refused, none mixes."""
    row = Row("two processes ingest at once")
    sources = [written(work / "one.jsonl", 60), written(work / "two.jsonl", 60, start=1000)]
    wanted = hashes(sources[0]) | hashes(sources[1])
    for number in range(tries):
        place = work / f"two{number}"
        command = [sys.executable, "-c", INGEST, str(place)]
        running = [subprocess.Popen([*command, str(source)], stdout=subprocess.PIPE) for source in sources]
        answers = [json.loads(process.communicate(timeout=120)[0] or '[[], "died"]') for process in running]
        reported = [article_id for ids, _ in answers for article_id in ids]
        row.broken += [error for _, error in answers if error not in ("", IndexBusy.__name__)]
        check(row, place, reported, wanted)
        shutil.rmtree(place)
    return row


def damaged_faiss(work: Path, tries: int, rng: random.Random) -> Row:
    """A FAISS file that is cut or changed: the index opens and answers all the same."""
    row = Row("FAISS file truncated or changed")
    source = written(work / "faiss.jsonl", 60)
    wanted = hashes(source)
    place = work / "faiss"
    reported, _ = taken(place, source)
    content = (place / VECTORS).read_bytes()
    for number in range(tries):
        at = rng.randrange(len(content))
        changed = (
            content[:at]
            if number % 2
            else content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
        )
        (place / VECTORS).write_bytes(changed)
        with SqliteFaissStore(place) as store:
            for article_id in rng.sample(reported, 5):
                vector = store.vectors([store.article_passages(article_id)[0].id])[0]
                hits = store.search_dense(vector, 3, Filter(article_ids=(article_id,)))
                row.lost += not hits or hits[0].article_id != article_id
        (place / VECTORS).unlink()
        check(row, place, reported, wanted)
    return row


def unused_pages(database: bytes) -> set[int]:
    """The leaves of the list of free pages, by number from 1: nothing lies in them, so nobody notices what they hold.

    Source: SQLite's database file format, 1.5, "The Freelist".
    """

    def number(at: int) -> int:
        return int.from_bytes(database[at : at + 4], "big")

    unused: set[int] = set()
    trunk = number(32)
    while trunk:
        at = (trunk - 1) * PAGE
        unused |= {number(at + 8 + 4 * leaf) for leaf in range(number(at + 4))}
        trunk = number(at)
    return unused


def damaged_pages(work: Path, tries: int, rng: random.Random) -> Row:
    """A page of the database is overwritten: noticed, repaired as far as it goes, and whole after another ingest."""
    row = Row("SQLite page overwritten, then doctor --repair and ingest")
    source = written(work / "pages.jsonl", 80)
    wanted = hashes(source)
    taken(work / "pages", source)
    content = (work / "pages" / DATABASE).read_bytes()
    used = sorted(set(range(2, len(content) // PAGE + 1)) - unused_pages(content))
    named = 0
    for number in range(tries):
        place = work / f"pages{number}"
        place.mkdir()
        at = (rng.choice(used) - 1) * PAGE
        noise = rng.randbytes(PAGE) if number % 2 else bytes(PAGE)
        if content[at : at + PAGE] == noise:
            continue
        (place / DATABASE).write_bytes(content[:at] + noise + content[at + PAGE :])
        if not examine(place):
            row.broken.append(f"page {at // PAGE + 1} was not noticed")
        try:
            named += len(repair(place, BagEmbedder()))
        except DatelineError as exc:
            row.broken.append(f"page {at // PAGE + 1}: {exc}")
        reported, _ = taken(place, source)
        check(row, place, sorted(wanted), wanted)
        row.broken += [] if len(reported) == len(wanted) else ["not all came back"]
        shutil.rmtree(place)
    row.fault += f" ({named} articles named as unreadable, all restored)"
    return row
