"""Files and folders → articles. One reader a format, found by suffix; what cannot be read is refused with a reason.

Formats: ``.md`` (YAML front matter), ``.txt``, ``.json``, ``.jsonl``, each also with ``.gz``. A bad file, or a bad record
in a good file, never stops the others.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import charset_normalizer
import frontmatter
import yaml
from markdown_it import MarkdownIt

from index.clean import normalise, normalise_line, stated_date
from index.errors import InputError
from index.record_model import Refused, record_article
from index.records import Article

# Against decompression bombs, and against one file filling the memory: jsonl is streamed, the others are read whole.
MAX_STREAM_BYTES = 8 << 30
MAX_DOCUMENT_BYTES = 64 << 20
MAX_LINE_BYTES = 16 << 20
MAX_TITLE = 150

_CHUNK = 1 << 20

Loaded = Article | Refused
Raw = tuple[dict[str, Any], str]  # a record's fields, and where it stands (path or path:line)


def scan(paths: Sequence[Path]) -> list[Path]:
    """The files that `load` would read, in its order.

    In a folder: every file of a known format, sorted, without hidden ones, README files and links that lead outside.

    Raises:
        InputError: a path does not exist, or is a file of an unknown format.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files.extend(_walk(path.resolve()))
        elif not path.exists():
            msg = f"There is no file or folder {path}."
            raise InputError(msg, "Check the spelling.")
        elif _reader(path) is None:
            msg = f"{path} is of a format that cannot be read."
            raise InputError(msg, f"Known are {', '.join(sorted(_READERS))}, each also with .gz.")
        else:
            files.append(path.resolve())
    return list(dict.fromkeys(files))


def load(paths: Sequence[Path]) -> Iterator[Loaded]:
    """Every article under `paths`, and a `Refused` for every item that is none.

    Raises:
        InputError: as `scan`.
    """
    for path in scan(paths):
        reader = _reader(path)
        if reader is None:
            continue
        try:
            with _opened(path) as stream:
                for item in reader(path, stream):
                    yield item if isinstance(item, Refused) else record_article(*item, source=str(path))
        except _Unreadable as exc:
            yield Refused(str(path), str(exc))
        except (OSError, EOFError, zlib.error) as exc:
            yield Refused(str(path), f"it cannot be read: {exc}", "Check the file and its permissions.")


class _Unreadable(Exception):
    """A file that is no article or record of its format; becomes a Refused at the boundary."""


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        inside = path.resolve().is_relative_to(folder)
        if path.is_file() and inside and not hidden and path.stem.upper() != "README" and _reader(path):
            yield path


def _reader(path: Path) -> Reader | None:
    name = path.name.lower().removesuffix(".gz")
    return _READERS.get(Path(name).suffix)


def _opened(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return io.BufferedReader(gzip.open(path), _CHUNK)  # type: ignore[arg-type]
    return path.open("rb")


# --- readers: one a format -----------------------------------------------------------------------------------------


def _read_markdown(path: Path, stream: BinaryIO) -> Iterator[Raw | Refused]:
    text = _decode(_whole(stream))
    try:
        meta, body = frontmatter.parse(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{path}:{mark.line + 2}" if mark else str(path)
        yield Refused(where, f"its front matter is no valid YAML: {getattr(exc, 'problem', exc)}", "Mend that line.")
        return
    except RecursionError:
        yield Refused(str(path), "its front matter is nested too deeply", "Use plain keys and values.")
        return
    if not isinstance(meta, dict):
        yield Refused(str(path), "its front matter is no list of keys and values", "Write lines such as `title: …`.")
        return
    title, body = _markdown_text(body)
    yield {"title": title or _title_from_name(path), **{str(k): v for k, v in meta.items()}, "text": body}, str(path)


def _read_text(path: Path, stream: BinaryIO) -> Iterator[Raw | Refused]:
    text = normalise(_decode(_whole(stream)))
    day = stated_date(text)
    first, _, rest = text.partition("\n")
    headline = rest.strip() and len(first) <= MAX_TITLE and not first.rstrip("\"'”’)").endswith((".", "!", ";", ","))
    title, body = (first, rest.strip()) if headline else (_title_from_name(path), text)
    yield {"title": title, "text": body, "published": day}, str(path)


def _read_json(path: Path, stream: BinaryIO) -> Iterator[Raw | Refused]:
    try:
        found = json.loads(_decode(_whole(stream)))
    except (json.JSONDecodeError, RecursionError) as exc:
        msg = f"it is no valid JSON: {exc}"
        raise _Unreadable(msg) from exc
    if isinstance(found, dict) and isinstance(found.get("articles"), list):
        found = found["articles"]
    records = found if isinstance(found, list) else [found]
    for i, record in enumerate(records, 1):
        where = f"{path}:{i}" if isinstance(found, list) else str(path)
        yield (record, where) if isinstance(record, dict) else Refused(where, "it is no record with named fields")


def _read_json_lines(path: Path, stream: BinaryIO) -> Iterator[Raw | Refused]:
    read, number = 0, 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        read += len(line)
        where = f"{path}:{number}"
        if read > MAX_STREAM_BYTES:
            msg = f"it holds more than {MAX_STREAM_BYTES >> 30} GiB; what stands after line {number} was not read"
            raise _Unreadable(msg)
        if len(line) > MAX_LINE_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(_CHUNK)
                read += len(line)
            yield Refused(where, f"the line is longer than {MAX_LINE_BYTES >> 20} MiB")
            continue
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as exc:
            yield Refused(where, f"it is no valid JSON: {exc}", "Mend the line and ingest again.")
            continue
        yield (record, where) if isinstance(record, dict) else Refused(where, "it is no record with named fields")


Reader = Callable[[Path, BinaryIO], Iterator[Raw | Refused]]
_READERS: dict[str, Reader] = {
    ".md": _read_markdown,
    ".txt": _read_text,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
}


# --- helpers -------------------------------------------------------------------------------------------------------


def _whole(stream: BinaryIO) -> bytes:
    data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        msg = f"it is larger than {MAX_DOCUMENT_BYTES >> 20} MiB"
        raise _Unreadable(msg)
    return data


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(data[: 1 << 18]).best()
    if best is None or b"\0" in data[:4096].replace(b"\0\0\0", b"") and not best.encoding.startswith("utf"):
        msg = "it is no text (neither UTF-8 nor another known encoding)"
        raise _Unreadable(msg)
    return data.decode(best.encoding, errors="replace")


def _markdown_text(body: str) -> tuple[str, str]:
    """Title (of a first heading of level 1, else empty) and the text that a reader of the rendered page sees."""
    blocks: list[str] = []
    title, level = "", ""
    for token in MarkdownIt("commonmark").parse(body):
        if token.type == "heading_open":
            level = token.tag
        elif token.type == "inline":
            text = "".join(
                "\n" if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or []
                if child.type in ("text", "code_inline", "softbreak", "hardbreak")
            )
            if level == "h1" and not title and not blocks:
                title = normalise_line(text)
            elif text.strip():
                blocks.append(text)
            level = ""
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content)
    return title, "\n\n".join(blocks)


def _title_from_name(path: Path) -> str:
    stem = path.name.removesuffix(".gz")
    return normalise_line(Path(stem).stem.replace("_", " ").replace("-", " "))
