"""The file of what was refused: nothing that somebody may be mending is lost, nothing that was settled stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.embedder import BagEmbedder
from typer.testing import CliRunner, Result

from index.errors import StoreError
from index.load import load
from index.rejected import write_rejected
from index.sources import Refused
from rag import cli

PAGE = "https://example.org/storm"
NO_TEXT = "no field 'text'"


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sources(path: Path) -> list[object]:
    return [line["_refused"]["source"] for line in lines(path)]  # type: ignore[index]


def refused(source: str, reason: str = NO_TEXT, **record: object) -> Refused:
    return Refused(source, reason, "Mend it.", record or None)


def test_what_is_fed_and_refused_again_keeps_its_first_source(tmp_path: Path) -> None:
    path = tmp_path / "rejected.jsonl"
    write_rejected(path, [refused(PAGE, title="Storm"), refused(f"{PAGE}2", "HTTP status 404")])
    fed = [Refused(f"{path}:{n}", f"still {NO_TEXT}", "Mend it.", record) for n, record in enumerate(lines(path), 1)]
    write_rejected(path, fed, {str(path)})
    assert lines(path) == [
        {"title": "Storm", "_refused": {"source": PAGE, "reason": f"still {NO_TEXT}", "advice": "Mend it."}},
        {"_refused": {"source": f"{PAGE}2", "reason": "HTTP status 404", "advice": "Mend it."}},
    ]


def test_what_was_not_read_again_stays(tmp_path: Path) -> None:
    path = tmp_path / "rejected.jsonl"
    write_rejected(path, [refused("/a/x.jsonl:3", title="A"), refused(PAGE)], {"/a/x.jsonl", PAGE})
    write_rejected(path, [refused("/b/y.json", title="B")], {"/b/y.json"})
    assert sources(path) == ["/a/x.jsonl:3", PAGE, "/b/y.json"]
    write_rejected(path, [], {"/a/x.jsonl", "/b/y.json"})
    assert sources(path) == [PAGE]
    write_rejected(path, [], {PAGE})
    assert not path.exists()


def test_a_record_that_is_being_mended_is_not_put_back(tmp_path: Path) -> None:
    path = tmp_path / "rejected.jsonl"
    here = {"/a/x.json"}
    first, second = (
        refused("/a/x.json", f"record 1: {NO_TEXT}", title="A"),
        refused("/a/x.json", "record 2: no", title="B"),
    )
    write_rejected(path, [first, second], here)
    mended = path.read_text(encoding="utf-8").replace('"title": "A"', '"title": "A", "text": "It rained."')
    path.write_text(f"{mended}a note of my own\n", encoding="utf-8")
    write_rejected(path, [first, refused("/a/x.json", "record 3: no", title="C")], here)
    written = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line).get("text") for line in written if line.startswith("{")] == ["It rained.", None]
    assert '"title": "C"' in written[-1]
    assert written[1] == "a note of my own"


def test_a_run_that_was_not_finished_settles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rejected.jsonl"
    write_rejected(path, [refused("/a/x.jsonl:3", title="A"), refused("/a/x.jsonl:4", title="B")], {"/a/x.jsonl"})
    fed = Refused(f"{path}:1", "another reason", "Mend it.", lines(path)[0])
    write_rejected(path, [fed, refused("/a/x.jsonl:5", title="C")])
    assert sources(path) == ["/a/x.jsonl:3", "/a/x.jsonl:4", "/a/x.jsonl:5"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere" / "r.jsonl", tmp_path):
        with pytest.raises(StoreError, match="Refused records could not be written to") as caught:
            write_rejected(path, [refused(PAGE)])
        assert "--rejected" in caught.value.advice


def ingest(tmp_path: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["ingest", *map(str, arguments), "--index", str(tmp_path / "index")])


def test_from_the_command_line(tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "embedder", lambda _spec: bag)
    kept = tmp_path / "index" / "rejected.jsonl"
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": name, "title": name}) + "\n", encoding="utf-8")
        assert ingest(tmp_path, tmp_path / f"{name}.jsonl").exit_code == 1
    assert sources(kept) == [f"{tmp_path}/a.jsonl:1", f"{tmp_path}/b.jsonl:1"]
    mended = lines(kept)
    mended[0]["text"] = "It rained."
    kept.write_text("".join(json.dumps(line) + "\n" for line in mended), encoding="utf-8")
    result = ingest(tmp_path, kept)
    assert "1 added, 1 refused." in result.stderr
    assert sources(kept) == [f"{tmp_path}/b.jsonl:1"]
    result = ingest(tmp_path, tmp_path / "b.jsonl", "--rejected", tmp_path / "nowhere" / "r.jsonl")
    assert (result.exit_code, "Refused records could not be written to" in result.stderr) == (1, True)


def test_a_row_that_cannot_be_told_apart_is_no_article_when_it_is_fed_as_it_is(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "embedder", lambda _spec: bag)
    kept = tmp_path / "index" / "rejected.jsonl"
    (tmp_path / "a.csv").write_text("title,text\nA,Hello, world is here. More.\n", encoding="utf-8")
    assert ingest(tmp_path, tmp_path / "a.csv").exit_code == 1
    result = ingest(tmp_path, kept)
    assert (result.exit_code, "0 added, 1 refused." in result.stderr) == (1, True)
    row = {name: value for name, value in lines(kept)[0].items() if name != "_refused"}
    assert row == {"_row": ["A", "Hello", "world is here. More."], "_names": ["title", "text"]}
    assert sources(kept) == [f"{tmp_path}/a.csv:2"]


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_the_second_of_two_with_one_id_can_be_mended(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(cli, "embedder", lambda _spec: bag)
    records = [{"id": "x", "text": text} for text in ("It rained.", "It snowed.", "It rained.")]
    content = {
        "jsonl": "\n".join(map(json.dumps, records)),
        "json": json.dumps(records),
        "csv": "\n".join(["id,text", *(f"x,{record['text']}" for record in records)]),
    }[suffix]
    path, kept = tmp_path / f"a.{suffix}", tmp_path / "index" / "rejected.jsonl"
    path.write_text(content, encoding="utf-8")
    assert ingest(tmp_path, path).exit_code == 3
    (line,) = lines(kept)
    assert (line["id"], line["text"]) == ("x", "It snowed.")
    where, said = {
        "jsonl": (f"{path}:2", "line 1 has the same id 'x' and other content"),
        "json": (str(path), "record 2: record 1 has the same id 'x' and other content"),
        "csv": (f"{path}:3", "line 2 has the same id 'x' and other content"),
    }[suffix]
    assert line["_refused"] == {"source": where, "reason": said, "advice": "Give each article an id of its own."}
    kept.write_text(json.dumps({**line, "id": "y"}) + "\n", encoding="utf-8")
    assert "1 added." in ingest(tmp_path, kept).stderr
    assert not kept.exists()


def test_the_second_of_two_in_different_files_can_be_mended(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "embedder", lambda _spec: bag)
    folder, kept = tmp_path / "in", tmp_path / "index" / "rejected.jsonl"
    folder.mkdir()
    first = [{"id": "x", "text": "It rained."}, {"url": PAGE, "text": "It hailed."}]
    about = {"title": "Snow", "outlet": "The Post", "published": "2025-12-21", "authors": ["Ann Lee"]}
    second = [
        {"id": "z", "text": "Dry."},
        {"id": "x", "text": "It snowed.", **about},
        {"url": PAGE, "text": "It thawed."},
    ]
    for name, records in (("a.jsonl", first), ("b.jsonl", second)):
        (folder / name).write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    (folder / "c.json").write_text(json.dumps({"id": "x", "text": "It snowed."}), encoding="utf-8")
    assert "3 added, 3 refused." in ingest(tmp_path, folder).stderr
    found = [(line.pop("_refused")["source"], line) for line in lines(kept)]
    assert found == [
        (f"{folder}/b.jsonl:2", second[1]),
        (f"{folder}/b.jsonl:3", second[2]),
        (f"{folder}/c.json", {"id": "x", "text": "It snowed."}),
    ]
    reasons = [line["_refused"]["reason"] for line in lines(kept)]
    assert "same id 'x'" in reasons[0]
    assert "same address" in reasons[1]
    mended = [{**line, "id": f"y{n}"} for n, line in enumerate(lines(kept))]
    kept.write_text("".join(f"{json.dumps(line)}\n" for line in mended), encoding="utf-8")
    assert "3 added" in ingest(tmp_path, kept).stderr
    assert not kept.exists()


def test_two_with_one_address_are_said_to_be(tmp_path: Path) -> None:
    records = [{"url": PAGE, "text": "It rained."}, {"url": PAGE, "text": "It snowed."}]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    found = [item for item in load([path]) if isinstance(item, Refused)]
    assert [(item.source, item.reason) for item in found] == [
        (f"{path}:2", "line 1 has the same address and other content")
    ]


def test_watch_keeps_the_file_too_and_its_one_round_has_a_code(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.cli_watch.embedder", lambda _spec: bag)
    monkeypatch.setattr("rag.cli_watch.step_back", lambda: None)
    folder, index = tmp_path / "in", tmp_path / "index"
    folder.mkdir()

    def watched(*paths: Path) -> Result:
        return CliRunner().invoke(cli.app, ["watch", *map(str, paths), "--once", "--index", str(index)])

    (folder / "a.jsonl").write_text(json.dumps({"title": "Storm"}) + "\n", encoding="utf-8")
    result = watched(folder)
    assert (result.exit_code, f"Refused records stand in {index}/rejected.jsonl" in result.stderr) == (1, True)
    assert sources(index / "rejected.jsonl") == [f"{folder}/a.jsonl:1"]
    (folder / "b.txt").write_text("Flood\n\nIt rained all day.", encoding="utf-8")
    assert watched(folder).exit_code == 3
    (folder / "a.jsonl").write_text(json.dumps({"title": "Storm", "text": "It rained."}), encoding="utf-8")
    assert watched(folder).exit_code == 0
    assert not (index / "rejected.jsonl").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "c.txt").write_text("Hail\n\nIt hailed.", encoding="utf-8")
    folder.rename(tmp_path / "away")
    result = watched(folder, tmp_path / "other")
    assert (result.exit_code, "1 added, 1 refused." in result.stderr) == (3, True)
    assert sources(index / "rejected.jsonl") == [str(folder)]


def test_a_round_of_watch_that_failed_has_the_code_of_an_error(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.cli_watch.embedder", lambda _spec: bag)
    monkeypatch.setattr("rag.cli_watch.step_back", lambda: None)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text('{"title": "Storm"}', encoding="utf-8")
    (tmp_path / "index" / "rejected.jsonl").mkdir(parents=True)
    result = CliRunner().invoke(cli.app, ["watch", str(tmp_path / "in"), "--once", "--index", str(tmp_path / "index")])
    assert (result.exit_code, "Refused records could not be written to" in result.stderr) == (1, True)
