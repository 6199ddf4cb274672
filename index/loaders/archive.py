"""Zip archives of the other formats. Nothing is unpacked to disk: members are read where they lie, within limits."""

from __future__ import annotations

import lzma
import re
import stat
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import PurePosixPath
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from index.formats import loader, suffix_of, suffixes
from index.loaders.common import MAX_BYTES, MAX_WHOLE, Read, UnreadableError, unreadable

MAX_MEMBERS = 20_000
# Deflate reaches 1032:1 on zeros; news text packs at 3:1, tables at up to 30:1.
MAX_RATIO = 200
# Below this size a ratio says nothing.
_SMALL = 1024**2
_ENCRYPTED = 0x1
_ARCHIVES = (".zip", ".gz", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz")


def read_zip(source: str, stream: BinaryIO) -> Iterator[Read]:
    """The articles of every member that has a known suffix; the others are passed over, as in a folder."""
    if isinstance(cast("object", stream), GzipFile):
        # An archive is read from its end, and back and forth: each step back would decompress all of it again.
        reason = "a zip archive within a gzip file"
        raise UnreadableError(reason, "Unpack the gzip file; a zip archive is packed already.")
    try:
        with ZipFile(stream) as packed:
            for member in checked(packed):
                if isinstance(member, UnreadableError):
                    yield member
                else:
                    yield from _member(source, packed, member)
    except (BadZipFile, NotImplementedError, OverflowError, ValueError) as exc:
        reason = f"damaged or no zip archive: {exc}"
        raise UnreadableError(reason, "Fetch or pack it again.") from exc


def checked(packed: ZipFile, within: int = MAX_BYTES) -> Iterator[ZipInfo | UnreadableError]:
    """The members that may be read, and a refusal for each that may not.

    Args:
        packed: the archive.
        within: bytes that all members together may unpack to.

    Raises:
        UnreadableError: there are too many members, or together they unpack to more than `within`.
    """
    members = packed.infolist()
    if len(members) > MAX_MEMBERS:
        reason = f"an archive of {len(members):,} members"
        raise UnreadableError(reason, f"Split it: at most {MAX_MEMBERS:,}.")
    if sum(member.file_size for member in members) > within:
        reason = f"an archive that unpacks to more than {within // 1024**2} MiB"
        raise UnreadableError(reason, "Split it.")
    for member in members:
        if member.filename and member.is_dir():
            continue
        problem = _problem(member)
        yield UnreadableError(problem[0], problem[1], member=_shown(member)) if problem else member


def _problem(member: ZipInfo) -> tuple[str, str] | None:
    """What is wrong with a member, and what to do about it."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    leads_out = path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", str(path))
    packed = member.file_size > _SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1)
    problems = (
        (not member.filename, "a member without a name", "Pack it again."),
        (leads_out, "a member whose path leads out of the archive", "Pack it again with plain paths."),
        (stat.S_ISLNK(member.external_attr >> 16), "a member that is a link", "Pack the file itself."),
        (member.flag_bits & _ENCRYPTED, "an encrypted member", "Pack it without a password."),
        (path.suffix.lower() in _ARCHIVES, "an archive within an archive", "Unpack it and ingest it by itself."),
        (member.file_size > MAX_WHOLE, f"a member that unpacks to more than {MAX_WHOLE // 1024**2} MiB", "Split it."),
        (packed, f"a member packed more than {MAX_RATIO}:1, as no text is", "Is it an article?"),
    )
    return next(((reason, advice) for wrong, reason, advice in problems if wrong), None)


def _member(source: str, packed: ZipFile, member: ZipInfo) -> Iterator[Read]:
    """What one member holds. Its bytes end where its size says, whatever is packed behind."""
    name = _shown(member)
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts) or path.name.lower() == "readme.md"
    if hidden or suffix_of(path) not in suffixes():
        return
    try:
        with packed.open(member) as stream:
            for item in loader(suffix_of(path))(f"{source}!/{name}", cast("BinaryIO", stream)):
                if isinstance(item, UnreadableError):
                    item.member = name
                yield item
    except (BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError) as exc:
        yield UnreadableError(f"damaged: {exc}", "Pack it again.", member=name)

    except Exception as exc:  # noqa: BLE001  (a fault of its reader costs this member, not the others)
        found = unreadable(exc, f"{source}!/{name}")
        found.member = name
        yield found


def _shown(member: ZipInfo) -> str:
    return member.filename.encode("utf-8", "replace").decode()
