"""An ingest by two workers of a local Ray cluster, one of which is killed: the index must be as that of one process.

    python -m torture.ray_cluster [--tries 3] [--embedder minilm] [--articles 200]

The worker is killed (kill -9) after the first articles were committed, while it is at work. Needs the extra `ray`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from index import load
from index.build import Builder, gathered
from index.embed import embedder
from index.report import Item
from index.store import Store
from index.stores import MILVUS, Place, as_place
from torture.faults import Row

# How far two vectors of one text may be apart: what stands beside it in a batch changes the last bits of a float.
_SAME = 1e-5
SEEDS = Path(__file__).parents[2] / "seeds"


def difference(one: Path | Place, other: Path | Place) -> list[str]:
    """What differs between two indexes: articles with versions, sentences, passages, vectors, and who is whose copy.

    Each line begins with the id of an article. Ids of passages and stories may differ, and so may times.
    """
    with as_place(one).open() as left, as_place(other).open() as right:
        found = []
        for article_id in sorted(set(left.article_ids()) | set(right.article_ids())):
            here, there = held(left, article_id), held(right, article_id)
            parts = [part for part in here if not _equal(here[part], there[part])]
            found += [f"{article_id}: {', '.join(parts)} differ"] if parts else []
    return found


def held(store: Store, article_id: str) -> dict[str, Any]:
    """What a store holds of an article."""
    versions = store.versions(article_id)
    passages = store.article_passages(article_id)
    story = versions[-1].story if versions else 0
    return {
        "versions": [(stored.article, stored.version) for stored in versions],
        "sentences": [(s.position, s.start, s.end, s.text) for s in store.sentences(article_id)],
        "passages": [(p.first, p.last, p.start, p.end, p.text) for p in passages],
        "vectors": store.vectors([passage.id for passage in passages]),
        "copies": sorted(stored.article.id for stored in store.story(story)) if versions else [],
    }


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(np.allclose(one, other, atol=_SAME))
    return bool(one == other)


def collection(folder: Path, count: int) -> Path:
    """Files of articles: the seeds over and over under other headlines, every tenth followed by a reprint."""
    from index.records import Article

    seeds = [item for item in load.load([SEEDS]) if isinstance(item, Article)]
    rng = random.Random(7)
    folder.mkdir(parents=True)
    records: list[dict[str, str]] = []
    for number in range(count):
        seed = seeds[number % len(seeds)]
        sentences = seed.text.split(". ")
        rng.shuffle(sentences)
        text = ". ".join(sentences)
        day = seed.published.isoformat() if seed.published else "2025-01-02"
        records.append({"id": f"a{number}", "title": f"{seed.title} {number}", "text": text, "date": day})
        if number % 10 == 0:
            records.append({**records[-1], "id": f"a{number}r", "text": f"{text} This is a reprint."})
    for at in range(0, len(records), 20):
        lines = "\n".join(json.dumps(record) for record in records[at : at + 20])
        (folder / f"{at:05}.jsonl").write_text(lines)
    return folder


def encoders() -> list[int]:
    """Process ids of the actors that hold an encoder, of this process's cluster."""
    return sorted(process.pid for process in _cluster() if "_Encoder" in " ".join(process.cmdline()))


def open_doors() -> list[str]:
    """What of this process's cluster other machines, or other users of this one, could reach or read."""
    from ray._common.usage.usage_lib import usage_stats_enabled

    found = [
        f"{process.name()} listens at {place.laddr.ip}:{place.laddr.port}"
        for process in _cluster()
        for place in process.net_connections("inet")
        if place.status == "LISTEN" and place.laddr.ip not in ("127.0.0.1", "::ffff:127.0.0.1", "::1")
    ]
    for folder in Path(tempfile.gettempdir()).glob("ray-*"):
        if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o077:
            found.append(f"{folder} can be opened by others")
    if os.environ.get("RAY_AUTH_MODE") != "token":
        found.append("there is no authentication")
    if usage_stats_enabled():
        found.append("statistics would be sent")
    return found


def _cluster() -> list[Any]:
    """Processes that this one started (Ray brings psutil along)."""
    import psutil

    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            process.cmdline()
            found.append(process)
    return found


def killed_midway(work: Path, tries: int, spec: str = "minilm", count: int = 200) -> Row:
    """Two workers, one killed; the index compared with that of a single process. The last of several goes to Milvus."""
    from index.ray_workers import RayWorkers

    load._PART = 1  # a task a file, so that there is enough to do for both
    row = Row("one of two Ray workers killed (kill -9) midway")
    source = collection(work / "ray-in", count)
    encoder = embedder(spec)
    alone = work / "ray-alone"
    wanted = Builder(alone, encoder).ingest([source]).added
    for number in range(tries):
        place = Place(work / f"ray{number}")
        if number and number == tries - 1 and find_spec("pymilvus"):
            place = Place(work / f"ray{number}", MILVUS)
            row.fault += ", once into Milvus Lite"
        with RayWorkers(encoder, spec, "", processors=2, batch=8) as crew:
            row.broken += open_doors()
            _ingest(row, Builder(place, encoder, workers=crew), source, len(wanted))
        found = difference(alone, place)
        row.lost += sum("versions" in line for line in found)
        row.broken += [f"try {number}: {line}" for line in found]
        row.tried += 1
    return row


def _ingest(row: Row, builder: Builder, source: Path, total: int) -> None:
    """An ingest during which a worker is killed; notes what does not fit."""
    done = 0
    victim = 0
    for event in builder.stream(gathered([source])):
        if not isinstance(event, Item):
            continue
        done += event.outcome in ("added", "near-duplicate")
        row.reported += 1
        if not victim and done >= total // 5:
            there = encoders()
            if len(there) != 2:
                row.broken.append(f"{len(there)} workers instead of two")
            victim = there[done % len(there)]
            os.kill(victim, signal.SIGKILL)
            sys.stderr.write(f"killed worker {victim} of {there} after {done} of {total} articles\n")
    if not victim:
        row.broken.append("no worker was killed")
    if victim in encoders():
        row.broken.append("the worker was not killed")
    if done != total:
        row.broken.append(f"{done} articles reported, {total} by a single process")


def main() -> None:
    """Prints the row."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tries", type=int, default=1)
    asked.add_argument("--embedder", default="minilm")
    asked.add_argument("--articles", type=int, default=200)
    given = asked.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        row = killed_midway(Path(folder), given.tries, given.embedder, given.articles)
    sys.stdout.write(json.dumps(vars(row) | {"seconds": round(time.monotonic() - begun)}) + "\n")
    sys.exit(1 if row.lost or row.broken else 0)


if __name__ == "__main__":
    main()
