"""A server on this machine that speaks Ollama's native protocol and misbehaves on request.

Modelled on Ollama 0.12 and later: NDJSON chunks, the counts in the last one, `truncate: false` refused with 400.
"""

from __future__ import annotations

import json
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "llama3.2:3b"
ANSWER = ("The", " bridge", " opened", " on", " 3", " May", ".", " [", "2", "]")


def true_tokens(messages: list[dict[str, Any]]) -> int:
    """The count of this server's own tokenizer: words and signs, and five tokens around each message."""
    return sum(5 + len(re.findall(r"\w+|[^\w\s]", message["content"])) for message in messages)


@dataclass
class Script:
    """How the server behaves; the defaults are a healthy one.

    Attributes:
        pieces: contents of the answer's chunks.
        thoughts: chunks of the thinking field, sent first.
        models: what is pulled.
        trained: context length of the model, tokens.
        capabilities, template, family: as /api/show has them.
        status, error: answer /api/chat with this HTTP status instead.
        error_body: send this JSON with the status, in place of an object.
        error_after: send the error object inside the stream after so many pieces.
        cut_after: close the connection after so many pieces, without a last chunk; once.
        end_early: end the stream properly but without ``done: true``.
        garbage: a line that is no chunk, before the answer.
        bare: leave `content` out of chunks that have none to tell.
        refuses: answer these paths with this HTTP status.
        stall_first_s, stall_after, stall_s: wait before the first piece; wait after so many pieces.
        drops: close so many connections before answering.
        refuses_truncation: a server that knows ``truncate: false``.
        clamp: load the model with at most this context, whatever num_ctx says.
        count: prompt_eval_count: "true", "absent", or a number.
        reports_context: whether /api/ps has context_length.
        ps_drops, ps_s: whether /api/ps closes the connection instead of answering; seconds before it does either.
        answers: what to say to a chat request, in place of `pieces`; it gets the request and may be asked by many
            threads at once.
    """

    pieces: tuple[str, ...] = ANSWER
    thoughts: tuple[str, ...] = ()
    models: tuple[str, ...] = (MODEL,)
    trained: int | None = 131072
    capabilities: tuple[str, ...] = ("completion",)
    template: str = "{{ .Prompt }}"
    family: str = "llama"
    status: int = 200
    error: str = "llama runner process has terminated"
    error_body: object = ...
    error_after: int | None = None
    cut_after: int | None = None
    end_early: bool = False
    garbage: str = ""
    bare: bool = False
    refuses: dict[str, int] = field(default_factory=dict)
    stall_first_s: float = 0.0
    stall_after: int | None = None
    stall_s: float = 0.0
    piece_s: float = 0.0
    drops: int = 0
    refuses_truncation: bool = True
    clamp: int | None = None
    count: str | int = "true"
    reports_context: bool = True
    ps_drops: bool = False
    ps_s: float = 0.0
    answers: Callable[[dict[str, Any]], str] | None = None


@dataclass
class FakeOllama:
    """What a test sees: `url`, the `script` to change, what was asked (`chats`), and what came of it."""

    url: str
    script: Script
    chats: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    loaded: int | None = None
    sent: int = 0
    abandoned: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeOllama

    def log_message(self, *args: Any) -> None:
        """Keep the terminal clean."""

    def do_GET(self) -> None:
        self.fake.calls.append(self.path)
        script = self.fake.script
        if self.path == "/api/ps" and (not self._wait(script.ps_s) or script.ps_drops):
            self.close_connection = True
            return
        if status := script.refuses.get(self.path):
            self._json(status, {"error": script.error})
            return
        answers: dict[str, Any] = {
            "/api/version": {"version": "0.12.3"},
            "/api/tags": {"models": [{"model": name, "name": name} for name in script.models]},
            "/api/ps": {"models": self._loaded()},
        }
        self._json(200, answers[self.path])

    def _loaded(self) -> list[dict[str, Any]]:
        if self.fake.loaded is None:
            return []
        size = {"context_length": self.fake.loaded} if self.fake.script.reports_context else {}
        return [{"name": name, "model": name, **size} for name in self.fake.script.models]

    def do_POST(self) -> None:
        self.fake.calls.append(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        script = self.fake.script
        if script.drops and self.path == "/api/chat":
            script.drops -= 1
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if status := script.refuses.get(self.path):
            self._json(status, {"error": script.error})
        elif body["model"] not in script.models:
            self._json(404, {"error": f"model '{body['model']}' not found"})
        elif self.path == "/api/show":
            lengths = {} if script.trained is None else {"llama.context_length": script.trained}
            info = {"general.architecture": "llama", **lengths}
            shown = {"template": script.template, "capabilities": list(script.capabilities), "model_info": info}
            shown["details"] = {"family": script.family}
            self._json(200, shown)
        else:
            self.fake.chats.append(body)
            self._chat(body)

    def _chat(self, body: dict[str, Any]) -> None:
        script, options = self.fake.script, body["options"]
        if script.status != 200:
            self._json(script.status, {"error": script.error} if script.error_body is ... else script.error_body)
            return
        size = min(options["num_ctx"], script.clamp or options["num_ctx"])
        self.fake.loaded = size
        tokens = true_tokens(body["messages"])
        if tokens > size and script.refuses_truncation and body.get("truncate") is False:
            self._json(400, {"error": f"request ({tokens} tokens) exceeds the available context size ({size} tokens)"})
            return
        read = tokens if tokens <= size else size // 2 + 2
        if not body["stream"]:
            message = {"role": "assistant", "content": "".join(script.pieces)}
            self._json(200, {"message": message, "done": True, "prompt_eval_count": read})
            return
        try:
            pieces = tuple(re.findall(r"\s*\S+", script.answers(body))) if script.answers else script.pieces
            self._answer(pieces, options.get("num_predict", len(pieces)), read)
        except (BrokenPipeError, ConnectionResetError):
            self.fake.abandoned.set()

    def _answer(self, pieces: tuple[str, ...], budget: int, read: int) -> None:
        script = self.fake.script
        if not self._wait(script.stall_first_s):
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if script.garbage:
            self._raw(script.garbage)
        for thought in script.thoughts:
            self._chunk({"content": "", "thinking": thought})
        for number, piece in enumerate(pieces[:budget]):
            if number == script.error_after:
                self._raw(json.dumps({"error": script.error}))
                break
            if number == script.cut_after:
                script.cut_after = None
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if not self._wait(script.stall_s if number == script.stall_after else script.piece_s):
                return
            self._chunk({"content": piece})
            self.fake.sent += 1
        if not script.end_early:
            count = read if script.count == "true" else script.count
            counts = {} if count == "absent" else {"prompt_eval_count": count}
            reason = "length" if len(pieces) > budget else "stop"
            self._chunk({"content": ""}, done=True, done_reason=reason, eval_count=self.fake.sent, **counts)
        self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> bool:
        """Wait; False when the client has closed the connection meanwhile."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and self.connection.recv(1, socket.MSG_PEEK) == b"":
            self.fake.abandoned.set()
            return False
        return True

    def _chunk(self, message: dict[str, Any], *, done: bool = False, **more: Any) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if self.fake.script.bare and not message["content"]:
            del message["content"]
        message = {"role": "assistant", **message}
        self._raw(json.dumps({"model": MODEL, "created_at": stamp, "message": message, "done": done, **more}))

    def _raw(self, line: str) -> None:
        data = (line + "\n").encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serve(script: Script | None = None) -> Iterator[FakeOllama]:
    """Run a server on a free port of 127.0.0.1 until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    fake = FakeOllama(f"http://127.0.0.1:{server.server_address[1]}", script or Script())
    server.RequestHandlerClass = type("Handler", (_Handler,), {"fake": fake})
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def closed_url() -> str:
    """An address of this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
