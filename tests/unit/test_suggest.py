"""Suggested questions: made from sentences, and shown only where the articles answer them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.answers import answer, stored

from index.records import Sentence
from rag.config import Config
from rag.pipeline import Pipeline
from rag.suggest import EXAMPLES, FOLLOW_UPS, Suggester, proposals


def made(title: str, *sentences: str) -> list[str]:
    article = stored(" ".join(sentences), title=title)
    return [
        p.question
        for p in proposals(article, [Sentence(n, "weather", n, 0, len(s), s) for n, s in enumerate(sentences)])
    ]


@pytest.mark.parametrize(
    ("title", "sentence", "question"),
    [
        ("A loan", "The EU approved a loan of $106 billion for Kyiv.", "How much did the EU approve for Kyiv?"),
        ("A gift", "Jane Doe donated £3m to a museum.", "How much did Jane Doe donate?"),
        ("Floods in South Korea", "At least 12 people were killed.", "How many people were killed in South Korea?"),
        ("Rates", "The chair, Jerome Powell, said that nothing changes.", "What did Jerome Powell say?"),
        ("Rates", "Jane Doe said the Bank of England errs.", "What did Jane Doe say about the Bank of England?"),
    ],
)  # fmt: skip
def test_questions_are_made_from_sentences(title: str, sentence: str, question: str) -> None:
    assert made(title, sentence)[0] == question


def test_nothing_is_made_of_what_names_nobody() -> None:
    assert made("Weather", "It rained.", "He said that it would rain.", "On Monday Tuesday said nothing.") == []


@pytest.fixture(scope="module")
def pipeline(seed_index: Path) -> Pipeline:
    return Pipeline.open(Config(index=seed_index, llm="none"))


def test_examples_come_from_the_newest_articles_and_are_answered(pipeline: Pipeline) -> None:
    suggester = Suggester(pipeline)
    examples = suggester.examples()
    assert len(examples) == len(set(examples)) == EXAMPLES
    assert suggester.examples() is examples  # worked out once
    cited = set()
    for example in examples:
        given = pipeline.answer(example)
        assert given.answered, example
        cited.add(given.citations[0].article.article.id)
    assert len(cited) == EXAMPLES  # one an article


def test_follow_ups_are_about_the_sources_and_not_what_was_asked(pipeline: Pipeline) -> None:
    given = pipeline.answer("What did Dmitry Peskov say about Donald Trump?")
    found = Suggester(pipeline).follow_ups(given, [given.question.text.upper()])
    assert 0 < len(found) <= FOLLOW_UPS
    assert given.question.text not in found
    for question in found:
        assert pipeline.answer(question, as_of=given.question.as_of).answered


def test_nothing_is_suggested_where_nothing_is_known(pipeline: Pipeline) -> None:
    assert Suggester(pipeline).follow_ups(answer(), []) == ()
