"""Does the evidence hold an answer at all? Asked before anything is drafted, so that nothing is made up.

A logistic model of two signals: the best article's score, and the largest share of the question's content, by weight,
that one sentence holds together with its headline and year. Fitted on journalists' questions asked with
and without the articles that answer them (docs/retrieval.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rag.terms import stems
from rag.types import Evidence, Found

SCORE, COVERAGE, BIAS = 0.36, 2.9, -5.58
# Below this nothing is drafted. As likely as not: refusing a question that could be answered is an error, too.
THRESHOLD = 0.5


def answerability(weights: Mapping[str, float], found: Sequence[Found], evidence: Sequence[Evidence]) -> float:
    """Probability, in [0, 1], that the evidence holds the answer.

    Args:
        weights: share of each content word's stem in the question's idf; they add up to 1.
        found: articles, best first.
        evidence: the sentences picked from them.
    """
    if not found or not evidence:
        return 0.0
    coverage = max(sum(weight for stem, weight in weights.items() if stem in _held(e)) for e in evidence)
    return 1 / (1 + math.exp(-(SCORE * found[0].score + COVERAGE * coverage + BIAS)))


def _held(evidence: Evidence) -> set[str]:
    article = evidence.article.article
    year = str(article.published.year) if article.published else ""
    return {*stems(f"{article.title} {evidence.sentence.text}"), year}
