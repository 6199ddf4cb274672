"""From articles found to the sentences that bear on the question: what the model sees and what can be cited.

A sentence's score is a linear model of cheap signals, fitted on journalists' questions (docs/retrieval.md).
The best are read together with the question by the answer selector, each with its headline, which names what the
sentence only calls "it".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.embed import Vectors
from index.records import Sentence
from index.store import Store
from rag.corrections import takes_back
from rag.named import of_the_named
from rag.selector import AnswerSelector, probability
from rag.terms import STOPWORDS, stem, stems, words
from rag.types import Evidence, Found, Question

ARTICLES = 8  # articles that sentences are taken from: they hold the answer to 97 of 100 questions of the benchmark

# Weights of the linear model.
COVERAGE, PASSAGE, ARTICLE, LENGTH, NUMBER, DATE = 5.52, 5.6, 0.45, 1.2, 5.2, 6.1

# Sentences that the selector reads, and what its log-odds weigh. More sentences cost more time.
CLOSER_LOOK, ANSWERS = 24, 1.0

_LEANS_BACK = re.compile(
    r"^[\"“'‘]?(?:He|She|They|It|His|Her|Their|Its|The (?:company|group|agency|bill|plan|team|move))\b"
)
ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|often|far|big|large|tall|high|fast|soon)\b"
    r"|\bwhat (?:percent|year|age|share|number|amount)|percentage",
    re.IGNORECASE,
)
NUMBER_SAID = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|half|hundred|thousand|million|billion"
    r"|percent|third|quarter)\b",
    re.IGNORECASE,
)
ASKS_DATE = re.compile(r"\bwhen\b|\bwhat (?:day|month|year|date)", re.IGNORECASE)
DATE_SAID = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|(?:19|20)\d\d|week|month|year)\b"
)


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence of an article found, its score, and how likely it answers: 0 where the selector did not read it."""

    found: Found
    sentence: Sentence
    score: float
    answers: float = 0.0


def _best_first(scored: Scored) -> tuple[float, int]:
    return -scored.score, scored.sentence.id


class EvidencePicker:
    """Scores the sentences of the best articles and keeps the best, numbered for the prompt."""

    def __init__(self, store: Store, limit: int = 8) -> None:
        self._store = store
        self._limit = limit
        self._selector = AnswerSelector()

    def pick(self, question: Question, found: Sequence[Found], vector: Vectors) -> list[Evidence]:
        """At most `limit` sentences, numbered from 1, grouped by article: best article first, then in text order.

        Args:
            question: as understood.
            found: articles, best first.
            vector: the question's vector, shape (dimension,).
        """
        kept = self._diverse(self.ranked(question, found, vector))
        order = {f.article.article.id: rank for rank, f in enumerate(found)}
        kept.sort(key=lambda s: (order[s.sentence.article_id], s.sentence.position))
        return [
            Evidence(n, s.sentence, s.found.article, round(s.score, 4), s.found.outlets, round(s.answers, 4))
            for n, s in enumerate(kept, 1)
        ]

    def ranked(self, question: Question, found: Sequence[Found], vector: Vectors) -> list[Scored]:
        """All sentences of the best articles, best first; the selector has read the first `CLOSER_LOOK`."""
        bearing = of_the_named(question.standalone, found)[:ARTICLES]
        scored = self._scored(question.standalone, bearing, vector)
        return self._closer(question.standalone, scored)

    def _scored(self, question: str, found: Sequence[Found], vector: Vectors) -> list[Scored]:
        weights = self.weights(question)
        top = max((f.score for f in found), default=0.0)
        asks_number, asks_date = bool(ASKS_NUMBER.search(question)), bool(ASKS_DATE.search(question))
        scored = []
        for f in found:
            cosine = self._cosines(f.article.article.id, vector)
            for sentence in self._store.sentences(f.article.article.id):
                held = set(stems(sentence.text))
                score = (
                    COVERAGE * sum(weight for word, weight in weights.items() if word in held)
                    + PASSAGE * cosine.get(sentence.position, 0.0)
                    + ARTICLE * (f.score - top)
                    + LENGTH * math.log1p(len(set(words(sentence.text))))
                    + NUMBER * (asks_number and bool(NUMBER_SAID.search(sentence.text)))
                    + DATE * (asks_date and bool(DATE_SAID.search(sentence.text)))
                )
                scored.append(Scored(f, sentence, score))
        return scored

    def _closer(self, question: str, scored: Sequence[Scored]) -> list[Scored]:
        """The best sentences, best first, after a second look; the others follow as they were."""
        ranked = sorted(scored, key=_best_first)
        head, tail = ranked[:CLOSER_LOOK], ranked[CLOSER_LOOK:]
        if not head:
            return []
        logits = self._selector.scores(question, [(s.found.article.article.title, s.sentence.text) for s in head])
        looked = [
            replace(s, score=s.score + ANSWERS * logit, answers=probability(logit))
            for s, logit in zip(head, logits, strict=True)
        ]
        return [*sorted(looked, key=_best_first), *tail]

    def weights(self, question: str) -> Mapping[str, float]:
        """The share of each content word's stem in the question's idf."""
        content = list(dict.fromkeys(word for word in words(question) if word not in STOPWORDS))
        idf = dict(zip((stem(word) for word in content), self._store.idf(content), strict=True))
        total = sum(idf.values()) or 1.0
        return {word: weight / total for word, weight in idf.items()}

    def _cosines(self, article_id: str, vector: Vectors) -> dict[int, float]:
        """Cosine of question and passage, by sentence position."""
        passages = self._store.article_passages(article_id)
        try:
            cosines = (self._store.vectors([p.id for p in passages]) @ vector).tolist()
        except KeyError:  # another process has just put a new version in its place
            return {}
        return {at: c for p, c in zip(passages, cosines, strict=True) for at in range(p.first, p.last + 1)}

    def _diverse(self, ranked: Sequence[Scored]) -> list[Scored]:
        """The best, without those that say the same again."""
        kept: list[Scored] = []
        seen: list[set[str]] = []
        for candidate in ranked:
            if len(kept) >= self._limit:
                break
            content = set(stems(candidate.sentence.text))
            if any(len(content & other) > 0.8 * max(len(content | other), 1) for other in seen):
                continue
            kept.append(candidate)
            seen.append(content)
        return self._with_antecedent(self._with_right(kept, ranked), ranked)

    @staticmethod
    def _with_right(kept: list[Scored], ranked: Sequence[Scored]) -> list[Scored]:
        """Behind a sentence that only repeats what was wrong, the one that says what is right, for the weakest."""
        for one in [c for c in kept if takes_back(c.sentence.text)]:
            at = one.sentence.article_id, one.sentence.position + 1
            right = next((c for c in ranked if (c.sentence.article_id, c.sentence.position) == at), None)
            if right and right not in kept:
                kept = [kept[0], right, *kept[1 : max(1, len(kept) - 1)]]
        return kept

    @staticmethod
    def _with_antecedent(kept: list[Scored], ranked: Sequence[Scored]) -> list[Scored]:
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
