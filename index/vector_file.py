"""A file with a seal at its end: whose it is, what it holds, its length and checksum. It is there whole or not."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SEAL = struct.Struct("<8s32sqqqqI")
_MAGIC = b"DATELINE"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Seal:
    """What the end of the file says.

    Attributes:
        identity: of the database, 32 hex digits: a file of another database has other passages under the same ids.
        generation: of the database, when it was written.
        count: vectors in it.
        newest: greatest passage id in it.
    """

    identity: str
    generation: int
    count: int
    newest: int


def write_sealed(path: Path, seal: Seal, write: Callable[[str], None]) -> None:
    """Writes a file by `write`, which is given a name, and seals it.

    Raises:
        OSError: the disk refused; a file that was there before still is.
    """
    temporary = path.with_suffix(path.suffix + ".tmp")
    try:
        try:
            write(str(temporary))
        except RuntimeError as exc:  # what faiss raises when the disk is full
            raise OSError(str(exc)) from exc
        with temporary.open("r+b") as file:
            size, crc = 0, 0
            while block := file.read(_BLOCK):
                size, crc = size + len(block), zlib.crc32(block, crc)
            file.write(_SEAL.pack(_MAGIC, seal.identity.encode(), seal.generation, seal.count, seal.newest, size, crc))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_seal(path: Path) -> Seal | None:
    """The seal, without a look at what it seals; None where there is none."""
    found = _read(path)
    return found[0] if found else None


def checked(path: Path, identity: str) -> str | None:
    """What is wrong with a file, or None when it is whole and of that database."""
    found = _read(path)
    if found is None:
        return "has no seal: it was cut short, or is of an earlier version"
    seal, size, crc = found
    actual = 0
    with path.open("rb") as file:
        left = size
        while left and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            actual = zlib.crc32(block, actual)
    if left or actual != crc:
        return "is damaged"
    return None if seal.identity == identity else "belongs to another database"


def _read(path: Path) -> tuple[Seal, int, int] | None:
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            if end < _SEAL.size:
                return None
            file.seek(end - _SEAL.size)
            magic, identity, generation, count, newest, size, crc = _SEAL.unpack(file.read(_SEAL.size))
    except OSError:
        return None
    if magic != _MAGIC or size != end - _SEAL.size:
        return None
    return Seal(identity.decode("ascii", "replace"), generation, count, newest), size, crc
