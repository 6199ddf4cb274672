"""Taking in gives way to asking: on Linux by the priority of its threads."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes.embedder import BagEmbedder

from index import priority
from index.build import Builder
from index.embed import Vectors
from index.errors import InputError
from rag.collection import Collection

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_work_aside_has_stepped_back_and_its_caller_has_not() -> None:
    before = niceness()
    seen: list[int] = []

    def work() -> str:
        begun = threading.Thread(target=lambda: seen.append(niceness()))
        begun.start()
        begun.join()
        seen.append(niceness())
        return "done"

    assert priority.aside(work) == "done"
    assert seen == [max(before, priority.NICE)] * 2, "threads that it begins are as it is"
    assert niceness() == before


def test_errors_and_context_pass_through() -> None:
    told: contextvars.ContextVar[str] = contextvars.ContextVar("told")
    told.set("here")
    assert priority.aside(told.get) == "here"

    def fails() -> None:
        msg = "no"
        raise InputError(msg, "mend it")

    with pytest.raises(InputError, match="no"):
        priority.aside(fails)


class Observed(BagEmbedder):
    """Notes the niceness that it encodes at."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def encode(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        self.seen.add(niceness())
        return np.asarray(super().encode(texts))


def test_the_window_takes_in_at_low_priority(tmp_path: Path) -> None:
    embedder = Observed()
    (tmp_path / "a.txt").write_text("A storm hits\n\nIt rained all day.")
    with Builder(tmp_path / "index", embedder).open() as store:
        (item,) = Collection(store, tmp_path / "index", embedder).take_files([tmp_path / "a.txt"])
    assert (item.outcome, embedder.seen) == ("added", {max(niceness(), priority.NICE)})
