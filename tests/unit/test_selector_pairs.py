"""What the answer selector learns from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from eval.bench import BenchQuestion
from eval.made_up_questions import KINDS, asked, states
from eval.selector_pairs import Collection, journalists, made_up

SENTENCE = "Ida Holt said in Paris on Monday that the bridge had cost $412 million, 12% more than planned."
TEXT = (
    "The Harbour Bridge opened to traffic on Saturday after nine years of work. "
    "The Harbour Bridge cost 412 million euros, Mayor Ida Holt told reporters. "
    "Some 300 people came to see the ribbon cut by the mayor. "
    "The old ferry, which carried 900 cars a day, stopped last month. "
    "Critics called the bridge a waste of money and of time. "
    "A toll of three euros is to be paid from next year. "
    "The bridge is 1,900 meters long and carries four lanes. "
    "Trains will cross it from 2027, the ministry of transport said. "
    "Nobody was hurt when a crane fell over two years ago. "
    "The firm that built it is from Aarhus in Denmark."
)


def encode(texts: Sequence[str]) -> np.ndarray:
    """Everything means the same."""
    return np.ones((len(texts), 1), dtype=np.float32)


@pytest.mark.parametrize(
    ("kind", "stated"),
    [
        ("money", True),
        ("percent", True),
        ("place", True),
        ("person", True),
        ("date", True),
        ("age", False),
        ("why", False),
    ],
)
def test_what_a_sentence_states(kind: str, stated: bool) -> None:
    assert states(kind, SENTENCE) is stated


def test_the_question_leaves_its_answer_out() -> None:
    for seed in range(50):
        question, answer = asked("money", SENTENCE, "", random.Random(seed))
        if question:
            assert answer == "$412 million"
            assert "412" not in question
            assert question.endswith("?")


def test_made_up_groups_have_one_answer_or_none() -> None:
    article = {"id": "a", "title": "Harbour Bridge opens", "text": TEXT, "published": "2025-05-03"}
    groups = list(made_up([article] * 20, random.Random(1), 30))
    assert len(groups) >= 30
    for group in groups:
        right = sum(c.answers for c in group.candidates)
        assert right == (0 if group.kind.startswith("no ") else 1)
        assert group.kind.removeprefix("no ") in KINDS
    assert any(group.kind.startswith("no ") for group in groups)


def test_asked_groups_take_the_sentence_with_the_answer_and_leave_later_articles_out() -> None:
    articles = [
        {"id": "a", "title": "Harbour Bridge opens", "text": TEXT, "published": "2025-05-03"},
        {"id": "b", "title": "Bridge dearer", "text": TEXT.replace("412", "555"), "published": "2025-08-01"},
    ]
    question = BenchQuestion(
        "q",
        date(2025, 5, 5),
        "How much did the Harbour Bridge cost?",
        ("412 million euros",),
        frozenset({"a"}),
        frozenset(),
    )
    (group,) = journalists([question], Collection(articles), encode, random.Random(1))
    assert [c.sentence for c in group.candidates if c.answers] == [
        "The Harbour Bridge cost 412 million euros, Mayor Ida Holt told reporters."
    ]
    assert not any("555" in c.sentence for c in group.candidates)


def test_yes_and_no_are_no_answers_to_look_for() -> None:
    article = {"id": "a", "title": "Harbour Bridge opens", "text": TEXT, "published": "2025-05-03"}
    question = BenchQuestion("q", date(2025, 5, 5), "Did the bridge open?", ("yes",), frozenset(), frozenset())
    assert list(journalists([question], Collection([article]), encode, random.Random(1))) == []
