"""What readers said, as drafts for a question set: valid in its schema, and refused until a person has read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes.answers import answer

from eval.feedback import export, questions
from eval.questions import EvalQuestion, Gold, read_questions
from index.errors import InputError
from index.sqlite_faiss import SqliteFaissStore
from rag.feedback import Feedback, Rating, Said
from rag.journal import FILE, Journal
from rag.types import Answer


def said(
    given: Answer, rating: Rating, *, citation: int | None = None, comment: str = "", history: Sequence[str] = ()
) -> Said:
    return Said(7, citation, rating, comment, tuple(history), given, "2025-06-02T00:00:00+00:00")


def one(*all_said: Said) -> EvalQuestion:
    (found,) = questions(all_said, {"weather": "2025-06-01-weather"})
    assert found.draft
    return found


def test_a_good_answer_brings_its_words_and_its_sentences() -> None:
    found = one(said(answer("It rained.", "It snowed."), "up"))
    assert (found.id, found.question, found.answer, found.answerable) == (
        "feedback-7",
        "What rained?",
        "It rained.",
        True,
    )
    assert found.evidence == (
        Gold(article="2025-06-01-weather", sentence="It rained."),
        Gold(article="2025-06-01-weather", sentence="It snowed."),
    )


def test_a_bad_answer_brings_the_comment_and_a_bad_citation_is_no_evidence() -> None:
    given = answer("It rained.", "It snowed.")
    found = one(said(given, "down", comment="It hailed."), said(given, "down", citation=1, comment="No."))
    assert found.answer == "It hailed. / No."
    assert [gold.sentence for gold in found.evidence] == ["It snowed."]


def test_a_good_refusal_is_unanswerable_and_a_bad_one_waits_for_an_answer() -> None:
    refusal = answer("It rained.", answered=False, reason="Not here.", sentences=(), citations=())
    good = one(said(refusal, "up"))
    assert (good.answerable, good.answer, good.tags) == (False, None, ("unanswerable",))
    bad = one(said(refusal, "down"))
    assert (bad.answerable, bad.answer, bad.evidence[0].sentence) == (True, "(to be written)", "It rained.")


def test_a_follow_up_keeps_its_history() -> None:
    found = one(said(answer("It rained."), "up", history=("And before?",)))
    assert (found.history, found.tags) == (("And before?",), ("fact", "follow-up"))


def test_the_file_is_written_once_and_not_run_as_it_is(tmp_path: Path, store: SqliteFaissStore) -> None:
    with pytest.raises(InputError, match="Nobody has said anything"):
        export(store.place, None)
    journal = Journal(store.place / FILE)
    Feedback(journal).give("user:ann", 1, answer("It rained."), "up")
    journal.close()
    assert export(store.place, tmp_path / "drafts.jsonl") == 1
    with pytest.raises(InputError, match="still drafts"):
        read_questions(tmp_path / "drafts.jsonl")
    with pytest.raises(InputError, match="exists"):
        export(store.place, tmp_path / "drafts.jsonl")
