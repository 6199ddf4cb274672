"""50,000 articles on one machine: memory, time, opening, deletes, retrieval, and recall of the search for vectors.

    DATELINE_BENCH=… python -m torture.scale FOLDER [ARTICLES]

The articles are those of the benchmark files, and more that are made of their sentences. Their vectors come from a
random projection of words, at no cost: what is measured is everything but the encoder's time; its memory counts. How
much of an ingest is the encoder's own time is measured apart, with the real one, on 3,000 short stories; their vectors
and neighbours of them are what recall is measured on. Exit code 1 where a figure is not what it should be (`LIMITS`).
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from index.build import Builder
from index.embed import Vectors, embedder
from index.records import Filter
from index.report import Progress
from index.sqlite_faiss import DATABASE, POSTINGS, VECTORS, SqliteFaissStore
from index.vectors import VectorIndex

BENCH = Path(os.environ.get("DATELINE_BENCH", "../shared/bench"))
QUESTIONS = 300
# What must hold: step, figure, the least or the most it may be.
LIMITS = (
    ("ingest", "rss_mb_most", "most", 1_500),
    ("opening", "opened_s", "most", 1.0),
    ("retrieval_ms", "all_clock_p95", "most", 60.0),
    ("deletes", "p50_ms", "most", 50.0),
    ("words_as_fts5", "differ", "most", 0),
    ("recall", "recall_compared_exactly", "least", 0.98),
    ("encoder", "share_of_cpu", "least", 0.95),
)
# Vectors that recall is measured on, and how near those that are made are to the real one that each is made of.
ENLARGED, NEAR = 120_000, 0.86


class Projection:
    """Sums of random vectors of words: texts with words in common are near. 384 dimensions, as MiniLM has."""

    name, dimension, max_tokens = "projection", 384, 256

    def __init__(self) -> None:
        self._words = np.random.default_rng(0).standard_normal((1 << 14, self.dimension)).astype(np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [round(len(text.split()) * 1.35) for text in texts]

    def encode(self, texts: Sequence[str]) -> Vectors:
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            at = [zlib.crc32(word.encode()) & 0x3FFF for word in re.findall(r"\w{4,}", text.lower())]
            vector = self._words[at or [0]].sum(axis=0)
            found[row] = vector / np.linalg.norm(vector)
        return found


def articles(count: int, files: Sequence[str] = ("realtimeqa", "reuters")) -> Iterator[dict[str, Any]]:
    """The articles of benchmark files, and from there on articles of sentences taken from several of them."""
    pool: list[str] = []
    made = 0
    for name in files:
        with gzip.open(BENCH / name / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if made < count and record.get("text"):
                    made += 1
                    yield {**record, "id": f"{name}-{record['id']}"}
                if len(pool) < 60_000:
                    pool += re.findall(r"[A-Z][^.!?\n]{30,300}[.!?]", record["text"])[:12]
    rng = random.Random(1)
    while made < count:
        text = "\n\n".join(" ".join(rng.sample(pool, 5)) for _ in range(rng.randrange(1, 8)))
        day = f"{rng.randrange(2009, 2025)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        yield {
            "id": f"made-{made}",
            "title": rng.choice(pool)[:70],
            "text": text,
            "date": day,
            "outlet": f"Desk {made % 9}",
        }
        made += 1


def memory() -> int:
    """Greatest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # the other one begins with that of the process that started this one
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def ingest(place: Path, source: Path) -> dict[str, Any]:
    """Takes everything in; memory at the end and half-way, and seconds an article beside the encoder."""
    marks: dict[float, int] = {}
    embedder("minilm").encode(["loads what every ingest has in memory"])
    encoder = Projection()
    encoding = [0.0]
    real = encoder.encode

    def timed(texts: Sequence[str]) -> Vectors:
        begun = time.perf_counter()
        found = real(texts)
        encoding[0] += time.perf_counter() - begun
        return found

    encoder.encode = timed  # type: ignore[method-assign]

    def notify(progress: Progress) -> None:
        marks.setdefault(round(progress.articles / max(progress.of_articles, 1), 1), memory())

    begun, cpu = time.perf_counter(), time.process_time()
    report = Builder(place, encoder).ingest([source], notify)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "articles": len(report.added),
        "refused": len(report.refused),
        "near_duplicates": len(report.near_duplicates),
        "wall_s": round(wall),
        "cpu_s": round(cpu),
        "encoder_s": round(encoding[0]),
        "rss_mb": marks,
        "rss_mb_most": memory(),
    }


def share_of_the_encoder(work: Path, count: int = 3_000) -> dict[str, float]:
    """With MiniLM: the encoder's time in an ingest of short stories as a share of all its time."""
    model = embedder("minilm")
    model.encode(["warm"])
    model.count_tokens(["warm"])
    spent, passages = [0.0, 0.0], [0]
    real = model.encode

    def timed(texts: Sequence[str]) -> Vectors:
        begun, cpu = time.perf_counter(), time.process_time()
        found = real(texts)
        spent[0] += time.process_time() - cpu
        spent[1] += time.perf_counter() - begun
        passages[0] += len(texts)
        return found

    model.encode = timed  # type: ignore[method-assign]
    source = work / "sample.jsonl"
    source.write_text("\n".join(json.dumps(record) for record in articles(count, ["reuters"])))
    begun, cpu = time.perf_counter(), time.process_time()
    report = Builder(work / "sample", model).ingest([source])
    return {
        "articles": len(report.added),
        "passages": passages[0],
        "passages_a_cpu_second": round(passages[0] / spent[0], 1),
        "share_of_cpu": round(spent[0] / (time.process_time() - cpu), 3),
        "share_of_clock": round(spent[1] / (time.perf_counter() - begun), 3),
        "rss_mb": memory(),
    }


def opening(place: Path) -> dict[str, float]:
    """Seconds to open the index and to make the first searches, without the time to start Python and its imports."""
    code = (
        "import sys, time\nfrom pathlib import Path\nimport numpy as np\n"
        "from index.sqlite_faiss import SqliteFaissStore\n"
        "from index.records import Filter\nfrom index.store import Terms\n"
        "begun = time.perf_counter()\nstore = SqliteFaissStore(Path(sys.argv[1]))\n"
        "opened = time.perf_counter() - begun\nstore.search_dense(np.ones(384, np.float32) / 384**.5, 10, Filter())\n"
        "store.search_lexical(Terms(('storm', 'warning')), 10, Filter())\n"
        "print(opened, time.perf_counter() - begun)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, text=True, check=True)
    opened, searched = (round(float(part), 3) for part in done.stdout.split())
    return {"opened_s": opened, "searched_s": searched}


def questions() -> list[tuple[str, date]]:
    """Questions of the benchmark, with the day on which each was asked."""
    with (BENCH / "realtimeqa" / "questions.jsonl").open(encoding="utf-8") as lines:
        found = [json.loads(line) for line, _ in zip(lines, range(QUESTIONS), strict=False)]
    return [(record["question"], date.fromisoformat(record["date"])) for record in found]


def retrieval(place: Path) -> dict[str, float]:
    """Milliseconds of a search for articles, both ways and fused, without the encoder: by the clock, and of a core."""
    from rag.retrieve import Retriever
    from rag.terms import lexical_terms
    from rag.understand import understand

    encoder = Projection()
    with SqliteFaissStore(place) as store:
        retriever = Retriever(store, encoder)
        times: dict[str, list[float]] = {}

        def timed(name: str, work: Callable[[], object]) -> None:
            begun, cpu = time.perf_counter(), time.process_time()
            work()
            times.setdefault(f"{name}_clock", []).append(1000 * (time.perf_counter() - begun))
            times.setdefault(f"{name}_cpu", []).append(1000 * (time.process_time() - cpu))

        known = store.outlets()
        asked = [
            (understand(text, as_of=day, known_outlets=known), encoder.encode([text])[0]) for text, day in questions()
        ]
        for question, vector in asked[:5]:
            retriever.ranked(question, vector, 10)
        for question, vector in asked:
            timed("all", lambda q=question, v=vector: retriever.ranked(q, v, 10))  # type: ignore[misc]
            timed("dense", lambda v=vector: store.search_dense(v, 200, Filter()))  # type: ignore[misc]
            terms = lexical_terms(question.standalone)
            timed("words", lambda t=terms: store.search_lexical(t, 200, Filter()))  # type: ignore[misc]
    return {
        f"{name}_{what}": round(value, 1)
        for name, found in times.items()
        for what, value in (("p50", statistics.median(found)), ("p95", statistics.quantiles(found, n=20)[-1]))
    }


def words_as_fts5(place: Path, count: int = 100, k: int = 200) -> dict[str, int]:
    """Questions whose first 200 passages, and scores, are those of FTS5."""
    from rag.terms import lexical_terms

    with SqliteFaissStore(place) as store, store.reading(), store.mapped():
        store._postings(whole=True)
        asked = [(lexical_terms(text), Filter(until=day)) for text, day in questions()[:count]]
        same = [store.search_lexical(t, k, w) == store._words.search(store.db, t, k, w, None) for t, w in asked]
    return {"questions": len(same), "differ": len(same) - sum(same)}


def deletes(place: Path, count: int = 60) -> dict[str, float]:
    """Milliseconds of a removal, committed."""
    with SqliteFaissStore(place) as store:
        times = []
        for article_id in random.Random(2).sample(store.article_ids(), count):
            begun = time.perf_counter()
            store.remove([article_id])
            times.append(1000 * (time.perf_counter() - begun))
        begun = time.perf_counter()
        store.snapshot()
        snapshot = time.perf_counter() - begun
    return {
        "p50_ms": round(statistics.median(times), 1),
        "max_ms": round(max(times), 1),
        "snapshot_s": round(snapshot, 1),
    }


def recall(vectors: Vectors, queries: Vectors, k: int = 10) -> dict[str, float]:
    """Share of the true k nearest that the index of lists finds, with and without comparing candidates exactly."""
    ids = np.arange(1, len(vectors) + 1)
    index = VectorIndex(vectors.shape[1])
    index.sync(ids, lambda part: vectors[part - 1])
    begun = time.perf_counter()
    grown = index.grow(lambda part: vectors[part - 1])
    made = time.perf_counter() - begun
    plain, exact, times = [], [], []
    for query in queries:
        true = set((np.argsort(-(vectors @ query), kind="stable")[:k] + 1).tolist())
        begun = time.perf_counter()
        found, _ = index.search(query, 300, None)
        times.append(1000 * (time.perf_counter() - begun))
        again = np.asarray(found)[np.argsort(-(vectors[np.asarray(found) - 1] @ query), kind="stable")[:k]]
        plain.append(len(true & set(found[:k])) / k)
        exact.append(len(true & set(again.tolist())) / k)
    return {
        "vectors": len(vectors),
        "lists": grown,
        "recall": round(float(np.mean(plain)), 4),
        "recall_compared_exactly": round(float(np.mean(exact)), 4),
        "search_p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "made_in_s": round(made, 1),
    }


def enlarged(vectors: Vectors, count: int) -> Vectors:
    """The vectors and so many neighbours of them that there are `count`, each of cosine `NEAR` to the one it is of."""
    rng = np.random.default_rng(3)
    of = vectors[rng.integers(0, len(vectors), count - len(vectors))]
    aside = rng.standard_normal(of.shape).astype(np.float32)
    aside -= (aside * of).sum(1, keepdims=True) * of
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    return np.concatenate([vectors, NEAR * of + (1 - NEAR**2) ** 0.5 * aside])


def held_vectors(place: Path) -> Vectors:
    """Every vector of an index."""
    with SqliteFaissStore(place) as store:
        ids = store._fresh()[1].ids
        return np.concatenate([store.vectors(ids[i : i + 4096].tolist()) for i in range(0, ids.size, 4096)])


def main() -> None:
    """Prints a JSON object a step, and what is not as it should be."""
    work = Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    work.mkdir(parents=True, exist_ok=True)
    source, place = work / "articles.jsonl", work / "index"
    if not source.exists():
        with source.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(record) + "\n" for record in articles(count))
    found: dict[str, dict[str, Any]] = {}

    def say(name: str, figures: dict[str, Any]) -> None:
        found[name] = figures
        print(json.dumps({name: figures}), flush=True)

    say("ingest", ingest(place, source))
    say("files_mb", {name: (place / name).stat().st_size // 1_000_000 for name in (DATABASE, VECTORS, POSTINGS)})
    say("opening", opening(place))
    say("retrieval_ms", retrieval(place))
    say("words_as_fts5", words_as_fts5(place))
    say("deletes", deletes(place))
    say("encoder", share_of_the_encoder(work))
    vectors = held_vectors(work / "sample")
    asked = embedder("minilm").encode([text for text, _ in questions()])
    say("recall", recall(enlarged(vectors, ENLARGED), asked))
    wrong = missed(found)
    for line in wrong:
        print(line, flush=True)
    sys.exit(1 if wrong else 0)


def missed(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The figures that are not within `LIMITS`, in words."""
    return [
        f"{step}: {figure} is {found[step][figure]}, at {way} {limit} is wanted"
        for step, figure, way, limit in LIMITS
        if (found[step][figure] > limit if way == "most" else found[step][figure] < limit)
    ]


if __name__ == "__main__":
    main()
