"""Reading a draft to its end."""

from __future__ import annotations

from collections.abc import Iterator


def returned(draft: Iterator[str]) -> object:
    """What the generator of a draft returns, whatever it yields."""
    while True:
        try:
            next(draft)
        except StopIteration as end:
            return end.value
