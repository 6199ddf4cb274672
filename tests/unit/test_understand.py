"""Follow-ups, outlets, limits."""

from __future__ import annotations

from datetime import date

import pytest

from index.errors import InputError
from rag.types import Question, Turn, Window
from rag.understand import named_outlets, understand

AS_OF = date(2025, 12, 22)
TALKS = Turn("What did Yuri Ushakov say about the talks?", "Ushakov said nothing new. [1]")


def read(text: str, *history: Turn) -> Question:
    return understand(text, as_of=AS_OF, history=history)


@pytest.mark.parametrize("text", ["How much did the EU approve for Kyiv?", "Who won the Booker Prize in 2023?"])
def test_a_question_that_stands_alone_is_left_alone(text: str) -> None:
    assert read(text, TALKS).standalone == text


def test_a_new_topic_forgets() -> None:
    assert read("New topic: what did he say?", TALKS).standalone == "what did he say?"


def test_a_follow_up_speaks_of_the_time_of_the_question_before() -> None:
    march = Turn("What did the Fed decide in March 2023?", "It raised rates.")
    assert read("Why did it do that?", march).window == read(march.question).window != Window()
    assert read("And in May 2022?", march).window == read("What did the Fed decide in May 2022?").window
    # One that asks for the newest, or about something else, does not.
    assert not read("What is the latest on it?", march).window
    assert not read("Who won the Booker Prize?", march).window


def test_without_history_nothing_is_added() -> None:
    assert read("And what did he say?").standalone == "And what did he say?"


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("According to CNN, who won?", ("CNN",)),
        ("What did The Week report about it?", ("The Week",)),
        ("What has usa today said about rates?", ("USA TODAY",)),
        ("What does CNN's report say?", ("CNN",)),
        ("Where is the CNN Center?", ()),
        ("What happened this week?", ()),
        ("How many people did CNN lay off?", ()),
    ],
)
def test_outlets(question: str, wanted: tuple[str, ...]) -> None:
    assert named_outlets(question, ["CNN", "The Week", "USA TODAY"]) == wanted


def test_what_is_given_by_hand_overrides() -> None:
    window = Window(since=date(2025, 1, 1))
    question = understand("What happened this week?", as_of=AS_OF, window=window, outlets=["CNN"])
    assert (question.window, question.outlets) == (window, ("CNN",))
    assert not understand("What happened this week?", as_of=AS_OF, window=Window()).window


def test_the_filter_never_reaches_past_the_day_of_the_question() -> None:
    assert read("Who won?").filter.until == AS_OF
    assert understand("Who won?", as_of=AS_OF, allow_later=True).filter.until is None
    assert read("Which articles before 2024 name her?").filter.until == date(2023, 12, 31)
    assert read("Who led before 2024?").filter.until == AS_OF
    # A time that only tells when it happened is no filter.
    assert read("What did he say in March 2024?").filter.since is None


def test_phrases() -> None:
    assert read('Who called it a "just and lasting peace"?').phrases == ("just and lasting peace",)
    assert read("What is the “PSL”?").phrases == ()


@pytest.mark.parametrize("text", ["", "  ", "?!", "x" * 2001])
def test_no_question(text: str) -> None:
    with pytest.raises(InputError):
        read(text)
