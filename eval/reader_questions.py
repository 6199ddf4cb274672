"""Questions written for this project as readers ask them: the data, and what the answer selector learns from them.

`reader_questions.jsonl` asks of articles of a public collection, in other words than theirs; it names the sentences
that answer, by where they start, and asks also what the article does not say. `reworded_questions.jsonl` asks
journalists' quiz questions again as one would type them. Neither holds a sentence of the collection.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.bench import BenchQuestion
from eval.selector_pairs import NEAR, Candidate, Collection, Group, starts
from rag.terms import stems

QUESTIONS = Path(__file__).with_name("reader_questions.jsonl")
REWORDED = Path(__file__).with_name("reworded_questions.jsonl")

OWN = 2  # sentences of the article that do not answer, beside the likeliest
OTHER = 3  # sentences of other articles
COPY = 0.3  # a sentence of another article that shares this share of its words with one that answers may answer, too


class ReaderQuestion(BaseModel):
    """One question about one article.

    Attributes:
        article: its id in the collection.
        question: as a reader asks it.
        answers: where the sentences start, in characters of the cleaned text, that answer it; none for a near miss.
        perhaps: the same of sentences that answer it in part, or only together with their neighbours.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    article: str
    question: str
    answers: tuple[int, ...]
    perhaps: tuple[int, ...] = ()

    def asked_of(self, article: Mapping[str, str]) -> BenchQuestion:
        """The same in the form of the quiz questions: asked two days after the article was published."""
        day = date.fromisoformat(article["published"]) + timedelta(days=2)
        return BenchQuestion("", day, self.question, (), frozenset({self.article}), frozenset())


class Reworded(BaseModel):
    """Other wordings of a quiz question; `id` is its id in the collection."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    questions: tuple[str, ...]


def read(path: Path = QUESTIONS) -> list[ReaderQuestion]:
    """The questions of a file, in its order."""
    return [ReaderQuestion.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reworded(groups: Sequence[Group], path: Path = REWORDED) -> Iterator[Group]:
    """Each group again with the other wordings of its question."""
    lines = path.read_text(encoding="utf-8").splitlines()
    other = {r.id: r.questions for r in map(Reworded.model_validate_json, lines)}
    for group in groups:
        for question in other.get(group.origin, ()):
            yield Group(question, group.candidates, "reworded", group.origin)


def readers(
    questions: Sequence[ReaderQuestion],
    articles: Mapping[str, Mapping[str, str]],
    collection: Collection,
    rng: random.Random,
) -> Iterator[Group]:
    """Groups from readers' questions: sentences of the article, and some of others like it.

    Args:
        questions: those to make groups of.
        articles: by id.
        collection: finds the sentences that a search would read.
        rng: chooses among those that are far from answering.
    """
    for question in questions:
        article = articles[question.article]
        sentences = starts(article["text"])
        right, unsure = at(sentences, question.answers), set(at(sentences, question.perhaps))
        ranked = sorted(collection.rows(question.question, question.asked_of(article), ()), key=lambda row: -row.score)
        own = set(sentences.values()) - unsure - set(right)
        near = [row for row in ranked if row.sentence in own]
        wrong = [*near[:NEAR], *rng.sample(near[NEAR:], min(OWN, len(near[NEAR:])))]
        if right:  # what another article says may answer what this one does not
            said = [set(stems(sentence)) for sentence in right]
            strange = (r for r in ranked if r.title != article["title"] and not copies(r.stems, said, COPY))
            wrong += islice(strange, OTHER)
        candidates = [
            *(Candidate(article["title"], sentence, True) for sentence in right[:3]),
            *(Candidate(row.title, row.sentence, False) for row in wrong),
        ]
        yield Group(question.question, tuple(candidates), "reader" if right else "near miss", question.article)


def at(sentences: Mapping[int, str], where: Iterable[int]) -> list[str]:
    """The sentences that start there."""
    return [sentences[start] for start in where if start in sentences]


def copies(held: AbstractSet[str], others: Iterable[AbstractSet[str]], share: float) -> bool:
    """Whether words are, by more than this share (Jaccard), those of one of the others."""
    return any(len(held & other) > share * max(1, len(held | other)) for other in others)
