"""Does the evidence hold an answer at all? Asked before anything is drafted, so that nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence

from rag.terms import stems
from rag.types import Evidence, Found, Question

THRESHOLD = 0.5


def answerability(question: Question, found: Sequence[Found], evidence: Sequence[Evidence]) -> float:
    """A score in [0, 1]: how much of what the question names stands together in one article's evidence."""
    wanted = set(stems(question.standalone))
    if not wanted or not evidence:
        return 0.0
    best = 0.0
    for e in evidence:
        held = set(stems(e.sentence.text)) | set(stems(e.article.article.title))
        best = max(best, len(wanted & held) / len(wanted))
    return best
