"""The way to an Ollama server: clients with time limits, and its errors in our terms.

Two things are set here for every request. Proxies from the environment are not used (a prompt for this machine must
not travel through one). And a chat request says ``truncate: false, shift: false``: by default Ollama answers 200 after
dropping the front of a prompt that is too long; told so, it answers 400 and names the sizes. `ollama.Client.chat` has
no parameter for these two, so the transport adds them. A server that does not know them ignores them, which is why
`rag.ollama` compares the counts as well.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import ollama

from rag.errors import ModelError, ModelFailed, ModelMissing, ModelTimeout, ModelUnreachable, PromptTooLong
from rag.model_settings import ModelSettings

_CHAT = "/api/chat"
_LOOK_CONNECT_S, _LOOK_READ_S = 1.0, 5.0  # a look at the server: on this machine or its network it takes milliseconds


class _Strict(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(_refusing_truncation(request))

    def close(self) -> None:
        self._inner.close()


class _AsyncStrict(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(_refusing_truncation(request))

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Filled(ollama.AsyncClient):
    """Every chunk has a content: llama-index passes over one that has none, though it is the last, or a thought."""

    async def chat(self, *args: Any, **kwargs: Any) -> Any:
        return _filled(await super().chat(*args, **kwargs))


async def _filled(parts: AsyncIterator[ollama.ChatResponse]) -> AsyncIterator[ollama.ChatResponse]:
    async for part in parts:
        part.message.content = part.message.content or ""
        yield part


def _refusing_truncation(request: httpx.Request) -> httpx.Request:
    if not request.url.path.endswith(_CHAT):
        return request
    body = json.loads(request.content) | {"truncate": False, "shift": False}
    headers = [(k, v) for k, v in request.headers.raw if k.lower() != b"content-length"]
    return httpx.Request(request.method, request.url, headers=headers, json=body, extensions=request.extensions)


def _verify(host: str) -> bool:
    """Loading the certificates takes 20 ms and more: only where there is one to check."""
    return host.startswith("https:")


def chat_client(settings: ModelSettings) -> ollama.Client:
    """For a user's own llama-index code; the pipeline streams through `async_client`."""
    timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s)
    transport = _Strict(httpx.HTTPTransport(verify=_verify(settings.ollama_host)))
    return ollama.Client(settings.ollama_host, timeout=timeout, transport=transport)


def async_client(settings: ModelSettings) -> ollama.AsyncClient:
    """One for each stream, as it belongs to one event loop. The finer limits are kept by `rag.pump`."""
    timeout = httpx.Timeout(settings.total_timeout_s, connect=settings.connect_timeout_s)
    transport = _AsyncStrict(httpx.AsyncHTTPTransport(verify=_verify(settings.ollama_host)))
    return _Filled(settings.ollama_host, timeout=timeout, transport=transport)


def look_client(settings: ModelSettings) -> ollama.Client:
    """For questions that a healthy server answers at once."""
    timeout = httpx.Timeout(_LOOK_READ_S, connect=min(_LOOK_CONNECT_S, settings.connect_timeout_s))
    transport = httpx.HTTPTransport(verify=_verify(settings.ollama_host))
    return ollama.Client(settings.ollama_host, timeout=timeout, transport=transport)


def mapped(exc: Exception, model: str, host: str) -> ModelError:
    """The one place where httpx's and ollama's exceptions become ours."""
    match exc:
        case ollama.ResponseError():
            return _refused(exc, model, host)
        case httpx.ConnectError() | httpx.ConnectTimeout() | ConnectionError():
            return ModelUnreachable(f"Ollama at {host} does not answer.", "Start it with `ollama serve`.")
        case httpx.TimeoutException():
            message = f"Ollama at {host} was silent for longer than allowed."
            return ModelTimeout(message, "A large model may still be loading: try again, or raise the time-out.")
        case httpx.HTTPError():
            message = f"The connection to Ollama at {host} broke off: {exc}."
            return ModelFailed(message, "Try again; if it happens often, see the log of `ollama serve`.")
        case httpx.InvalidURL():
            return ModelFailed(f"'{host}' is no address: {exc}.", "Correct the Ollama host.", retryable=False)
        case _:  # json.JSONDecodeError, pydantic.ValidationError, AttributeError: not what Ollama sends
            message = f"The answer from {host} cannot be read as Ollama's: {exc}."
            return ModelFailed(message, "Check that the address is Ollama's, and update Ollama.")


def _refused(exc: ollama.ResponseError, model: str, host: str) -> ModelError:
    said = str(exc.error).strip()
    low = said.lower()
    if exc.status_code == httpx.codes.NOT_FOUND and "not found" in low and "model" in low:
        return ModelMissing(f"Ollama at {host} has no model {model}.", f"Get it with `ollama pull {model}`.")
    if "context" in low and ("exceed" in low or "longer than" in low):
        message = f"The prompt does not fit into {model}'s context: {said}"
        return PromptTooLong(message, "Use fewer or shorter passages, or raise the maximum context.")
    status = f" (HTTP {exc.status_code})" if exc.status_code > 0 else ""
    message = f"Ollama at {host} could not answer with {model}{status}: {said or 'no reason given'}."
    server_side = exc.status_code <= 0 or exc.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
    retryable = server_side or exc.status_code == httpx.codes.TOO_MANY_REQUESTS
    advice = "Try again; if it goes on, see the log of `ollama serve`." if retryable else "Check model and host."
    return ModelFailed(message, advice, retryable=retryable)
