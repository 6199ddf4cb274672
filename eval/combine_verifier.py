"""Fits the combinations of the learned verifier: ``python -m eval.combine_verifier PAIRS``.

Logistic regression whose weights may not be negative, since each signal is larger the better a claim is supported.
One combination is for cited evidence, and is fitted on pairs that the network was not trained on. The others are for
longer evidence, of which the network reads only a part, and are fitted on the labelled summaries of one file each: a
combination is named for its file and must be measured on another. A summary is as well supported as its weakest
sentence, so that one stands for it, found anew in each round (multiple-instance learning, Andrews et al. 2002).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typer
from scipy.optimize import minimize

from eval.judge import best_sentences
from eval.labelled import DATA, FIT, Labelled, bench_file, read_labelled
from eval.metrics import best_threshold
from eval.train_verifier import held_out, read_pairs
from index.sentences import cut_sentences
from rag.signals import NAMES, Signals
from rag.verify import Case
from rag.verify_learned import CITED, COMBINATIONS, at_once, network_reads, values_of

ROUNDS = 8
PENALTY = 0.02  # on the squares of the weights of standardised signals

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences of which the weakest stands for all.

    Attributes:
        rows: signals, one row a sentence.
        supported: the label.
        weight: in the fit.
        source: where it is from. Each source has a bias of its own in the fit, so that the weights tell claims of one
            source apart, and not the sources.
    """

    rows: Floats
    supported: bool
    weight: float
    source: str


def main(pairs: Path) -> None:
    """Fits all combinations and writes them into the package."""
    fitted = {CITED: fit(_pairs(pairs))}
    for name in (FIT, DATA):
        fitted[Path(name).stem] = fit(_summaries(read_labelled(bench_file(name))))
    COMBINATIONS.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
    typer.echo(COMBINATIONS.read_text(encoding="utf-8"))


def fit(groups: Sequence[Group]) -> dict[str, object]:
    """Weights by signal, and a bias at which the groups of each source are told apart best at a support of one half."""
    scale = np.concatenate([g.rows for g in groups]).std(axis=0) + 1e-6
    sources = sorted({g.source for g in groups})
    of_source = np.array([sources.index(g.source) for g in groups])
    labels = np.array([float(g.supported) for g in groups])
    shares = np.array([g.weight for g in groups])
    found = np.append(np.full(len(NAMES), 0.1), np.zeros(len(sources)))
    bounds = [(0, None)] * len(NAMES) + [(None, None)] * len(sources)
    for _ in range(ROUNDS):
        weights = found[: len(NAMES)] / scale
        rows = np.array([g.rows[int(np.argmin(g.rows @ weights))] for g in groups]) / scale
        fitting = (rows, labels, shares / shares.sum(), of_source)
        found = minimize(_loss, found, fitting, method="L-BFGS-B", jac=True, bounds=bounds).x
    weights = found[: len(NAMES)] / scale
    sides: list[tuple[list[float], list[float]]] = [([], []) for _ in sources]
    for group, source in zip(groups, of_source, strict=True):
        sides[source][not group.supported].append(float((group.rows @ weights).min()))
    bias = -best_threshold(sides)
    return {"weights": {n: round(float(w), 4) for n, w in zip(NAMES, weights, strict=True)}, "bias": round(bias, 4)}


def _loss(
    parameters: Floats, rows: Floats, labels: Floats, shares: Floats, of_source: npt.NDArray[np.int64]
) -> tuple[float, Floats]:
    """Cross-entropy with a penalty on the weights, and its gradient."""
    weights, biases = parameters[: len(NAMES)], parameters[len(NAMES) :]
    logits = rows @ weights + biases[of_source]
    entropy = np.logaddexp(0, logits) - labels * logits
    slope = shares * (1 / (1 + np.exp(-logits)) - labels)
    of_biases = np.bincount(of_source, slope, len(biases)).astype(np.float64)
    gradient = np.concatenate([rows.T @ slope + 2 * PENALTY * weights, of_biases])
    return float(shares @ entropy + PENALTY * weights @ weights), gradient


def _summaries(labelled: Sequence[Labelled]) -> list[Group]:
    """Each origin and each label weighs the same."""
    asked, owner = [], []
    for i, one in enumerate(labelled):
        source = one.sentences()
        for claim in one.claims():
            asked.append((claim, Case(tuple(best_sentences(claim, source)))))
            owner.append(i)
    rows: dict[int, list[list[float]]] = {}
    for i, values in zip(owner, _values(asked), strict=True):
        if values is not None:
            rows.setdefault(i, []).append(values)
    count = Counter((labelled[i].origin, labelled[i].consistent) for i in rows)
    each = {key: 1 / len(count) / n for key, n in count.items()}
    return [
        Group(
            np.array(found),
            labelled[i].consistent,
            each[labelled[i].origin, labelled[i].consistent],
            labelled[i].origin,
        )
        for i, found in rows.items()
    ]


def _pairs(path: Path) -> list[Group]:
    rows = held_out(read_pairs(path))
    asked = [(row.claim, Case(tuple(_cut(row.evidence)))) for row in rows]
    found = [(values, row.supported) for values, row in zip(_values(asked), rows, strict=True) if values is not None]
    count = Counter(supported for _, supported in found)
    return [Group(np.array([v]), ok, 0.5 / count[ok], "pairs") for v, ok in found]


def _values(asked: Sequence[tuple[str, Case]]) -> list[list[float] | None]:
    """Signals of each claim; None where words alone decide, which no weight changes."""
    seen = [at_once(claim, case) for claim, case in asked]
    open_ = [i for i, one in enumerate(seen) if isinstance(one, Signals)]
    readings = dict(zip(open_, network_reads([asked[i] for i in open_]), strict=True))
    return [
        [*one.values(), *values_of(readings[i])] if isinstance(one, Signals) else None for i, one in enumerate(seen)
    ]


def _cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in cut_sentences(text)]


if __name__ == "__main__":
    typer.run(main)
