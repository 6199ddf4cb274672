"""Makes the combinations of the learned verifier: ``python -m eval.combine_verifier PAIRS``.

One is for cited evidence: logistic regression over rules and network, on made and written pairs that the network was
not trained on.
(Of a claim's words most must be there anyway.) Its weights may not be negative, since each signal is larger the
better a claim is supported. The others are for longer evidence, of which the network reads only a part. There what
tells good summaries from bad differs so much between summarisers that weights fitted on some mislead on others; few
signals of one weight each do better (Dawes 1979, "The robust beauty of improper linear models"). Only their scale and
the threshold come from a file of labelled summaries, for which a combination is named; it must be measured on
another. A summary is as well supported as its weakest sentence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typer
from scipy.optimize import minimize

from eval.judge import best_sentences
from eval.labelled import DATA, FIT, Labelled, bench_file, read_labelled
from eval.metrics import best_threshold
from eval.train_verifier import held_out, read_pairs, written
from index.sentences import cut_sentences
from rag.signals import NAMES, SHARES, Signals
from rag.verify import Case
from rag.verify_learned import CITED, COMBINATIONS, at_once, network_reads, values_of

PENALTY = 0.02  # on the squares of the weights of standardised signals
# Of long evidence: are the words there, are they there in this order and out of few places, does the network doubt one?
UNIT = ("coverage", "missing", "ordered", "pieces", "doubts")

Floats = npt.NDArray[np.float64]


def main(pairs: Path) -> None:
    """Makes all combinations and writes them into the package."""
    made = {CITED: fitted(*_pairs(pairs))}
    for name in (FIT, DATA):
        made[Path(name).stem] = unit(_summaries(read_labelled(bench_file(name))))
    COMBINATIONS.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    typer.echo(COMBINATIONS.read_text(encoding="utf-8"))


def fitted(rows: Floats, supported: npt.NDArray[np.bool_]) -> dict[str, object]:
    """Weights and bias by logistic regression; each label weighs the same.

    Args:
        rows: signals, shape (claims, signals).
        supported: labels, shape (claims,).
    """
    scale = rows.std(axis=0) + 1e-6
    shares = np.where(supported, 0.5 / supported.sum(), 0.5 / (~supported).sum())
    start = np.append(np.full(len(NAMES), 0.1), 0.0)
    bounds = [(0, 0 if name in SHARES else None) for name in NAMES] + [(None, None)]
    fitting = (rows / scale, supported.astype(float), shares)
    found = minimize(_loss, start, fitting, method="L-BFGS-B", jac=True, bounds=bounds).x
    weights = found[:-1] / scale
    supports = rows @ weights
    return _combination(weights, best_threshold([(supports[supported].tolist(), supports[~supported].tolist())]))


def unit(summaries: Sequence[tuple[Floats, str, bool]]) -> dict[str, object]:
    """The mean of the signals of `UNIT`, each by its deviation, and the threshold that tells summaries apart best.

    Args:
        summaries: signals of the claims, origin and label of each.
    """
    deviations = np.concatenate([rows for rows, _, _ in summaries]).std(axis=0) + 1e-6
    weights = np.array([float(name in UNIT) for name in NAMES]) / deviations / len(UNIT)
    sides: dict[str, tuple[list[float], list[float]]] = {}
    for rows, origin, consistent in summaries:
        sides.setdefault(origin, ([], []))[not consistent].append(float((rows @ weights).min()))
    return _combination(weights, best_threshold(list(sides.values())))


def _combination(weights: Floats, threshold: float) -> dict[str, object]:
    rounded = {name: round(float(weight), 4) for name, weight in zip(NAMES, weights, strict=True)}
    return {"weights": rounded, "bias": round(-threshold, 4)}


def _loss(parameters: Floats, rows: Floats, labels: Floats, shares: Floats) -> tuple[float, Floats]:
    """Cross-entropy with a penalty on the weights, and its gradient."""
    weights = parameters[:-1]
    logits = rows @ weights + parameters[-1]
    entropy = np.logaddexp(0, logits) - labels * logits
    slope = shares * (1 / (1 + np.exp(-logits)) - labels)
    gradient = np.append(rows.T @ slope + 2 * PENALTY * weights, slope.sum())
    return float(shares @ entropy + PENALTY * weights @ weights), gradient


def _summaries(labelled: Sequence[Labelled]) -> list[tuple[Floats, str, bool]]:
    """Those with a claim that words alone do not decide."""
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
    return [(np.array(found), labelled[i].origin, labelled[i].consistent) for i, found in rows.items()]


def _pairs(path: Path) -> tuple[Floats, npt.NDArray[np.bool_]]:
    rows = [*held_out(read_pairs(path)), *written(held=True)]
    asked = [(row.claim, Case(tuple(_cut(row.evidence)))) for row in rows]
    found = [(values, row.supported) for values, row in zip(_values(asked), rows, strict=True) if values is not None]
    return np.array([values for values, _ in found]), np.array([supported for _, supported in found])


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
