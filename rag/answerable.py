"""Does the evidence hold an answer at all? Asked before anything is drafted, so that nothing is made up.

A logistic model of two signals: the best article's score, and the probability that the likeliest sentence answers the
question. Fitted by `eval/fit_answerable.py` on questions that the selector has not learned from, asked with and without
the articles that answer them, and on near misses (docs/selector.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.types import Evidence, Found

SCORE, ANSWERS, BIAS = 0.15, 0.75, -0.72
# Below the first nothing is drafted: of fifty readers' questions that can be answered it refuses one. Below the second
# the reader is told that the sentences may be beside the point (docs/decisions/0007).
THRESHOLD, DOUBT = 0.2, 0.35


def answerability(found: Sequence[Found], evidence: Sequence[Evidence]) -> float:
    """Probability, in [0, 1], that the evidence holds the answer.

    Args:
        found: articles, best first.
        evidence: the sentences picked from them.
    """
    if not found or not evidence:
        return 0.0
    likeliest = min(max(1e-4, *(e.answers for e in evidence)), 1 - 1e-4)
    return 1 / (1 + math.exp(-(SCORE * found[0].score + ANSWERS * math.log(likeliest / (1 - likeliest)) + BIAS)))
