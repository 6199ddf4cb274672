"""The answers of a run on disk: one record a line, written as each is done, so that a kill loses none that was."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from eval.record import Record
from eval.summary import SUMMARY, Summary, read_summary
from index.errors import InputError, StoreError

ANSWERS = "answers.jsonl"


class RunFile:
    """Appends records to a file and reads them back. Thread-safe.

    Nothing is ever taken out: what was asked with another configuration stays, and is passed over by its fingerprint.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._whole = False

    def records(self) -> list[Record]:
        """All records in order; of a last line that a kill tore off nothing is read.

        Raises:
            InputError: the file cannot be read, or a line is no record.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as exc:
            msg = f"{self.path} cannot be read: {exc.strerror}."
            raise InputError(msg, "Give the folder of a run.") from exc
        found = []
        for number, line in enumerate(content.split(b"\n")[:-1], 1):
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
        line = record.model_dump_json().encode() + b"\n"
        try:
            with self._lock, self.path.open("ab") as file:
                if not self._whole:
                    self._cut_torn_line(file)
                file.write(line)
        except OSError as exc:
            msg = f"{self.path} cannot be written: {exc.strerror}."
            raise StoreError(msg, "Make room on the disk, or give another folder with --out.") from exc

    def _cut_torn_line(self, file: BinaryIO) -> None:
        """Before the first append: what stands after the last whole line would run into the new one."""
        file.truncate(self.path.read_bytes().rfind(b"\n") + 1)
        self._whole = True


def read_run(folder: Path) -> tuple[Summary, list[Record]]:
    """A finished run: its summary and the records that it sums up.

    Raises:
        InputError: there is no finished run in that folder, or it is of another version.
    """
    summary = read_summary(folder)
    records = {r.question.id: r for r in RunFile(folder / ANSWERS).records() if r.fingerprint == summary.fingerprint}
    missing = [name for name in summary.ids if name not in records]
    if missing:
        msg = f"{folder / ANSWERS} lacks {len(missing)} of the records that {folder / SUMMARY} sums up."
        raise InputError(msg, "Run the evaluation again; what was answered is kept.")
    return summary, [records[name] for name in summary.ids]
