"""The retrieval benchmark: `python -m eval.retrieval --articles FILE --questions FILE [--json] [--ablate]`.

Builds (once) an index of the articles under var/bench, asks every question with its own day as the *as of* date, and
prints the metrics with 95% bootstrap intervals. Embeddings are cached by content, so a second run takes seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from eval.bench import BenchQuestion, holds_answer, read_questions
from eval.cache import CachedEmbedder
from eval.metrics import Estimate, auroc, estimate, hits_at, reciprocal_rank
from eval.plot import intervals
from index.build import Builder
from index.embed import Vectors, embedder
from index.errors import DatelineError
from index.records import Filter, Hit
from index.store import Store
from index.stores import EMBEDDED, Place
from rag.answerable import answerability
from rag.cli_print import ingest_progress
from rag.config import Config
from rag.evidence import EvidencePicker
from rag.pipeline import Pipeline
from rag.retrieve import CANDIDATES, Retriever
from rag.terms import lexical_terms
from rag.types import Question
from rag.understand import understand
from rag.verifiers import verifier

RRF_K = 60
DEPTH = 10
WINDOW = timedelta(days=10)

Ranking = list[str]  # article ids, best first


@dataclass(frozen=True, slots=True)
class Row:
    """One system's figures."""

    system: str
    hits_1: Estimate
    hits_4: Estimate
    hits_10: Estimate
    mrr_10: Estimate
    ans_recall_5: Estimate
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Figures of the shipped default beyond ranking."""

    evidence_answer_recall: Estimate
    answerability_auroc: float


class Systems:
    """The systems that are compared: each ranks articles for a question and its vector."""

    def __init__(self, store: Store, retriever: Retriever) -> None:
        self._store = store
        self._retriever = retriever

    def bm25(self, question: Question, _: Vectors) -> Ranking:
        """Best passage's BM25."""
        return _rolled(self._store.search_lexical(lexical_terms(question.standalone), CANDIDATES, _until(question)))

    def dense(self, question: Question, vector: Vectors) -> Ranking:
        """Best passage's cosine."""
        return _rolled(self._store.search_dense(vector, CANDIDATES, _until(question)))

    def hybrid(self, question: Question, vector: Vectors) -> Ranking:
        """Reciprocal rank fusion of the two (Cormack et al. 2009), k = 60."""
        scores: dict[str, float] = {}
        for ranking in (self.bm25(question, vector), self.dense(question, vector)):
            for rank, article_id in enumerate(ranking, 1):
                scores[article_id] = scores.get(article_id, 0.0) + 1 / (RRF_K + rank)
        return sorted(scores, key=lambda i: (-scores[i], i))

    def hybrid_window(self, question: Question, vector: Vectors) -> Ranking:
        """The same, articles of the ten days before the question first."""
        ranking = self.hybrid(question, vector)
        days = {i: s.article.published for i, s in self._store.articles(ranking).items()}
        return sorted(ranking, key=lambda i: not _within(days.get(i), question.as_of))

    def shipped(self, question: Question, vector: Vectors) -> Ranking:
        """What Dateline does."""
        return [found.article.article.id for found in self._retriever.ranked(question, vector, DEPTH)]


def _rolled(hits: Sequence[Hit]) -> Ranking:
    return list(dict.fromkeys(hit.article_id for hit in hits))


def _until(question: Question) -> Filter:
    return Filter(until=question.as_of)


def _within(day: date | None, as_of: date) -> bool:
    return day is not None and as_of - WINDOW <= day <= as_of


def measure(
    name: str,
    rank: Callable[[Question, Vectors], Ranking],
    questions: Sequence[tuple[BenchQuestion, Question, Vectors]],
    store: Store,
) -> Row:
    """One system over all questions."""
    ranks: list[int | None] = []
    recalls, times = [], []
    for asked, question, vector in track(questions, name, console=Console(stderr=True), transient=True):
        start = time.perf_counter()
        ranking = rank(question, vector)[:DEPTH]
        times.append((time.perf_counter() - start) * 1000)
        if asked.evidence:
            ranks.append(next((i for i, article_id in enumerate(ranking, 1) if article_id in asked.evidence), None))
        if asked.bearing:
            texts = [s.article for s in store.articles(ranking[:5]).values()]
            recalls.append(float(any(holds_answer(f"{a.title} {a.text}", asked.answers) for a in texts)))
    return Row(
        name,
        hits_1=estimate([hits_at(r, 1) for r in ranks]),
        hits_4=estimate([hits_at(r, 4) for r in ranks]),
        hits_10=estimate([hits_at(r, 10) for r in ranks]),
        mrr_10=estimate([reciprocal_rank(r, DEPTH) for r in ranks]),
        ans_recall_5=estimate(recalls),
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
    )


def measure_evidence(
    questions: Sequence[tuple[BenchQuestion, Question, Vectors]], retriever: Retriever, picker: EvidencePicker
) -> Evidence:
    """Whether the evidence holds the answer, and whether answerability tells when it cannot."""
    recalls, answerable, removed = [], [], []
    for asked, question, vector in track(questions, "evidence", console=Console(stderr=True), transient=True):
        if not (asked.bearing or asked.evidence):
            continue
        found = retriever.ranked(question, vector, DEPTH)
        evidence = picker.pick(question, found, vector)
        if asked.bearing:
            recalls.append(float(any(holds_answer(e.sentence.text, asked.answers) for e in evidence)))
        gone = tuple(asked.evidence | asked.bearing)
        without = retriever.ranked(question, vector, DEPTH, without=gone)
        answerable.append(answerability(found, evidence))
        removed.append(answerability(without, picker.pick(question, without, vector)))
    return Evidence(estimate(recalls), auroc(answerable, removed))


def measure_cited(questions: Sequence[BenchQuestion], pipeline: Pipeline) -> Estimate:
    """Whether the sentences that the final answer cites hold the answer; a refusal cites none."""
    held = []
    for asked in track(questions, "answers", console=Console(stderr=True), transient=True):
        if asked.bearing:
            citations = pipeline.answer(asked.text, as_of=asked.asked).citations
            held.append(float(any(holds_answer(c.sentence.text, asked.answers) for c in citations)))
    return estimate(held)


def main(
    articles: Annotated[Path, typer.Option(help="Articles: .jsonl or .jsonl.gz")],
    questions: Annotated[Path, typer.Option(help="Questions: .jsonl")],
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Also BM25, dense, hybrid and hybrid with a window.")
    ] = False,
    undated: Annotated[bool, typer.Option("--no-date", help="As of = the newest article, for every question.")] = False,
    evidence: Annotated[bool, typer.Option("--evidence", help="Also evidence recall and answerability.")] = False,
    cited: Annotated[
        str | None, typer.Option(metavar="LLM", help="Also answer with this language model: answer recall as cited.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Also draw MRR@10 with its intervals into this SVG file.")] = None,
    store: Annotated[str, typer.Option(metavar="embedded|milvus", help="What keeps the index.")] = EMBEDDED,
    cache: Annotated[Path, typer.Option(help="Where index and vectors are kept.")] = Path("var/bench"),
    spec: Annotated[str, typer.Option("--embedder", metavar="NAME", help="The encoder.")] = "minilm",
) -> None:
    """Measure retrieval on articles and questions that journalists wrote."""
    console = Console(stderr=True)
    encoder = CachedEmbedder(embedder(spec), cache / "vectors.sqlite3")
    place = cache / encoder.name.replace("/", "-") / articles.name.split(".")[0]
    builder = Builder(Place(place, store), encoder)
    with ingest_progress(console) as notify:
        builder.ingest([articles], notify)
    with builder.open() as opened:
        asked = [q for q in read_questions(questions) if q.evidence or q.bearing]
        newest = opened.newest() or date.max
        understood = [understand(q.text, as_of=newest if undated else q.asked) for q in asked]
        vectors = encoder.encode([q.standalone for q in understood])
        rows_in = list(zip(asked, understood, vectors, strict=True))
        retriever = Retriever(opened, encoder)
        systems = Systems(opened, retriever)
        chosen: dict[str, Callable[[Question, Vectors], Ranking]] = {"shipped": systems.shipped}
        if ablate:
            chosen = {
                "BM25": systems.bm25,
                "dense": systems.dense,
                "hybrid (RRF)": systems.hybrid,
                "hybrid + window": systems.hybrid_window,
                **chosen,
            }
        rows = [measure(name, rank, rows_in, opened) for name, rank in chosen.items()]
        more = measure_evidence(rows_in, retriever, EvidencePicker(opened)) if evidence else None
        checked = Pipeline(opened, encoder, Config(llm=cited), verifier(), fixed_model=True) if cited else None
        cites = measure_cited(asked, checked) if checked else None
    if plot:
        title = f"MRR@10 with 95% intervals: {rows[0].mrr_10.n} questions"
        plot.write_text(intervals(title, {r.system: r.mrr_10 for r in rows}, highlight="shipped"), encoding="utf-8")
    if as_json:
        document = {"rows": [asdict(row) for row in rows], "evidence": asdict(more) if more else None}
        document["cited_answer_recall"] = asdict(cites) if cites else None
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    _print(rows, more, cites)


def _print(rows: Sequence[Row], more: Evidence | None, cites: Estimate | None) -> None:
    table = Table("system", "Hits@1", "Hits@4", "Hits@10", "MRR@10", "AnsRecall@5", "p50 ms", "p95 ms")
    for row in rows:
        figures = (row.hits_1, row.hits_4, row.hits_10, row.mrr_10, row.ans_recall_5)
        table.add_row(row.system, *(str(f) for f in figures), f"{row.p50_ms:.0f}", f"{row.p95_ms:.0f}")
    out = Console(width=140)
    out.print(table)
    if more:
        out.print(
            f"evidence answer recall {more.evidence_answer_recall}   answerability AUROC {more.answerability_auroc:.3f}"
        )
    if cites:
        out.print(f"cited answer recall {cites}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except DatelineError as exc:
        sys.exit(str(exc))
