"""Milvus Lite behind a URL: to the store it is a cluster, which can go down and come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from milvus_lite.adapter.grpc.server import start_server_in_thread


class Cluster:
    """A server on a port of this machine.

    Args:
        place: the file of Milvus Lite.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._port = place, 0
        self.start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Again at the port it was at."""
        self._server, self._db, self._port = start_server_in_thread(str(self._place), port=self._port)

    def stop(self) -> None:
        """Nothing listens any more."""
        self._server.stop(grace=0).wait()
        self._db.close()


@contextmanager
def serve(place: Path) -> Iterator[Cluster]:
    """A cluster for as long as this lasts."""
    running = Cluster(place)
    try:
        yield running
    finally:
        running.stop()
