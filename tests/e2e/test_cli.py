"""The command line as a subprocess, with the real encoder and the real embedded model, over the seeds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rag.contract import AskJson

ROOT = Path(__file__).parents[2]
ARTICLE = {
    "id": "bridge",
    "url": "https://example.org/bridge?utm_source=x",
    "title": "Harbour bridge opens after nine years",
    "outlet": "The Example",
    "published": "2025-05-03",
    "text": "The Harbour Bridge opened to traffic on Saturday. It cost 412 million euros, Mayor Ida Holt said.",
}


def dateline(*arguments: str | Path, index: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("dateline"), *arguments, "--index", index]
    # A port that nothing listens on: no test may find somebody's Ollama.
    environ = {"DATELINE_OLLAMA_HOST": "http://127.0.0.1:9", "COLUMNS": "200", **environ}
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=ROOT,
        env={**os.environ, **environ},
        check=False,
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ask(question: str, *arguments: str, index: Path) -> dict[str, Any]:
    found = document(dateline("ask", question, "--json", *arguments, index=index))
    jsonschema.validate(found, AskJson.model_json_schema(), format_checker=jsonschema.FormatChecker())
    return found


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with one article, made by the command line."""
    folder = tmp_path_factory.mktemp("scratch")
    (folder / "articles").mkdir()
    (folder / "articles" / "one.json").write_text(json.dumps(ARTICLE), encoding="utf-8")
    done = dateline("ingest", folder / "articles", index=folder / "index")
    assert done.returncode == 0, done.stderr
    assert "1 added" in done.stderr
    assert done.stdout == ""
    return folder


class TestAsk:
    def test_the_figure_with_a_citation_that_contains_it(self, seed_index: Path) -> None:
        found = ask("How much did the EU approve for Kyiv?", "--llm", "none", index=seed_index)
        assert found["answered"] is True
        assert found["reason"] is None
        assert "$106 billion" in found["answer"]
        assert any("$106 billion" in citation["sentence"] for citation in found["citations"])
        assert [citation["n"] for citation in found["citations"]] == list(range(1, len(found["citations"]) + 1))
        for citation in found["citations"]:
            stored = document(dateline("article", citation["article_id"], "--json", index=seed_index))
            assert stored["text"][citation["start"] : citation["end"]] == citation["sentence"]
            assert f"[{citation['n']}]" in found["answer"]

    def test_the_embedded_model_drafts_and_every_sentence_shown_is_supported(self, seed_index: Path) -> None:
        found = ask("How much did the EU approve for Kyiv?", "--llm", "embedded", index=seed_index)
        assert found["model"] == "embedded/smollm2-135m"
        assert "$106 billion" in found["answer"]
        assert all(sentence["supported"] and sentence["citations"] for sentence in found["sentences"])

    def test_what_the_articles_do_not_hold_is_refused(self, seed_index: Path) -> None:
        found = ask("Who won the Eurovision Song Contest in 1998?", "--llm", "none", index=seed_index)
        assert found["answered"] is False
        assert found["reason"].startswith("The answer is not in these articles.")
        assert found["sentences"] == found["citations"] == []
        assert found["answer"] == ""

    def test_what_they_hardly_hold_is_shown_in_doubt(self, seed_index: Path) -> None:
        # The articles have the basketball title of that year.
        found = ask("Who won the 2022 World Cup?", "--llm", "none", index=seed_index)
        assert found["answered"] is False or [n["kind"] for n in found["notices"]] == ["doubt"]

    def test_a_later_article_is_not_used_unless_allowed(self, scratch: Path) -> None:
        question = "How much did the Harbour Bridge cost?"
        index = scratch / "index"
        assert ask(question, "--llm", "none", "--as-of", "2025-05-02", index=index)["answered"] is False
        assert "412 million euros" in ask(question, "--llm", "none", "--as-of", "2025-05-03", index=index)["answer"]
        later = ask(question, "--llm", "none", "--as-of", "2025-05-02", "--later", index=index)
        assert later["answered"] is True

    def test_a_window_and_an_outlet_limit_the_search(self, scratch: Path) -> None:
        question = "How much did the Harbour Bridge cost?"
        found = ask(question, "--llm", "none", "--since", "2025-06-01", index=scratch / "index")
        assert (found["answered"], found["window"]) == (False, {"since": "2025-06-01", "until": None})
        assert ask(question, "--llm", "none", "--outlet", "CNN", index=scratch / "index")["answered"] is False
        assert ask(question, "--llm", "none", "--outlet", "the example", index=scratch / "index")["answered"] is True

    def test_for_people_the_answer_is_followed_by_what_it_cites(self, scratch: Path) -> None:
        done = dateline("ask", "How much did the Harbour Bridge cost?", "--llm", "none", index=scratch / "index")
        assert done.returncode == 0
        assert "[1] The Example, 3 May 2025, Harbour bridge opens after nine years" in done.stdout
        assert "It cost 412 million euros, Mayor Ida Holt said." in done.stdout

    def test_a_named_model_that_is_not_there_is_said_and_another_answers(self, scratch: Path) -> None:
        question, named = "How much did the Harbour Bridge cost?", ("--llm", "ollama/llama3.2:3b")
        done = dateline("ask", question, *named, index=scratch / "index")
        assert done.returncode == 0
        assert "412 million euros" in done.stdout
        assert "The model ollama/llama3.2:3b cannot be used: Ollama at http://127.0.0.1:9 does not" in done.stderr
        assert "`ollama serve`" in done.stderr
        assert "by embedded/smollm2-135m" in done.stdout
        assert "Traceback" not in done.stderr


class TestCollection:
    def test_ingest_again_changes_nothing(self, scratch: Path) -> None:
        found = document(dateline("ingest", scratch / "articles", "--json", index=scratch / "index"))
        lists = {"added": [], "updated": [], "unchanged": ["bridge"], "removed": [], "refused": []}
        assert found == {**lists, "near_duplicates": {}, "left": [], "skipped": {}}

    def test_one_bad_file_does_not_stop_the_others(self, tmp_path: Path) -> None:
        (tmp_path / "good.txt").write_text("A headline\n\nThe tower is 90 metres high.", encoding="utf-8")
        (tmp_path / "bad.json").write_text("{", encoding="utf-8")
        done = dateline("ingest", tmp_path, "--json", index=tmp_path / "index")
        found = json.loads(done.stdout)
        assert done.returncode == 3
        assert len(found["added"]) == 1
        assert [Path(item["source"].split(":")[0]).name for item in found["refused"]] == ["bad.json"]

    def test_status_and_removal_by_url(self, tmp_path: Path) -> None:
        (tmp_path / "one.json").write_text(json.dumps(ARTICLE), encoding="utf-8")
        assert dateline("ingest", tmp_path / "one.json", index=tmp_path / "index").returncode == 0
        before = document(dateline("status", "--json", index=tmp_path / "index"))
        assert (before["articles"], before["newest"], before["outlets"]) == (1, "2025-05-03", {"The Example": 1})
        done = dateline("remove", "https://EXAMPLE.org/bridge", "--json", index=tmp_path / "index")
        assert document(done) == {"removed": ["bridge"], "unknown": []}
        assert document(dateline("status", "--json", index=tmp_path / "index"))["passages"] == 0

    def test_watch_says_each_item_and_each_round(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "one.json").write_text(json.dumps(ARTICLE), encoding="utf-8")
        done = dateline("watch", tmp_path / "in", "--once", "--json", index=tmp_path / "index")
        assert done.returncode == 0, done.stderr
        item, summary = (json.loads(line) for line in done.stdout.splitlines())
        assert (item["outcome"], item["id"]) == ("added", "bridge")
        assert summary["round"] == {"added": 1, "updated": 0, "unchanged": 0, "removed": 0, "refused": 0, "left": 0}
        assert dateline("watch", tmp_path / "in", "--interval", "5s", index=tmp_path / "index").returncode == 2

    def test_doctor_reports_every_part(self, scratch: Path) -> None:
        found = document(dateline("doctor", "--json", index=scratch / "index"))
        states = {finding["part"]: finding["state"] for finding in found["findings"]}
        assert found["healthy"] is True
        assert states == {
            "index": "good",
            "database": "good",
            "encoder": "good",
            "embedded model": "good",
            "Ollama": "note",
            "verifier": "good",
            "selector": "good",
            "reranker": "good",
            "disk": "good",
        }

    def test_doctor_fails_where_something_is_broken(self, scratch: Path) -> None:
        done = dateline("doctor", "--llm", "ollama/llama3.2:3b", index=scratch / "index")
        assert done.returncode == 1
        assert "broken Ollama: Ollama at http://127.0.0.1:9 does not answer." in done.stdout
        assert "Start it with `ollama serve`." in done.stdout


class TestUsage:
    @pytest.mark.parametrize(
        "command", [["ask", "Why?"], ["status"], ["article", "x"], ["history", "x"], ["remove", "x"], ["serve"]]
    )
    def test_no_index_is_said_with_advice(self, tmp_path: Path, command: list[str]) -> None:
        done = dateline(*command, index=tmp_path / "none")
        assert (done.returncode, done.stdout) == (1, "")
        assert "There is no index at" in done.stderr
        assert "dateline ingest" in done.stderr

    def test_nothing_to_ingest(self, tmp_path: Path) -> None:
        done = dateline("ingest", tmp_path / "missing", index=tmp_path / "index")
        assert done.returncode == 1
        assert "missing" in done.stderr

    def test_wrong_usage(self, tmp_path: Path) -> None:
        assert dateline("ask", "Why?", "--as-of", "soon", index=tmp_path).returncode == 2
        assert dateline("ask", index=tmp_path).returncode == 2
        assert dateline("ask", "Why?", "--since", "2025-02-01", "--until", "2025-01-01", index=tmp_path).returncode == 2


def test_users_are_added_listed_and_removed(tmp_path: Path) -> None:
    def user(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [
            str(Path(sys.executable).with_name("dateline")),
            "user",
            *arguments,
            "--file",
            str(tmp_path / "users"),
        ]
        return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)

    added = user("add", "ann", typed="correct horse\n")
    assert (added.returncode, added.stdout) == (0, "")
    assert "correct" not in added.stderr + (tmp_path / "users").read_text()
    assert user("list").stdout == "ann\n"
    short = user("add", "bob", typed="short\n")
    assert short.returncode == 1
    assert "Choose one of at least 8." in short.stderr
    assert user("remove", "ann").returncode == 0
    assert user("list").stdout == ""
