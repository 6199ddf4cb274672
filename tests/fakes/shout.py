"""A file format of another package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from index.incoming import to_article
from index.loaders.common import Read


def read_shout(source: str, stream: BinaryIO) -> Iterator[Read]:
    yield to_article({"text": stream.read().decode().upper()}, source, alone=True)
