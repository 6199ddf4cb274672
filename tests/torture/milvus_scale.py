"""What Milvus Lite costs beside the embedded store: time of commits, disk, opening, memory; the encoder costs nothing.

    python -m torture.milvus_scale FOLDER [ARTICLES …]

Articles are made of the seeds' sentences, vectors by a random projection of words, 384 components as MiniLM's. Each
step is a process of its own; Milvus Lite runs inside it. Prints a JSON object for each store and size.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from index.build import Builder
from index.load import load
from index.records import Article, Filter
from index.store import Terms
from index.stores import EMBEDDED, MILVUS, Place
from torture.load import memory as resident
from torture.scale import Projection, memory

T = TypeVar("T")
SEEDS = Path(__file__).parents[2] / "seeds"


def articles(count: int) -> Iterator[dict[str, str]]:
    """Articles of one to seven paragraphs, each of five sentences of the seeds."""
    texts = [item.text for item in load([SEEDS]) if isinstance(item, Article)]
    pool = [
        f"{part.strip()}." for text in texts for part in text.replace("\n", " ").split(". ") if 30 < len(part) < 300
    ]
    rng = random.Random(1)
    for number in range(count):
        text = "\n\n".join(" ".join(rng.sample(pool, 5)) for _ in range(rng.randrange(1, 8)))
        day = f"{rng.randrange(2009, 2025)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        yield {"id": f"a{number}", "title": rng.choice(pool)[:70], "text": text, "date": day, "outlet": f"{number % 9}"}


def ingest(place: Place, source: Path) -> dict[str, float]:
    """Takes everything in; milliseconds an article in the store's own hands, by the clock and of a processor."""
    builder = Builder(place, Projection())
    with builder.open() as store:
        passages_before = store.stats().passages
        kind = type(store)
    spent = {"put": [0.0, 0.0], "snapshot": [0.0, 0.0]}
    for name, sums in spent.items():
        setattr(kind, name, _timed(getattr(kind, name), sums))
    begun, cpu = time.perf_counter(), time.process_time()
    added = len(builder.ingest([source]).added)
    whole = time.perf_counter() - begun, time.process_time() - cpu
    with builder.open() as store:
        passages = store.stats().passages - passages_before
    each = {name: [round(1000 * part / added, 2) for part in sums] for name, sums in {**spent, "whole": whole}.items()}
    found = {
        f"{name}_{what}": ms for name, both in each.items() for what, ms in zip(("ms", "cpu_ms"), both, strict=True)
    }
    return {"articles": added, "passages": passages, **found, "most_mb": memory()}


def _timed(work: Callable[..., T], sums: list[float]) -> Callable[..., T]:
    @wraps(work)
    def timed(*args: Any, **more: Any) -> T:
        begun, cpu = time.perf_counter(), time.process_time()
        try:
            return work(*args, **more)
        finally:
            sums[0] += time.perf_counter() - begun
            sums[1] += time.process_time() - cpu

    return timed


def opened(place: Place) -> dict[str, float]:
    """Seconds until an index is open and until both searches have been made once; MB that this takes in the process."""
    query = np.ones(Projection.dimension, np.float32) / Projection.dimension**0.5
    before, begun = resident(os.getpid()), time.perf_counter()
    with place.open() as store:
        there = time.perf_counter() - begun
        store.search_dense(query, 10, Filter())
        store.search_lexical(Terms(("storm", "warning")), 10, Filter())
        searched = time.perf_counter() - begun
        grown = resident(os.getpid()) - before
    return {"open_s": round(there, 2), "searched_s": round(searched, 2), "grown_mb": round(grown)}


def apart(work: Callable[..., T], *args: Any) -> T:
    """What `work` returns in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one:
        return one.submit(work, *args).result()


def main() -> None:
    """Prints a JSON object for each store and size."""
    work, counts = Path(sys.argv[1]), [int(count) for count in sys.argv[2:]] or [3_000, 10_000]
    work.mkdir(parents=True, exist_ok=True)
    for count in counts:
        source = work / f"{count}.jsonl"
        source.write_text("".join(json.dumps(record) + "\n" for record in articles(count)), encoding="utf-8")
        for store in (EMBEDDED, MILVUS):
            place = Place(work / f"{store}{count}", store)
            found = {"store": store, **apart(ingest, place, source)}
            size = sum(path.stat().st_size for path in place.folder.rglob("*") if path.is_file())
            found |= {"disk_mb": round(size / 1e6, 1), **apart(opened, place)}
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
