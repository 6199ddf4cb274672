"""From articles found to the sentences that bear on the question: what the model sees and what can be cited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.embed import Embedder, Vectors
from index.records import Sentence
from index.store import Store
from rag.terms import stems
from rag.types import Evidence, Found, Question

ARTICLES = 6  # articles that sentences are taken from
PASSAGES = 2  # passages of each, beside the opening
MAX_SCORED = 64  # sentences that are encoded for one question: some 150 ms on two cores
_LEANS_BACK = re.compile(
    r"^[\"“'‘]?(?:He|She|They|It|His|Her|Their|Its|The (?:company|group|agency|bill|plan|team|move))\b"
)
_HOW_MANY = re.compile(
    r"\bhow (?:many|much|old|long|far|high|big|large|fast|often)\b|\bwhat (?:percent|number|share|year|date|age)",
    re.IGNORECASE,
)
_WHEN = re.compile(r"\b(?:when|what (?:day|date|year|month))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Scored:
    found: Found
    sentence: Sentence
    score: float


class EvidencePicker:
    """Scores the sentences of the best passages and keeps the best, numbered for the prompt."""

    def __init__(self, store: Store, embedder: Embedder, limit: int = 8) -> None:
        self._store = store
        self._embedder = embedder
        self._limit = limit

    def pick(self, question: Question, found: Sequence[Found], vector: Vectors) -> list[Evidence]:
        """At most `limit` sentences, numbered from 1, grouped by article: best article first, then in text order.

        Args:
            question: as understood.
            found: articles, best first.
            vector: the question's vector, shape (dimension,).
        """
        candidates = self._candidates(question, found[:ARTICLES])
        if not candidates:
            return []
        encoded = self._embedder.encode([c.sentence.text for c in candidates]) @ vector
        scored = [
            _Scored(c.found, c.sentence, c.score + float(cosine)) for c, cosine in zip(candidates, encoded, strict=True)
        ]
        kept = self._diverse(sorted(scored, key=lambda s: (-s.score, s.sentence.id)))
        order = {f.article.article.id: rank for rank, f in enumerate(found)}
        kept.sort(key=lambda s: (order[s.sentence.article_id], s.sentence.position))
        return [
            Evidence(n, s.sentence, s.found.article, round(s.score, 4), s.found.outlets) for n, s in enumerate(kept, 1)
        ]

    def _candidates(self, question: Question, found: Sequence[Found]) -> list[_Scored]:
        """Sentences of the best passages with what can be scored without the encoder."""
        passages = self._store.passages([i for f in found for i in f.passages[:PASSAGES]])
        wanted = set(stems(question.standalone))
        top = max((f.score for f in found), default=1.0) or 1.0
        candidates = []
        for f in found:
            spans = [passages[i] for i in f.passages[:PASSAGES] if i in passages]
            inside = {pos for p in spans for pos in range(p.first, p.last + 1)} | {0, 1, 2}
            title = set(stems(f.article.article.title)) & wanted
            for sentence in self._store.sentences(f.article.article.id):
                if sentence.position in inside and len(sentence.text) > 20:
                    score = _lexical(question.standalone, wanted, title, sentence.text) + 0.5 * f.score / top
                    candidates.append(_Scored(f, sentence, score))
        candidates.sort(key=lambda c: -c.score)
        return candidates[:MAX_SCORED]

    def _diverse(self, ranked: Sequence[_Scored]) -> list[_Scored]:
        """The best, without those that say the same again; one place for the sentence that "he" points back to."""
        kept: list[_Scored] = []
        seen: list[set[str]] = []
        for candidate in ranked:
            if len(kept) >= self._limit:
                break
            content = set(stems(candidate.sentence.text))
            if any(len(content & other) > 0.8 * max(len(content | other), 1) for other in seen):
                continue
            kept.append(candidate)
            seen.append(content)
        return self._with_antecedents(kept, ranked)

    @staticmethod
    def _with_antecedents(kept: list[_Scored], ranked: Sequence[_Scored]) -> list[_Scored]:
        """Where the best sentence begins with "He", the one before it takes the place of the weakest."""
        if not kept or not _LEANS_BACK.match(kept[0].sentence.text):
            return kept
        best = kept[0].sentence
        before = [
            c for c in ranked if c.sentence.article_id == best.article_id and c.sentence.position == best.position - 1
        ]
        if before and before[0] not in kept:
            kept = [*kept[: max(1, len(kept) - 1)], before[0]]
        return kept


def _lexical(question: str, wanted: set[str], title: set[str], sentence: str) -> float:
    held = set(stems(sentence))
    coverage = len(wanted & (held | title)) / max(len(wanted), 1)
    own = len(wanted & held) / max(len(wanted), 1)
    cue = 0.0
    if (
        _HOW_MANY.search(question)
        and re.search(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozen|half)\b", sentence)
    ) or (
        _WHEN.search(question)
        and re.search(r"\b(?:\d{1,2}|\d{4}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b", sentence)
    ):
        cue = 0.1
    return 0.3 * coverage + 0.3 * own + cue
