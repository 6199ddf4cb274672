"""Milvus Lite behind a URL: to the store it is a cluster, which can go down, come back, and fall silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from milvus_lite.adapter.grpc.servicer import MilvusServicer
from milvus_lite.db import MilvusLite
from pymilvus.grpc_gen import milvus_pb2_grpc


class Cluster(grpc.ServerInterceptor):  # type: ignore[misc]
    """A server on a port of this machine.

    Args:
        place: the file of Milvus Lite.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._port = place, 0
        self._answers = threading.Event()
        self.start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Again at the port it was at, with what was loaded; Milvus Lite does not remember that, a cluster does."""
        self._answers.set()
        self._db = MilvusLite(str(self._place))
        for name in self._db.list_collections():
            self._db.get_collection(name).load()
        self._server = grpc.server(ThreadPoolExecutor(10), interceptors=[self])
        milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(self._db), self._server)
        self._port = self._server.add_insecure_port(f"127.0.0.1:{self._port}")
        self._server.start()

    def stop(self) -> None:
        """Nothing listens any more."""
        self._answers.set()
        self._server.stop(grace=0).wait()
        self._db.close()

    def silence(self) -> None:
        """Requests are taken and not answered."""
        self._answers.clear()

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        self._answers.wait()
        return continuation(details)


@contextmanager
def serve(place: Path) -> Iterator[Cluster]:
    """A cluster for as long as this lasts."""
    running = Cluster(place)
    try:
        yield running
    finally:
        running.stop()
