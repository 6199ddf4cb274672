"""Trains the answer selector: ``python -m eval.train_selector`` writes `rag/selector.safetensors`; docs/selector.md.

Starts from the packaged MiniLM. Its embeddings and its two lowest layers stay as they are. Questions that measure the
project (the small benchmark and the project's own set) and the articles of the small benchmark are left out.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import typer
from safetensors.torch import save_file

# ruff: noqa: S311 - chance that can be repeated is what training needs
from eval import reader_questions, short_reports
from eval.bench import BenchQuestion, read_questions
from eval.reader_questions import readers, reworded
from eval.selector_pairs import Candidate, Collection, Group, journalists, made_up
from eval.short_reports import reports, with_shorter_headlines
from eval.training import Descent
from rag.packaged import PLAIN
from rag.selector import TITLE, TOKENS, WEIGHTS, logits, untrained

SEED = 5
MADE_UP = 900
TOGETHER = 4  # groups in a step
LOTS = 2  # that their candidates are read in
RATE = 1.2e-4
FROZEN_LAYERS = 2
# Few sentences answer: one that does weighs as much as three that do not.
POSITIVE = 3.0
# What the choice within a group weighs beside the judgement of each pair.
CHOICE = 0.5

app = typer.Typer(add_completion=False)


@app.command()
def main(bench: Path = Path("../shared/bench/realtimeqa"), out: Path = WEIGHTS, threads: int = 2) -> None:
    """Makes the groups, fits the network in one pass over them, writes layers and head."""
    torch.manual_seed(SEED)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    rng = random.Random(SEED)
    body, head, tokenizer = untrained(**PLAIN)
    written, invented = groups(bench, rng)
    held, learned = [g for g in written if held_out(g.origin)], [g for g in written if not held_out(g.origin)]
    typer.echo(f"{len(learned)} asked, {len(invented)} made up, {len(held)} held out")
    order = with_shorter_headlines([*learned, *invented], rng)
    rng.shuffle(order)
    fit(order, body, head, tokenizer)
    held_back = {f"body.{n}": v for n, v in body.state_dict().items() if not n.startswith("embeddings")}
    held_back |= {f"head.{n}": v for n, v in head.state_dict().items()}
    save_file({name: value.half().contiguous() for name, value in held_back.items()}, out)
    typer.echo(f"written: {out}")
    for kinds in (("asked",), ("reworded",), ("reader", "near miss"), ("report", "report near miss")):
        same = [group for group in held if group.kind in kinds]
        typer.echo(f"{kinds[0]}: {measured(same, body, head, tokenizer)}")


def held_out(origin: str) -> bool:
    """Whether what a quiz question asks, or what is asked of an article, is kept from training: a sixth of all. Weights
    that use the selector are fitted on these.
    """  # fmt: skip
    return zlib.crc32(origin.encode()) % 6 == 0


def quiz_questions(bench: Path) -> list[BenchQuestion]:
    """The quiz questions that do not measure the project."""
    small = {question.id for question in read_questions(bench / "small_questions.jsonl")}
    return [question for question in read_questions(bench / "questions.jsonl") if question.id not in small]


def groups(bench: Path, rng: random.Random) -> tuple[list[Group], list[Group]]:
    """Groups of written questions, and made-up ones, from the files of docs/retrieval.md."""
    from index.embed import embedder  # noqa: PLC0415 - seconds to import

    articles = read_articles(bench / "articles.jsonl.gz")
    shown = {a["id"] for a in read_articles(bench / "small_articles.jsonl.gz")}
    collection = Collection(articles)
    asked = list(journalists(quiz_questions(bench), collection, embedder("minilm").encode, rng))
    read = list(readers(reader_questions.read(), {a["id"]: a for a in articles}, collection, rng))
    others = [a for a in articles if a["id"] not in shown]
    rng.shuffle(others)
    short = reports(short_reports.read(), rng)
    return [*asked, *reworded(asked), *read, *short], list(made_up(others, rng, MADE_UP))


def fit(order: Sequence[Group], body: Any, head: torch.nn.Linear, tokenizer: Any) -> None:
    """One step for every few groups: is each candidate an answer, and which of a group's is it?"""
    for part in (body.embeddings, *body.encoder.layer[:FROZEN_LAYERS]):
        part.requires_grad_(requires_grad=False)
    weights = [p for module in (body, head) for p in module.parameters() if p.requires_grad]
    steps = [order[i : i + TOGETHER] for i in range(0, len(order), TOGETHER)]
    descent = Descent(weights, RATE, len(steps), anneal="linear", fused=True)
    body.train()
    for step in steps:
        descent.take(_loss(_read(step, body, head, tokenizer), step))
        descent.tell(every=50)
    body.eval()


def _read(step: Sequence[Group], body: Any, head: torch.nn.Linear, tokenizer: Any) -> torch.Tensor:
    """Logits of all candidates, in order; read in lots of like length, since a lot is filled up to its longest."""
    pairs = [(group.question, c) for group in step for c in group.candidates]
    order = sorted(
        range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1].title[:TITLE] + pairs[i][1].sentence)
    )
    found = []
    for lot in np.array_split(order, LOTS):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found.append(logits(body, head, _batch([pairs[i] for i in lot], tokenizer)).float())
    return torch.cat(found)[torch.tensor(np.argsort(order))]


def _loss(found: torch.Tensor, step: Sequence[Group]) -> torch.Tensor:
    labels = torch.tensor([float(c.answers) for group in step for c in group.candidates])
    loss = torch.nn.functional.binary_cross_entropy_with_logits(found, labels, pos_weight=torch.tensor(POSITIVE))
    start = 0
    for group in step:
        here = slice(start, start + len(group.candidates))
        start = here.stop
        if labels[here].any():
            chosen = torch.logsumexp(found[here][labels[here] > 0], 0)
            loss = loss + CHOICE * (torch.logsumexp(found[here], 0) - chosen) / len(step)
    return loss


@torch.inference_mode()
def measured(held: Sequence[Group], body: Any, head: torch.nn.Linear, tokenizer: Any) -> str:
    """On held-out questions: how often a sentence that answers is ranked first or among three, and AUROC of the largest
    score with those sentences there and taken away; questions without an answer count as the latter.
    """  # fmt: skip
    first, three, there, away = [], [], [], []
    for group in held:
        answers = np.array([c.answers for c in group.candidates])
        scores = logits(body, head, _batch([(group.question, c) for c in group.candidates], tokenizer)).numpy()
        if not answers.any():
            away.append(scores.max())
            continue
        order = answers[np.argsort(-scores)]
        first.append(order[0])
        three.append(order[:3].any())
        there.append(scores.max())
        away.append(scores[~answers].max())
    pairs = [(p > n) + 0.5 * (p == n) for p in there for n in away]
    ranked = f"first {np.mean(first):.3f}, first three {np.mean(three):.3f}"
    return f"held out: {len(first)} questions, {ranked}, AUROC {np.mean(pairs):.3f}"


def _batch(pairs: Sequence[tuple[str, Candidate]], tokenizer: Any) -> Mapping[str, torch.Tensor]:
    found: Mapping[str, torch.Tensor] = tokenizer(
        [question for question, _ in pairs],
        [f"{c.title[:TITLE]}. {c.sentence}" for _, c in pairs],
        truncation="only_second",
        max_length=TOKENS,
        padding=True,
        return_tensors="pt",
    )
    return found


def read_articles(path: Path) -> list[dict[str, str]]:
    """The articles of a file of the public collection (.jsonl.gz)."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    app()
