"""Metrics that fall when the thing they measure is broken: each test breaks one part of a pipeline that works.

The runner, the judge and the scores are the real ones; the articles are few and the model says what the test wants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from fakes.runs import SetVerifier, question
from fakes.scripted import install

from eval.corpus import handles
from eval.judging import load_judge
from eval.questions import EvalQuestion
from eval.run import Run
from eval.runfile import RunFile
from eval.scores import METRICS
from eval.summary import figures
from index.manifest import Manifest
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config
from rag.llm import choose
from rag.model_settings import ModelSettings
from rag.pipeline import Pipeline
from rag.retrieve import Retrieved
from rag.types import Answer, AnswerDone, Event, Found, Question

TEXTS = {
    "bridge": "The Harbour Bridge opened to traffic on Saturday. The Harbour Bridge cost 412 million euros, Holt said.",
    "tax": "Parliament raised the fuel tax by four percent. Drivers protested in the capital.",
    "comet": "Astronomers found a comet near Jupiter. The comet measures nine kilometres across.",
    "library": "The city library lent 81000 books in April. Its director credited longer opening hours.",
    "ferry": "The last ferry to the island sails at eight. Islanders asked for a later one.",
    "wheat": "Farmers harvested 30 percent less wheat than last year. Drought was the reason.",
}
LATER = "The Harbour Bridge cost 500 million euros after all, Holt said."
QUESTIONS = [
    question("How much did the Harbour Bridge cost?", "412 million", id="bridge",
             gold=[("bridge", "The Harbour Bridge cost 412 million euros, Holt said.")]),
    question("By how much did Parliament raise the fuel tax?", "four percent", id="tax",
             gold=[("tax", "Parliament raised the fuel tax by four percent.")]),
    question("How many kilometres does the comet measure across?", "nine kilometres", id="comet",
             gold=[("comet", "The comet measures nine kilometres across.")]),
    question("Who painted the Mona Lisa?", None, id="painter"),
]  # fmt: skip
# Evidence is numbered article by article, in the article's order.
GOOD_DRAFTS = (
    "The Harbour Bridge cost 412 million euros. [2] The Harbour Bridge opened on Saturday. [1]",
    "Parliament raised the fuel tax by four percent. [1] Drivers protested in the capital. [2]",
    "The comet measures nine kilometres across. [2] Astronomers found a comet near Jupiter. [1]",
)

Means = dict[str, float]


@pytest.fixture
def pipeline(tmp_path: Path, manifest: Manifest, bag: BagEmbedder, entry: EntryMaker) -> Iterator[Pipeline]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as store:
        store.put([entry(name, text, title=name, day="2025-05-03") for name, text in TEXTS.items()])
        store.put([entry("later", LATER, day="2025-06-01")])
        store.put([entry("strike", "Harbour pilots began a strike over wages.", day="2025-06-02")])
        yield Pipeline(store, bag, Config(llm="none"))


@pytest.fixture
def scripted(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    (tmp_path / "dist").mkdir()

    def use(*drafts: str) -> None:
        install(tmp_path / "dist", monkeypatch, *drafts)
        pipeline._choice.made = choose("scripted/x", ModelSettings())

    return use


def means(pipeline: Pipeline, place: Path, questions: Sequence[EvalQuestion] = QUESTIONS) -> Means:
    """The metrics of a fresh run."""
    run = Run(pipeline, load_judge("overlap"), handles(pipeline.store), RunFile(place / "run.jsonl"))
    records = [run.ask(asked) for asked in questions]
    return {name: figure.mean for name, figure in figures(records, METRICS).items()}


def done(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, change: Callable[[Answer], Answer]) -> None:
    """Changes every answer on its way out."""
    stream = pipeline.stream

    def changed(*args: Any, **kwargs: Any) -> Iterator[Event]:
        for event in stream(*args, **kwargs):
            yield AnswerDone(change(event.answer)) if isinstance(event, AnswerDone) else event

    monkeypatch.setattr(pipeline, "stream", changed)


def test_nothing_is_broken(pipeline: Pipeline, scripted: Callable[..., None], tmp_path: Path) -> None:
    scripted(*GOOD_DRAFTS)
    found = means(pipeline, tmp_path)
    perfect = {name: found[name] for name in found if name not in ("exact_match", "token_f1")}
    assert perfect == dict.fromkeys(perfect, 1.0)
    assert {"faithfulness", "citation_recall", "citation_precision", "hits_1", "evidence_recall", "as_of_kept",
            "abstention_f1", "coverage", "accuracy"} <= set(perfect)  # fmt: skip


def test_marks_shuffled(
    pipeline: Pipeline, scripted: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(*GOOD_DRAFTS)

    def shuffled(answer: Answer) -> Answer:
        marks = [sentence.citations for sentence in answer.sentences]
        turned = marks[1:] + marks[:1]
        sentences = tuple(replace(s, citations=m) for s, m in zip(answer.sentences, turned, strict=True))
        return replace(answer, sentences=sentences)

    done(pipeline, monkeypatch, shuffled)
    found = means(pipeline, tmp_path)
    assert (found["citation_recall"], found["citation_precision"], found["faithfulness"]) == (0.0, 0.0, 0.0)
    # The words are the same as before.
    assert found["correct"] == 1.0


def test_a_citation_too_many(
    pipeline: Pipeline, scripted: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(*GOOD_DRAFTS)

    def padded(answer: Answer) -> Answer:
        everything = tuple(citation.n for citation in answer.citations)
        return replace(answer, sentences=tuple(replace(s, citations=everything) for s in answer.sentences))

    done(pipeline, monkeypatch, padded)
    found = means(pipeline, tmp_path)
    # Each sentence cites its own source and the other's.
    assert (found["citation_recall"], found["citation_precision"]) == (1.0, 0.5)


def test_a_verifier_that_believes_everything(pipeline: Pipeline, scripted: Callable[..., None], tmp_path: Path) -> None:
    drafts = [f"{draft.split('] ')[0]}] Queen Zelda sold 999 dragons. [2]" for draft in GOOD_DRAFTS]
    scripted(*drafts, *drafts)
    good = means(pipeline, tmp_path)
    pipeline.verifier = SetVerifier(always=True)
    bad = means(pipeline, tmp_path)
    assert (good["faithfulness"], good["citation_recall"]) == (1.0, 1.0)
    # Of two sentences each, the second is an invention.
    assert (bad["faithfulness"], bad["citation_recall"]) == (0.5, 0.5)
    # Each cites three sources, of which the first sentence needs one.
    assert bad["citation_precision"] == pytest.approx(1 / 6)


def test_random_passages(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = means(pipeline, tmp_path)
    assert (good["hits_1"], good["mrr_10"], good["evidence_recall"], good["evidence_answer"]) == (1.0, 1.0, 1.0, 1.0)
    search = pipeline.retriever.search
    rng = np.random.default_rng(3)

    def anything(asked: Question, k: int = 10) -> Retrieved:
        """Two articles that have nothing to do with the question."""
        found = search(asked, k)
        gold = {q.evidence[0].article for q in QUESTIONS if q.evidence}
        others = [name for name in TEXTS if name not in gold]
        stored = pipeline.store.articles(rng.permutation(others)[:2].tolist())
        return Retrieved(tuple(Found(article, 1.0) for article in stored.values()), found.vector)

    monkeypatch.setattr(pipeline.retriever, "search", anything)
    bad = means(pipeline, tmp_path)
    assert (bad["hits_1"], bad["hits_10"], bad["mrr_10"]) == (0.0, 0.0, 0.0)
    assert (bad["evidence_recall"], bad["evidence_answer"]) == (0.0, 0.0)
    assert bad["accuracy"] < good["accuracy"]


def test_the_day_of_the_question_forgotten(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # On the day of the question the strike has not begun.
    asked = [question("Which pilots began a strike over wages?", None, tags=["temporal"])]
    assert means(pipeline, tmp_path)["as_of_kept"] == 1.0
    assert means(pipeline, tmp_path, asked)["temporal_accuracy"] == 1.0
    stream = pipeline.stream
    monkeypatch.setattr(pipeline, "stream", lambda *args, **kwargs: stream(*args, **kwargs, allow_later=True))
    assert means(pipeline, tmp_path)["as_of_kept"] < 1.0
    assert means(pipeline, tmp_path, asked)["temporal_accuracy"] == 0.0


def test_everything_refused(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(answer: Answer) -> Answer:
        return replace(answer, answered=False, reason="no", sentences=(), citations=())

    done(pipeline, monkeypatch, refused)
    found = means(pipeline, tmp_path)
    assert (found["coverage"], found["correct"]) == (0.0, 0.0)
    # One of the four refusals is right: precision 1/4, recall 1, F1 2/5.
    assert (found["abstention_precision"], found["abstention_recall"]) == (0.25, 1.0)
    assert found["abstention_f1"] == pytest.approx(0.4)
    assert found["accuracy"] == 0.25
    assert "faithfulness" not in found


def test_nothing_refused(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.pipeline.THRESHOLD", 0.0)
    found = means(pipeline, tmp_path)
    assert (found["coverage"], found["abstention_recall"], found["abstention_f1"]) == (1.0, 0.0, 0.0)


def test_words_put_into_another_mouth(
    pipeline: Pipeline, scripted: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = "The Harbour Bridge cost 412 million euros, Holt said."
    asked = [
        question("Who said what the Harbour Bridge cost?", "Holt", tags=["who-said-what"], gold=[("bridge", cost)])
    ]
    scripted(*[f"{cost} [2]"] * 2)
    assert means(pipeline, tmp_path, asked)["attribution_accuracy"] == 1.0

    def swapped(answer: Answer) -> Answer:
        changed = tuple(replace(s, text=s.text.replace("Holt", "Odell")) for s in answer.sentences)
        return replace(answer, sentences=changed)

    done(pipeline, monkeypatch, swapped)
    found = means(pipeline, tmp_path, asked)
    assert (found["attribution_accuracy"], found["faithfulness"]) == (0.0, 0.0)


def test_one_side_of_a_conflict_left_out(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = [("bridge", TEXTS["bridge"].split(". ", 1)[1]), ("later", LATER)]
    asked = [
        question("How much did the Harbour Bridge cost?", "412 million", variants=["500 million"], gold=sides,
                 tags=["conflict", "multi-article"], as_of="2025-06-02")
    ]  # fmt: skip
    good = means(pipeline, tmp_path, asked)
    assert (good["conflict_named"], good["correct"]) == (1.0, 1.0)

    def first_side(answer: Answer) -> Answer:
        return replace(answer, sentences=tuple(s for s in answer.sentences if "412" in s.text))

    done(pipeline, monkeypatch, first_side)
    bad = means(pipeline, tmp_path, asked)
    assert (bad["conflict_named"], bad["correct"]) == (0.0, 1.0)


def test_an_answer_buried_in_talk(
    pipeline: Pipeline, scripted: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(*GOOD_DRAFTS * 2)
    good = means(pipeline, tmp_path)

    def buried(answer: Answer) -> Answer:
        return replace(answer, sentences=answer.sentences * 4)

    done(pipeline, monkeypatch, buried)
    bad = means(pipeline, tmp_path)
    assert bad["correct"] == good["correct"]
    assert bad["token_f1"] < good["token_f1"] / 2


def test_a_slow_model(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow").mkdir()
    install(tmp_path / "slow", monkeypatch, GOOD_DRAFTS[0], delay_s=0.03)
    pipeline._choice.made = choose("scripted/x", ModelSettings())
    run = Run(pipeline, load_judge("overlap"), handles(pipeline.store), RunFile(tmp_path / "run.jsonl"))
    found = run.ask(QUESTIONS[0])
    # Sixteen words, 30 ms each; the first sentence stands once the second begins, after eight.
    words = GOOD_DRAFTS[0].split()
    assert (found.tokens["draft"] > 0, found.tokens["prompt"] > 0) == (True, True)
    assert 30 <= found.timings_ms["first_token"] < found.timings_ms["first"] < found.timings_ms["total"]
    assert found.timings_ms["total"] >= 30 * len(words)
