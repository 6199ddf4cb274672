"""`dateline ingest`: what was done is said and kept, also where an error ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.embedder import BagEmbedder
from typer.testing import CliRunner, Result

from index.build import Builder
from index.errors import IndexBusy, StoreError
from index.report import Item, Progress
from rag import cli

FULL = StoreError("The index could not be used: the disk is full.", "Make room.")


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    file = tmp_path / "in.jsonl"
    records = [
        {"id": "a", "title": "A", "text": "One."},
        {"id": "b", "title": "B"},
        {"id": "c", "title": "C", "text": "Three."},
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def encoder(bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "embedder", lambda _spec: bag)


def ingest(tmp_path: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["ingest", *map(str, arguments), "--index", str(tmp_path / "index")])


def broken(error: Exception, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every ingest fails when so many items are settled."""
    stream = Builder.stream

    def cut(self: Builder, sources: object) -> Iterator[Item | Progress]:
        settled = 0
        for event in stream(self, sources):  # type: ignore[arg-type]
            yield event
            settled += isinstance(event, Item)
            if settled == after:
                raise error

    monkeypatch.setattr(Builder, "stream", cut)


def rejected(tmp_path: Path) -> list[str]:
    lines = (tmp_path / "index" / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["id"] for line in lines]


@pytest.mark.parametrize("error", [FULL, IndexBusy("Another process is writing.", "Wait.")])
def test_an_error_midway_comes_after_what_was_done(
    tmp_path: Path, sent: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(error, 2, monkeypatch)
    result = ingest(tmp_path, sent)
    assert result.exit_code == 1
    assert "1 added, 1 refused." in result.stderr
    assert result.stderr.index("1 added") < result.stderr.index(f"Error: {error.args[0]}")
    assert rejected(tmp_path) == ["b"]


def test_an_error_midway_leaves_the_json_whole(tmp_path: Path, sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(FULL, 2, monkeypatch)
    result = ingest(tmp_path, sent, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["added"], len(found["refused"])) == (["a"], 1)
    assert FULL.message in result.stderr


def test_where_nothing_was_done_only_the_error_is_said(tmp_path: Path) -> None:
    result = ingest(tmp_path, tmp_path / "nowhere", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is nothing that can be read" in result.stderr


def test_some_refused_is_done_in_part(tmp_path: Path, sent: Path) -> None:
    result = ingest(tmp_path, sent)
    assert result.exit_code == cli.PARTLY
    assert "2 added, 1 refused." in result.stderr
    assert f"Refused records stand in {tmp_path / 'index' / 'rejected.jsonl'}" in result.stderr


def test_the_docs_name_every_field_of_what_is_printed(tmp_path: Path, sent: Path) -> None:
    described = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    (tmp_path / "notes.xyz").write_text("x", encoding="utf-8")
    report = json.loads(ingest(tmp_path, tmp_path, "--json").stdout)
    assert report["skipped"] == {".xyz": 1}
    index = ["--index", str(tmp_path / "index"), "--json"]
    printed = [
        json.loads(CliRunner().invoke(cli.app, [*command, *index]).stdout)
        for command in (["status"], ["article", "a"], ["history", "a"], ["remove", "a"])
    ]
    items = [report["refused"][0], *printed[2]["versions"]]
    missing = {name for document in (report, *printed, *items) for name in document if f"`{name}`" not in described}
    assert missing == set()
