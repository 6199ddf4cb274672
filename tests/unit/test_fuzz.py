"""The fuzzer: an input that hangs becomes a row, good input passes every reader."""

from __future__ import annotations

import random
import re
import time

import pytest
from torture import fuzz


@pytest.mark.parametrize(
    "endless",
    [
        lambda _: [None for _ in iter(int, 1)],
        lambda _: re.match(r"(a+)+$", "a" * 60 + "b"),
        lambda _: time.sleep(60),
    ],
)
def test_an_input_that_does_not_end_becomes_a_row(endless: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "DEADLINE_S", 0.2)
    monkeypatch.setattr(fuzz, "targets", lambda _: [("endless", b"x", endless)])
    row = fuzz.run(0.05, seed=1)
    assert row.tried == 1
    assert row.broken[0].startswith("endless: still at it after 0.2 s: b")


def test_readers_do_not_swallow_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def catches_all(_: bytes) -> None:
        try:
            time.sleep(60)
        except Exception:
            return

    monkeypatch.setattr(fuzz, "DEADLINE_S", 0.2)
    monkeypatch.setattr(fuzz, "targets", lambda _: [("deaf", b"x", catches_all)])
    assert len(fuzz.run(0.05, seed=1).broken) == 1


def test_every_reader_reads_its_good_input() -> None:
    known = fuzz.targets(random.Random(1))
    assert {"word", "message of parts", "front matter", "zip members"} <= {name for name, _, _ in known}
    for _, good, target in known:
        target(good)


def test_what_is_packed_reaches_its_reader() -> None:
    """Else the damage would only be looked at by the unpacking."""
    (article,) = fuzz.loader(".md")("/a.md", fuzz.io.BytesIO(b"---\n" + fuzz._YAML + b"---\nIt rained.\n"))
    assert (article.title, article.outlet, article.id) == ("Storm: a report", "12", "17")
    (article,) = fuzz.loader(".eml")("/a.eml", fuzz.io.BytesIO(fuzz._PARTS))
    assert article.text == "It rained. “Why?” he said."
    assert "Mr. Smith said" in fuzz.documents.word(fuzz._zip(fuzz._word_members()))["text"]
