"""An answer without a language model: the best evidence, word for word, with its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.corrections import behind, takes_back
from rag.settle import Settled, quoted
from rag.types import Evidence

NAME = "extractive"
# Sentences at most; where the best is less likely to answer than not, another one may (docs/selector.md).
MOST, MOST_IN_DOUBT = 3, 4
LIKELY = 0.5
# Of held-out sentences that are at least so likely to answer more than a third do; of all that are read one in fifteen.
ANSWERS = 0.1
# What is at least so likely to answer as a share of the best is quoted as well (docs/selector.md).
WORTH_QUOTING = 0.15


def extract(evidence: Sequence[Evidence]) -> Iterator[Settled]:
    """The best sentence, and as many more as `most` allows that are nearly as likely to answer, best first.

    One that only repeats what was wrong brings the sentence behind it, which says what is right.
    """
    ranked, room = _ranked(evidence), most(evidence)
    worth = [e for e in ranked[:room] if e is ranked[0] or e.answers >= WORTH_QUOTING * ranked[0].answers]
    said: list[Evidence] = []
    for e in worth:
        follows = behind(e, evidence) if takes_back(e.sentence.text) else None
        new = [one for one in (e, follows) if one and one not in said]
        said += new if len(said) + len(new) <= room else []
    for e in said:
        yield Settled(quoted(e), (e,), 1.0, "quoted", ())


def most(evidence: Sequence[Evidence]) -> int:
    """How many sentences an answer of quotations has at most."""
    ranked = _ranked(evidence)
    return MOST if ranked and ranked[0].answers >= LIKELY else MOST_IN_DOUBT


def _ranked(evidence: Sequence[Evidence]) -> list[Evidence]:
    return sorted(evidence, key=lambda e: -e.score)
