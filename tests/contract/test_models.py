"""What every DraftModel keeps: the embedded one itself, Ollama's against a fake server, and a plug-in's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import fake_ollama, fake_openai, plugin_dist, scripted
from llama_index.core.llms import LLM, ChatMessage

from rag.errors import PromptTooLong
from rag.llm import GROUP, DraftModel, choose
from rag.model_settings import ModelSettings

WORDS = "The old stone bridge over the river was opened again on Monday after years of work. " * 8
PROMPT = [
    ChatMessage(role="system", content="You write long reports about bridges."),
    ChatMessage(role="user", content="Write a long report about the old stone bridge."),
]
OWN = {
    "ollama": "rag.ollama:OllamaModel",
    "embedded": "rag.llamacpp:EmbeddedModel",
    "openai": "rag.openai_api:OpenAICompatible",
}


@pytest.fixture(params=["embedded", "ollama/llama3.2:3b", "openai/qwen3-8b", "scripted/any"])
def spec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DraftModel]:
    plugin_dist.install(tmp_path, monkeypatch, GROUP, OWN, name="own")
    scripted.install(tmp_path, monkeypatch, *[WORDS] * 3, delay_s=0.005)
    pieces = tuple(f"{word} " for word in WORDS.split())
    with (
        fake_ollama.serve(fake_ollama.Script(pieces=pieces, piece_s=0.005)) as server,
        fake_openai.serve(fake_openai.Script(pieces=pieces, piece_s=0.005)) as other,
    ):
        settings = ModelSettings(ollama_host=server.url, openai_base_url=other.url, threads=1)
        chosen = choose(spec, settings).model
        assert chosen is not None
        yield chosen


def test_it_goes_by_the_name_that_was_asked_for(model: DraftModel, spec: str) -> None:
    assert model.name == {"embedded": "embedded/smollm2-135m"}.get(spec, spec)


def test_it_streams_text_in_pieces(model: DraftModel) -> None:
    pieces = list(model.stream(PROMPT, max_tokens=40))
    assert len(pieces) > 5
    assert all(pieces)
    assert "bridge" in "".join(pieces).lower()


def test_it_ends_after_the_tokens_allowed(model: DraftModel) -> None:
    assert 1 <= len(list(model.stream(PROMPT, max_tokens=4))) <= 4


def test_at_temperature_0_it_repeats_itself(model: DraftModel) -> None:
    first, second = (list(model.stream(PROMPT, max_tokens=25)) for _ in range(2))
    assert first == second


def test_a_cancel_ends_it_soon(model: DraftModel) -> None:
    cancel = threading.Event()
    pieces = []
    for piece in model.stream(PROMPT, max_tokens=100, cancel=cancel):
        pieces.append(piece)
        if len(pieces) == 3:
            cancel.set()
            start = time.monotonic()
    assert time.monotonic() - start < 1
    assert len(pieces) == 3


def test_a_cancel_beforehand_leaves_nothing(model: DraftModel) -> None:
    cancel = threading.Event()
    cancel.set()
    assert list(model.stream(PROMPT, max_tokens=100, cancel=cancel)) == []


def test_it_can_be_used_again_after_a_reader_went_away(model: DraftModel) -> None:
    pieces = model.stream(PROMPT, max_tokens=100)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert len(list(model.stream(PROMPT, max_tokens=10))) > 2


def test_the_count_grows_with_the_text_and_is_no_less_than_its_words(model: DraftModel) -> None:
    counts = [model.count_tokens([ChatMessage(role="user", content="bridge " * n)]) for n in (1, 10, 200)]
    assert counts == sorted(set(counts))
    assert counts[2] >= 200
    assert counts[2] - counts[1] <= 190 * 2  # a common word is one token or two


def test_a_prompt_that_does_not_fit_is_refused(model: DraftModel) -> None:
    long = [ChatMessage(role="user", content="bridge " * model.context_window)]
    with pytest.raises(PromptTooLong):
        list(model.stream(long, max_tokens=10))


def test_the_answers_budget_counts_too(model: DraftModel) -> None:
    with pytest.raises(PromptTooLong):
        list(model.stream(PROMPT, max_tokens=model.context_window))


def test_a_look_finds_it_ready(model: DraftModel) -> None:
    status = model.check()
    assert (status.ready, status.reachable, status.present) == (True, True, True)
    assert status.context_window == model.context_window
    assert status.advice == ""
    assert 1024 <= model.context_window <= 8192


def test_llama_index_code_can_use_it(model: DraftModel) -> None:
    llm = model.llm
    assert isinstance(llm, LLM)
    assert llm.metadata.context_window == min(llm.metadata.context_window, 8192)
    assert llm.metadata.is_chat_model
    parts = list(llm.stream_chat(PROMPT, max_tokens=30))
    assert parts[-1].message.content == "".join(part.delta or "" for part in parts)
    assert "bridge" in (parts[-1].message.content or "").lower()
