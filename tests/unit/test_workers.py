"""Who reads and encodes: what goes between processes, the parts of a lot, and that the index is the same.

What needs a Ray cluster is in `make torture` (tests/torture/ray_cluster.py).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Generator, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self

import pytest
from fakes import plugin_dist
from fakes.embedder import BagEmbedder
from hypothesis import given
from hypothesis import strategies as st
from torture.ray_cluster import difference

from index.build import Builder
from index.errors import PluginError
from index.load import Files, survey
from index.records import Article, Cut, PassageSpan, Span
from index.report import Item
from index.sources import Lot, Refused, Seen, Unchanged
from index.store import Entry
from index.wire import packed, unpacked
from index.workers import Local, Made, wanted_of, workers

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXT, TEXT, st.none() | st.dates(), st.lists(TEXT, max_size=3))
def test_an_article_comes_over_as_it_is(title: str, text: str, day: date | None, authors: list[str]) -> None:
    article = Article(
        "a",
        title,
        text,
        None,
        day,
        "https://example.org/ü",
        tuple(authors),
        "/in/\udc80".encode("utf-8", "replace").decode(),
    )
    cut = Cut(article, (Span(0, 3), Span(4, 9)), (PassageSpan(0, 1),))
    for item in (article, cut, Seen.of(article, 7), Unchanged("https://example.org", "a")):
        line = packed(item)
        assert line.isascii()
        assert "\n" not in line
        assert unpacked(line, type(item)) == item


def test_a_refused_record_comes_over() -> None:
    refused = Refused("/in.md", "no text", "Give it one.", {"title": "T\ud800", "date": date(2025, 1, 2), "n": 3})
    assert unpacked(packed(refused), Refused) == Refused(
        "/in.md", "no text", "Give it one.", {"title": "T\ud800", "date": "2025-01-02", "n": 3}
    )


@pytest.mark.parametrize(
    "line",
    [
        '["Path", "/etc/passwd"]',
        '["Unchanged", {"source": "/in", "article_id": "a"}]',
        '["Article", {"id": 3}]',
        "{}",
        "[",
    ],
)
def test_nothing_else_comes_over(line: str) -> None:
    with pytest.raises(ValueError):
        unpacked(line, Article, Refused)


def write(folder: Path, count: int, length: int = 20) -> None:
    folder.mkdir()
    for i in range(count):
        lines = [
            json.dumps({"id": f"a{i}.{j}", "title": f"T{i}", "text": f"Word{i} and {j}. " * length}) for j in range(3)
        ]
        (folder / f"{i:02}.jsonl").write_text("\n".join(lines))


def test_parts_are_the_whole_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in", 7)
    (tmp_path / "in" / "bad\udcff.txt").write_text("A name that is not Unicode")
    found = survey([tmp_path / "in"])
    monkeypatch.setattr("index.load._PART", 2 * (tmp_path / "in" / "00.jsonl").stat().st_size)
    parts = found.parts()
    assert [len(part.files) for part in parts] == [0, 2, 2, 2, 1]
    assert [item for part in parts for item in part.read()] == list(found.read())
    assert [part.refused for part in parts] == [found.refused, (), (), (), ()]
    lot = Files([tmp_path / "in"])
    before = lot.parts()
    (tmp_path / "in" / "00.jsonl").write_text("")
    assert lot.parts() == before, "what was looked at in one part is wanted from the same"


def test_of_two_articles_with_one_id_the_first_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"id": "x", "text": "One."}')
    (tmp_path / "b.jsonl").write_text('{"id": "x", "text": "Two."}\n{"id": "y", "text": "Three."}')
    lot = Files([tmp_path])
    first, _, last = (Seen.of(item) for item in lot.read() if isinstance(item, Article))
    assert [article.text for article in wanted_of(lot, {"x": first.source, "y": last.source})] == ["One.", "Three."]


class Apart:
    """Workers that read by parts and hand over everything packed, as those of another machine must."""

    batch = 5

    def __init__(self, embedder: BagEmbedder, spec: str = "", address: str = "") -> None:
        self.local, self.spec, self.address = Local(embedder), spec, address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return

    def look(self, lot: Lot) -> Iterator[Any]:
        assert isinstance(lot, Files)
        for number, part in enumerate(lot.parts()):
            for item in part.read():
                yield unpacked(packed(Seen.of(item, number) if isinstance(item, Article) else item), Seen, Refused)

    def entries(self, lot: Lot, wanted: Mapping[str, Seen]) -> Generator[Made, None, None]:
        assert isinstance(lot, Files)
        for number, part in enumerate(lot.parts()):
            mine = {i: seen.source for i, seen in wanted.items() if seen.part == number}
            articles = list(wanted_of(part, mine))
            for at in range(0, len(articles), self.batch):
                for made in self.local.encoded(articles[at : at + self.batch]):
                    yield [
                        (i, Entry(unpacked(packed(item.cut), Cut), item.vectors) if isinstance(item, Entry) else item)  # type: ignore[arg-type]
                        for i, item in made
                    ]


def test_whoever_works_the_index_is_the_same(tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in", 6, length=9)
    (tmp_path / "in" / "05.jsonl").write_text(
        '{"id": "a0.0", "text": "Other content."}\n{"id": "n", "text": "\\u200b"}\n'
    )
    (tmp_path / "in" / "06.jsonl").write_bytes((tmp_path / "in" / "01.jsonl").read_bytes())
    monkeypatch.setattr("index.load._PART", 1)
    there: list[Item] = []
    Builder(tmp_path / "apart", bag, workers=Apart(bag)).ingest([tmp_path / "in"], each=there.append)
    here: list[Item] = []
    Builder(tmp_path / "alone", bag).ingest([tmp_path / "in"], each=here.append)
    assert sorted(map(repr, here)) == sorted(map(repr, there))
    assert difference(tmp_path / "alone", tmp_path / "apart") == []
    assert Builder(tmp_path / "apart", bag, workers=Apart(bag)).ingest([tmp_path / "in"]).changed is False


def test_a_difference_would_show(tmp_path: Path, bag: BagEmbedder) -> None:
    write(tmp_path / "in", 2, length=9)
    for place in ("one", "two"):
        Builder(tmp_path / place, bag).ingest([tmp_path / "in"])
    assert difference(tmp_path / "one", tmp_path / "two") == []
    with Builder(tmp_path / "two", bag).open() as store:
        kept = store.articles(["a0.1"])["a0.1"].article
        cut = Local(bag).chunker.cut(kept)
        store.remove(["a0.1"])
        store.put([Entry(cut, -bag.encode([kept.text for _ in cut.passages]))])
        store.remove(["a1.2"])
    assert difference(tmp_path / "one", tmp_path / "two") == [
        "a0.1: vectors differ",
        "a1.2: versions, sentences, passages, vectors, copies differ",
    ]


def test_workers_are_found_by_name(tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_dist.install(
        tmp_path,
        monkeypatch,
        "dateline.workers",
        {"apart": "test_workers:Apart", "missing": "no_such_module:Workers [ray]"},
    )
    found = workers("apart://host:10001", bag, "bag")
    assert (type(found).__name__, vars(found)["spec"], vars(found)["address"]) == ("Apart", "bag", "host:10001")
    assert isinstance(workers("local", bag, "bag"), Local)
    with pytest.raises(PluginError, match=r"pip install 'dateline\[ray\]'"):
        workers("missing", bag, "bag")
    with pytest.raises(PluginError, match=r"There is no 'rax' in dateline.workers. Available: .*local, missing, ray"):
        workers("rax", bag, "bag")


@pytest.mark.parametrize("other", [{"encoder": "minilm"}, {"dimension": 384}, {"chunking": "another"}, {"schema": 99}])
def test_a_ray_worker_that_would_make_another_index_is_refused(
    tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'dateline[ray]'")
    import pyarrow as pa

    from index.ray_workers import _Encoder

    plugin_dist.install(tmp_path, monkeypatch, "dateline.embedders", {"bag": "fakes.embedder:BagEmbedder"})
    alike = Local(bag).manifest
    article = Article("a", "Title", "It rained in Bergen.", None, None, None, (), "/a")
    batch = pa.table({"item": [packed(article)]})
    [made] = _Encoder("bag", alike)(batch)
    assert made.column("id").to_pylist() == ["a"]
    with pytest.raises(PluginError, match="another encoder or another version") as refused:
        list(_Encoder("bag", dataclasses.replace(alike, **other))(batch))
    assert "Install the same Dateline" in refused.value.advice
