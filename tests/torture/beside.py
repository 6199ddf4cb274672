"""How long an answer takes while articles are taken in beside it.

    python -m torture.beside [--seconds 40]

One asks over an index of `seeds/`, without a language model, one question after the other: alone; while articles come
in in the same process, as from the window or the API; while `dateline ingest` runs. For comparison, both again at the
priority of who asks. What comes in are the seeds under new ids with their words shuffled, so that none is like another.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

from api.sent import Sent
from index.load import load
from index.records import Article
from rag.collection import Collection
from rag.config import read_config
from rag.pipeline import Pipeline
from torture.load import DATELINE, ENVIRON, QUESTIONS, ROOT

_LOT = 20
# As before `index.priority`: taking in at the priority of who asks.
_LOUD = "import sys; from unittest.mock import patch; sys.argv[0] = 'dateline'\nfrom rag.cli import app\n"
_LOUD += "with patch('rag.cli.step_back', lambda: None): app()"


def shuffled(rng: random.Random) -> Iterator[dict[str, object]]:
    """The seeds again and again, under new ids and in other words."""
    seeds = [item for item in load([ROOT / "seeds"]) if isinstance(item, Article)]
    for number in itertools.count():
        seed = seeds[number % len(seeds)]
        words = seed.text.split()
        rng.shuffle(words)
        yield {"id": f"copy-{number}", "title": f"Copy {number}", "text": " ".join(words)}


def asked(pipeline: Pipeline, seconds: float) -> list[float]:
    """Seconds of each answer, for so long."""
    took: list[float] = []
    end = time.monotonic() + seconds
    for question in itertools.cycle(QUESTIONS):
        begun = time.monotonic()
        if begun >= end:
            return took
        for _ in pipeline.stream(question):
            pass
        took.append(time.monotonic() - begun)
    return took


@contextmanager
def in_process(pipeline: Pipeline, counted: list[int], *, loud: bool) -> Iterator[None]:
    """Articles come in as from the window."""
    over = threading.Event()
    articles = shuffled(random.Random(1))

    def take() -> None:
        collection = Collection(pipeline.store, pipeline.config.place, pipeline.embedder)
        while not over.is_set():
            counted.append(len(collection.take([Sent(list(itertools.islice(articles, _LOT)))])))

    plain: AbstractContextManager[object] = (
        patch("rag.collection.aside", lambda work: work()) if loud else nullcontext()
    )
    with plain:
        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def by_command(folder: Path, index: Path, counted: list[int], *, loud: bool) -> Iterator[None]:
    """Articles come in by `dateline ingest`, more than it can do in the time."""
    file = folder / f"copies-{loud}.jsonl"
    copies = itertools.islice(shuffled(random.Random(2 + loud)), 20_000)
    file.write_text("".join(json.dumps({**copy, "id": f"{copy['id']}-{loud}"}) + "\n" for copy in copies))
    command = [sys.executable, "-c", _LOUD] if loud else [str(DATELINE)]
    with subprocess.Popen(
        [*command, "ingest", str(file), "--index", str(index), "--items"],
        env=ENVIRON,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        process.stderr.readline()  # the first article is in: it is at work

        def count(lines: Iterator[str]) -> None:
            counted.append(sum("copy-" in line for line in lines))

        counting = threading.Thread(target=count, args=(iter(process.stderr),))
        counting.start()
        try:
            yield
        finally:
            process.kill()
            counting.join()


def main() -> None:
    """Measures, prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=40.0)
    seconds: float = options.parse_args().seconds
    sys.stdout.write("| beside it | answers | p50 | p95 | articles taken in |\n|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as name:
        folder, index = Path(name), Path(name, "index")
        subprocess.run(
            [DATELINE, "ingest", ROOT / "seeds", "--index", index], env=ENVIRON, check=True, capture_output=True
        )
        pipeline = Pipeline.open(read_config({"index": index, "llm": "none"}))
        asked(pipeline, 5.0)  # everything is loaded
        counted: list[int] = []
        beside: list[tuple[str, Callable[[], AbstractContextManager[None]]]] = [
            ("nothing", nullcontext),
            ("articles from the window", lambda: in_process(pipeline, counted, loud=False)),
            ("the same at the priority of who asks", lambda: in_process(pipeline, counted, loud=True)),
            ("`dateline ingest`", lambda: by_command(folder, index, counted, loud=False)),
            ("the same at the priority of who asks", lambda: by_command(folder, index, counted, loud=True)),
        ]
        for what, going_on in beside:
            counted.clear()
            with going_on():
                took = asked(pipeline, seconds)
            centiles = statistics.quantiles(took, n=20, method="inclusive")
            row = f"| {what} | {len(took)} | {centiles[9]:.2f} s | {centiles[18]:.2f} s | {sum(counted)} |\n"
            sys.stdout.write(row)
            sys.stdout.flush()
        pipeline.close()


if __name__ == "__main__":
    main()
