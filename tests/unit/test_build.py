"""Ingest: incremental, resumable, and one bad item never stops the others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes.embedder import BagEmbedder

from index.build import Builder, Progress
from index.errors import InputError
from index.sqlite_faiss import SqliteFaissStore


def write(folder: Path, **texts: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(f"A headline for {name}\n\n{text}", encoding="utf-8")


def contents(place: Path) -> dict[str, tuple[str, int, int]]:
    """Title, version and number of sentences by source file name."""
    with SqliteFaissStore(place) as store:
        stored = store.articles(store.article_ids()).values()
        return {
            Path(s.article.source).name: (s.article.title, s.version, len(store.sentences(s.article.id)))
            for s in stored
        }


def test_a_second_run_encodes_nothing(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "in", a="One. Two.", b="Three.")
    builder = Builder(tmp_path / "index", bag)
    assert len(builder.ingest([tmp_path / "in"]).added) == 2
    encoded = len(bag.encoded)
    again = builder.ingest([tmp_path / "in"])
    assert (len(again.unchanged), again.changed, len(bag.encoded)) == (2, False, encoded)


def test_changed_and_removed_files(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "in", a="One.", b="Two.")
    builder = Builder(tmp_path / "index", bag)
    builder.ingest([tmp_path / "in"])
    write(tmp_path / "in", a="One, corrected. And more.")
    (tmp_path / "in" / "b.txt").unlink()
    report = builder.ingest([tmp_path / "in"])
    assert (len(report.added), len(report.updated), len(report.removed)) == (0, 1, 1)
    assert contents(tmp_path / "index") == {"a.txt": ("A headline for a", 2, 2)}


def test_another_folder_s_articles_stay(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "one", a="One.")
    write(tmp_path / "two", b="Two.")
    builder = Builder(tmp_path / "index", bag)
    builder.ingest([tmp_path / "one"])
    assert builder.ingest([tmp_path / "two"]).removed == []
    assert set(contents(tmp_path / "index")) == {"a.txt", "b.txt"}


def test_a_file_that_cannot_be_read_keeps_its_articles(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "in", b="Two.")
    (tmp_path / "in" / "a.json").write_text(json.dumps({"id": "a", "title": "A", "text": "One."}))
    builder = Builder(tmp_path / "index", bag)
    builder.ingest([tmp_path / "in"])
    (tmp_path / "in" / "a.json").write_text('{"id": "a", ')
    report = builder.ingest([tmp_path / "in"])
    assert (report.removed, len(report.refused)) == ([], 1)
    assert set(contents(tmp_path / "index")) == {"a.json", "b.txt"}


def test_a_record_gone_from_its_file_goes(tmp_path: Path, bag: BagEmbedder) -> None:
    file = tmp_path / "a.jsonl"
    records = [{"id": f"r{i}", "title": "T", "text": f"Text {i}."} for i in range(3)]
    file.write_text("\n".join(map(json.dumps, records)))
    builder = Builder(tmp_path / "index", bag)
    assert builder.ingest([file]).added == ["r0", "r1", "r2"]
    file.write_text("\n".join(map(json.dumps, records[1:])))
    assert builder.ingest([file]).removed == ["r0"]


def test_one_id_with_two_contents_is_refused(tmp_path: Path, bag: BagEmbedder) -> None:
    records = [{"id": "x", "text": "First."}, {"id": "x", "text": "Second."}, {"id": "y", "text": "Third."}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    report = Builder(tmp_path / "index", bag).ingest([tmp_path / "a.jsonl"])
    assert report.added == ["x", "y"]
    assert "same id 'x'" in report.refused[0].reason


def test_progress_counts_up_to_the_whole(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "in", a="One.", b="Two two.")
    seen: list[Progress] = []
    Builder(tmp_path / "index", bag).ingest([tmp_path / "in"], seen.append)
    assert [p.articles for p in seen] == [0, 1, 2]
    assert seen[-1].characters == seen[-1].of_characters > 0


def test_nothing_to_read(tmp_path: Path, bag: BagEmbedder) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match="No articles under"):
        Builder(tmp_path / "index", bag).ingest([tmp_path / "in"])


INGEST = """
import sys
from pathlib import Path
from fakes.embedder import BagEmbedder
from index import build
build.BATCH_PASSAGES = 4
build.Builder(Path(sys.argv[1]), BagEmbedder(sys.argv[3])).ingest([Path(sys.argv[2])])
"""


def run_ingest(place: Path, source: Path, delay: float) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", INGEST, place, source, str(delay)], env=environ)


def test_killed_half_way_and_run_again(tmp_path: Path) -> None:
    lines = [json.dumps({"id": f"a{i}", "title": f"T{i}", "text": f"First of {i}. Second of {i}."}) for i in range(40)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    assert run_ingest(tmp_path / "whole", tmp_path / "in.jsonl", 0).wait(60) == 0
    killed = run_ingest(tmp_path / "broken", tmp_path / "in.jsonl", 0.05)
    deadline = time.monotonic() + 60
    done: list[str] = []
    while not done and time.monotonic() < deadline:
        time.sleep(0.05)
        if (tmp_path / "broken" / "dateline.sqlite3").exists():
            try:
                with SqliteFaissStore(tmp_path / "broken") as store:
                    done = store.article_ids()
            except Exception:
                continue
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    with SqliteFaissStore(tmp_path / "broken") as store:
        half = store.article_ids()
    assert 0 < len(half) < 40
    assert set(done) <= set(half)
    assert run_ingest(tmp_path / "broken", tmp_path / "in.jsonl", 0).wait(60) == 0
    with SqliteFaissStore(tmp_path / "broken") as store, SqliteFaissStore(tmp_path / "whole") as whole:
        ids = whole.article_ids()
        assert sorted(store.article_ids()) == sorted(ids)
        assert store.hashes(ids) == whole.hashes(ids)
        assert store.stats().sentences == whole.stats().sentences == 80
        assert len(store.vectors([p.id for i in ids for p in store.article_passages(i)])) == store.stats().passages
