"""What a caller is told when something goes wrong: a status, and OpenAI's error form everywhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse

from index.errors import DatelineError, InputError, StoreUnreachable
from rag.errors import ModelError, ModelTimeout

RETRY_S = 5  # what a caller is told to wait where nothing better is known


class ErrorBody(BaseModel):
    """What was wrong.

    Attributes:
        message: in words, with what to do about it.
        type: kind of error, as OpenAI's clients know them.
        param: the field that is wrong, where it is one.
        code: the error's name for programs.
    """

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorJson(BaseModel):
    """The body of every answer that is an error."""

    error: ErrorBody


class ApiError(DatelineError):
    """A request that is refused.

    Args:
        status: HTTP status.
        code: the error's name for programs.
        message: what was wrong.
        advice: what to do about it.
        param: the field that is wrong.
        retry_after: seconds after which the same request may succeed; 0 where it never will.
    """

    def __init__(
        self, status: int, code: str, message: str, advice: str = "", *, param: str | None = None, retry_after: int = 0
    ) -> None:
        super().__init__(message, advice)
        self.status, self.code, self.param, self.retry_after = status, code, param, retry_after
        self.retryable = retry_after > 0


def as_api_error(exc: DatelineError, request_id: str) -> ApiError:
    """An error of the tree as the caller is told it.

    What is wrong with the index names places of this machine: that stands in the log, under the request's id.
    """
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, InputError):
        return ApiError(400, "invalid_input", exc.message, exc.advice)
    if isinstance(exc, ModelError):
        status = 504 if isinstance(exc, ModelTimeout) else 503
        return ApiError(status, "model_unavailable", exc.message, exc.advice, retry_after=RETRY_S * exc.retryable)
    if isinstance(exc, StoreUnreachable):
        return ApiError(503, "index_unreachable", "The index does not answer.", retry_after=RETRY_S)
    if exc.retryable:
        return ApiError(503, "index_busy", "Another process is writing to the index.", retry_after=RETRY_S)
    return ApiError(500, "index_unusable", "The index cannot be used.", f"The log says why: request {request_id}.")


def body_of(error: ApiError) -> ErrorBody:
    """An error in OpenAI's form."""
    kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
    kind = kinds.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    return ErrorBody(message=str(error), type=kind, param=error.param, code=error.code)


def error_json(error: ApiError) -> dict[str, Any]:
    """The body of an answer that is an error."""
    return ErrorJson(error=body_of(error)).model_dump()


def error_response(error: ApiError, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer that is an error."""
    sent = dict(headers or {})
    if error.retry_after:
        sent["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        sent["WWW-Authenticate"] = "Bearer"
    return JSONResponse(error_json(error), error.status, sent)


def plain_error(status: int) -> ApiError:
    """An error that has nothing to say but its status."""
    phrase = HTTPStatus(status).phrase
    return ApiError(status, phrase.lower().replace(" ", "_"), f"{phrase}.")
