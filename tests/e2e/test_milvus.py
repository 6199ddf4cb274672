"""One setting moves everything to Milvus: commands and answers are as they are with the embedded store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

from index.embed import Embedder
from rag.cli import app
from rag.config import Config, read_config
from rag.doctor import examine
from rag.pipeline import Pipeline
from rag.verify import OverlapVerifier


def dateline(*arguments: str | Path, index: Path, **environ: str) -> Result:
    """The command, in this process: Milvus Lite frees its file between two of them, as between two processes."""
    return CliRunner().invoke(app, [*map(str, arguments), "--index", str(index)], env=environ)


def document(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


QUESTIONS = ("How much did the EU approve for Kyiv?", "Who won the race?", "What did the court decide?")


@pytest.fixture(scope="module")
def milvus(seed_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the seeds' index in Milvus Lite, made by the command line."""
    folder = tmp_path_factory.mktemp("milvus")
    done = dateline("copy", "--to", str(folder / "milvus.db"), "--json", index=seed_index)
    assert document(done)["copied"] > 20
    return folder


def test_answers_are_the_same(seed_index: Path, milvus: Path, minilm: Embedder) -> None:
    answers = []
    for config in (Config(index=seed_index, llm="none"), Config(index=milvus, llm="none", store="milvus")):
        pipeline = Pipeline(config.place.open(), minilm, config, OverlapVerifier())
        answers.append([pipeline.answer(question) for question in QUESTIONS])
        pipeline.close()
    for one, other in zip(*answers, strict=True):
        assert [s.text for s in one.sentences] == [s.text for s in other.sentences]
        # Milvus's BM25 weighs common words a little more, so the order of what comes after may differ.
        assert one.evidence[:1] == [] or one.evidence[0].sentence.text == other.evidence[0].sentence.text
    assert any(answer.sentences for answer in answers[0])


def test_commands_take_the_setting(milvus: Path, tmp_path: Path) -> None:
    place = {"DATELINE_STORE": "milvus"}
    article = tmp_path / "one.json"
    article.write_text(json.dumps({"id": "bridge", "title": "Bridge", "text": "The bridge opened on Saturday."}))
    before = document(dateline("status", "--json", index=milvus, **place))
    assert before["index"] == str(milvus / "milvus.db")
    assert document(dateline("ingest", article, "--json", index=milvus, **place))["added"] == ["bridge"]
    assert document(dateline("remove", "bridge", "--json", index=milvus, **place))["removed"] == ["bridge"]
    assert document(dateline("status", "--json", index=milvus, **place)) == before
    refused = dateline("reindex", index=milvus, **place)
    assert refused.exit_code == 1
    assert "dateline copy --to DIR" in refused.stderr


def test_the_doctor_looks_at_it(milvus: Path) -> None:
    parts = {finding.part: finding for finding in examine(Config(index=milvus, store="milvus", llm="none"))}
    assert parts["index"].state == parts["encoder"].state == "good"
    assert "database" not in parts


def test_a_folder_on_the_command_line_puts_the_address_aside(tmp_path: Path) -> None:
    (tmp_path / "dateline.toml").write_text('store = "milvus"\nuri = "http://127.0.0.1:19530"\n')
    assert read_config(folder=tmp_path, environ={}).place.uri == "http://127.0.0.1:19530"
    given = read_config({"index": tmp_path / "x"}, folder=tmp_path, environ={}).place
    assert (given.folder, given.store, given.uri) == (tmp_path / "x", "milvus", "")
