"""An OpenAI-compatible server, found through the plug-in path: what it is asked, and what its failures become."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import EntryMaker
from fakes import fake_ollama, fake_openai, plugin_dist
from fakes.embedder import BagEmbedder
from fakes.fake_openai import FakeOpenAI
from fakes.reading import returned
from llama_index.core.llms import ChatMessage

from index.errors import InputError
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config, read_config
from rag.errors import ModelError, ModelFailed, ModelMissing, ModelTimeout, ModelUnreachable, PromptTooLong
from rag.llm import GROUP, choose, make
from rag.model_settings import ModelSettings
from rag.pipeline import Pipeline

OWN = {
    "ollama": "rag.ollama:OllamaModel",
    "embedded": "rag.llamacpp:EmbeddedModel",
    "openai": "rag.openai_api:OpenAICompatible",
}
PROMPT = [ChatMessage(role="system", content="Answer."), ChatMessage(role="user", content="Rain?")]


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dist").mkdir()
    plugin_dist.install(tmp_path / "dist", monkeypatch, GROUP, OWN, name="own")
    for name in ("OPENAI_API_KEY", "DATELINE_OPENAI_API_KEY", "OPENAI_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with fake_openai.serve() as server:
        yield server


def settings(fake: FakeOpenAI, **more: Any) -> ModelSettings:
    return ModelSettings(openai_base_url=fake.url, openai_model=fake_openai.MODEL, **more)


def ask(fake: FakeOpenAI, max_tokens: int = 50, **more: Any) -> str:
    return "".join(make("openai", settings(fake, **more)).stream(PROMPT, max_tokens=max_tokens))


class TestRequest:
    def test_what_is_asked_and_answered(self, fake: FakeOpenAI) -> None:
        assert ask(fake, seed=7) == "It rained. [1]"
        (body,) = fake.chats
        assert body["model"] == fake_openai.MODEL
        assert [(m["role"], m["content"]) for m in body["messages"]] == [("system", "Answer."), ("user", "Rain?")]
        assert (body["max_tokens"], body["temperature"], body["seed"], body["stream"]) == (50, 0.0, 7, True)

    def test_only_our_own_key_is_sent(self, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-for-somebody-else")
        assert make("openai", settings(fake)).check().ready
        ask(fake)
        monkeypatch.setenv("DATELINE_OPENAI_API_KEY", fake_openai.KEY)
        ask(fake)
        assert fake.keys == ["Bearer none", "Bearer none", f"Bearer {fake_openai.KEY}"]

    def test_thoughts_are_left_out(self, fake: FakeOpenAI) -> None:
        fake.script.thoughts, fake.script.pieces = ("Let me", " see"), ("<think>hm</th", "ink>It rained.")
        assert ask(fake) == "It rained."

    def test_the_answer_ends_after_the_tokens_allowed(self, fake: FakeOpenAI) -> None:
        assert ask(fake, 2) == "It rained"

    @pytest.mark.parametrize(("allowed", "ended"), [(50, True), (2, False)])
    def test_whether_the_model_came_to_its_end(self, fake: FakeOpenAI, allowed: int, ended: bool) -> None:
        assert returned(make("openai", settings(fake)).stream(PROMPT, max_tokens=allowed)) is ended

    def test_the_settings_come_from_the_environment(self, tmp_path: Path) -> None:
        environ = {"DATELINE_OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "DATELINE_OPENAI_MODEL": "m",
                   "DATELINE_OPENAI_API_KEY": "secret"}  # fmt: skip
        config = read_config(folder=tmp_path, environ=environ)
        assert (config.model_settings.openai_base_url, config.model_settings.openai_model) == (
            "http://127.0.0.1:1/v1",
            "m",
        )
        assert "secret" not in repr(config)  # a run's record holds every setting


class TestChoice:
    def test_it_is_never_chosen_unless_named(self, fake: FakeOpenAI) -> None:
        chosen = choose("auto", settings(fake, ollama_host=fake_ollama.closed_url()))
        assert chosen.model is not None
        assert chosen.model.name == "embedded/smollm2-135m"
        assert fake.keys == []

    def test_named(self, fake: FakeOpenAI) -> None:
        chosen = choose("openai", settings(fake, max_context=4000))
        assert chosen.note == f"Using {fake_openai.MODEL} at {fake.url}."
        assert chosen.model is not None
        assert (chosen.model.name, chosen.model.context_window) == (f"openai/{fake_openai.MODEL}", 4000)

    def test_a_server_without_a_list_is_taken_at_its_word(self, fake: FakeOpenAI) -> None:
        fake.script.models = None
        assert make("openai/anything", settings(fake)).check().ready

    def test_a_remote_server_is_said_to_be_one(self, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
        assert make("openai", settings(fake)).check().detail == ""
        remote = make("openai/m", ModelSettings(openai_base_url="https://llm.example/v1"))
        monkeypatch.setattr(remote, "_models", set)
        assert remote.check().detail == "Questions and passages leave this machine"

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            (ModelSettings(), r"no address.*DATELINE_OPENAI_BASE_URL"),
            (ModelSettings(openai_base_url="file:///etc/passwd", openai_model="m"), "no address"),
            (ModelSettings(openai_base_url="http://127.0.0.1:1/v1"), r"No model is named.*openai/NAME"),
        ],
    )
    def test_not_configured(self, given: ModelSettings, says: str) -> None:
        with pytest.raises(InputError, match=says):
            choose("openai", given)

    def test_a_model_that_is_not_there(self, fake: FakeOpenAI) -> None:
        with pytest.raises(ModelMissing, match=rf"has no model gpt. Use one that is there: {fake_openai.MODEL}"):
            choose("openai/gpt", settings(fake))

    def test_nothing_listens(self) -> None:
        with pytest.raises(ModelUnreachable, match="does not answer"):
            choose("openai/m", ModelSettings(openai_base_url=f"{fake_ollama.closed_url()}/v1"))

    def test_a_wrong_key(self, fake: FakeOpenAI) -> None:
        fake.script.status = 401
        with pytest.raises(ModelFailed, match=r"refuses the key.*DATELINE_OPENAI_API_KEY"):
            choose("openai", settings(fake))

    def test_another_kind_of_server(self) -> None:
        with fake_ollama.serve() as other:
            status = make("openai/m", ModelSettings(openai_base_url=f"{other.url}/api")).check()
        assert not status.ready


class TestFailures:
    @pytest.mark.parametrize(
        ("status", "error", "kind", "says", "retryable"),
        [
            (401, "wrong key", ModelFailed, "refuses the key", False),
            (404, "model not found", ModelMissing, "has no model", False),
            (400, "maximum context length exceeded", PromptTooLong, "does not fit", False),
            (400, "bad request", ModelFailed, "HTTP 400", False),
            (503, "overloaded", ModelFailed, "HTTP 503", True),
        ],
    )
    def test_an_error_status(
        self, fake: FakeOpenAI, status: int, error: str, kind: type[ModelError], says: str, retryable: bool
    ) -> None:
        fake.script.status, fake.script.error = status, error
        with pytest.raises(kind, match=says) as caught:
            ask(fake)
        assert caught.value.retryable is retryable

    @pytest.mark.parametrize("change", [{"cut_after": 2}, {"end_early": True}])
    def test_a_stream_that_is_cut(self, fake: FakeOpenAI, change: dict[str, Any]) -> None:
        for name, value in change.items():
            setattr(fake.script, name, value)
        with pytest.raises(ModelFailed, match="broke off"):
            ask(fake)

    def test_a_stall(self, fake: FakeOpenAI) -> None:
        fake.script.stall_after = 2
        start = time.monotonic()
        with pytest.raises(ModelTimeout, match=r"fell silent for 0.3 s"):
            ask(fake, stall_timeout_s=0.3)
        assert time.monotonic() - start < 3

    def test_a_cancel_closes_the_connection(self, fake: FakeOpenAI) -> None:
        fake.script.pieces, fake.script.piece_s = ("on ",) * 2000, 0.01
        cancel, seen = threading.Event(), []
        for piece in make("openai", settings(fake)).stream(PROMPT, max_tokens=2000, cancel=cancel):
            seen.append(piece)
            if len(seen) == 3:
                cancel.set()
        assert len(seen) == 3
        assert fake.abandoned.wait(3)
        assert fake.sent < 300


def test_the_whole_way(
    store: SqliteFaissStore, entry: EntryMaker, bag: BagEmbedder, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "The Harbour Bridge opened on Saturday. The Harbour Bridge cost 412 million euros, Mayor Ida Holt said."
    store.put([entry("bridge", text, title="Harbour Bridge opens", outlet="The Example", day="2025-05-03")])
    fake.script.pieces = ("The", " Harbour", " Bridge", " cost", " 412", " million", " euros", ", Holt said.", " [2]")
    config = Config(llm="openai", openai_base_url=fake.url, openai_model=fake_openai.MODEL)
    question = "How much did the Harbour Bridge cost?"
    answer = Pipeline(store, bag, config).answer(question, as_of=date(2025, 5, 10))
    assert answer.model == f"openai/{fake_openai.MODEL}"
    assert [(s.text, s.state) for s in answer.sentences] == [
        ("The Harbour Bridge cost 412 million euros, Holt said.", "verified")
    ]
    fake.script.status = 503
    monkeypatch.setattr(
        "rag.pipeline.Pipeline._fallbacks", lambda *_: lambda: None
    )  # without the seconds of a stand-in
    failed = Pipeline(store, bag, config).answer(question, as_of=date(2025, 5, 10))
    assert "HTTP 503" in failed.note
    assert failed.note.endswith("The articles are quoted, no language model wrote this.")
