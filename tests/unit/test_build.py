"""Ingest: incremental, resumable, and one bad item never stops the others."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from fakes.embedder import BagEmbedder

from index.build import Builder, gathered
from index.errors import IndexBusy, InputError
from index.load import REJECTED
from index.rejected import write_rejected
from index.report import Item, Progress
from index.sqlite_faiss import SqliteFaissStore


def write(folder: Path, **texts: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
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


def test_a_folder_that_cannot_be_opened_keeps_its_articles(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in" / "sub" / "deep", a="One.")
    write(tmp_path / "in" / "subway", b="Two.")
    write(tmp_path / "in", c="Three.")
    builder = Builder(tmp_path / "index", bag)
    builder.ingest([tmp_path / "in"])
    (tmp_path / "in" / "subway" / "b.txt").unlink()
    scandir, closed = os.scandir, str(tmp_path / "in" / "sub")

    def refusing(path: str) -> object:
        if str(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", closed)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)  # root may open every folder
    report = builder.ingest([tmp_path / "in"])
    assert [(item.source, item.reason) for item in report.refused] == [(closed, "cannot be opened: Permission denied")]
    assert len(report.removed) == 1
    assert set(contents(tmp_path / "index")) == {"a.txt", "c.txt"}


def test_an_empty_folder_beside_others_keeps_its_articles_and_is_told(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "mount" / "sub", a="One.")
    write(tmp_path / "in", b="Two.")
    builder = Builder(tmp_path / "index", bag)
    builder.ingest([tmp_path / "mount", tmp_path / "in"])
    shutil.rmtree(tmp_path / "mount" / "sub")
    report = builder.ingest([tmp_path / "mount", tmp_path / "in"])
    (refused,) = report.refused
    assert (refused.source, refused.reason) == (str(tmp_path / "mount"), "nothing to read in this folder")
    assert "`dateline remove`" in refused.advice
    assert report.removed == []
    assert set(contents(tmp_path / "index")) == {"a.txt", "b.txt"}


def test_a_record_gone_from_its_file_goes(tmp_path: Path, bag: BagEmbedder) -> None:
    file = tmp_path / "a.jsonl"
    records = [{"id": f"r{i}", "title": "T", "text": f"Text {i}."} for i in range(3)]
    file.write_text("\n".join(map(json.dumps, records)))
    builder = Builder(tmp_path / "index", bag)
    assert builder.ingest([file]).added == ["r0", "r1", "r2"]
    file.write_text("\n".join(map(json.dumps, records[1:])))
    assert builder.ingest([file]).removed == ["r0"]


def test_a_file_that_is_cut_to_nothing_keeps_its_articles(tmp_path: Path, bag: BagEmbedder) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"id": "r", "text": "It rained."}))
    builder = Builder(tmp_path / "index", bag)
    assert builder.ingest([file]).added == ["r"]
    file.write_text("")
    report = builder.ingest([file])
    assert ([item.reason for item in report.refused], report.removed) == (["there is no article in it"], [])


def test_files_that_are_passed_over_are_counted(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "in", a="One.")
    for name in ("old.doc", "older.doc", "picture.jpg"):
        (tmp_path / "in" / name).write_bytes(b"x")
    assert Builder(tmp_path / "index", bag).ingest([tmp_path / "in"]).skipped == {".doc": 2, ".jpg": 1}


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


WIRE = " ".join(f"Sentence number {i} of the wire report about the storm in the bay." for i in range(12))


def test_each_item_says_what_became_of_it(tmp_path: Path, bag: BagEmbedder) -> None:
    records: list[dict[str, str]] = [
        {"id": "a", "title": "Storm", "text": WIRE, "date": "2025-12-21"},
        {"id": "b", "title": "Storm", "text": WIRE + " An update.", "date": "2025-12-22"},
        {"id": "c", "title": "Tax"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    builder = Builder(tmp_path / "index", bag)
    items: list[Item] = []
    report = builder.ingest([tmp_path / "a.jsonl"], each=items.append)
    assert [(item.outcome, item.article_id, item.near) for item in items] == [
        ("refused", "", ""),
        ("added", "a", ""),
        ("near-duplicate", "b", "a"),
    ]
    assert (report.added, report.near_duplicates) == (["a", "b"], {"b": "a"})
    records[0]["text"] += " Corrected."
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records[:1])))
    report = builder.ingest([tmp_path / "a.jsonl"])
    assert (report.updated, report.removed, report.near_duplicates) == (["a"], ["b"], {})


def test_what_was_yielded_is_committed_and_a_stream_can_be_given_up(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "in", **{f"n{i}": f"Number {i}. " * 20 for i in range(300)})
    stream = Builder(tmp_path / "index", bag).stream(gathered([tmp_path / "in"]))
    added = next(event for event in stream if isinstance(event, Item))
    with SqliteFaissStore(tmp_path / "index") as store:
        assert added.article_id in store.article_ids()
        with pytest.raises(IndexBusy):
            store.remove([added.article_id])
        threading.Thread(target=stream.close).start()  # a window draws from whichever thread is free
        time.sleep(0.2)
        assert store.remove([added.article_id]) == 1


def test_another_writer_at_the_very_end_is_no_error(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", a="One. Two.")
    builder = Builder(tmp_path / "index", bag)
    with builder.open() as other, ExitStack() as held:

        def taken(_store: SqliteFaissStore) -> bool:
            held.enter_context(other.exclusive())
            return False

        monkeypatch.setattr(SqliteFaissStore, "_nearly_saved", taken)
        assert len(builder.ingest([tmp_path / "in"]).added) == 1
    assert set(contents(tmp_path / "index")) == {"a.txt"}


def test_rejected_records_are_mended_and_fed_again(tmp_path: Path, bag: BagEmbedder) -> None:
    file, kept = tmp_path / "a.jsonl", tmp_path / REJECTED
    file.write_text('{"id": "a", "text": "One."}\n{"id": "b", "titel": "Two"}\n{broken\n')
    builder = Builder(tmp_path / "index", bag)
    report = builder.ingest([file])
    write_rejected(kept, report.refused)
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert lines[0]["id"] == "b"
    assert lines[0]["_refused"]["source"] == f"{file}:2"
    assert lines[1]["_line"] == "{broken"
    kept.write_text(json.dumps({**lines[0], "text": "Two."}) + "\n")
    assert builder.ingest([kept]).added == ["b"]
    kept.write_text(json.dumps({"id": "c", "text": "Three."}) + "\n")
    assert builder.ingest([kept]).removed == [], "what was mended stays when the file is used again"
    file.write_text('{"id": "a", "text": "One."}\n')
    assert builder.ingest([file]).removed == []


def test_an_article_that_moved_is_not_removed_with_its_old_place(tmp_path: Path, bag: BagEmbedder) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    record = json.dumps({"id": "a", "text": "One."})
    (tmp_path / "old" / "a.json").write_text(record)
    (tmp_path / "old" / "b.json").write_text(json.dumps({"id": "b", "text": "Two."}))
    builder = Builder(tmp_path / "index", bag)
    builder.ingest([tmp_path / "old"])
    (tmp_path / "old" / "a.json").rename(tmp_path / "new" / "a.json")
    assert builder.ingest([tmp_path / "new"]).unchanged == ["a"]
    assert builder.ingest([tmp_path / "old"]).removed == []
    assert set(contents(tmp_path / "index")) == {"a.json", "b.json"}


def test_members_of_an_archive_go_with_it(tmp_path: Path, bag: BagEmbedder) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("x.txt", "A storm hits\n\nIt rained all day.")
        packed.writestr("y.txt", "A tax falls\n\nIt fell by a tenth.")
    builder = Builder(tmp_path / "index", bag)
    assert len(builder.ingest([tmp_path]).added) == 2
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("x.txt", "A storm hits\n\nIt rained all day.")
    report = builder.ingest([tmp_path])
    assert (len(report.unchanged), len(report.removed)) == (1, 1)
    (tmp_path / "a.zip").write_bytes(b"damaged")
    assert builder.ingest([tmp_path]).removed == [], "what cannot be read is not gone"


INGEST = """
import sys
from pathlib import Path
from fakes.embedder import BagEmbedder
from index import workers
from index.build import Builder
workers.BATCH_PASSAGES = 4
Builder(Path(sys.argv[1]), BagEmbedder(sys.argv[3])).ingest([Path(sys.argv[2])])
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
