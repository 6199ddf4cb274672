"""Files and folders → Articles.

What cannot be read is not an error but a `Refused`; the rest goes on. Files are read as streams: of a ``.jsonl`` never
more than one line is in memory. Which loader reads what is in `index.formats`, the loaders are in `index.loaders`.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from index.errors import InputError
from index.formats import loader, suffix_of, suffixes
from index.loaders.common import UnreadableError, unreadable
from index.sources import Loaded, Refused, Visit

# What the file of refused records is called. Its articles stay when a line that was mended and fed is taken out of it.
REJECTED = "rejected.jsonl"

# Files that are read together where several processes read: some thousand articles, a few seconds of work.
_PART = 4_000_000

_EMPTY = "Is it mounted? What came from it before stays; `dateline remove` takes articles out."

# "Storm_files" beside "Storm.html": what a browser saves with a page, its frames and advertisements among it.
_OF_A_PAGE = re.compile(r"[_.-](?:files|Dateien|fichiers|archivos|bestanden|pliki|arquivos)\Z")
_IN_ARCHIVE = re.compile(r"(?is)(.*?\.zip(?:\.gz)?)!/")


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

    def read(self, only: Collection[str] | None = None) -> Iterator[Loaded]:
        """Everything in order; with `only`, just the files in which these sources lie."""
        yield from self.refused
        wanted = None if only is None else {file_of(source) for source in only}
        for path in self.files:
            if wanted is None or str(path) in wanted:
                yield from _read(path)

    def parts(self) -> list[Survey]:
        """The same in parts of whole files, each of some `_PART` bytes on disk or one file that is larger."""
        found: list[Survey] = []
        files: list[Path] = []
        size = 0
        for path in self.files:
            files.append(path)
            with suppress(OSError):  # reading it will say so
                size += path.stat().st_size
            if size >= _PART:
                found.append(Survey(tuple(files)))
                files, size = [], 0
        rest = [Survey(tuple(files))] if files else []
        return [*([Survey((), self.refused)] if self.refused else []), *found, *rest]


def readable() -> str:
    """Which files can be read, as advice."""
    return f"Files that can be read end in {', '.join(suffixes())}, each but .zip also with .gz."


def file_of(source: str) -> str:
    """The file in which a source lies: an archive for its members, else the source itself."""
    found = _IN_ARCHIVE.match(source)
    return found[1] if found else source


def origin(source: str) -> str:
    """The file or address that a refused item comes from, whatever its line and its place in an archive."""
    return file_of(re.sub(r":\d+\Z", "", source))


class Files:
    """Files and folders as a source of articles: one lot, read once to see what is new and once more to encode that.

    Args:
        paths: files and folders.

    Raises:
        InputError: a path does not exist.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.roots = tuple(existing(path) for path in paths)
        self.found = survey(self.roots)

    def lots(self, _memory: object) -> Iterator[Files]:
        yield self

    def read(self, only: Collection[str] | None = None) -> Iterator[Loaded]:
        """Everything in order; with `only`, just the files in which these sources lie."""
        return self.found.read(only)

    def parts(self) -> list[Survey]:
        """The same in parts of whole files."""
        return self._parts

    @cached_property
    def _parts(self) -> list[Survey]:
        return self.found.parts()

    def covers(self, source: str) -> bool:
        """Whether an article of that source is gone if it was not read this time."""
        path = Path(file_of(source))
        return path.name != REJECTED and any(path == root or root in path.parents for root in self.roots)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Nothing was fetched."""
        return ()


def scan(paths: Iterable[Path]) -> list[Path]:
    """The files under `paths` that `load` reads, absolute, in its order.

    Raises:
        InputError: a path does not exist.
    """
    return list(survey(paths).files)


def survey(paths: Iterable[Path]) -> Survey:
    """Looks at what lies under `paths` without opening a file.

    A folder is walked in sorted order, without hidden files, ``README.md``, what a browser saved beside a page, and
    links that lead out of it; what has another suffix is counted. A file that is named itself must have a known suffix
    and may have any name. A folder that is named and holds nothing to read is refused: it may be a disk that is not
    mounted.

    Raises:
        InputError: a path does not exist.
    """
    files: dict[Path, None] = {}
    refused: list[Refused] = []
    skipped: Counter[str] = Counter()
    known = suffixes()
    for path in paths:
        root = existing(path)
        empty = root.is_dir()
        for file in _walk(root, refused) if root.is_dir() else (root,):
            suffix = suffix_of(file)
            empty = empty and suffix not in known
            if suffix in known and _shown(file) == str(file):
                files[file] = None
            elif suffix in known:
                refused.append(Refused(_shown(file), "the name of the file is not Unicode", "Rename it."))
            elif root.is_dir():
                skipped[suffix] += 1
            else:
                refused.append(Refused(_shown(file), f"unknown kind of file: {suffix or 'no suffix'}", readable()))
        if empty and _shown(root) not in {item.source for item in refused}:
            refused.append(Refused(_shown(root), "nothing to read in this folder", _EMPTY))
    return Survey(tuple(files), tuple(refused), dict(skipped))


def load(paths: Iterable[Path]) -> Iterator[Loaded]:
    """Reads every article under `paths`, in the order of `scan`.

    Raises:
        InputError: a path does not exist (at the call, before anything is read).
    """
    return survey(paths).read()


def _read(path: Path) -> Iterator[Loaded]:
    """The articles of one file; whatever is wrong with it becomes a `Refused`."""
    source = str(path)
    nothing = True
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            for item in loader(suffix_of(path))(source, cast("BinaryIO", stream)):
                nothing = False
                yield Refused.of(source, item) if isinstance(item, UnreadableError) else item
        if nothing:  # it may be half written: what came from it before stays
            advice = "Is it complete? Articles that came from it before stay; `dateline remove` takes them out."
            yield Refused(source, "there is no article in it", advice)
    except Exception as exc:  # noqa: BLE001  (the boundary: no fault of a reader may end the run)
        yield Refused.of(source, exc)


@unreadable.register(gzip.BadGzipFile)
@unreadable.register(EOFError)
@unreadable.register(zlib.error)
def _(error: Exception, source: str) -> UnreadableError:  # noqa: ARG001
    return UnreadableError(f"damaged gzip: {error}", "Fetch it again; what was read before the damage is kept.")


@unreadable.register
def _(error: OSError, source: str) -> UnreadableError:  # noqa: ARG001
    return UnreadableError(f"cannot be read: {error.strerror or error}", "Check that it is there and may be read.")


def existing(path: Path) -> Path:
    """A path that a user named, absolute.

    Raises:
        InputError: there is nothing.
    """
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
        pages = {Path(name).stem for name in names if suffix_of(PurePath(name)) in (".html", ".htm")}
        folders[:] = sorted(
            name for name in folders if not (name.startswith(".") or _OF_A_PAGE.sub("", name) in pages - {name})
        )
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(".") or name.lower() == "readme.md":
                continue
            try:
                target = path.resolve() if path.is_symlink() else path
                if root in target.parents and target.is_file():
                    yield target
            except (OSError, RuntimeError):  # its folder is closed, or it is a link to itself
                yield path  # reading it says why it cannot be read


def _shown(path: Path) -> str:
    """A path that can be written as UTF-8; what cannot is shown as a question mark."""
    return str(path).encode("utf-8", "replace").decode()
