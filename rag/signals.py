"""What words show without a model: shares of the claim that the evidence holds, and rules.

Each signal is larger the better the claim is supported, so that no weight of a combination may be negative.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, takewhile

from rag.terms import stems, words
from rag.verify import failures, missing_words, spelled_out

RULES = ("numbers", "dates", "names", "quotes", "negation", "hedging", "speakers", "roles")
SHARES = ("coverage", "missing", "pairs", "bigrams", "trigrams", "together", "ordered", "pieces")
NETWORK = ("support", "worst", "doubts")
NAMES = (*SHARES, *RULES, *NETWORK)


@dataclass(frozen=True, slots=True)
class Signals:
    """What was found about a claim.

    Attributes:
        shares: by name, see `SHARES`: the claim's content stems in the evidence; minus the logarithm of one and the
            number of those that are not; its neighbouring content stems that stand in one sentence of the evidence; its
            bigrams and trigrams of words (ROUGE's, Lin 2004) in the evidence; the stems that one sentence holds alone;
            its pairs of stems that one sentence holds in the same order (ROUGE-S, ibid.); minus the number of pieces,
            each as long as may be, that it can be put together from (extractive fragments, Grusky et al. 2018).
        failed: reasons by rule.
        absent: the claim's content words that are not in the evidence.
    """

    shares: dict[str, float]
    failed: dict[str, list[str]]
    absent: tuple[str, ...]

    def values(self) -> list[float]:
        """`SHARES`, then `RULES` as 0 or −1."""
        return [*(self.shares[name] for name in SHARES), *(-float(rule in self.failed) for rule in RULES)]


def signals(claim: str, evidence: Sequence[str], context: str = "") -> Signals:
    """Reads a claim that has words and evidence that is not empty."""
    claim, evidence, context = spelled_out(claim), [spelled_out(one) for one in evidence], spelled_out(context)
    lines = [stems(sentence) for sentence in evidence]
    sets = [set(line) for line in lines]
    held = set(stems(context)).union(*sets)
    wanted, tokens = stems(claim), words(claim)
    texts = [words(sentence) for sentence in evidence]
    neighbours = list(pairwise(wanted))
    coverage = _share(stem in held for stem in wanted)
    shares = {
        "coverage": coverage,
        "missing": -math.log1p(sum(stem not in held for stem in wanted)),
        "pairs": _share(any(a in one and b in one for one in sets) for a, b in neighbours) if neighbours else coverage,
        "bigrams": _copied(tokens, texts, 2),
        "trigrams": _copied(tokens, texts, 3),
        "together": max(_share(stem in one for stem in wanted) for one in sets),
        "ordered": _ordered(wanted, lines),
        "pieces": -float(_pieces(wanted, lines)),
    }
    return Signals(shares, failures(claim, evidence, context), tuple(missing_words(claim, held)))


def _copied(tokens: Sequence[str], texts: Sequence[Sequence[str]], n: int) -> float:
    held = {gram for text in texts for gram in _grams(text, n)}
    return _share(gram in held for gram in _grams(tokens, n))


def _ordered(wanted: Sequence[str], lines: Sequence[Sequence[str]]) -> float:
    held = {pair for line in lines for pair in combinations(line, 2)}
    return _share(pair in held for pair in combinations(wanted, 2))


def _pieces(wanted: Sequence[str], lines: Sequence[Sequence[str]]) -> int:
    """How many runs of stems, each the longest that some line holds, follow one another; a stem of no line is a run."""
    at, count = 0, 0
    while at < len(wanted):
        at += max(1, *(_run(wanted, at, line) for line in lines))
        count += 1
    return count


def _run(wanted: Sequence[str], at: int, line: Sequence[str]) -> int:
    """Length of the longest run in `line` with which `wanted` goes on from `at`."""
    best = 0
    for start in (i for i, stem in enumerate(line) if stem == wanted[at]):
        same = takewhile(lambda two: two[0] == two[1], zip(wanted[at:], line[start:], strict=False))
        best = max(best, sum(1 for _ in same))
    return best


def _grams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _share(found: Iterable[bool]) -> float:
    """Share of what is true; 1 of nothing."""
    values = list(found)
    return sum(values) / len(values) if values else 1.0
