"""A question about one time, sentences that tell of another."""

from __future__ import annotations

import pytest
from fakes.evidence import evidence

from rag.periods import other_period


@pytest.mark.parametrize(
    ("question", "sentence", "told"),
    [
        (
            "What was Halden's profit in the third quarter?",
            "Halden made 92 million in the second quarter.",
            "The question asks about the third quarter, these sentences tell of the second quarter.",
        ),
        (
            "What was inflation in August?",
            "Inflation was 2.6 percent in October, down from 2.9 percent in September.",
            "The question asks about August, these sentences tell of October and September.",
        ),
        (
            "How many passengers did Halden carry in 2019?",
            "Halden carried 88 million, up from 79 million in 2024.",
            "The question asks about 2019, which no article that is quoted names.",
        ),
    ],
)
def test_another_period_is_named(question: str, sentence: str, told: str) -> None:
    assert other_period(question, [evidence(1, sentence, day="2025-11-05")]) == told


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What was Halden's profit in the third quarter?", "Halden made 92 million in the third quarter."),
        ("What was Halden's profit in the third quarter?", "Halden made 92 million."),
        ("What was inflation in November?", "Inflation was 2.6 percent, down from 2.9 percent in September."),
        ("What was inflation in August?", "Inflation was 2.6 percent in October and 2.4 percent in August."),
        ("What did the board decide on August 3?", "The board will meet in October."),
        ("What was inflation in 2024?", "Inflation was 2.6 percent last year."),
        ("What was inflation in 2019?", "Inflation was 2.6 percent in 2019."),
        ("What is inflation?", "Inflation was 2.6 percent in October 2022."),
    ],
)
def test_a_time_that_fits_or_is_not_told_is_left_alone(question: str, sentence: str) -> None:
    assert other_period(question, [evidence(1, sentence, day="2025-11-05")]) is None
