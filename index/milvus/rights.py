"""The right to write: to a file of Milvus Lite by a lock beside it, to a cluster by a note in it.

Milvus has no write on condition. So whoever finds the note free writes it, waits, and looks whose name it bears: of
several, the last (Fischer's algorithm). The note is renewed while the right is held. In the last seconds of its time
nothing is sent, and the row that commits only after another look. Whoever died loses the right when its time is up.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass
from time import sleep
from typing import Protocol

from filelock import FileLock

from index import write_lock
from index.errors import DatelineError, IndexBusy
from index.milvus.layout import LEASE, LEASE_ID, NOTES, NOTHING
from index.milvus.link import TIMEOUT_S, Link, Row

LASTS_S = 90.0
# With less time left nothing is sent: a message is tried twice at the most in its time limit, and clocks differ.
SPARE_S = 2 * TIMEOUT_S + 10.0
RENEWED_S = 15.0
# Longer than it takes to write the note after it was found free.
SETTLES_S = 0.25
_ASKED_AGAIN_S = 0.5


class Right(Protocol):
    """The right to write to an index.

    Attributes:
        term: another number after others may have written.
    """

    term: int

    def held(self, wait_s: float = 0.0) -> AbstractContextManager[None]:
        """Holds it; nests.

        Raises:
            IndexBusy: another has it, and `wait_s` later still does.
            StoreError: what says so cannot be written.
        """

    def guard(self) -> None:
        """Asked before each message that changes something.

        Raises:
            IndexBusy: another may write by now.
        """

    def confirm(self) -> None:
        """Asked before the row that commits.

        Raises:
            IndexBusy: another may write by now.
        """


def right(link: Link) -> Right:
    """The right to write to what a connection leads to; of a cluster, its notes are loaded when it is first held."""
    return FileRight(link) if link.local else Lease(link)


class FileRight:
    """Of a file that one process has open: a lock. The system takes it from a process that ends."""

    term = 0

    def __init__(self, link: Link) -> None:
        # Held by the store, not by a thread: a stream of an ingest may be drawn from by one thread after another.
        self._lock = FileLock(f"{link.uri}.lock", thread_local=False)
        self._shown = link.shown

    def held(self, wait_s: float = 0.0) -> AbstractContextManager[None]:
        return write_lock.held(self._lock, self._shown, f"The lock {self._lock.lock_file}", wait_s)

    def guard(self) -> None:
        pass

    def confirm(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Note:
    """Who may write to a cluster.

    Attributes:
        owner: a name that no other has.
        where: process and machine, for people.
        until: the end, in seconds since 1970; sooner than now where it was given back.
    """

    owner: str
    where: str
    until: float

    def to_row(self) -> Row:
        return {"id": LEASE_ID, "born": 0, "kind": LEASE, "key": 0, "body": json.dumps(asdict(self)), **NOTHING}

    @classmethod
    def read(cls, link: Link) -> Note | None:
        """The newest; None before anybody has written."""
        rows = link.get(NOTES, [LEASE_ID], ["body"])
        return cls(**json.loads(rows[0]["body"])) if rows else None


class Lease:
    """Of a cluster: a note in it, for a time."""

    def __init__(self, link: Link) -> None:
        self.term = 0
        self._link = link
        self._owner, self._where = uuid.uuid4().hex, f"process {os.getpid()} on {socket.gethostname()}"
        self._until = 0.0
        self._depth = 0
        self._holding = threading.Lock()  # by those who take and give back
        self._noting = threading.Lock()  # by those who write the note
        self._given_back = threading.Event()

    @contextmanager
    def held(self, wait_s: float = 0.0) -> Iterator[None]:
        with self._holding:
            if not self._depth:
                self._take(wait_s)
            self._depth += 1
        try:
            yield
        finally:
            with self._holding:
                self._depth -= 1
                if not self._depth:
                    self._give_back()

    def guard(self) -> None:
        if self._until - time.time() < SPARE_S:
            self.confirm()

    def confirm(self) -> None:
        with self._noting:
            self._renew()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _take(self, wait_s: float) -> None:
        patience = time.monotonic() + wait_s
        while busy := self._taken():
            if time.monotonic() >= patience:
                raise busy
            sleep(_ASKED_AGAIN_S)
        self._given_back = threading.Event()
        threading.Thread(target=self._keep, args=(self._given_back,), daemon=True, name="lease").start()

    def _taken(self) -> IndexBusy | None:
        """Takes it where it is free; what is said where it is not."""
        asked = time.monotonic()
        before = Note.read(self._link)
        mine = before is not None and before.owner == self._owner
        if before and not mine and before.until > time.time():
            return self._busy(before)
        with self._noting:
            self._write(LASTS_S)
        quick = time.monotonic() - asked < SETTLES_S
        # Whoever was slow may have written over another's note: that one finds out when it renews it.
        sleep(SETTLES_S if quick else RENEWED_S + SPARE_S)
        after = Note.read(self._link)
        if after is None or after.owner != self._owner:
            return self._busy(after)
        self.term += not mine
        return None

    def _give_back(self) -> None:
        with suppress(DatelineError), self._noting:  # else it ends by itself
            self._given_back.set()
            note = Note.read(self._link)
            if note and note.owner == self._owner:
                self._write(0.0)

    def _keep(self, given_back: threading.Event) -> None:
        while not given_back.wait(RENEWED_S):
            with self._noting, suppress(DatelineError):  # whoever writes next is told
                if not given_back.is_set():
                    self._renew()

    def _renew(self) -> None:
        note = Note.read(self._link)
        if note is None or note.owner != self._owner:
            self._until = 0.0
            raise self._busy(note)
        self._write(LASTS_S)

    def _write(self, lasts_s: float) -> None:
        until = time.time() + lasts_s
        self._link.upsert(NOTES, [Note(self._owner, self._where, until).to_row()])
        self._until = until

    def _busy(self, note: Note | None) -> IndexBusy:
        who = f" ({note.where})" if note else ""
        msg = f"Another process is writing to the index at {self._link.shown}{who}."
        advice = "Wait until it is done, then run the command again"
        return IndexBusy(msg, f"{advice}; one that was killed is in the way for {LASTS_S:.0f} seconds at the most.")
