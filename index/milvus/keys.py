"""Numbers in the place of strings, so that no text of a user or an article is ever part of an expression."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def key(text: str) -> int:
    """A signed 64-bit number that stands for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), signed=True)


def outlet_key(name: str | None) -> int:
    """The key of an outlet, whatever the case it is written in; 0 for none."""
    return key(name.lower()) if name else 0


def listed(field: str, numbers: Iterable[int], *, without: bool = False) -> str:
    """An expression: the field is one of the numbers, or none of them."""
    return f"{field} {'not in' if without else 'in'} [{', '.join(str(int(n)) for n in numbers)}]"
