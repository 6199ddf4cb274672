"""Any server that speaks OpenAI's chat protocol: vLLM, llama.cpp's server, LM Studio, or a service on the network.

It is used only where it is named (``--llm openai/NAME``, never by ``auto``), and talks to one address: the one that is
configured. The key comes from DATELINE_OPENAI_API_KEY alone; OPENAI_API_KEY, which may be meant for somebody else, is
never sent.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
from anyio import CancelScope
from anyio.from_thread import start_blocking_portal
from llama_index.core.llms import LLM, ChatMessage, ChatResponse, LLMMetadata
from llama_index.llms.openai import OpenAI  # type: ignore[import-untyped,unused-ignore]

from index.errors import InputError
from rag.errors import ModelError, ModelFailed, ModelMissing, ModelTimeout, ModelUnreachable, PromptTooLong
from rag.llamaindex import LlamaIndexModel
from rag.llm import fits
from rag.model_settings import ModelSettings, ModelStatus
from rag.pump import Pump
from rag.thoughts import ThoughtFilter

KEY = "DATELINE_OPENAI_API_KEY"
_NO_KEY = "none"  # the client insists on one; a server on this machine mostly does not look
_LOOK_S = 5.0
_HERE = ("localhost", "127.0.0.1", "::1")


class _Compatible(OpenAI):  # type: ignore[misc,unused-ignore]
    """llama-index's client without its list of OpenAI's own models: the context is what we say."""

    window: int

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=self.window, num_output=-1, is_chat_model=True, model_name=self.model)

    @property
    def _tokenizer(self) -> None:
        return None


class OpenAICompatible(LlamaIndexModel):
    """One model on one server.

    Args:
        model: as the server names it; empty means `settings.openai_model`.
        settings: the address, the context, the time limits.

    Raises:
        InputError: address or model are not configured.
    """

    def __init__(self, model: str, settings: ModelSettings) -> None:
        self._model, self._base = model or settings.openai_model, settings.openai_base_url.rstrip("/")
        if not self._base or urlsplit(self._base).scheme not in ("http", "https"):
            message = f"There is no address of an OpenAI-compatible server: openai_base_url = '{self._base}'."
            raise InputError(message, "Set DATELINE_OPENAI_BASE_URL, such as http://127.0.0.1:8000/v1.")
        if not self._model:
            message = "No model is named for the OpenAI-compatible server."
            raise InputError(message, "Write --llm openai/NAME, or set DATELINE_OPENAI_MODEL.")
        self._key = os.environ.get(KEY) or _NO_KEY
        super().__init__(f"openai/{self._model}", self._client(settings), settings)

    def check(self) -> ModelStatus:
        """Asks the server for its models; generates nothing."""
        label = f"{self._model} at {self._base}"
        try:
            names = self._models()
        except ModelError as exc:
            return ModelStatus(label, reachable=not isinstance(exc, ModelUnreachable), present=False, error=exc)
        if names and self._model not in names:
            message = f"The server at {self._base} has no model {self._model}."
            error = ModelMissing(message, f"Use one that is there: {', '.join(sorted(names)[:10])}.")
            return ModelStatus(label, reachable=True, present=False, error=error)
        elsewhere = urlsplit(self._base).hostname not in _HERE
        detail = "Questions and passages leave this machine" if elsewhere else ""
        return ModelStatus(label, reachable=True, present=True, context_window=self.context_window, detail=detail)

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        marks: Sequence[int] | None = None,  # noqa: ARG002  (the protocol has no grammars)
        cancel: threading.Event | None = None,
    ) -> Generator[str, None, bool]:
        fits(self.count_tokens(messages), max_tokens, self.context_window, self.name)
        pump = Pump()
        with start_blocking_portal(name=self.name) as portal:
            answer = portal.start_task_soon(self._chat, pump, list(messages), max_tokens)
            # Cancelling the task closes the connection, whatever it waits for; the server stops when it is closed.
            return (yield from pump.read(self._settings.limits, name=self.name, cancel=cancel, stop=answer.cancel))

    async def _chat(self, pump: Pump, messages: list[ChatMessage], max_tokens: int) -> None:
        timeout = httpx.Timeout(self._settings.total_timeout_s, connect=self._settings.connect_timeout_s)
        client = httpx.AsyncClient(timeout=timeout)
        thoughts, last = ThoughtFilter(), None
        try:
            async for last in await self._client(self._settings, client).astream_chat(messages, max_tokens=max_tokens):
                pump.put(thoughts.feed(last.delta or ""))
            reasons = self._ended(last)
            pump.put(thoughts.finish())
            pump.end(cut=reasons != {"stop"})
        except ModelError as exc:
            pump.fail(exc)
        except Exception as exc:  # noqa: BLE001  (the boundary: three libraries may raise anything)
            failed = self._mapped(exc)
            failed.__cause__ = exc
            pump.fail(failed)
        finally:
            with CancelScope(shield=True):  # a cancelled answer must close its connection all the same
                await client.aclose()

    def _client(self, settings: ModelSettings, http: httpx.AsyncClient | None = None) -> LLM:
        # Retries are for connections that drop before the answer begins; openai's client makes them.
        clients: dict[str, Any] = {"async_http_client": http}
        llm: LLM = _Compatible(
            **clients,
            model=self._model,
            api_base=self._base,
            api_key=self._key,
            api_version="",
            window=settings.max_context,
            temperature=settings.temperature,
            timeout=settings.timeout_s,
            max_retries=1,
            additional_kwargs={"seed": settings.seed},
        )
        return llm

    def _models(self) -> set[str]:
        """Names of the models that the server lists; none where it keeps no list."""
        timeout = httpx.Timeout(_LOOK_S, connect=self._settings.connect_timeout_s)
        try:
            answer = httpx.get(
                f"{self._base}/models", headers={"Authorization": f"Bearer {self._key}"}, timeout=timeout
            )
            if answer.status_code == httpx.codes.NOT_FOUND:
                return set()
            answer.raise_for_status()
            return {str(model["id"]) for model in answer.json()["data"]}
        except httpx.HTTPStatusError as exc:
            raise self._refused(exc.response.status_code, exc.response.text[:200]) from exc
        except httpx.TimeoutException as exc:
            msg = f"The server at {self._base} does not answer in time."
            raise ModelTimeout(msg, "Try again.") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            msg = f"The server at {self._base} does not answer."
            raise ModelUnreachable(msg, "Start it, or mend the address.") from exc
        except (ValueError, KeyError, TypeError) as exc:
            message = f"The answer from {self._base} is not that of an OpenAI-compatible server."
            raise ModelFailed(message, "The address mostly ends in /v1.", retryable=False) from exc

    def _mapped(self, exc: Exception) -> ModelError:
        match exc:
            case openai.APIStatusError():
                return self._refused(exc.status_code, str(exc.message))
            case openai.APITimeoutError() | httpx.TimeoutException():
                return ModelTimeout(
                    f"{self.name} was silent for longer than allowed.", "Try again, or raise timeout_s."
                )
            case openai.APIConnectionError():
                message = f"The server at {self._base} does not answer."
                return ModelUnreachable(message, "Start it, or mend the address.")
            case httpx.HTTPError():
                return ModelFailed(f"The connection to {self._base} broke off: {exc}.", "Try again.")
        return super()._mapped(exc)

    def _ended(self, last: ChatResponse | None) -> set[str]:
        """The reasons that the last event gives for the end; a stream that ends without one was cut."""
        raw: Any = last.raw if last else None
        choices = getattr(raw, "choices", None) or []
        reasons = {str(reason) for choice in choices if (reason := getattr(choice, "finish_reason", None))}
        if not reasons and not getattr(raw, "usage", None):
            msg = f"The answer of {self.name} broke off."
            raise ModelFailed(msg, "Try again; see the log of the server.")
        return reasons

    def _refused(self, status: int, said: str) -> ModelError:
        low = said.lower()
        if "context" in low and any(word in low for word in ("exceed", "longer", "maximum", "too long")):
            return PromptTooLong(f"The prompt does not fit into {self._model}'s context: {said}", "Lower max_context.")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            message = f"The server at {self._base} refuses the key (HTTP {status})."
            return ModelFailed(message, f"Put the right one into {KEY}.", retryable=False)
        if status == httpx.codes.NOT_FOUND:
            message = f"The server at {self._base} has no model {self._model}, or the address is wrong: {said}"
            return ModelMissing(message, f"See {self._base}/models; the address mostly ends in /v1.")
        again = status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS
        message = f"The server at {self._base} could not answer (HTTP {status}): {said}"
        return ModelFailed(message, "Try again." if again else "Check model and address.", retryable=again)
