"""Around every request: its id, the size it may have, the last resort against bugs, the log line and the metrics."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError, error_response, plain_error
from api.metrics import Metrics

log = logging.getLogger("dateline.api")

BODY = 256 * 1024
INGEST_BODY = 16 * 1024 * 1024
_LARGE = ("/api/ingest", "/api/ingest/jobs")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Envelope:
    """ASGI middleware, the outermost.

    Args:
        app: what answers.
        metrics: told of every request, where there are any.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics | None = None) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        this = given if _ID.fullmatch(given) else uuid.uuid4().hex
        request_id.set(this)
        begun, status = time.perf_counter(), 0

        async def enveloped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = this
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Cache-Control"] = "no-store"
            await send(message)

        most = INGEST_BODY if scope["path"] in _LARGE else BODY
        try:
            length = request.headers.get("content-length", "0")
            if length.isdecimal() and int(length) > most:
                await error_response(too_large(most))(scope, receive, enveloped)
            else:
                await self._app(scope, _bounded(receive, most), enveloped)
        except Exception:
            log.exception("A request failed for a reason that nobody foresaw")
            if status:
                raise  # the answer has begun; that it breaks off tells the caller
            failed = ApiError(500, "internal_error", "Something went wrong.", f"The log has it: request {this}.")
            await error_response(failed)(scope, receive, enveloped)
        finally:
            self._told(scope, request, status, time.perf_counter() - begun)

    def _told(self, scope: Scope, request: Request, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        if self._metrics:
            self._metrics.request(request.method, route, status, seconds)
        fields = {
            "method": request.method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000),
            "client": request.client.host if request.client else None,
            **scope.get("state", {}).get("told", {}),
        }
        log.info("request", extra={"fields": fields})


def too_large(most: int) -> ApiError:
    """The refusal of a body of more than `most` bytes."""
    return ApiError(413, "too_large", f"More than {most:,} bytes were sent.", "Send it in several requests.")


class TooLarge(HTTPException):
    """More came than was announced; an HTTPException, since FastAPI passes on no other while it reads a body."""

    def __init__(self, most: int) -> None:
        super().__init__(413)
        self.most = most


async def http_error(_: Request, exc: Exception) -> Response:
    """What Starlette says by an HTTPException, as every other error."""
    assert isinstance(exc, HTTPException)
    error = too_large(exc.most) if isinstance(exc, TooLarge) else plain_error(exc.status_code)
    return error_response(error, dict(exc.headers or {}))


def _bounded(receive: Receive, most: int) -> Receive:
    had = 0

    async def bounded() -> Message:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        if had > most:
            raise TooLarge(most)
        return message

    return bounded
