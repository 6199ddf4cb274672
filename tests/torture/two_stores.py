"""The same questions to the same articles and vectors in both stores: they must rank as well.

DATELINE_BENCH=… python -m torture.two_stores FOLDER

Vectors are cached in the folder, so a second run encodes nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from eval.bench import read_questions
from eval.cache import CachedEmbedder
from eval.retrieval import Systems, measure
from index.build import Builder
from index.copy import copy
from index.embed import embedder
from index.stores import MILVUS, Place
from rag.retrieve import Retriever
from rag.understand import understand
from torture.faults import Row

BENCH = Path(os.environ.get("DATELINE_BENCH", "../shared/bench"))
APART = 0.01  # MRR@10 of what Dateline does


def run(folder: Path, bench: Path = BENCH) -> Row:
    """Both stores' MRR@10 on RealTimeQA's small benchmark, a line of the table of `make torture`."""
    figures = mrr(folder, bench)
    said = ", ".join(f"{name} {figure:.3f}" for name, figure in figures.items())
    near = max(figures.values()) - min(figures.values()) <= APART
    row = Row(f"the same questions to both stores (MRR@10: {said})", tried=len(figures))
    row.broken = [] if near else [f"MRR@10 differs by more than {APART}: {said}"]
    return row


def mrr(folder: Path, bench: Path) -> dict[str, float]:
    """MRR@10 by store."""
    encoder = CachedEmbedder(embedder("minilm"), folder / "vectors.sqlite3")
    places = {"embedded": Place(folder / "embedded"), "Milvus Lite": Place(folder / "milvus", MILVUS)}
    Builder(places["embedded"], encoder).ingest([bench / "realtimeqa" / "small_articles.jsonl.gz"])
    copy(places["embedded"], places["Milvus Lite"])
    asked = [q for q in read_questions(bench / "realtimeqa" / "small_questions.jsonl") if q.evidence]
    understood = [understand(q.text, as_of=q.asked) for q in asked]
    questions = list(zip(asked, understood, encoder.encode([q.standalone for q in understood]), strict=True))
    found = {}
    for name, place in places.items():
        with place.open() as store:
            systems = Systems(store, Retriever(store, encoder))
            found[name] = measure(name, systems.shipped, questions, store).mrr_10.mean
    return found


if __name__ == "__main__":
    done = run(Path(sys.argv[1]))
    sys.stdout.write(f"{done.fault}\n")
    sys.exit(str(done.broken[0]) if done.broken else 0)
