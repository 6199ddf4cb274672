"""Conversations and feedback in SQLite: kept, listed, searched, deleted, and nobody else's."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from fakes.answers import answer

from index.errors import InputError, StoreError
from rag.feedback import Feedback
from rag.history import Cited, History
from rag.journal import FILE, MIGRATIONS, Journal
from rag.trace import dumped, loaded
from rag.types import Limits, Window

ANN, BOB = "user:ann", "user:bob"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / FILE)


@pytest.fixture
def history(journal: Journal) -> History:
    return History(journal)


def test_a_conversation_survives_being_closed_and_opened(tmp_path: Path) -> None:
    first = Journal(tmp_path / FILE)
    limits = Limits(date(2025, 6, 1), Window(date(2025, 5, 1), None), ("CNN",))
    talk, turn = History(first).keep(ANN, "What rained?", answer("It rained."), limits=limits)
    History(first).keep(ANN, "And then?", answer("It stopped."), conversation=talk, stopped=True)
    first.close()

    again = History(Journal(tmp_path / FILE))
    listed = again.conversations(ANN)
    assert [(c.id, c.title, c.questions) for c in listed] == [(talk, "What rained?", 2)]
    one, two = again.turns(ANN, talk)
    assert (one.id, one.question, one.text, one.limits, one.stopped) == (
        turn, "What rained?", "It rained. [1]", limits, False
    )  # fmt: skip
    assert two.stopped
    assert one.answer is not None
    assert one.answer.sentences == answer("It rained.").sentences
    assert one.answer.citations[0].sentence.text == "It rained."


def test_what_answers_cite_is_listed_for_their_owner_alone(journal: Journal, history: History) -> None:
    talk, _ = history.keep(ANN, "What rained?", answer("It rained.", "It snowed."))
    history.keep(ANN, "Again?", answer("It rained."), conversation=talk)
    refused, _ = history.keep(ANN, "Why?", answer())
    cited = [Cited("weather", 1, "It rained."), Cited("weather", 1, "It snowed.")]
    found = history.cited(ANN, [talk, refused])
    assert {key: sorted(c.sentence for c in value) for key, value in found.items()} == {
        talk: ["It rained.", "It snowed."]
    }
    assert set(found[talk]) == set(cited)
    assert history.cited(ANN, []) == {}
    assert history.cited(BOB, [talk]) == {}
    with journal.writing() as db:
        db.execute("UPDATE turns SET trace = '{\"answered\": true}'")
    assert history.cited(ANN, [talk]) == {}


def test_the_texts_of_articles_are_not_copied_into_the_history() -> None:
    document = dumped(answer("It rained.", text="It rained. A secret that the article also holds."))
    assert "It rained." in document
    assert "secret" not in document
    found = loaded(document)
    assert found is not None
    assert found.citations[0].article.article.text == ""


def test_what_another_version_wrote_is_shown_as_text_alone(journal: Journal, history: History) -> None:
    talk, _ = history.keep(ANN, "What rained?", answer("It rained."))
    with journal.writing() as db:
        db.execute("UPDATE turns SET trace = '{\"answered\": true}', limits = '[]'")
    (kept,) = history.turns(ANN, talk)
    assert (kept.answer, kept.text, kept.limits) == (None, "It rained. [1]", Limits())


def test_nobody_reads_or_deletes_what_is_anothers(history: History) -> None:
    talk, turn = history.keep(ANN, "What rained?", answer("It rained."))
    assert history.conversations(BOB) == []
    assert history.conversations(BOB, "rained") == []
    with pytest.raises(InputError, match="no such conversation"):
        history.turns(BOB, talk)
    assert history.delete(BOB, talk) is False
    with pytest.raises(InputError, match="no such conversation"):
        history.keep(BOB, "And then?", answer("Mine."), conversation=talk)
    with pytest.raises(InputError, match="no such conversation"):
        history.keep(BOB, "And then?", answer("Mine."), conversation=talk, turn=turn)
    assert len(history.turns(ANN, talk)) == 1


def test_a_turn_of_another_conversation_is_not_replaced(history: History) -> None:
    _, turn = history.keep(ANN, "What rained?", answer("It rained."))
    other, _ = history.keep(ANN, "What snowed?", answer("It snowed."))
    with pytest.raises(InputError, match="no such conversation"):
        history.keep(ANN, "What snowed?", answer("No."), conversation=other, turn=turn)


def test_a_question_asked_anew_replaces_its_answer_in_place(history: History) -> None:
    talk, turn = history.keep(ANN, "What rained?", answer("It rained."))
    history.keep(ANN, "And then?", answer("It stopped."), conversation=talk)
    assert history.keep(ANN, "What hailed?", answer("It hailed."), conversation=talk, turn=turn) == (talk, turn)
    assert [kept.question for kept in history.turns(ANN, talk)] == ["What hailed?", "And then?"]
    assert [c.id for c in history.conversations(ANN, "hailed")] == [talk]
    assert history.conversations(ANN, "It rained") == []


@pytest.mark.parametrize("words", ['"', "AND", "rain* OR x", "question:rained", "'; DROP TABLE turns; --", "NEAR(a b)"])
def test_a_search_is_never_a_query_language(history: History, words: str) -> None:
    talk, _ = history.keep(ANN, "What rained?", answer("It rained."))
    assert all(c.id == talk for c in history.conversations(ANN, words))
    assert history.conversations(ANN, "raining")[0].id == talk  # stems are alike
    assert history.conversations(ANN, "rained snowed") == []


def test_deleting_takes_the_words_out_of_the_file(tmp_path: Path, journal: Journal, history: History) -> None:
    talk, _ = history.keep(ANN, "What about Zorvia?", answer("Zorvia rained."))
    kept, _ = history.keep(ANN, "What else?", answer("Nothing."))
    assert history.delete(ANN, talk) is True
    assert [c.id for c in history.conversations(ANN)] == [kept]
    assert history.delete_all(ANN) == 1
    journal.close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM turns_fts WHERE turns_fts MATCH 'zorvia'").fetchone() == (0,)
    assert b"Zorvia rained" not in (tmp_path / FILE).read_bytes()


def test_the_file_is_for_its_owner_alone(journal: Journal) -> None:
    assert journal.path.stat().st_mode & 0o077 == 0


def test_a_newer_file_is_refused_and_an_unreadable_one_told(tmp_path: Path) -> None:
    Journal(tmp_path / FILE).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match="newer version"):
        Journal(tmp_path / FILE)
    (tmp_path / "damaged").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="damaged"):
        Journal(tmp_path / "damaged")


# --- feedback -----------------------------------------------------------------------------------------------------


def test_feedback_is_kept_with_the_trace_and_said_again_it_replaces(journal: Journal) -> None:
    feedback, given = Feedback(journal), answer("It rained.")
    feedback.give(ANN, 7, given, "up", comment="Good.", history=("Before?",))
    feedback.give(ANN, 7, given, "down", citation=1)
    feedback.give(ANN, 7, given, "down", comment=" It snowed. ")
    feedback.give(BOB, 7, given, "up")
    assert feedback.ratings(ANN, [7, 8]) == {(7, None): "down", (7, 1): "down"}
    said = list(feedback.all())
    assert [(s.citation, s.rating, s.comment) for s in said] == [
        (1, "down", ""),
        (None, "down", "It snowed."),
        (None, "up", ""),
    ]
    assert said[1].answer.sentences == given.sentences
    assert said[1].answer.evidence[0].sentence.text == "It rained."


def test_feedback_outlives_the_conversation(journal: Journal, history: History) -> None:
    talk, turn = history.keep(ANN, "What rained?", answer("It rained."))
    Feedback(journal).give(ANN, turn, answer("It rained."), "up")
    history.delete(ANN, talk)
    assert [said.rating for said in Feedback(journal).all()] == ["up"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rating": "sideways"}, "no rating"),
        ({"rating": "up", "citation": 2}, "no citation 2"),
        ({"rating": "up", "comment": "x" * 2001}, "2001 characters"),
    ],
)
def test_what_cannot_be_said_is_refused(journal: Journal, given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Feedback(journal).give(ANN, 1, answer("It rained."), **given)
    assert list(Feedback(journal).all()) == []
