"""Questions with sentences that answer them and sentences that do not: what the answer selector learns from.

Two sources. Journalists' questions about the week's news, with the articles of a public collection: a sentence that
holds the answer and means what question and answer say together answers it; its neighbours do not (distant supervision,
Mintz et al. 2009). And questions made up from single sentences: a question word for a thing that the sentence states,
beside some of its words; asked for a thing that the sentence does not state, the same words have no answer there.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from eval.bench import BenchQuestion
from eval.made_up_questions import KINDS, asked, states
from eval.matching import holds, normalised
from index.clean import normalise
from index.sentences import cut_sentences
from rag.evidence import ASKS_DATE, ASKS_NUMBER, DATE_SAID, NUMBER_SAID
from rag.terms import stems, words

Encode = Callable[[Sequence[str]], np.ndarray]
"""Texts → vectors of shape (texts, dimension), each of length 1."""

ARTICLES = 8  # an article's sentences are candidates if it is among so many
NEAR, FAR = 6, 2  # sentences that do not answer: the likeliest, and some of those that follow
# A sentence with the answer's words answers if it holds this share of the question, by idf, and is near in meaning.
ABOUT, MEANS, BEST_LESS = 0.35, 0.5, 0.12
_SPELLED = dict(enumerate("zero one two three four five six seven eight nine ten eleven twelve".split()))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence with its headline, and whether it answers the group's question."""

    title: str
    sentence: str
    answers: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A question with its candidates, the kind of its making, and the id of its quiz question or article."""

    question: str
    candidates: tuple[Candidate, ...]
    kind: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    """What of a sentence the cheap signals look at."""

    text: str
    stems: frozenset[str]
    words: int
    number: bool
    date: bool

    @classmethod
    def of(cls, text: str) -> _Read:
        said = bool(NUMBER_SAID.search(text)), bool(DATE_SAID.search(text))
        return cls(text, frozenset(stems(text)), len(set(words(text))), *said)


@dataclass(slots=True)
class Row:
    """A sentence that a search would read, with its headline.

    Attributes:
        score: how likely it looks, by cheap signals.
        about: the share of the question's words, by idf, in headline and sentence.
        holds: whether an accepted answer's words are in it.
        stems: of its words.
    """

    title: str
    sentence: str
    score: float
    about: float
    holds: bool
    stems: frozenset[str]


def journalists(
    questions: Sequence[BenchQuestion], collection: Collection, encode: Encode, rng: random.Random
) -> Iterator[Group]:
    """Groups from asked questions. Articles published later than three days after the question are not looked at."""
    for question in questions:
        text = re.sub(r"<[^>]+>", "", question.text)
        accepted = _spellings(question.answers)
        if not accepted:
            continue
        rows = sorted(collection.rows(text, question, accepted), key=lambda row: -row.score)
        holding = sorted((r for r in rows if r.holds and r.about >= ABOUT), key=lambda r: -r.about)[:4]
        other = [row for row in rows if not row.holds]
        if len(other) < NEAR:
            continue
        right = _meaning(text, question.answers[0], holding, encode)[:2]
        wrong = [*other[:NEAR], *rng.sample(other[NEAR : NEAR * 3], min(FAR, len(other[NEAR : NEAR * 3])))]
        yield Group(
            text, (*(_candidate(r, True) for r in right), *(_candidate(r, False) for r in wrong)), "asked", question.id
        )


def made_up(articles: Sequence[Mapping[str, str]], rng: random.Random, most: int) -> Iterator[Group]:
    """Groups from single sentences, about a third of them without an answer."""
    written = 0
    for article in articles:
        sentences = [s for s in _sentences(article["text"][:8000]) if 40 < len(s) < 320]
        if len(sentences) < 8:
            continue
        for sentence in rng.sample(sentences, 3):
            for group in _of_sentence(article["title"], sentence, sentences, rng):
                yield group
                written += 1
        if written >= most:
            return


def _of_sentence(title: str, sentence: str, sentences: list[str], rng: random.Random) -> Iterator[Group]:
    stated = [kind for kind in KINDS if states(kind, sentence)]
    if not stated:
        return
    kind = rng.choice(stated)
    question, answer = asked(kind, sentence, title, rng)
    if not question:
        return
    wanted = set(stems(question))
    rest = sorted(
        (s for s in sentences if s != sentence and answer.lower() not in s.lower()),
        key=lambda s: -len(wanted & set(stems(s))) / (3 + math.sqrt(len(s.split()))),
    )
    wrong = [Candidate(title, s, False) for s in dict.fromkeys([*rest[:5], *rng.sample(rest, min(1, len(rest)))])]
    yield Group(question, (Candidate(title, sentence, True), *wrong), kind)
    lacking = [other for other in KINDS if other != kind and not states(other, sentence)]
    if kind != "quote" and lacking and rng.random() < 0.5:
        other = rng.choice(lacking)
        question, _ = asked(other, sentence, title, rng)
        if question:
            none = [sentence, *(s for s in rest[:4] if not states(other, s))]
            yield Group(question, tuple(Candidate(title, s, False) for s in none), f"no {other}")


class Collection:
    """Articles found by TF-IDF and recency, and their sentences."""

    def __init__(self, articles: Sequence[Mapping[str, str]]) -> None:
        self._articles = articles
        self._place = {a["id"]: i for i, a in enumerate(articles)}
        self._days = np.array(
            [date.fromisoformat(a["published"]).toordinal() if a["published"] else 0 for a in articles]
        )
        self._tfidf = TfidfVectorizer(analyzer=stems, sublinear_tf=True)
        self._matrix = self._tfidf.fit_transform([f"{a['title']} {a['title']} {a['text'][:6000]}" for a in articles])
        self._idf = dict(zip(self._tfidf.get_feature_names_out(), self._tfidf.idf_, strict=True))
        self._cut: dict[int, list[_Read]] = {}

    def rows(self, text: str, question: BenchQuestion, accepted: Sequence[str]) -> Iterator[Row]:
        """The sentences of the best articles and of those that the publisher named, scored."""
        wanted = {stem: self._idf.get(stem, 9.0) for stem in dict.fromkeys(stems(text))}
        total = sum(wanted.values()) or 1.0
        number, day = bool(ASKS_NUMBER.search(text)), bool(ASKS_DATE.search(text))
        seen: set[str] = set()
        for place, rank_score in self._found(text, question):
            title = self._articles[place]["title"]
            above = set(stems(title))
            for sentence in self._of(place):
                if sentence.text in seen:
                    continue
                seen.add(sentence.text)
                held = sentence.stems
                alone = sum(weight for stem, weight in wanted.items() if stem in held) / total
                about = sum(weight for stem, weight in wanted.items() if stem in held | above) / total
                score = 5.5 * alone + 2 * about + 1.2 * math.log1p(sentence.words) + 2 * rank_score
                score += 2.6 * (number and sentence.number) + 3.0 * (day and sentence.date)
                yield Row(title, sentence.text, score, about, bool(accepted) and holds([sentence.text], accepted), held)

    def _found(self, text: str, question: BenchQuestion) -> list[tuple[int, float]]:
        asked_on = question.asked.toordinal()
        similar = (self._matrix @ self._tfidf.transform([text]).T).toarray()[:, 0]
        recent = np.where(self._days > 0, 2.0 ** (-np.maximum(asked_on - self._days, 0) / 7.0), 0.1)
        scores = similar + 0.25 * recent * (similar > 0.08)
        scores[self._days > asked_on + 3] = -1
        named = [self._place[i] for i in question.evidence if i in self._place]
        best = [i for i in np.argsort(-scores)[:ARTICLES] if scores[i] >= 0]
        return [(int(i), float(scores[i])) for i in dict.fromkeys([*best, *named])]

    def _of(self, place: int) -> list[_Read]:
        if place not in self._cut:
            kept = [s for s in _sentences(self._articles[place]["text"]) if 25 < len(s) < 600][:120]
            self._cut[place] = [_Read.of(sentence) for sentence in kept]
        return self._cut[place]


def starts(text: str) -> dict[int, str]:
    """The sentences of an article's text by where each starts in the cleaned text, in characters."""
    clean = normalise(text)
    return {span.start: " ".join(clean[span.start : span.end].split()) for span in cut_sentences(clean)}


def _sentences(text: str) -> list[str]:
    return list(starts(text).values())


def _meaning(question: str, answer: str, holding: Sequence[Row], encode: Encode) -> list[Row]:
    """Those that come near to what question and answer say together."""
    if not holding:
        return []
    said, *vectors = encode([f"{question} {answer}", *(f"{r.title[:110]}. {r.sentence[:400]}" for r in holding)])
    cosines = [float(vector @ said) for vector in vectors]
    least = max(MEANS, max(cosines) - BEST_LESS)
    return [
        row
        for row, cosine in zip(holding, cosines, strict=True)
        if cosine >= least or (cosine > 0.4 and row.about > 0.6)
    ]


def _spellings(answers: Sequence[str]) -> list[str]:
    """The answers and, for small numbers, their other spelling; what would be found everywhere is left out."""
    found: dict[str, None] = {}
    for answer in answers:
        bare = re.sub(r"<[^>]+>", "", answer).strip('“”"')
        found[bare] = None
        for number, word in _SPELLED.items():
            if bare.lower() in (word, str(number)):
                found.update({word: None, str(number): None})
    return [answer for answer in found if normalised(answer) not in ("", "yes", "no", "true", "false")]


def _candidate(row: Row, answers: bool) -> Candidate:
    return Candidate(row.title, row.sentence, answers)
