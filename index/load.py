"""Files and folders → Articles.

What cannot be read is not an error but a `Refused`; the rest goes on. Files are read as streams: of a ``.jsonl`` never
more than one line is in memory. The formats are in `index.formats`.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from index.errors import InputError
from index.formats import LOADERS, UnreadableError, suffix_of
from index.records import Article

_KNOWN = f"Files that can be read end in {', '.join(LOADERS)}, each also with .gz."


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that could not be read.

    Attributes:
        source: absolute path of the file; with ``:line`` where one line is meant.
        reason: what was found.
        advice: what the user can do about it.
    """

    source: str
    reason: str
    advice: str = ""


Loaded = Article | Refused


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies under some paths.

    Attributes:
        files: what will be read, absolute, in order, each once.
        refused: what was named, or is in a folder, and cannot be read.
        skipped: files of a folder that are no articles, counted by suffix.
    """

    files: tuple[Path, ...]
    refused: tuple[Refused, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


def scan(paths: Iterable[Path]) -> list[Path]:
    """The files under `paths` that `load` reads, absolute, in its order.

    Raises:
        InputError: a path does not exist.
    """
    return list(survey(paths).files)


def survey(paths: Iterable[Path]) -> Survey:
    """Looks at what lies under `paths` without opening a file.

    A folder is walked in sorted order, without hidden files, ``README.md``, and links that lead out of it; what has
    another suffix is counted. A file that is named itself must have a known suffix and may have any name.

    Raises:
        InputError: a path does not exist.
    """
    files: dict[Path, None] = {}
    refused: list[Refused] = []
    skipped: Counter[str] = Counter()
    for path in paths:
        root = _existing(path)
        for file in _walk(root, refused) if root.is_dir() else (root,):
            suffix = suffix_of(file)
            if suffix in LOADERS and _shown(file) == str(file):
                files[file] = None
            elif suffix in LOADERS:
                refused.append(Refused(_shown(file), "the name of the file is not Unicode", "Rename it."))
            elif root.is_dir():
                skipped[suffix] += 1
            else:
                refused.append(Refused(_shown(file), f"unknown kind of file: {suffix or 'no suffix'}", _KNOWN))
    return Survey(tuple(files), tuple(refused), dict(skipped))


def load(paths: Iterable[Path]) -> Iterator[Loaded]:
    """Reads every article under `paths`, in the order of `scan`.

    Raises:
        InputError: a path does not exist (at the call, before anything is read).
    """
    return _load(survey(paths))


def _load(found: Survey) -> Iterator[Loaded]:
    yield from found.refused
    for path in found.files:
        yield from _read(path)


def _read(path: Path) -> Iterator[Loaded]:
    """The articles of one file; whatever is wrong with it becomes a `Refused`."""
    source = str(path)
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            for item in LOADERS[suffix_of(path)](path, cast("BinaryIO", stream)):
                yield _refused(source, item) if isinstance(item, UnreadableError) else item
    except UnreadableError as exc:
        yield _refused(source, exc)
    except InputError as exc:
        yield Refused(source, exc.message, exc.advice)
    except (gzip.BadGzipFile, EOFError, zlib.error) as exc:
        yield Refused(source, f"damaged gzip: {exc}", "Fetch it again; what was read before the damage is kept.")
    except OSError as exc:
        yield Refused(source, f"cannot be read: {exc.strerror or exc}", "Check that it is there and may be read.")


def _refused(source: str, error: UnreadableError) -> Refused:
    return Refused(f"{source}:{error.line}" if error.line else source, error.reason, error.advice)


def _existing(path: Path) -> Path:
    try:
        return Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as exc:
        msg = f"There is nothing that can be read at {_shown(Path(path))}."
        raise InputError(msg, "Give the path of a file or folder with articles.") from exc


def _walk(root: Path, refused: list[Refused]) -> Iterator[Path]:
    def closed(error: OSError) -> None:
        source = _shown(Path(str(error.filename)))
        refused.append(Refused(source, f"cannot be opened: {error.strerror}", "Check its permissions."))

    for folder, folders, names in os.walk(root, onerror=closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(".") or name.lower() == "readme.md":
                continue
            target = path.resolve() if path.is_symlink() else path
            if root in target.parents and target.is_file():
                yield target


def _shown(path: Path) -> str:
    """A path that can be written as UTF-8; what cannot is shown as a question mark."""
    return str(path).encode("utf-8", "replace").decode()
