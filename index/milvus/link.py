"""The connection to Milvus: Lite in the process for a file, a cluster for a URL. Its errors become ours here."""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
from milvus_lite.server_manager import server_manager_instance as lite
from pymilvus import MilvusClient, MilvusException
from pymilvus.client.types import Status
from pymilvus.exceptions import ErrorCode

from index.errors import IndexBusy, InputError, StoreError, StoreUnreachable

TOKEN = "DATELINE_MILVUS_TOKEN"  # noqa: S105 - the name of a variable
SUFFIX = ".db"  # by which pymilvus knows a file of Milvus Lite
# A cluster that does not answer in that time is taken to be down: else pymilvus tries again for minutes.
TIMEOUT_S = 20.0
SLOW_S = 120.0  # what makes, loads or saves whole collections
_UNREACHABLE = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.RATE_LIMIT,
    Status.CONNECT_FAILED,
}
_PAGE = 4_000  # rows fetched at a time; a query of more than 16,384 is refused
_ROWS = {"terms": 4_000}  # written at a time: a message may have 64 MB, a row of the other collections 64 KB
_FEW = 500

# The server in the process takes the client's pings (every 10 s) for an attack and hangs up.
_NO_PINGS = {"grpc.keepalive_time_ms": 2**31 - 1, "grpc.keepalive_permit_without_calls": False}

Row = dict[str, Any]

# What they log is raised as well, with a stack for every refusal.
for name in ("pymilvus", "milvus_lite"):
    logging.getLogger(name).setLevel(logging.CRITICAL)

_open: Counter[str] = Counter()
_opening = threading.Lock()


class Link:
    """A connection that threads may share.

    Args:
        uri: a file ending in .db, or the URL of a cluster (`http://host:19530/database`); the variable
            DATELINE_MILVUS_TOKEN holds its `user:password` or key.

    Raises:
        InputError: it is neither.
        IndexBusy: another process has the file open: Milvus Lite serves one.
        StoreError: it does not answer.
    """

    def __init__(self, uri: str) -> None:
        self.local = "://" not in uri
        # Milvus Lite runs in the process: it may be slow, but it is there.
        self.timeout_s = None if self.local else TIMEOUT_S
        self.slow_s = None if self.local else SLOW_S
        self.uri = str(Path(uri).resolve()) if self.local else uri
        self.shown = uri if self.local else _without_password(uri)
        if self.local and not uri.endswith(SUFFIX):
            msg = f"{uri!r} is no place for Milvus."
            raise InputError(msg, f"Give a file name that ends in {SUFFIX}, or the URL of a cluster.")
        self.guard: Callable[[], None] = lambda: None  # asked before each message that changes something
        with _opening:
            self.client = self._connected()
            _open[self.uri] += 1
        self._closed = False

    def _connected(self) -> MilvusClient:
        if not self.local:
            with self.mapped():
                return MilvusClient(self.uri, token=os.environ.get(TOKEN, ""), timeout=TIMEOUT_S)
        try:
            Path(self.uri).parent.mkdir(parents=True, exist_ok=True)
            return MilvusClient(self.uri, grpc_options=_NO_PINGS)
        except (MilvusException, OSError) as exc:
            if (Path(self.uri) / "LOCK").exists() and os.access(self.uri, os.W_OK):
                msg = f"Another process has the index at {self.uri} open, and Milvus Lite serves one at a time."
                raise IndexBusy(msg, "End the other one, or use a Milvus cluster.") from exc
            msg = f"The index at {self.uri} cannot be opened: {exc}."
            raise StoreError(msg, "Check free disk space and permissions.") from exc

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """The boundary where Milvus's exceptions become ours."""
        try:
            yield
        except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as exc:
            reason = getattr(exc, "message", "") or str(exc)
            if not self.local and _is_unreachable(exc):
                msg = f"The index at {self.shown} does not answer: {reason}."
                raise StoreUnreachable(msg, "See whether Milvus runs there, and try again.") from exc
            msg = f"The index at {self.shown} could not be used: {reason}."
            where = "Check free disk space." if self.local else "See whether Milvus answers there."
            raise StoreError(msg, f"{where} What was reported is in the index.") from exc

    def get(self, collection: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        """Rows by id, in no order; ids that are gone are left out."""
        found: list[Row] = []
        with self.mapped():
            for at in range(0, len(ids), _PAGE):
                found += self.client.get(
                    collection, list(ids[at : at + _PAGE]), output_fields=list(fields), timeout=self.timeout_s
                )
        return found

    def query(self, collection: str, expression: str, fields: Sequence[str]) -> Iterator[Row]:
        """All rows that an expression allows, however many, in order of their ids."""
        with self.mapped():
            rows = self.client.query(
                collection,
                expression,
                output_fields=list(dict.fromkeys(["id", *fields])),
                limit=_PAGE,
                timeout=self.timeout_s,
            )
        if len(rows) < _PAGE:
            yield from sorted(rows, key=lambda row: row["id"])
            return
        with self.mapped():
            # Its first request has no time limit, whatever is given: so it is made after one that was answered.
            pages = self.client.query_iterator(
                collection, batch_size=_PAGE, filter=expression, output_fields=list(fields), timeout=self.timeout_s
            )
        try:
            while True:
                with self.mapped():
                    page = pages.next()
                if not page:
                    return
                yield from page
        finally:
            with suppress(Exception):
                pages.close()

    def write(self, collection: str, rows: Sequence[Row]) -> None:
        """Puts rows in, in the place of those with the same ids."""
        size = _ROWS.get(collection, _FEW)
        for at in range(0, len(rows), size):
            self.guard()
            self.upsert(collection, rows[at : at + size])

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Puts rows in as one message, whoever has the right to write."""
        with self.mapped():
            self.client.upsert(collection, list(rows), timeout=self.timeout_s)

    def delete(self, collection: str, ids: Sequence[int]) -> None:
        """Deletes rows by id."""
        for at in range(0, len(ids), _PAGE):
            self.guard()
            with self.mapped():
                self.client.delete(collection, ids=list(ids[at : at + _PAGE]), timeout=self.timeout_s)

    def close(self) -> None:
        """Closes; the last one in this process frees the file for others."""
        with _opening:
            if self._closed:
                return
            self._closed = True
            self.client.close()
            _open[self.uri] -= 1
            if self.local and not _open[self.uri]:
                lite.release_server(self.uri)


def _is_unreachable(exc: Exception) -> bool:
    code = exc.code() if isinstance(exc, grpc.RpcError) else getattr(exc, "code", None)
    return isinstance(exc, grpc.FutureTimeoutError) or code in _UNREACHABLE


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
