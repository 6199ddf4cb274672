"""Conversations over a real pipeline: remembered, kept, asked anew in place, stopped, in line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import scripted

from index.errors import InputError, StoreError
from rag.config import Config
from rag.conversation import Conversation, Newsroom, Suggested, Unkept, Waiting
from rag.history import History
from rag.journal import FILE, Journal
from rag.pipeline import Pipeline
from rag.suggest import Suggester
from rag.types import AnswerDone, Understood

KYIV = "How much did the EU approve for Kyiv?"


@pytest.fixture(scope="module")
def pipeline(seed_index: Path) -> Iterator[Pipeline]:
    opened = Pipeline.open(Config(index=seed_index, llm="none"))
    yield opened
    opened.close()


def newsroom(pipeline: Pipeline, tmp_path: Path, at_once: int = 8) -> Newsroom:
    return Newsroom(pipeline, History(Journal(tmp_path / FILE)), Suggester(pipeline), at_once)


def test_a_conversation_is_kept_as_it_goes_and_carried_on_after_a_restart(pipeline: Pipeline, tmp_path: Path) -> None:
    room, talk = newsroom(pipeline, tmp_path), Conversation("user:ann")
    events = list(room.ask(talk, "What did Yuri Ushakov say?"))
    assert [type(e) for e in events[-2:]] == [AnswerDone, Suggested]
    assert talk.id is not None
    again = newsroom(pipeline, tmp_path)
    assert [(c.id, c.questions, c.outdated) for c in again.listed("user:ann")] == [(talk.id, 1, 0)]
    opened = again.open("user:ann", talk.id)
    assert [e.question for e in opened.exchanges] == ["What did Yuri Ushakov say?"]
    events = list(again.ask(opened, "Why was he unimpressed?"))
    understood = next(e for e in events if isinstance(e, Understood))
    assert "Ushakov" in understood.question.standalone
    list(again.ask(opened, KYIV))
    assert [k.question for k in again.history.turns("user:ann", talk.id)] == [
        "What did Yuri Ushakov say?", "Why was he unimpressed?", KYIV,
    ]  # fmt: skip
    with pytest.raises(InputError, match="no such conversation"):
        again.open("user:bob", talk.id)


def test_asked_anew_it_stands_in_its_place_and_knows_only_what_was_before(pipeline: Pipeline, tmp_path: Path) -> None:
    room, talk = newsroom(pipeline, tmp_path), Conversation("user:ann")
    list(room.ask(talk, KYIV))
    list(room.ask(talk, "What did Yuri Ushakov say?"))
    turns = [e.turn for e in talk.exchanges]
    events = list(room.ask(talk, "And why?", at=0))
    assert next(e for e in events if isinstance(e, Understood)).question.standalone == "And why?"
    assert [e.question for e in talk.exchanges] == ["And why?", "What did Yuri Ushakov say?"]
    assert [e.turn for e in talk.exchanges] == turns
    assert talk.before(1) == ("And why?",)


def test_one_answer_at_a_time_in_a_conversation(pipeline: Pipeline, tmp_path: Path) -> None:
    room, talk = newsroom(pipeline, tmp_path), Conversation("user:ann")
    first = room.ask(talk, KYIV)
    next(first)
    with pytest.raises(InputError, match="still being written"):
        next(room.ask(talk, KYIV))
    first.close()
    assert len(room.line) == 0
    assert any(isinstance(e, AnswerDone) for e in room.ask(talk, KYIV))


def test_who_comes_too_many_waits_and_may_leave(pipeline: Pipeline, tmp_path: Path) -> None:
    room = newsroom(pipeline, tmp_path, at_once=1)
    first = room.ask(Conversation("user:ann"), KYIV)
    next(first)
    waiting = Conversation("user:bob")
    second = room.ask(waiting, KYIV)
    assert next(second) == Waiting(1)
    waiting.cancel.set()
    assert list(second) == []
    assert waiting.exchanges[0].answer is None
    first.close()
    third = Conversation("user:eve")
    assert any(isinstance(e, AnswerDone) for e in room.ask(third, KYIV))


def test_what_cannot_be_kept_is_told_and_the_answer_stands(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        message = "no room"
        raise StoreError(message, "Make room.")

    room, talk = newsroom(pipeline, tmp_path), Conversation("user:ann")
    monkeypatch.setattr(History, "keep", full)
    events = list(room.ask(talk, KYIV))
    assert [e.reason for e in events if isinstance(e, Unkept)] == [
        "This answer could not be kept in the history. no room Make room."
    ]
    assert talk.exchanges[0].answer is not None


def test_a_conversation_deleted_elsewhere_goes_on_as_a_new_one(pipeline: Pipeline, tmp_path: Path) -> None:
    room, talk = newsroom(pipeline, tmp_path), Conversation("user:ann")
    list(room.ask(talk, KYIV))
    first = talk.id
    assert first is not None
    room.history.delete("user:ann", first)
    list(room.ask(talk, "What did Yuri Ushakov say?"))
    assert talk.id not in {None, first}
    assert [k.question for k in room.history.turns("user:ann", str(talk.id))] == ["What did Yuri Ushakov say?"]


def test_a_stopped_answer_is_kept_as_one(seed_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = ["The EU approved a loan package of $106 billion for Kyiv [1].", " And", *(f" word{n}" for n in range(300))]
    scripted.install(tmp_path, monkeypatch, draft, delay_s=0.05)
    with_model = Pipeline.open(Config(index=seed_index, llm="scripted"))
    room, talk = newsroom(with_model, tmp_path / "room"), Conversation("user:ann")
    threading.Timer(1.0, talk.cancel.set).start()
    events = list(room.ask(talk, KYIV))
    assert not any(isinstance(e, Suggested) for e in events)
    (kept,) = room.history.turns("user:ann", str(talk.id))
    assert kept.stopped
    assert "word299" not in kept.text
    with_model.close()
