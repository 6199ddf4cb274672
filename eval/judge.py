"""The judge judged: how well a verifier's support tells the summaries apart that people called consistent or not.

Figures are given for each origin of the texts and never pooled: a judge that only tells origins apart looks good on the
mixture. A threshold is fixed on one file and measured on another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.agreement import Agreement, Interval
from eval.fingerprint import judge_code
from eval.judging import Judge
from eval.labelled import Labelled
from eval.metrics import RESAMPLES, auroc, balanced_accuracy, best_threshold, calibration_bins
from rag.terms import stems
from rag.verify import Case, verdicts

EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Sides:
    """Supports of the summaries of one origin, by what people said of them."""

    consistent: tuple[float, ...]
    inconsistent: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found about a judge.

    Attributes:
        agreements: one an origin of the tested file.
        curves: by origin, (mean support, share that people called consistent, summaries) of each tenth that holds any.
    """

    agreements: tuple[Agreement, ...]
    curves: dict[str, list[tuple[float, float, int]]]


def best_sentences(claim: str, sentences: Sequence[str], k: int = EVIDENCE) -> list[str]:
    """The sentences that a claim of a summary is judged against: those that share most of its words.

    Overlap is the number of distinct stems of content words in common; of equal ones the earlier is taken. Sentences
    that share none are left out, and those chosen come in the article's order. In the chat the evidence is what the
    answer cites; a summary cites nothing, so this stands in for it, and it is the same for every judge.
    """
    wanted = set(stems(claim))
    shared = [len(wanted & set(stems(sentence))) for sentence in sentences]
    best = sorted(range(len(sentences)), key=lambda i: (-shared[i], i))[:k]
    return [sentences[i] for i in sorted(best) if shared[i]]


def support(judge: Judge, labelled: Labelled) -> float:
    """A summary is as well supported as its weakest sentence: people call it inconsistent for a single one."""
    source = labelled.sentences()
    asked = [(claim, Case(tuple(best_sentences(claim, source)))) for claim in labelled.claims()]
    return min(verdict.support for verdict in verdicts(judge.verifier, asked))


def measure(
    judge: Judge, data: Path, fit: Path, supports: Callable[[Path], Iterable[tuple[Labelled, float]]]
) -> Measured:
    """How far a judge agrees with people on one file, with a threshold fixed on another.

    Args:
        judge: to be measured.
        data: the file that it is measured on.
        fit: the file on which the threshold is fixed.
        supports: gives each labelled summary of a file with its support.

    Raises:
        ValueError: an origin has only consistent or only inconsistent summaries.
    """
    threshold = best_threshold([(s.consistent, s.inconsistent) for s in _by_origin(supports(fit)).values()])
    found = _by_origin(supports(data))
    return Measured(
        tuple(
            Agreement(
                judge=judge.spec,
                origin=origin,
                data=data.name,
                n=len(sides.consistent) + len(sides.inconsistent),
                consistent=len(sides.consistent),
                auroc=_interval(sides, auroc),
                threshold=judge.threshold,
                balanced_accuracy=_interval(sides, lambda p, n: balanced_accuracy(p, n, judge.threshold)),
                fitted_on=fit.name,
                fitted_threshold=round(threshold, 4),
                fitted_balanced_accuracy=_interval(sides, lambda p, n: balanced_accuracy(p, n, threshold)),
                code=judge_code(judge),
            )
            for origin, sides in found.items()
        ),
        {origin: _curve(sides) for origin, sides in found.items()},
    )


def _by_origin(judged: Iterable[tuple[Labelled, float]]) -> dict[str, Sides]:
    found: dict[str, tuple[list[float], list[float]]] = {}
    for labelled, value in judged:
        found.setdefault(labelled.origin, ([], []))[not labelled.consistent].append(value)
    return {origin: Sides(tuple(good), tuple(bad)) for origin, (good, bad) in sorted(found.items())}


def _curve(sides: Sides) -> list[tuple[float, float, int]]:
    labels = [True] * len(sides.consistent) + [False] * len(sides.inconsistent)
    return calibration_bins([*sides.consistent, *sides.inconsistent], labels)


def _interval(sides: Sides, statistic: Callable[[Sequence[float], Sequence[float]], float], seed: int = 0) -> Interval:
    """The statistic with its interval; each side is resampled by itself, so that neither runs empty."""
    rng = np.random.default_rng(seed)
    good, bad = np.asarray(sides.consistent), np.asarray(sides.inconsistent)
    drawn = [
        statistic(rng.choice(good, good.size).tolist(), rng.choice(bad, bad.size).tolist()) for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(*(round(float(v), 4) for v in (statistic(sides.consistent, sides.inconsistent), low, high)))
