"""The answers of a run on disk: one record a line, written as each is done, so that a kill loses none that was."""

from __future__ import annotations

import threading
from pathlib import Path

from pydantic import ValidationError

from eval.record import Record
from index.errors import InputError, StoreError

ANSWERS = "answers.jsonl"


class RunFile:
    """Appends records to a file and reads them back. Thread-safe.

    Nothing is ever taken out: what was asked with another configuration stays, and is passed over by its fingerprint.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def records(self) -> list[Record]:
        """All records in order; a last line that a kill tore off is dropped from the file.

        Raises:
            InputError: the file cannot be read, or a line is no record.
        """
        try:
            whole = _mended(self.path)
        except FileNotFoundError:
            return []
        except OSError as exc:
            msg = f"{self.path} cannot be read: {exc.strerror}."
            raise InputError(msg, "Give the folder of a run.") from exc
        found = []
        for number, line in enumerate(whole.split(b"\n")[:-1], 1):
            try:
                found.append(Record.model_validate_json(line))
            except ValidationError as exc:
                msg = f"{self.path}:{number} is no record of this version."
                raise InputError(msg, "Give another folder with --out, or move that file away.") from exc
        return found

    def append(self, record: Record) -> None:
        """Writes one record, whole, to the end.

        Raises:
            StoreError: the disk refused.
        """
        line = record.model_dump_json() + "\n"
        try:
            with self._lock, self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as exc:
            msg = f"{self.path} cannot be written: {exc.strerror}."
            raise StoreError(msg, "Make room on the disk, or give another folder with --out.") from exc


def _mended(path: Path) -> bytes:
    """The file's content up to its last whole line; the file is cut there."""
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    if end < len(content):
        with path.open("r+b") as file:
            file.truncate(end)
    return content[:end]
