"""Trains the learned verifier: ``python -m eval.train_verifier pairs OUT``, ``… fit PAIRS WEIGHTS``, ``… refine …``.

Weak supervision from unlabelled articles (eval/verifier_pairs.py), then claims written for it (eval/retold.py).
Starts from the packaged MiniLM, whose embeddings stay as they are, so that only its six layers and the head are kept.
docs/verifiers.md holds the model card.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from zlib import crc32

import numpy as np
import torch
import typer

from eval.retold import read as read_claims
from eval.retold import retold
from eval.training import Descent
from eval.verifier_pairs import Pair, Text, pairs
from index.errors import InputError
from rag.verify_network import Network

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
SEED, REFINED_SEED = 20, 3
BATCH = 32
RATE, REFINED_RATE = 2e-4, 8e-5
HELD = 800  # pairs that are not trained on
TOKENS = 128  # of claim and evidence
LONGEST = 620  # characters of claim and evidence: what is longer might be cut, and its label be wrong
_ARTICLES = ("realtimeqa/articles.jsonl.gz", "reuters/articles.jsonl.gz")
# Reports of 1987 are about figures, and many: one of them for every two of the others teaches what they can.
_SHARE = (1.0, 0.5)
_SHORTEST = 900  # characters


@app.command("pairs")
def make_pairs(out: Path, most: Annotated[int, typer.Option(help="Articles of the first source.")] = 7400) -> None:
    """Writes labelled pairs made from the articles under $DATELINE_BENCH, one JSON object a line."""
    rng = random.Random(SEED)  # noqa: S311 - seeded on purpose
    sources = [_articles(name, round(most * share), rng) for name, share in zip(_ARTICLES, _SHARE, strict=True)]
    with out.open("w", encoding="utf-8") as sink:
        for texts in sources:
            for text, near in zip(texts, _neighbours(texts), strict=True):
                for pair in pairs(text, near, rng):
                    if len(pair.claim) + len(pair.evidence) > LONGEST:
                        continue
                    sink.write(json.dumps(pair.record(), ensure_ascii=False) + "\n")


def _articles(name: str, most: int, rng: random.Random) -> list[Text]:
    records = [r for r in _records(name) if len(r["text"]) >= _SHORTEST]
    rng.shuffle(records)
    return [Text(record) for record in records[:most]]


def _records(name: str) -> list[dict[str, str]]:
    path = Path(os.environ.get("DATELINE_BENCH") or "../shared/bench") / name
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except OSError as exc:
        msg = f"{path} cannot be read: {exc}."
        raise InputError(msg, "Set DATELINE_BENCH to the folder of the articles.") from exc


def _neighbours(texts: Sequence[Text]) -> list[Text]:
    """For each article the one that is most like it by its first words, without being a copy (TF-IDF)."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - seconds to import

    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english", max_df=0.1).fit_transform(
        [f"{t.title} {' '.join(t.sentences[:4])}" for t in texts]
    )
    found = []
    for start in range(0, len(texts), 500):
        cosines = (vectors[start : start + 500] @ vectors.T).toarray()
        np.fill_diagonal(cosines[:, start:], 0)
        cosines[cosines > 0.6] = 0
        found += [texts[int(i)] for i in cosines.argmax(1)]
    return found


@app.command()
def fit(pairs_file: Path, out: Path, most: int = 100_000, save_every: int = 400) -> None:
    """Fits the network in one pass over the pairs, saving on the way."""
    torch.manual_seed(SEED)
    rows = read_pairs(pairs_file)
    held = held_out(rows)
    rows = rows[HELD : HELD + most]
    network = Network.packaged()
    order = batches(rows)
    descent = Descent(network.trained_parameters(), RATE, len(order))
    for step, batch in enumerate(order, 1):
        network.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = network.loss(batch, TOKENS)
        descent.take(loss)
        descent.tell(every=25)
        if step % save_every == 0 or step == len(order):
            network.save(out)
            typer.echo(f"held out: {accuracies(network, held)}")


@app.command()
def refine(pairs_file: Path, weights: Path, beside: int = 14_000) -> None:
    """Goes on with the claims that were written, among as many made ones, so that neither sort is unlearned."""
    torch.manual_seed(SEED)
    made = read_pairs(pairs_file)
    held = held_out(made)
    rng = random.Random(REFINED_SEED)  # noqa: S311 - seeded on purpose
    rows = [*written(held=False), *rng.sample(made[HELD:], min(beside, len(made) - HELD))]
    rng.shuffle(rows)
    network = Network.packaged()
    network.restore(weights)
    order = batches(rows)
    descent = Descent(network.trained_parameters(), REFINED_RATE, len(order))
    for batch in order:
        network.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = network.loss(batch, TOKENS)
        descent.take(loss)
        descent.tell(every=25)
    network.save(weights)
    for rest in (held, written(held=True)):
        typer.echo(f"held out: {accuracies(network, rest)}")


def written(*, held: bool) -> list[Pair]:
    """The claims of eval/retold.py, of a seventh of the articles or of the others; that seventh is not trained on."""
    name, _ = _ARTICLES
    articles = {record["id"]: record for record in _records(name)}
    some = [claim for claim in read_claims() if (crc32(claim.article.encode()) % 7 == 0) == held]
    return list(retold(some, articles))


def read_pairs(path: Path) -> list[Pair]:
    """What `make_pairs` wrote."""
    with path.open(encoding="utf-8") as lines:
        return [Pair(**json.loads(line)) for line in lines]


def held_out(rows: list[Pair]) -> list[Pair]:
    """The pairs that are not trained on: the first ones, after `rows` has been shuffled in place."""
    random.Random(SEED).shuffle(rows)  # noqa: S311 - seeded on purpose
    return rows[:HELD]


def batches(rows: Sequence[Pair]) -> list[list[Pair]]:
    """Batches of like length, in random order."""
    rng = random.Random(SEED)  # noqa: S311 - seeded on purpose
    pool = BATCH * 64
    made: list[list[Pair]] = []
    for start in range(0, len(rows), pool):
        some = sorted(rows[start : start + pool], key=lambda r: len(r.evidence) + len(r.claim))
        cut = [some[i : i + BATCH] for i in range(0, len(some), BATCH)]
        rng.shuffle(cut)
        made += cut
    return made


def accuracies(network: Network, rows: Sequence[Pair]) -> str:
    """Share of right verdicts by kind, at a logit of 0, and overall the balanced accuracy."""
    network.eval()
    right: dict[str, list[bool]] = {}
    for i in range(0, len(rows), BATCH):
        batch = rows[i : i + BATCH]
        readings = network.read([(row.claim, row.evidence) for row in batch], TOKENS)
        for row, reading in zip(batch, readings, strict=True):
            logit = reading.support
            kind = f"+{row.kind}" if row.supported else row.kind.rpartition("-")[2]
            right.setdefault(kind, []).append((logit > 0) == row.supported)
            right.setdefault("+" if row.supported else "-", []).append((logit > 0) == row.supported)
    balanced = (np.mean(right.pop("+")) + np.mean(right.pop("-"))) / 2
    return f"{balanced:.3f}; " + ", ".join(f"{kind} {np.mean(v):.2f} ({len(v)})" for kind, v in sorted(right.items()))


if __name__ == "__main__":
    app()
