"""Thousands of notices that say the same but for a number: one story, found and left without comparing all with all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.embedder import BagEmbedder

from index import sqlite_write
from index.build import Builder
from index.duplicates import same_story
from index.sqlite_faiss import SqliteFaissStore

MANY = 3_000
NOTICE = "The office of the council of Leeds is closed on Monday for the holiday and opens again on Tuesday at nine."


@pytest.mark.timeout(280)
def test_thousands_of_notices(tmp_path: Path, bag: BagEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counting(*arguments: object) -> bool:
        nonlocal compared
        compared += 1
        return same_story(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite_write, "same_story", counting)
    notices = [{"id": f"n{i}", "title": "Closed", "text": f"{NOTICE} Notice {i}."} for i in range(MANY)]
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(notice) + "\n" for notice in notices), encoding="utf-8")
    report = Builder(tmp_path / "index", bag).ingest([file])
    assert len(report.added) == MANY
    assert len(report.near_duplicates) == MANY - 1
    assert compared < MANY * 10 * sqlite_write.CROWD, "of 4,498,500 pairs"
    with SqliteFaissStore(tmp_path / "index") as store:
        assert store.stats().stories == 1
        compared = 0
        assert store.remove(["n0", "n1", *(f"n{i}" for i in range(MANY - 200, MANY))]) == 202
        assert compared == 0
        assert (store.stats().articles, store.stats().stories) == (MANY - 202, 1)
        assert store.twins(["n2", "n3"]) == {"n3": "n2"}


def test_one_of_a_crowd_that_is_written_anew_leaves_it(tmp_path: Path, bag: BagEmbedder) -> None:
    file = tmp_path / "in.jsonl"
    notices = [{"id": f"n{i}", "title": "Closed", "text": f"{NOTICE} Notice {i}."} for i in range(60)]
    for text in (notices[0]["text"], "A fire broke out in the old harbour at night, and nobody was hurt, police said."):
        notices[0]["text"] = text
        file.write_text("".join(json.dumps(notice) + "\n" for notice in notices), encoding="utf-8")
        Builder(tmp_path / "index", bag).ingest([file])
    with SqliteFaissStore(tmp_path / "index") as store:
        stories = {i: stored.story for i, stored in store.articles([f"n{i}" for i in range(60)]).items()}
        assert len({stories[f"n{i}"] for i in range(1, 60)}) == 1
        assert stories["n0"] != stories["n1"]
