"""What words show without a model: shares of the claim that the evidence holds, and rules.

Each signal is larger the better the claim is supported, so that no weight of a combination may be negative.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.terms import stems, words
from rag.verify import failures, missing_words, spelled_out

RULES = ("numbers", "dates", "names", "quotes", "negation", "hedging", "speakers", "roles")
SHARES = ("coverage", "missing", "pairs", "bigrams", "trigrams", "together")
NETWORK = ("support", "worst", "doubts")
NAMES = (*SHARES, *RULES, *NETWORK)


@dataclass(frozen=True, slots=True)
class Signals:
    """What was found about a claim.

    Attributes:
        shares: by name, see `SHARES`: the claim's content stems in the evidence; minus the logarithm of one and the
            number of those that are not; its neighbouring content stems that stand in one sentence of the evidence; its
            bigrams and trigrams of words (ROUGE's, Lin 2004) in the evidence; the stems that one sentence holds alone.
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
    sets = [set(stems(sentence)) for sentence in evidence]
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
    }
    return Signals(shares, failures(claim, evidence, context), tuple(missing_words(claim, held)))


def _copied(tokens: Sequence[str], texts: Sequence[Sequence[str]], n: int) -> float:
    held = {gram for text in texts for gram in _grams(text, n)}
    return _share(gram in held for gram in _grams(tokens, n))


def _grams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _share(found: Iterable[bool]) -> float:
    """Share of what is true; 1 of nothing."""
    values = list(found)
    return sum(values) / len(values) if values else 1.0
