"""Everything that can go wrong with a model's server, through the whole pipeline: said within its time limit, and
answered all the same, by the embedded model."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes import fake_ollama, plugin_dist
from fakes.embedder import BagEmbedder
from fakes.fake_ollama import FakeOllama, Script
from rich.console import Console

from index.manifest import Manifest
from index.sqlite_faiss import SqliteFaissStore
from rag.cli_chat import WITHDRAWN, Chat
from rag.config import Config
from rag.contract import ask_json
from rag.errors import ModelMissing
from rag.llamacpp import EmbeddedModel
from rag.llm import GROUP
from rag.pipeline import Pipeline
from rag.types import AnswerDone, Drafting, SentenceSettled
from rag.verify import OverlapVerifier

QUESTION = "How much did the Harbour Bridge cost?"
BRIDGE = "The Harbour Bridge opened on Saturday. The Harbour Bridge cost 412 million euros in the end."
DRAFT = ("The", " Harbour", " Bridge", " cost", " 412", " million", " euros", ".", " [2]", " Holt", " said", " so", ".")
OWN = {"ollama": "rag.ollama:OllamaModel", "embedded": "rag.llamacpp:EmbeddedModel"}
AS_OF = date(2025, 5, 10)
LIMITS = {"timeout_s": 1.0, "stall_timeout_s": 0.5, "total_timeout_s": 2.0, "connect_timeout_s": 0.5}


@dataclass(frozen=True)
class Fault:
    """What the server does, the words that the reader gets, and the seconds within which it has to be said."""

    script: Script
    says: str
    within: float = 0.9
    gone: bool = False


FAULTS = {
    "refused": Fault(Script(), "does not answer. Start it with `ollama serve`.", gone=True),
    "404": Fault(Script(models=()), "has no model llama3.2:3b. Get it with `ollama pull llama3.2:3b`."),
    "500": Fault(Script(status=500), "(HTTP 500): llama runner process has terminated."),
    "slow to begin": Fault(Script(DRAFT, stall_first_s=9), "did not begin to answer within 1 s.", 2),
    "stall": Fault(Script(DRAFT, stall_after=4, stall_s=9), "fell silent for 0.5 s.", 1.5),
    "endless": Fault(Script(pieces=("on ",) * 40, piece_s=0.1), "did not finish within 2 s.", 3),
    "cut stream": Fault(Script(DRAFT, cut_after=4), "broke off"),
    "no last chunk": Fault(Script(DRAFT, end_early=True), "broke off"),
    "error in the stream": Fault(Script(DRAFT, error_after=4), "llama runner process has terminated"),
    "malformed line": Fault(Script(garbage='{"message": {"content": "The Harb'), "cannot be read as Ollama's"),
    "truncation refused": Fault(Script(DRAFT, clamp=64), "exceeds the available context size (64 tokens)"),
    "silent truncation": Fault(Script(DRAFT, clamp=64, refuses_truncation=False), "Ollama cut the prompt"),
    "thoughts alone": Fault(Script(pieces=("<think>", "May", " or", " June")), "spent its whole budget on thoughts"),
}


# With these the embedded model really drafts, which takes seconds; with the others it is told what to say.
REALLY = ("refused", "silent truncation")


@pytest.fixture
def store(tmp_path: Path, manifest: Manifest, bag: BagEmbedder, entry: EntryMaker) -> Iterator[SqliteFaissStore]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as opened:
        opened.put([entry("bridge", BRIDGE, title="Harbour Bridge opens", outlet="The Example", day="2025-05-03")])
        yield opened


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOllama]:
    (tmp_path / "dist").mkdir()
    plugin_dist.install(tmp_path / "dist", monkeypatch, GROUP, OWN, name="own")
    with fake_ollama.serve(Script(pieces=DRAFT)) as running:
        yield running


def pipeline(store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama, llm: str = "auto") -> Pipeline:
    """One that has chosen its model while the server was healthy."""
    config = Config(llm=llm, ollama_host=server.url, max_answer_tokens=40, **LIMITS)
    made = Pipeline(store, bag, config, OverlapVerifier())  # what is measured is the model's server
    assert made.chosen.model is not None
    assert made.chosen.model.name == "ollama/llama3.2:3b"
    return made


def test_without_a_fault_the_server_answers(store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama) -> None:
    answer = pipeline(store, bag, server).answer(QUESTION, as_of=AS_OF)
    assert answer.model == "ollama/llama3.2:3b"
    assert answer.sentences[0].text == "The Harbour Bridge cost 412 million euros."
    assert answer.sentences[0].state == "verified"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_said_in_time_and_the_embedded_model_answers(
    name: str, store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = FAULTS[name]
    if name not in REALLY:
        monkeypatch.setattr(EmbeddedModel, "count_tokens", lambda _, messages: len(str(messages)))
        monkeypatch.setattr(
            EmbeddedModel, "stream", lambda *_, **__: iter(["The Harbour Bridge cost 412 million euros. [2]"])
        )
    asked = pipeline(store, bag, server)
    server.script = fault.script
    if fault.gone:
        gone = replace(asked.config.model_settings, ollama_host=fake_ollama.closed_url())
        monkeypatch.setattr(asked.chosen.model, "_settings", gone)
    begun: list[float] = []
    notes: list[str] = []
    for event in asked.stream(QUESTION, as_of=AS_OF):
        if isinstance(event, Drafting):
            begun.append(time.monotonic())
            notes.append(event.note)
        elif isinstance(event, AnswerDone):
            answer = event.answer
    assert begun[1] - begun[0] < fault.within + 1  # a second for a busy machine
    assert fault.says in notes[1]
    assert answer.model == "embedded/smollm2-135m"
    assert fault.says in answer.note
    assert answer.note.endswith("embedded/smollm2-135m answers instead.")
    assert answer.note == ask_json(answer).note
    # What the failed draft said is gone; what is shown was drafted anew and checked.
    assert "412 million euros" in answer.text
    assert answer.sentences
    assert all(s.supported and s.citations for s in answer.sentences)
    json.dumps(ask_json(answer).model_dump(mode="json"))


def test_the_terminal_withdraws_what_a_draft_that_failed_midway_had_said(
    store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedModel, "count_tokens", lambda _, messages: len(str(messages)))
    aside = "The Harbour Bridge opened on Saturday."
    monkeypatch.setattr(EmbeddedModel, "stream", lambda *_, **__: iter([f"{aside} [1]"]))
    server.script = Script(DRAFT, cut_after=11)  # after its first sentence
    out, notes = (Console(file=io.StringIO(), width=200) for _ in range(2))
    Chat(pipeline(store, bag, server), out, notes, as_of=AS_OF).run(io.StringIO(QUESTION))
    assert isinstance(out.file, io.StringIO)
    lines = out.file.getvalue().splitlines()
    assert lines[:2] == ["✓ The Harbour Bridge cost 412 million euros. [1]", WITHDRAWN]
    # What stands in is small: what it says beside the point goes, and the best evidence is quoted. Marks begin anew.
    quoted = f"» The Example, 3 May 2025: {BRIDGE.removeprefix(f'{aside} ')} [1]"
    assert lines[2:4] == [f"✗ {aside} (it is beside the point)", quoted]
    assert lines.count(WITHDRAWN) == 1


@pytest.mark.parametrize("name", ["refused", "404"])
def test_a_named_model_that_fails_at_the_start_is_said_in_time_and_answered_all_the_same(
    name: str, store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedModel, "count_tokens", lambda _, messages: len(str(messages)))
    monkeypatch.setattr(EmbeddedModel, "stream", lambda *_, **__: iter([f"{BRIDGE.split('. ')[1]} [2]"]))
    fault = FAULTS[name]
    server.script = fault.script
    host = fake_ollama.closed_url() if fault.gone else server.url
    config = Config(llm="ollama/llama3.2:3b", ollama_host=host, max_answer_tokens=40, **LIMITS)
    asked = Pipeline(store, bag, config, OverlapVerifier())
    begun = time.monotonic()
    assert asked.chosen.stands_in
    assert time.monotonic() - begun < fault.within + 1
    answer = asked.answer(QUESTION, as_of=AS_OF)
    assert answer.model == "embedded/smollm2-135m"
    assert answer.note.startswith("The model ollama/llama3.2:3b cannot be used: Ollama at ")
    for words in fault.says.split(". "):  # what happened, and the command that helps
        assert words.rstrip(".") in answer.note
    assert "412 million euros" in answer.text


def test_a_measured_run_keeps_the_error(store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama) -> None:
    server.script.models = ("qwen3:4b",)
    config = Config(llm="ollama/llama3.2:3b", ollama_host=server.url, **LIMITS)
    measured = Pipeline(store, bag, config, OverlapVerifier(), fixed_model=True)
    with pytest.raises(
        ModelMissing, match=r"Get it with `ollama pull llama3.2:3b`. Or use one that is there: qwen3:4b"
    ):
        measured.answer(QUESTION, as_of=AS_OF)


@pytest.mark.parametrize("llm", ["auto", "ollama"])
def test_an_ollama_that_starts_later_is_used(
    llm: str, store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.pipeline.LOOK_S", 0.0)
    server.script.models = ()
    asked = Pipeline(store, bag, Config(llm=llm, ollama_host=server.url, **LIMITS), OverlapVerifier())
    assert asked.chosen.stands_in
    server.script.models = (fake_ollama.MODEL,)
    end = time.monotonic() + 5
    while asked.chosen.stands_in and time.monotonic() < end:
        time.sleep(0.02)
    answer = asked.answer(QUESTION, as_of=AS_OF)
    assert answer.model == "ollama/llama3.2:3b"
    assert answer.note == f"Using llama3.2:3b on Ollama at {server.url}."


def test_stop_closes_the_connection_and_keeps_what_was_checked(
    store: SqliteFaissStore, bag: BagEmbedder, server: FakeOllama
) -> None:
    server.script = Script(pieces=(*DRAFT[:9], *(" And", " so", " on") * 500), piece_s=0.01)
    cancel = threading.Event()
    for event in pipeline(store, bag, server, "ollama").stream(QUESTION, as_of=AS_OF, cancel=cancel):
        if isinstance(event, SentenceSettled):
            cancel.set()
            stopped = time.monotonic()
        if isinstance(event, AnswerDone):
            answer = event.answer
    assert time.monotonic() - stopped < 1.5
    assert server.abandoned.wait(2)
    assert server.sent < 300
    assert answer.model == "ollama/llama3.2:3b"
    assert [s.text for s in answer.sentences] == ["The Harbour Bridge cost 412 million euros."]
