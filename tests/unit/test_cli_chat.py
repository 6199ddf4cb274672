"""What a terminal sees while an answer is written."""

from __future__ import annotations

import io
from datetime import date

import pytest
from fakes.embedder import BagEmbedder
from fakes.evidence import evidence
from rich.console import Console

from index.sqlite_faiss import SqliteFaissStore
from rag import cli_print
from rag.cli_chat import Chat, _Screen
from rag.config import Config
from rag.pipeline import Pipeline
from rag.types import Answer, AnswerDone, AnswerSentence, Citation, Drafting, Question, SentenceSettled, Token


def test_a_terminal_shows_the_draft_and_then_only_what_was_checked() -> None:
    good = AnswerSentence("It rained.", (), 1.0, "verified")
    bad = AnswerSentence("It [red]snowed[/red].", (), 0.1, "removed", ("the evidence does not say so",))
    answer = Answer(Question("Rain?", "Rain?", date(2025, 5, 5)), True, None, "m", "", (good,), (bad,), (), (), {})
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, color_system=None, legacy_windows=False)
    notes = Console(file=io.StringIO())
    events = [Drafting("m", "Using m."), Token("It rai"), Token("ned. It snowed."), SentenceSettled(good, ())]
    found = _Screen(console, notes).follow(iter([*events, SentenceSettled(bad, ()), AnswerDone(answer)]))
    assert found is answer
    shown = out.getvalue()
    assert "✓ It rained." in shown
    # Markup in a text is text.
    assert "✗ It [red]snowed[/red]. (the evidence does not say so)" in shown
    assert "by m; 1 drafted sentences removed as unsupported." in shown
    assert isinstance(notes.file, io.StringIO)
    assert "Using m." in notes.file.getvalue()


def test_nothing_could_be_done_where_every_line_is_an_error(store: SqliteFaissStore, bag: BagEmbedder) -> None:
    def ran(*lines: str) -> bool:
        console = Console(file=io.StringIO())
        return Chat(Pipeline(store, bag, Config(llm="none")), console, console).run(io.StringIO("\n".join(lines)))

    assert not ran("?!", "/nonsense")
    assert ran("?!", "/help")
    assert ran("", " ")


def test_what_is_no_terminal_gets_each_sentence_on_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    shown = evidence(1, f"The bridge is {'very ' * 30}long.")
    citation = Citation(1, shown.sentence, shown.article)
    cli_print.citations([citation], cli_print.output())
    _, line = capsys.readouterr().out.splitlines()
    assert line == f"    {shown.sentence.text}"
