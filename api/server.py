"""Runs the HTTP interface: alone, or beside the chat window."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from typing import Any

import uvicorn

from api.app import RATE, make
from api.desk import AT_ONCE, WAITING, Capacity
from api.door import own_address
from api.envelope import JsonLines
from api.tokens import Tokens
from index.errors import InputError
from rag.pipeline import Pipeline

PORT = 7861
_GRACE_S = 20  # for answers under way, when the server is told to end


def listen(app: Any, tokens: Tokens, host: str, port: int) -> tuple[uvicorn.Server, socket.socket]:
    """A server that is bound to its port, not yet running.

    Raises:
        InputError: the port is taken, or others than this machine could reach it and there is no token.
    """
    if not own_address(host) and not tokens.all():
        msg = f"Others could reach {host}, and there is no token."
        raise InputError(msg, "Add one with `dateline token add NAME --scope ask`, or listen at 127.0.0.1.")
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )  # fmt: skip
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as exc:
        bound.close()
        msg = f"Nothing can listen at {host}:{port}: {exc.strerror}."
        raise InputError(msg, "Choose another port with --port.") from exc
    return uvicorn.Server(config), bound


def log_to_stderr() -> logging.Handler:
    """Log lines as JSON on standard error; returns what writes them there."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger("dateline.api").setLevel(logging.INFO)
    return handler


class Beside:
    """The interface served from a thread of its own, with its log on standard error; `close` ends it.

    Raises:
        InputError: see `serve`.
    """

    def __init__(
        self, pipeline: Pipeline, host: str, port: int, *, at_once: int = AT_ONCE, waiting: int = WAITING,
        rate: str = RATE, log_questions: bool = False,
    ) -> None:  # fmt: skip
        app = make(pipeline, capacity=Capacity(at_once, waiting), rate=rate, log_questions=log_questions)
        self._server, bound = listen(app, Tokens(pipeline.config.index), host, port)
        self.port: int = bound.getsockname()[1]
        self._log = log_to_stderr()
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]}, name="api", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it; answers under way are finished first."""
        self._server.should_exit = True
        self._thread.join(_GRACE_S + 5)  # the server cuts off what is not done by then
        logging.getLogger().removeHandler(self._log)


def serve(
    pipeline: Pipeline, host: str, port: int, *, capacity: Capacity | None = None, rate: str = RATE,
    log_questions: bool = False, read_only: bool = False,
) -> None:  # fmt: skip
    """Serves until it is told to end.

    Raises:
        InputError: see `listen`; `rate` cannot be read.
    """
    app = make(pipeline, capacity=capacity, rate=rate, log_questions=log_questions, read_only=read_only)
    server, bound = listen(app, Tokens(pipeline.config.index), host, port)
    log_to_stderr()
    shown = f"[{host}]" if ":" in host else host
    print(f"Dateline's API is at http://{shown}:{bound.getsockname()[1]}", flush=True)  # noqa: T201 - what it is run for
    server.run(sockets=[bound])
