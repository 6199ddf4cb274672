"""Who asks goes first: taking articles in gives way on a machine that is busy with both."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

# Niceness of what takes in; on Linux such a thread gets a tenth of what another one gets that wants the same processor.
NICE = 10


def step_back() -> None:
    """Lowers the priority of this process for good; on Linux of this thread and of those that it begins from now on."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICE))


def aside(work: Callable[[], T]) -> T:
    """What `work` gives, done in a thread of its own that has stepped back: one that did cannot come forward again.

    The encoder's own threads are begun by the thread that encodes, and are as it is. Where threads have no priority of
    their own, it is work like any other.
    """
    with ThreadPoolExecutor(1, "aside", step_back if sys.platform == "linux" else None) as pool:
        return pool.submit(copy_context().run, work).result()
