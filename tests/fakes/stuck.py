"""Readers that misbehave, for the process that they are read in."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path


def for_ever(_content: bytes) -> dict[str, str]:
    while True:
        time.sleep(1)


def greedy(_content: bytes) -> dict[str, str]:
    return {"text": "x" * (8 << 30)}


def falls(_content: bytes) -> dict[str, str]:
    os.abort()


def wordy(_content: bytes) -> dict[str, str]:
    return {"text": "x" * (80 << 20)}


def tells(_content: bytes) -> dict[str, str]:
    return dict(os.environ)


def writes(_content: bytes) -> dict[str, str]:
    Path(tempfile.gettempdir(), "written-by-a-document").write_text("x", encoding="utf-8")
    return {"text": "written"}


def who(_content: bytes) -> dict[str, str]:
    print("a library that chats")
    return {"process": str(os.getpid())}
