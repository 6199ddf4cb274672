"""Damage of every kind: it is noticed, what is derived is made anew, what is lost is named, ingesting restores it."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from fakes.embedder import BagEmbedder

from index.build import Builder
from index.errors import IndexBusy, IndexMismatch
from index.records import Filter
from index.repair import examine, repair
from index.sqlite_faiss import DATABASE, VECTORS, SqliteFaissStore

PAGE = 4096
NOTHING = Filter()


def text(i: int) -> str:
    rng = random.Random(i)
    words = [f"W{rng.randrange(400)}" for _ in range(60)]
    return f"The unique{i}word stands here. " + ". ".join(" ".join(words[j : j + 12]) for j in range(0, 60, 12)) + "."


@pytest.fixture
def source(tmp_path: Path) -> Path:
    lines = [{"id": f"a{i}", "title": f"Title {i}", "text": text(i), "date": "2025-01-02"} for i in range(40)]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture
def place(tmp_path: Path, bag: BagEmbedder, source: Path) -> Path:
    """Forty articles, the first with an earlier version."""
    builder = Builder(tmp_path / "index", bag)
    changed = source.read_text()
    source.write_text(changed.replace("unique0word", "formerly"))
    builder.ingest([source])
    source.write_text(changed)
    builder.ingest([source])
    assert examine(builder.place) == []
    return builder.place


def held(place: Path) -> dict[str, tuple[str, int, list[str]]]:
    """Hash, number of passages and sentences of every article, which must be found by a word of its own."""
    found = {}
    with SqliteFaissStore(place) as store:
        for article_id, digest in store.hashes(store.article_ids()).items():
            found[article_id] = (
                digest,
                len(store.article_passages(article_id)),
                [sentence.text for sentence in store.sentences(article_id)],
            )
    return found


def execute(place: Path, *statements: str) -> None:
    with closing(sqlite3.connect(place / DATABASE)) as db, db:
        for statement in statements:
            db.execute(statement)


@pytest.mark.parametrize(
    ("harm", "part"),
    [
        ("DELETE FROM vectors WHERE passage IN (SELECT id FROM passages WHERE article IN (3, 5))", "passages"),
        ("UPDATE vectors SET vector = zeroblob(256) WHERE passage = 7", "passages"),
        ("UPDATE vectors SET vector = x'00' WHERE passage = 7", "passages"),
        ("DELETE FROM sentences WHERE article = 4 AND position = 1", "passages"),
        ("DELETE FROM passages WHERE article = 4", "passages"),
        ("DELETE FROM bands WHERE article = 4", "passages"),
        ("DELETE FROM passages_fts WHERE rowid = 9", "words"),
        ("UPDATE passages_fts_data SET block = x'00ff00ff' WHERE id > 1000", "words"),
    ],
)
def test_what_is_derived_is_made_anew(place: Path, bag: BagEmbedder, harm: str, part: str) -> None:
    before = held(place)
    execute(place, harm)
    assert part in {problem.part for problem in examine(place)}
    assert repair(place, bag) == ()
    assert held(place) == before
    assert examine(place) == []
    with SqliteFaissStore(place) as store:
        assert [v.version for v in store.versions("a0")] == [1, 2], "earlier versions are kept"
        assert "formerly" in store.sentences("a0", 1)[0].text


def test_the_damaged_file_is_told_of_and_goes_when_an_article_is_removed(place: Path, bag: BagEmbedder) -> None:
    execute(place, "DELETE FROM passages WHERE article = 4")
    told: list[str] = []
    repair(place, bag, told.append)
    damaged = place / "dateline.sqlite3.damaged"
    assert any(str(damaged) in line and "until an article is removed" in line for line in told)
    with SqliteFaissStore(place) as store:
        assert store.remove(["no such article"]) == 0
        assert damaged.exists()
        assert store.remove(["a7"]) == 1
    assert not damaged.exists()


@pytest.mark.parametrize("harm", ["truncated", "flipped", "missing", "another index's"])
def test_the_faiss_file(place: Path, bag: BagEmbedder, tmp_path: Path, harm: str) -> None:
    file = place / VECTORS
    content = file.read_bytes()
    if harm == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif harm == "flipped":
        file.write_bytes(content[:200] + bytes([content[200] ^ 4]) + content[201:])
    elif harm == "missing":
        file.unlink()
    else:
        other = Builder(tmp_path / "other", bag)
        (tmp_path / "b.txt").write_text("Another\n\nAn article of another index altogether.")
        other.ingest([tmp_path / "b.txt"])
        file.write_bytes((other.place / VECTORS).read_bytes())
    assert [problem.part for problem in examine(place)] == ([] if harm == "missing" else ["vectors"])
    with SqliteFaissStore(place) as store:
        passage = store.article_passages("a7")[0]
        hits = store.search_dense(store.vectors([passage.id])[0], 1, NOTHING)
        assert hits[0].article_id == "a7"
    repair(place, bag)
    assert examine(place) == []


def test_a_changed_byte_in_a_text_is_noticed_named_and_healed_by_ingesting(
    place: Path, bag: BagEmbedder, source: Path
) -> None:
    before = held(place)
    file = place / DATABASE
    content = file.read_bytes()
    at = content.index(b"The unique7word stands here")
    while at >= 0:  # in the text and in the word index's copy
        content = content[:at] + b"The unique7w0rd" + content[at + 15 :]
        at = content.find(b"The unique7word stands here")
    file.write_bytes(content)
    (problem,) = [problem for problem in examine(place) if problem.part == "articles"]
    assert problem.articles == ("a7",)
    (lost,) = repair(place, bag)
    assert (lost.id, lost.source) == ("a7", str(source))
    report = Builder(place, bag).ingest([source])
    assert (report.added, len(report.unchanged)) == (["a7"], 39)
    assert held(place) == before


@pytest.mark.parametrize("seed", range(10))
def test_damaged_pages(place: Path, bag: BagEmbedder, source: Path, seed: int) -> None:
    """Whatever pages are damaged: no wrong text is ever served, and ingesting again restores everything."""
    damaged_pages(place, bag, source, random.Random(seed))


def damaged_pages(place: Path, bag: BagEmbedder, source: Path, rng: random.Random) -> None:
    before = held(place)
    file = place / DATABASE
    content = bytearray(file.read_bytes())
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(1, len(content) // PAGE) * PAGE
        content[at : at + PAGE] = rng.randbytes(PAGE) if rng.random() < 0.5 else bytes(PAGE)
    file.write_bytes(content)
    assert examine(place), "it is noticed"
    lost = repair(place, bag)
    now = held(place)
    assert all(now[i][0] == before[i][0] and now[i][2] == before[i][2] for i in now)
    unnamed = sum(not article.id for article in lost)
    gone = before.keys() - now.keys()
    assert {article.id for article in lost if article.id} <= gone
    assert examine(place) == []
    report = Builder(place, bag).ingest([source])
    assert set(report.added) == gone
    assert not report.refused
    assert {i: (v[0], v[2]) for i, v in held(place).items()} == {i: (v[0], v[2]) for i, v in before.items()}
    assert unnamed <= len(gone)


def root(place: Path, table: str) -> int:
    """The page, from 0, where a table begins."""
    with closing(sqlite3.connect(place / DATABASE)) as db:
        return int(db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]) - 1


@pytest.mark.parametrize("table", ["", "meta", "articles", "sqlite_autoindex_articles_1", "articles_source", "bands"])
def test_a_page_without_which_a_whole_table_cannot_be_read_costs_no_article(
    place: Path, bag: BagEmbedder, table: str
) -> None:
    """The first page of the file says where tables are; the first of `articles` where its rows are."""
    before = held(place)
    at = (root(place, table) if table else 0) * PAGE
    content = bytearray((place / DATABASE).read_bytes())
    content[at : at + PAGE] = bytes(PAGE)
    (place / DATABASE).write_bytes(content)
    assert examine(place)
    assert repair(place, bag) == ()
    assert held(place) == before
    assert examine(place) == []


OPEN_AND_IDLE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("SELECT count(*) FROM articles").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("damaged", [0, PAGE])
def test_a_damaged_database_that_another_process_has_open_is_not_replaced(
    place: Path, bag: BagEmbedder, damaged: int
) -> None:
    """An idle reader leaves a log without a byte in it; what it writes there later would be read as the new file's."""
    execute(place, "DELETE FROM vectors WHERE passage = 7")
    command = [sys.executable, "-c", OPEN_AND_IDLE, str(place / DATABASE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        with (place / DATABASE).open("r+b") as file:
            file.write(bytes(damaged))
        before = (place / DATABASE).stat().st_ino
        with pytest.raises(IndexBusy, match="Another process has the index at") as caught:
            repair(place, bag)
        assert "End it" in caught.value.advice
        assert (place / DATABASE).stat().st_ino == before
        assert not (place / f"{DATABASE}.new").exists()
        other.communicate("")
    assert other.returncode == 0
    assert repair(place, bag) == ()
    assert examine(place) == []


def test_another_encoder_repairs_nothing(place: Path) -> None:
    other = BagEmbedder()
    other.name = "other"  # type: ignore[misc]
    execute(place, "DELETE FROM vectors WHERE passage = 7")
    with pytest.raises(IndexMismatch):
        repair(place, other)
    assert [problem.part for problem in examine(place)] == ["passages"], "nothing was touched"


def test_a_database_of_an_earlier_schema_is_brought_up_to_date(place: Path, bag: BagEmbedder, source: Path) -> None:
    before = held(place)
    manifest = json.dumps({**json.loads(one(place, "SELECT value FROM meta WHERE key = 'manifest'")), "schema": 1})
    execute(
        place,
        "DROP TABLE visits",
        "DELETE FROM meta WHERE key IN ('removals', 'identity')",
        f"UPDATE meta SET value = '{manifest}' WHERE key = 'manifest'",
    )
    assert held(place) == before
    report = Builder(place, bag).ingest([source])
    assert (len(report.unchanged), report.changed) == (40, False)
    with SqliteFaissStore(place) as store:
        assert store.visit("http://example.org/") is None
        store.snapshot()
    assert examine(place) == []


def test_a_database_of_a_later_schema_is_refused(place: Path, bag: BagEmbedder) -> None:
    manifest = json.dumps({**json.loads(one(place, "SELECT value FROM meta WHERE key = 'manifest'")), "schema": 99})
    execute(place, f"UPDATE meta SET value = '{manifest}' WHERE key = 'manifest'")
    with pytest.raises(IndexMismatch, match="newer version"):
        SqliteFaissStore(place)
    with pytest.raises(IndexMismatch, match="newer version"):
        Builder(place, bag).open()


def one(place: Path, sql: str) -> str:
    with closing(sqlite3.connect(place / DATABASE)) as db:
        return str(db.execute(sql).fetchone()[0])
