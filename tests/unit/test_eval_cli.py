"""`dateline eval` from the command line down, over two articles with the small embedder."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fakes import plugin_dist
from fakes.runs import question
from typer.testing import CliRunner

from eval.cli import main
from eval.summary import Summary
from rag.cli import app
from rag.cli import main as dateline

COST = "The Harbour Bridge cost 412 million euros, Mayor Ida Holt said."
TAX = "Parliament raised the fuel tax by four percent."
QUESTIONS = [
    question("How much did the Harbour Bridge cost?", gold=[("bridge", COST)], id="cost"),
    question("By how much did Parliament raise the fuel tax?", "four percent", gold=[("tax", TAX)], id="tax",
             tags=["number"]),
    question("Who painted the Mona Lisa?", None, id="painter"),
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with articles and questions, in which commands are run."""
    (tmp_path / "dist").mkdir()
    plugin_dist.install(
        tmp_path / "dist", monkeypatch, "dateline.embedders", {"bag": "fakes.embedder:BagEmbedder"}, name="bags"
    )
    monkeypatch.setenv("DATELINE_EMBEDDER", "bag")
    monkeypatch.setenv("DATELINE_LLM", "none")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "articles").mkdir()
    for name, text in (("bridge", COST), ("tax", TAX)):
        (tmp_path / "articles" / f"{name}.md").write_text(f"---\npublished: 2025-05-03\n---\n{text}\n", "utf-8")
    lines = [asked.model_dump_json() for asked in QUESTIONS]
    (tmp_path / "q.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def call(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


RUN = ("--questions", "q.jsonl", "--articles", "articles")


def test_a_run_writes_its_files_and_goes_on_where_it_stopped(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*RUN, "--limit", "2", "--json") == 0
    found = Summary.model_validate_json(capsys.readouterr().out)
    assert (found.ids, found.metrics["accuracy"].mean) == (("cost", "tax"), 1.0)
    assert found.judge.in_chat
    folder = place / "var" / "eval" / "q-none"
    before = (folder / "answers.jsonl").read_text(encoding="utf-8")
    assert call("run", *RUN) == 0
    after = (folder / "answers.jsonl").read_text(encoding="utf-8")
    assert after.startswith(before)
    assert [json.loads(line)["question"]["id"] for line in after.splitlines()] == ["cost", "tax", "painter"]
    assert "3 questions: 3 right; 0 with an unsupported sentence." in capsys.readouterr().out
    assert "<h1>3 questions" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_missed_floor_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*RUN, "--fail-under", "accuracy=1,token_f1=0.99") == 1
    told = capsys.readouterr().err
    assert "Below the floor: Token F1 (token_f1) is 0." in told
    assert "accuracy" not in told
    (place / "floors.toml").write_text("[floors]\ntoken_f1 = 0.99\n", encoding="utf-8")
    assert call(*RUN, "--floors", "floors.toml") == 1
    assert call(*RUN, "--fail-under", "accuracy=1") == 0
    # Known before anything is asked.
    assert call(*RUN, "--fail-under", "truth=1") == 1
    assert "there is no metric 'truth'" in capsys.readouterr().err


def test_runs_are_compared(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*RUN, "--out", "one") == 0
    assert call(*RUN, "--out", "two", "--verifier", "overlap/0.9", "--compare", "one") == 0
    told = capsys.readouterr().out
    assert "3 questions in both runs, 0 in one alone." in told
    assert "verifier: learned → overlap/0.9" in told
    assert call("compare", "one", "two", "--json") == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["paired"] == 3
    assert document["metrics"]["accuracy"]["p"] == 1.0
    assert document["flips"] == []
    assert call("compare", "one", "none") == 1


def test_tags(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*RUN, "--tag", "number", "--json") == 0
    assert json.loads(capsys.readouterr().out)["ids"] == ["tax"]
    assert call(*RUN, "--tag", "date") == 1
    assert call(*RUN, "--tag", "trivia") == 2


def test_articles_that_the_questions_are_not_about(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "articles" / "tax.md").unlink()
    assert call(*RUN) == 1
    assert "do not fit the articles" in " ".join(capsys.readouterr().err.split())


def test_a_judge_is_measured(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = (("Rain fell in Paris.", True), ("Snow fell in Rome.", False))
    lines = [
        json.dumps({"id": s, "origin": "news", "system": "s", "source": "Rain fell in Paris. Sun shone.", "summary": s,
                    "consistent": consistent})
        for s, consistent in texts
    ]  # fmt: skip
    for name in ("a.jsonl", "b.jsonl"):
        (place / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert call("judge", "--fit", "a.jsonl", "--data", "b.jsonl", "--plot", "curve.svg", "--json") == 0
    (agreement,) = json.loads(capsys.readouterr().out)["agreements"]
    assert (agreement["origin"], agreement["auroc"], agreement["fitted_on"]) == ("news", [1.0, 1.0, 1.0], "a.jsonl")
    assert (place / "curve.svg").read_text(encoding="utf-8").startswith("<svg")
    assert call("judge", "--fit", "a.jsonl", "--data", "b.jsonl") == 0
    told = capsys.readouterr().out
    assert "fixed on a.jsonl alone" in told
    # The calibration curve of each origin: summaries with support around 0.2 and 1, and what people said of them.
    rows = [line.split() for line in told.replace("│", " ").replace("┃", " ").splitlines()]
    assert ["news"] in rows
    assert ["mean", "support", "share", "consistent", "n"] in rows
    assert ["1.000", "1.000", "1"] in rows
    assert call("judge", "--fit", "a.jsonl", "--data", "none.jsonl") == 1


def test_a_set_of_ones_own(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("init", "mine.jsonl") == 0
    assert call("init", "mine.jsonl") == 1
    assert call("draft", "drafts.jsonl", "--articles", "articles") == 0
    assert json.loads((place / "drafts.jsonl").read_text(encoding="utf-8").splitlines()[0])["draft"] is True
    assert call("--questions", "drafts.jsonl", "--articles", "articles") == 1
    assert "still drafts" in capsys.readouterr().err


def test_it_is_a_command_of_dateline(place: Path) -> None:
    result = CliRunner().invoke(app, ["eval", "init", "mine.jsonl"])
    assert result.exit_code == 0, result.output
    assert (place / "mine.jsonl").exists()
    assert CliRunner().invoke(app, ["eval", "--no-such-option"]).exit_code == 2
    assert "compare" in CliRunner().invoke(app, ["eval", "--help"]).output


@pytest.mark.parametrize("arguments", [("--limit", "1", "--json"), ("--fail-under", "token_f1=1"), ("--tag", "trivia")])
def test_the_module_does_what_the_command_does(
    place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """`python -m eval …` and `dateline eval …`: the same code, the same words, the same files."""
    ways = {"module": lambda: runpy.run_module("eval", run_name="__main__"), "command": dateline}
    assert call(*RUN) == 0  # the articles are indexed and the questions asked: nothing of that is told again
    capfd.readouterr()
    seen = {}
    for name, way in ways.items():
        monkeypatch.setattr("sys.argv", ["dateline", *(["eval"] if name == "command" else []), *RUN, *arguments])
        with pytest.raises(SystemExit) as left:
            way()
        out, err = capfd.readouterr()
        answers = sorted((place / "var" / "eval").glob("q-none/*"))
        told = re.sub(r'"made": "[^"]*"', "", out)
        seen[name] = (left.value.code, told, err, [path.name for path in answers])
    assert seen["module"] == seen["command"]


def test_a_wheel_holds_what_is_needed() -> None:
    """Every package of the repository is named, and every file in it that is no code is package data."""
    root = Path(__file__).parents[2]
    setup = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packages = {
        init.parent for top in ("index", "rag", "eval", "window", "api") for init in (root / top).rglob("__init__.py")
    }
    assert {str(folder.relative_to(root)).replace("/", ".") for folder in packages} == set(setup["packages"])
    for folder in packages:
        patterns = setup["package-data"].get(str(folder.relative_to(root)).replace("/", "."), [])
        for path in folder.iterdir():
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                assert any(path.match(pattern) for pattern in patterns), path
