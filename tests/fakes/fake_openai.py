"""A server on this machine that speaks OpenAI's chat protocol (server-sent events) and misbehaves on request."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "qwen3-8b"
KEY = "sk-right"


@dataclass
class Script:
    """How the server behaves; the defaults are a healthy one.

    Attributes:
        pieces: contents of the answer's events.
        thoughts: sent first, in the field that reasoning models have for them.
        models: what /models lists; None for a server without a list.
        status, error: answer with this HTTP status instead.
        cut_after: close the connection after so many pieces.
        end_early: end the stream properly, but without a reason.
        piece_s: seconds before each piece.
        stall_after: from so many pieces on, nothing more comes.
    """

    pieces: tuple[str, ...] = ("It", " rained", ".", " [1]")
    thoughts: tuple[str, ...] = ()
    models: tuple[str, ...] | None = (MODEL,)
    status: int = 200
    error: str = "out of memory"
    cut_after: int | None = None
    end_early: bool = False
    piece_s: float = 0.0
    stall_after: int | None = None


@dataclass
class FakeOpenAI:
    """What a test sees: `url`, the `script` to change, and what was asked with which key."""

    url: str
    script: Script
    chats: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sent: int = 0
    abandoned: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeOpenAI

    def log_message(self, *args: Any) -> None:
        """Keep the terminal clean."""

    def do_GET(self) -> None:
        self.fake.keys.append(self.headers["Authorization"])
        models = self.fake.script.models
        if self.path != "/v1/models" or models is None:
            self._json(404, {"error": {"message": "no such page"}})
        elif self.fake.script.status == 401:
            self._json(401, {"error": {"message": "wrong key"}})
        else:
            self._json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in models]})

    def do_POST(self) -> None:
        self.fake.keys.append(self.headers["Authorization"])
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.fake.chats.append(body)
        script = self.fake.script
        if script.status != 200:
            self._json(script.status, {"error": {"message": script.error}})
            return
        try:
            self._stream(body)
        except (BrokenPipeError, ConnectionResetError):
            self.fake.abandoned.set()

    def _stream(self, body: dict[str, Any]) -> None:
        script = self.fake.script
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for thought in script.thoughts:
            self._event({"reasoning_content": thought})
        budget = body.get("max_tokens") or len(script.pieces)
        for number, piece in enumerate(script.pieces[:budget]):
            if number == script.cut_after:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if not self._wait(60 if number == script.stall_after else script.piece_s):
                return
            self._event({"role": "assistant", "content": piece})
            self.fake.sent += 1
        if not script.end_early:
            self._event({}, "length" if len(script.pieces) > budget else "stop")
            self._raw("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> bool:
        """Wait; False when the client has closed the connection meanwhile."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and self.connection.recv(1, socket.MSG_PEEK) == b"":
            self.fake.abandoned.set()
            return False
        return True

    def _event(self, delta: dict[str, Any], reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice]}
        self._raw(f"data: {json.dumps(chunk)}\n\n")

    def _raw(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serve(script: Script | None = None) -> Iterator[FakeOpenAI]:
    """Run a server on a free port of 127.0.0.1 until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    fake = FakeOpenAI(f"http://127.0.0.1:{server.server_address[1]}/v1", script or Script())
    server.RequestHandlerClass = type("Handler", (_Handler,), {"fake": fake})
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
