"""A run over a small index: kept, resumed, judged again; its summary."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from fakes.runs import SETS, question
from fakes.scripted import install

from eval.corpus import handles, require
from eval.judging import Judge, load_judge
from eval.questions import EvalQuestion
from eval.record import Record
from eval.run import Run
from eval.runfile import ANSWERS, RunFile
from eval.summary import JudgeFacts, Summary, summarised
from index.errors import InputError
from index.manifest import Manifest
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config
from rag.llm import choose
from rag.model_settings import ModelSettings
from rag.pipeline import Pipeline

COST = "The Harbour Bridge cost 412 million euros, Mayor Ida Holt said."
TAX = "Parliament raised the fuel tax by four percent."
QUESTIONS = [
    question("How much did the Harbour Bridge cost?", gold=[("bridge", COST)], id="cost"),
    question("Who painted the Mona Lisa?", None, id="painter"),
    question(
        "By how much?",
        "four percent",
        gold=[("tax", TAX)],
        id="tax",
        tags=["follow-up"],
        history=["What did Parliament do with the fuel tax?"],
    ),
]


@pytest.fixture
def pipeline(tmp_path: Path, manifest: Manifest, bag: BagEmbedder, entry: EntryMaker) -> Iterator[Pipeline]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as store:
        bridge = f"The Harbour Bridge opened to traffic on Saturday. {COST}"
        store.put(
            [
                entry("bridge", bridge, title="Harbour Bridge opens", outlet="The Example", day="2025-05-03"),
                entry("tax", TAX, title="Fuel tax", outlet="Other", day="2025-04-01"),
            ]
        )
        yield Pipeline(store, bag, Config(llm="none"))


class Counting(Run):
    """Counts what it asks."""

    asked: list[str]

    def ask(self, question: EvalQuestion) -> Record:
        self.__dict__.setdefault("asked", []).append(question.id)
        return super().ask(question)


@pytest.fixture
def run(pipeline: Pipeline, tmp_path: Path) -> Callable[..., Counting]:
    def make(judge: Judge | None = None) -> Counting:
        made = Counting(
            pipeline, judge or load_judge("overlap"), handles(pipeline.store), RunFile(tmp_path / "answers.jsonl")
        )
        made.asked = []
        return made

    return make


def test_questions_are_answered_judged_and_scored(run: Callable[..., Counting]) -> None:
    cost, painter, tax = run().records(QUESTIONS)
    assert [record.question.id for record in (cost, painter, tax)] == ["cost", "painter", "tax"]
    assert cost.outcome == "right"
    assert cost.sentences[0].text == f"The Example, 3 May 2025: {COST}"
    assert cost.sentences[0].said == COST
    assert cost.citations[0].article == "bridge"
    assert cost.scores["correct"] == (1, 1)
    assert cost.scores["hits_1"] == (1, 1)
    assert cost.ranking[0] == ("bridge",)
    assert cost.verdicts[0].supported
    assert cost.timings_ms["first"] >= 0
    assert painter.outcome == "right"
    assert not painter.answered
    assert "first" not in painter.timings_ms
    assert [turn.question for turn in tax.history] == ["What did Parliament do with the fuel tax?"]
    assert "four percent" in tax.history[0].answer
    assert tax.outcome == "right"


def test_what_is_done_is_not_asked_again(run: Callable[..., Counting]) -> None:
    first, second = run(), run()
    before = first.records(QUESTIONS[:2])
    told: list[Record] = []
    after = second.records(QUESTIONS, notify=told.append)
    assert (first.asked, second.asked) == (["cost", "painter"], ["tax"])
    assert after[:2] == before
    assert told == after


def test_a_question_that_was_changed_is_asked_again(run: Callable[..., Counting]) -> None:
    run().records(QUESTIONS[:1])
    again = run()
    again.records([QUESTIONS[0].model_copy(update={"variants": ("412",)})])
    assert again.asked == ["cost"]


def test_another_configuration_asks_again_and_keeps_the_old(
    run: Callable[..., Counting], pipeline: Pipeline, tmp_path: Path
) -> None:
    one = run()
    one.records(QUESTIONS[:1])
    pipeline.verifier = load_judge("overlap/0.9").verifier
    other = run()
    other.records(QUESTIONS[:1])
    assert other.asked == ["cost"]
    assert [r.fingerprint for r in RunFile(tmp_path / ANSWERS).records()] == [one.fingerprint, other.fingerprint]


def test_another_judge_judges_again_without_asking(run: Callable[..., Counting]) -> None:
    before = run().records(QUESTIONS[:1])[0]
    again = run(SETS)
    after = again.records(QUESTIONS[:1])[0]
    assert again.asked == []
    assert after.sentences == before.sentences
    assert after.scoring != before.scoring
    # The third time, the newest verdicts are found.
    assert run(SETS).records(QUESTIONS[:1]) == [after]


def test_a_torn_last_line_is_asked_again(run: Callable[..., Counting], tmp_path: Path) -> None:
    run().records(QUESTIONS)
    path = tmp_path / ANSWERS
    path.write_bytes(path.read_bytes()[:-40])
    again = run()
    again.records(QUESTIONS)
    assert again.asked == ["tax"]
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 3


def test_a_line_that_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / ANSWERS
    path.write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"answers\.jsonl:1 is no record"):
        RunFile(path).records()


def test_workers_give_the_same_answers_in_the_same_order(run: Callable[..., Counting], tmp_path: Path) -> None:
    alone = run().records(QUESTIONS)
    (tmp_path / ANSWERS).unlink()
    together = run().records(QUESTIONS, workers=3)
    assert [r.model_dump(exclude={"timings_ms"}) for r in together] == [
        r.model_dump(exclude={"timings_ms"}) for r in alone
    ]


def test_a_draft_is_kept_with_its_tokens(
    run: Callable[..., Counting], pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dist").mkdir()
    install(tmp_path / "dist", monkeypatch, "The Harbour Bridge cost 412 million euros, Holt said. [1] It cost 9. [1]")
    pipeline._choice.made = choose("scripted/x", ModelSettings())
    (record,) = run().records(QUESTIONS[:1])
    assert record.draft.startswith("The Harbour Bridge cost")
    assert record.tokens["prompt"] > record.tokens["draft"] > 0
    assert record.model == "scripted/x"


def test_questions_must_fit_the_articles(pipeline: Pipeline) -> None:
    names = handles(pipeline.store)
    require(QUESTIONS, pipeline.store, names)
    with pytest.raises(InputError, match="do not fit the articles. q1: there is no article 'ferry'"):
        require([question(gold=[("ferry", "It sank.")])], pipeline.store, names)


def test_handles(manifest: Manifest, entry: EntryMaker, tmp_path: Path) -> None:
    class Sources:
        def sources(self) -> dict[str, list[str]]:
            return {"/x/a.md": ["1"], "/x/b.JSON.gz": ["2"], "/x/c.jsonl": ["3", "4"], "/y/a.txt": ["5"], "/z/d": ["6"]}

    assert handles(Sources()) == {"1": "1", "2": "b", "3": "3", "4": "4", "5": "5", "6": "d"}  # type: ignore[arg-type]


def test_a_summary(run: Callable[..., Counting]) -> None:
    made = run()
    records = made.records(QUESTIONS)
    found = summarised(
        records,
        made="2025-05-10T00:00:00Z",
        fingerprint=made.fingerprint,
        configuration=made.configuration,
        questions="q.jsonl",
        workers=1,
        judge=JudgeFacts(spec="overlap", threshold=0.6, in_chat=True),
    )
    assert (found.asked, found.outcomes, found.unsupported) == (3, {"right": 3}, 0)
    assert found.metrics["accuracy"].mean == 1.0
    assert found.metrics["abstention_f1"].mean == 1.0
    assert found.metrics["abstention_f1"].n == 1
    assert found.metrics["hits_1"].n == 2
    assert set(found.tags) == {"fact", "unanswerable", "follow-up"}
    assert found.latency_ms["first"].n == 2
    assert found.models == {"extractive": 2, "none": 1}
    assert Summary.model_validate_json(found.model_dump_json()) == found
