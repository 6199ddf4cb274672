"""Two runs compared, and runs held against floors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes.runs import SETS, judged, question, record

from eval.compare import Flip, compared
from eval.floors import FLOORS, Shortfall, parsed, read_floors, shortfalls
from eval.record import Record
from eval.runfile import ANSWERS, RunFile, read_run
from eval.summary import SUMMARY, Figure, JudgeFacts, Summary, summarised
from index.errors import InputError

COST, OPENED = "It cost 412 million euros.", "It opened on Saturday."


def run(*answers: Sequence[str], llm: str = "none") -> tuple[Summary, list[Record]]:
    """A run over q0, q1, … with these sentences as answers; each cites the cost."""
    records = [
        judged(record(question(id=f"q{i}"), [(text, [1]) for text in answer], cited=[COST]), SETS)
        for i, answer in enumerate(answers)
    ]
    facts = JudgeFacts(spec="sets", threshold=0.5, in_chat=False)
    configuration: dict[str, str | int | float] = {"llm": llm, "articles": 2}
    return (
        summarised(
            records, made="", fingerprint="f", configuration=configuration, questions="q", workers=1, judge=facts
        ),
        records,
    )


def test_runs_are_compared_by_question() -> None:
    before = run([COST], [OPENED], [], [COST])
    after = run([OPENED], [COST], [COST], llm="embedded")
    found = compared(before, after)
    assert (found.paired, found.unpaired) == (3, 1)
    assert found.settings == {"llm": ("none", "embedded")}
    assert found.flips == (
        Flip("q0", "How much did the bridge cost?", "right", "wrong"),
        Flip("q1", "How much did the bridge cost?", "wrong", "right"),
        Flip("q2", "How much did the bridge cost?", "wrongly refused", "right"),
    )
    accuracy = found.metrics["accuracy"]
    assert (accuracy.before, accuracy.after) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    # one lost, two won: 2 * (1 + 3) / 8
    assert (accuracy.test, accuracy.p) == ("McNemar", 1.0)
    assert found.metrics["faithfulness"].test == "permutation"
    # Nothing was refused in the second run.
    assert "abstention_precision" not in found.metrics


def test_another_gold_answer_is_another_question() -> None:
    summary, records = run([COST])
    changed = [r.model_copy(update={"question": question(id="q0", variants=["412"])}) for r in records]
    with pytest.raises(InputError, match="no question in common"):
        compared((summary, records), (summary, changed))


def test_a_run_is_read_back(tmp_path: Path) -> None:
    summary, records = run([COST], [OPENED])
    file = RunFile(tmp_path / ANSWERS)
    for each in (records[1], records[0].model_copy(update={"fingerprint": "old"}), records[0]):
        file.append(each)
    (tmp_path / SUMMARY).write_text(summary.model_dump_json(), encoding="utf-8")
    assert read_run(tmp_path) == (summary, records)
    # Reading leaves a file alone that another process may be writing to.
    with (tmp_path / ANSWERS).open("a", encoding="utf-8") as other:
        other.write('{"torn')
    assert read_run(tmp_path) == (summary, records)
    assert (tmp_path / ANSWERS).read_text(encoding="utf-8").endswith('{"torn')


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_run(tmp_path)
    (tmp_path / SUMMARY).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no summary of this version"):
        read_run(tmp_path)
    (tmp_path / SUMMARY).write_text(run([COST])[0].model_dump_json(), encoding="utf-8")
    with pytest.raises(InputError, match="lacks 1 of the records"):
        read_run(tmp_path)


# --- floors ----------------------------------------------------------------------------------------------------------


def test_what_falls_short_is_named() -> None:
    metrics = {name: Figure(mean=mean, low=0, high=1, n=9) for name, mean in (("accuracy", 0.59996), ("hits_1", 0.9))}
    floors = parsed("accuracy=0.6, hits_1=0.91,faithfulness=0.98,")
    assert shortfalls(metrics, floors) == [Shortfall("hits_1", 0.9, 0.91), Shortfall("faithfulness", None, 0.98)]
    assert [str(s) for s in shortfalls(metrics, floors)] == [
        "Hits@1 (hits_1) is 0.900, the floor is 0.91",
        "Faithfulness (faithfulness) is not measured, the floor is 0.98",
    ]


@pytest.mark.parametrize("text", ["faithfulness", "faithfulness=high", "truth=0.9", "accuracy=1.1", "accuracy=nan"])
def test_what_is_no_floor(text: str) -> None:
    with pytest.raises(InputError, match="--fail-under: "):
        parsed(text)


def test_the_floors_that_are_checked_in() -> None:
    assert {"accuracy", "faithfulness", "citation_precision", "hits_1"} <= set(read_floors(FLOORS))


def test_floors_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "floors.toml"
    path.write_text("[floors]\naccuracy = 0.5\n", encoding="utf-8")
    assert read_floors(path) == {"accuracy": 0.5}
    for wrong in ("[floors]\naccuracy = true\n", "[floors]\ntruth = 1\n", "accuracy = 1\n", "["):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(InputError, match=r"floors\.toml"):
            read_floors(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_floors(tmp_path / "none.toml")
