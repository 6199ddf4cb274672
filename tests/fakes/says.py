"""A model of which only the draft matters."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any


class Says:
    """A model that says this, piece by piece, and then whether it came to its end."""

    name, context_window, llm = "scripted/x", 4096, None

    def __init__(self, *pieces: str, ended: bool = True) -> None:
        self.pieces, self.ended = pieces, ended
        self.asked = 0

    def count_tokens(self, messages: Sequence[Any]) -> int:
        return 10

    def stream(self, messages: Sequence[Any], **_: Any) -> Generator[str, None, bool]:
        self.asked += 1
        yield from self.pieces
        return self.ended

    def check(self) -> None: ...
