"""The file of what was refused: records stand in it until they are mended and fed, or their source is read again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from index.errors import StoreError
from index.load import origin
from index.sources import Refused

# What a line is known by: where it came from, and why it was refused.
Key = tuple[str, str]


def write_rejected(path: Path, refused: Iterable[Refused], read: Collection[str] = ()) -> None:
    """Brings the file up to date: a JSON object a line, the record as it was read, the reason under ``_refused``.

    Records can be mended in that file and it can be ingested like any other; ``_refused`` is not looked at then. Where
    nothing could be read of an item (a damaged file, a page), only its source stands there. What is fed and refused
    again keeps its first source. A line stays as it is, mended or not, until the file itself or what it came from has
    been read again; what is refused again for the same reason stands there already.

    Args:
        path: the file; without a line it is removed.
        refused: what a run refused.
        read: the files and addresses that the run read, see `index.load.origin`; none where it was not finished.

    Raises:
        StoreError: the file cannot be read or written.
    """
    here = str(path.resolve())
    # Where a run that was fed the file was not finished, its lines still stand there.
    new = {_line(item): _key(_about(item)) for item in refused if read or origin(item.source) != here}
    try:
        before = {} if here in read else {line: _key_of(line) for line in _lines(path)}
        again = set(new.values())
        kept = {line: key for line, key in before.items() if key in again or not _settled(key, read)}
        there = set(kept.values())
        _put(path, [*kept, *(line for line, key in new.items() if key not in there)])
    except OSError as exc:
        msg = f"Refused records could not be written to {path}: {exc.strerror or exc}."
        raise StoreError(msg, "Name another file with --rejected FILE.") from exc


def _line(item: Refused) -> str:
    record = item.record if isinstance(item.record, dict) else {"_record": item.record} if item.record else {}
    return json.dumps({**record, "_refused": _about(item)}, ensure_ascii=True, default=str)


def _about(item: Refused) -> dict[str, object]:
    """Where an item came from at first, and why it was refused now; at first, if nothing could be read of it."""
    record = item.record if isinstance(item.record, dict) else {}
    first = record.get("_refused")
    first = first if isinstance(first, dict) and isinstance(first.get("source"), str) else {}
    now = {"source": item.source, "reason": item.reason, "advice": item.advice}
    return {**now, **first} if set(record) == {"_refused"} else {**now, "source": first.get("source", item.source)}


def _key(about: dict[str, object]) -> Key:
    return str(about.get("source", "")), str(about.get("reason", ""))


def _key_of(line: str) -> Key | None:
    """None for a line that was not written here."""
    try:
        about = json.loads(line)["_refused"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return _key(about) if isinstance(about, dict) else None


def _settled(key: Key | None, read: Collection[str]) -> bool:
    """Whether a line is out of date: what it came from has been read since."""
    return key is not None and (key[0] in read or origin(key[0]) in read)


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    return [line for line in text.split("\n") if line.strip()]


def _put(path: Path, lines: list[str]) -> None:
    if not lines:
        path.unlink(missing_ok=True)
        return
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="surrogateescape")
    temporary.replace(path)
