"""The answer selector as it ships."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from index.errors import PluginError
from rag import selector
from rag.selector import AnswerSelector

TITLE = "Harbour Bridge opens"
SENTENCES = [
    "The Harbour Bridge opened to traffic on Saturday.",
    "The Harbour Bridge cost 412 million euros, Mayor Ida Holt said.",
    "The old ferry, which carried 900 cars a day, stopped last month.",
    "Critics called the bridge a waste of money.",
]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("How much did the Harbour Bridge cost?", 1),
        ("How many vehicles went by ferry each day?", 2),
        ("Who named the price of the bridge?", 1),
        ("How many cars did the ferry carry?", 2),
        ("What did critics say about the bridge?", 3),
    ],
)
def test_the_sentence_that_answers_comes_first(question: str, best: int) -> None:
    scores = AnswerSelector().scores(question, [(TITLE, s) for s in SENTENCES])
    assert max(range(len(scores)), key=scores.__getitem__) == best


def test_what_is_not_said_scores_lower_than_what_is() -> None:
    said = max(AnswerSelector().scores("How much did the Harbour Bridge cost?", [(TITLE, s) for s in SENTENCES]))
    unsaid = max(AnswerSelector().scores("How old is Mayor Ida Holt?", [(TITLE, s) for s in SENTENCES]))
    assert said > unsaid


def test_no_sentences_no_scores() -> None:
    assert AnswerSelector().scores("Who?", []) == []


def test_a_long_question_leaves_room_for_the_sentence() -> None:
    question = (
        "And then, after all that was said about the bridge and the ferry and the town, " * 20 + "what did it cost?"
    )
    one, other = AnswerSelector().scores(question, [(TITLE, SENTENCES[1]), (TITLE, SENTENCES[2])])
    assert one != other


def test_many_threads_get_the_scores_of_one() -> None:
    questions = ["How much did the Harbour Bridge cost?", "When did it open?", "What carried 900 cars a day?"] * 4

    def ask(question: str) -> list[float]:
        return AnswerSelector().scores(question, [(TITLE, s) for s in SENTENCES])

    alone = [ask(question) for question in questions]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ask, questions))
    for one, other in zip(alone, together, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_missing_weights_name_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selector, "WEIGHTS", tmp_path / "selector.safetensors")
    with pytest.raises(PluginError, match="make train-selector"):
        selector._network.__wrapped__()


def test_damaged_weights_are_an_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "selector.safetensors"
    broken.write_bytes(selector.WEIGHTS.read_bytes()[:100_000])
    monkeypatch.setattr(selector, "WEIGHTS", broken)
    with pytest.raises(PluginError, match="cannot be read") as caught:
        selector._network.__wrapped__()
    assert "make train-selector" in caught.value.advice


def test_weights_of_another_network_are_no_selector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = load_file(selector.WEIGHTS)
    lost = next(name for name in held if name.startswith("body."))
    save_file({name: value for name, value in held.items() if name != lost}, tmp_path / "selector.safetensors")
    monkeypatch.setattr(selector, "WEIGHTS", tmp_path / "selector.safetensors")
    with pytest.raises(PluginError, match="cannot be read"):
        selector._network.__wrapped__()
