"""Time expressions, resolved against the day of the question."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.when import read_time

AS_OF = date(2025, 12, 22)  # a Monday


@pytest.mark.parametrize(
    ("question", "since", "until", "firm"),
    [
        ("What happened this week in Ukraine?", "2025-12-15", "2025-12-22", False),
        ("What did he say yesterday?", "2025-12-21", "2025-12-22", False),
        ("What was decided last month?", "2025-11-01", "2025-12-03", False),
        ("What did they decide in March?", "2025-03-01", "2025-04-03", False),
        ("What did they decide in March 2024?", "2024-03-01", "2024-04-03", False),
        ("What has changed since the election on 5 November?", "2025-11-05", None, False),
        ("Who led the party before 2024?", None, "2023-12-31", False),
        ("What happened between 3 and 10 June 2023?", "2023-06-03", "2023-06-13", False),
        ("What happened between January and March 2024?", "2024-01-01", "2024-04-03", False),
        ("What changed in the past two weeks?", "2025-12-08", "2025-12-22", False),
        ("What was said three days ago?", "2025-12-19", "2025-12-22", False),
        ("What did Ushakov say on December 21?", "2025-12-21", "2025-12-22", False),
        ("What happened over the weekend?", "2025-12-20", "2025-12-22", False),
        ("What was signed by March 3, 2024?", None, "2024-03-03", False),
        ("How many cases were reported by March 3, 2024?", None, "2024-03-03", False),
        ("Which articles about the strike appeared before March 2024?", None, "2024-02-29", True),
        ("What has been reported since December 1?", "2025-12-01", None, True),
        ("What was published between 3 and 10 June 2023?", "2023-06-03", "2023-06-13", True),
        ("Show me the news from last month", "2025-11-01", "2025-12-03", True),
    ],
)
def test_window(question: str, since: str | None, until: str | None, firm: bool) -> None:
    window = read_time(question, AS_OF).window
    assert (window.since, window.until) == (since and date.fromisoformat(since), until and date.fromisoformat(until))
    assert window.firm is firm
    assert window.words
    assert window.words.split()[0].lower() in question.lower()


@pytest.mark.parametrize(
    "question",
    [
        "Who won the 2022 World Cup?",
        "Who spoke at March for Our Lives?",
        "What may happen to the loan?",
        "What will happen in March?",
        "How many of the 20 points remain?",
        "",
    ],
)
def test_no_window(question: str) -> None:
    assert not read_time(question, AS_OF).window


def test_latest() -> None:
    assert read_time("What is the latest on the strike?", AS_OF).latest
    assert not read_time("Who is on strike?", AS_OF).latest


WORDS = st.sampled_from(
    "since before in on last this march may week 2023 5 november between and the 10 days ago".split()
)


@given(st.lists(WORDS, max_size=8), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_window_never_begins_after_the_question(words: list[str], as_of: date) -> None:
    window = read_time(" ".join(words), as_of).window
    assert window.since is None or window.since <= as_of
    assert window.until is None or window.until <= as_of
    assert not (window.since and window.until and window.since > window.until)
