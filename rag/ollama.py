"""Language models served by Ollama, through llama-index's `Ollama`.

What this adds to it: the context is set to what the prompt needs, every wait has a limit, a cancel closes the
connection (the server then stops), thoughts are left out, and an answer to a prompt that was cut is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import httpx
import ollama
from anyio import CancelScope, move_on_after
from anyio.from_thread import start_blocking_portal
from llama_index.core.llms import LLM, ChatMessage
from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped,unused-ignore]

from rag.errors import ModelError, ModelFailed, ModelMissing, PromptTruncated
from rag.llm import fits
from rag.model_settings import ModelSettings, ModelStatus
from rag.ollama_http import async_client, chat_client, look_client, mapped
from rag.pump import Pump
from rag.thoughts import OPEN, ThoughtFilter
from rag.tokens import TokenBounds, message_bounds

T = TypeVar("T")

# Ollama loads a model anew, for seconds, whenever num_ctx changes. So it starts at Ollama's own default, is rounded up,
# and never shrinks while the program runs: most questions then share one size.
_FLOOR, _STEP = 4096, 1024

# What can be raised between us and the server; `mapped` knows them. ValueError: JSON and pydantic; KeyError and
# what follows it: an answer of another shape.
_FOREIGN = (
    *(httpx.HTTPError, httpx.InvalidURL, ollama.ResponseError, OSError),
    *(ValueError, KeyError, TypeError, AttributeError),
)

# Tokens on top of the answer's, for a model that can think: thoughts come out of the same budget, and not every model
# that is told not to think obeys.
_THOUGHTS = 1024

# A connection that was accepted and then dropped: worth one second try while nothing has been shown yet.
_DROPPED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What /api/show says of a model.

    Attributes:
        context: tokens it was trained for.
        think: what turns its thoughts off, or down as far as they go; None where nothing must be said.
        may_think: whether it can think, and so may do it all the same.
        opens_thought: whether its template begins the answer inside a thought.
    """

    context: int
    think: Literal["low"] | bool | None
    may_think: bool
    opens_thought: bool


class OllamaModel:
    """One model on one server.

    Args:
        model: as Ollama names it, such as ``llama3.2:3b``; empty means `settings.ollama_model`.
        settings: where, how long, how much.
    """

    def __init__(self, model: str, settings: ModelSettings) -> None:
        self._model = model or settings.ollama_model
        self._settings = settings
        self._known: _Facts | None = None
        self._num_ctx = 0

    @property
    def name(self) -> str:
        return f"ollama/{self._model}"

    @property
    def context_window(self) -> int:
        return min(self._settings.max_context, self._facts().context)

    @property
    def llm(self) -> LLM:
        """llama-index's own class with every limit set. Its context is fixed, as it cannot count a prompt first."""
        llm: LLM = self._llm(self.context_window, {}, client=chat_client(self._settings))
        return llm

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return message_bounds(messages).upper

    def check(self) -> ModelStatus:
        label = f"{self._model} on Ollama at {self._settings.ollama_host}"
        try:
            version = self._ask(_version)
        except ModelError as exc:
            return ModelStatus(label, reachable=False, present=False, error=exc)
        detail = f"Ollama {version}".rstrip()
        try:
            self._known = self._ask(partial(_show, model=self._model))
        except ModelMissing as exc:
            error = ModelMissing(exc.message, exc.advice + self._others())
            return ModelStatus(label, reachable=True, present=False, error=error, detail=detail)
        except ModelError as exc:
            return ModelStatus(label, reachable=True, present=False, error=exc, detail=detail)
        loaded = self._loaded_now()
        detail += f", loaded with a context of {loaded} tokens" if loaded else ""
        if _runs_elsewhere(self._model):
            detail += ". This model runs on Ollama's servers: questions and passages leave this machine"
        return ModelStatus(
            label,
            reachable=True,
            present=True,
            context_window=self.context_window,
            detail=detail,
            loaded_context=loaded,
            note=_reloads(loaded, min(self.context_window, _FLOOR)),
        )

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        marks: Sequence[int] | None = None,  # noqa: ARG002  (Ollama takes JSON schemas, no grammars)
        cancel: threading.Event | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, bool]:
        """As `DraftModel.stream`; with a JSON `schema` the server lets the model write nothing but such a document."""
        sent = message_bounds(messages)
        fits(sent.upper, max_tokens, self.context_window, self.name)
        if self._facts().may_think:
            max_tokens = min(max_tokens + _THOUGHTS, self.context_window - sent.upper)
        num_ctx = self._context_for(sent.upper + max_tokens)
        pump = Pump()
        chat = partial(self._chat, pump, list(messages), sent, num_ctx, max_tokens, schema)
        with start_blocking_portal(name=self.name) as portal:
            answer = portal.start_task_soon(chat)
            # Cancelling the task closes the connection, whatever it waits for; the server stops when it is closed.
            return (yield from pump.read(self._settings.limits, name=self.name, cancel=cancel, stop=answer.cancel))

    def _context_for(self, tokens: int) -> int:
        rounded = -(-tokens // _STEP) * _STEP
        self._num_ctx = min(self.context_window, max(_FLOOR, rounded, self._num_ctx))
        return self._num_ctx

    async def _chat(
        self,
        pump: Pump,
        messages: list[ChatMessage],
        sent: TokenBounds,
        num_ctx: int,
        max_tokens: int,
        schema: Mapping[str, Any] | None,
    ) -> None:
        client = async_client(self._settings)
        llm = self._llm(num_ctx, {"num_predict": max_tokens}, async_client=client)
        try:
            last = await self._generate(pump, llm, messages, {"format": dict(schema)} if schema else {})
            read = last.get("prompt_eval_count")
            if _was_cut(sent, read, num_ctx, await self._loaded_context(client)):
                message = f"Ollama cut the prompt for {self._model}: it read {read or 'an unknown number of'} tokens."
                raise PromptTruncated(message, "Use fewer or shorter passages, or update Ollama.")
            pump.end(cut=last.get("done_reason") == "length")
        except ModelError as exc:
            pump.fail(exc)
        except Exception as exc:  # noqa: BLE001  (the boundary: whatever it is, the reader must not wait for more)
            error = mapped(exc, self._model, self._settings.ollama_host)
            error.__cause__ = exc
            pump.fail(error)
        finally:
            with CancelScope(shield=True):  # a cancelled answer must close its connection all the same
                await client.close()  # type: ignore[no-untyped-call]

    async def _generate(
        self, pump: Pump, llm: Ollama, messages: list[ChatMessage], more: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Pass the answer on; return the last chunk, which carries the counts."""
        for attempt in (1, 2):
            thoughts = ThoughtFilter(inside=self._facts().opens_thought)
            last, thought = {}, False
            try:
                async for part in await llm.astream_chat(messages, **more):
                    last = part.raw
                    thought = thought or bool(part.additional_kwargs.get("thinking_delta"))
                    pump.put(thoughts.feed(part.delta or ""))
                break
            except _DROPPED:
                if thoughts.given or attempt == 2:
                    raise
        if not last.get("done"):
            message = f"The answer of {self.name} broke off."
            raise ModelFailed(message, "Try again; if it goes on, see the log of `ollama serve`.")
        rest = thoughts.finish()
        if (thought or thoughts.thought) and not thoughts.given:
            message = f"{self.name} spent its whole budget on thoughts and gave no answer."
            raise ModelFailed(message, "Allow more tokens, or choose a model that does not think.", retryable=False)
        pump.put(rest)
        return last

    async def _loaded_context(self, client: ollama.AsyncClient) -> int | None:
        """The context the server really gave the model, or None where it does not say (before 0.9, or gone since)."""
        # The draft is whole, and stays so where the server does not know this question, has gone, or is silent.
        with suppress(*_FOREIGN), move_on_after(self._settings.limits.stall / 2):
            return self._context_in(await client.ps())
        return None

    def _loaded_now(self) -> int | None:
        """The same at this moment; None where the model is not loaded."""
        try:
            return self._context_in(self._ask(lambda client: client.ps()))
        except ModelError:
            return None

    def _context_in(self, listed: ollama.ProcessResponse) -> int | None:
        full = self._model if ":" in self._model else f"{self._model}:latest"
        return next((m.context_length for m in listed.models if full in (m.model, m.name)), None)

    def _llm(self, num_ctx: int, options: dict[str, Any], **clients: Any) -> Ollama:
        return Ollama(
            model=self._model,
            base_url=self._settings.ollama_host,
            temperature=self._settings.temperature,
            context_window=num_ctx,
            request_timeout=self._settings.timeout_s,
            keep_alive=_duration(self._settings.keep_alive),
            is_function_calling_model=False,
            thinking=self._facts().think,  # thoughts cost seconds and are not shown
            additional_kwargs={"seed": self._settings.seed, **options},
            **clients,
        )

    def _facts(self) -> _Facts:
        if self._known is None:
            self._known = self._ask(partial(_show, model=self._model))
        return self._known

    def _ask(self, question: Callable[[ollama.Client], T]) -> T:
        try:
            with look_client(self._settings) as client:
                return question(client)
        except _FOREIGN as exc:
            raise mapped(exc, self._model, self._settings.ollama_host) from exc

    def _others(self) -> str:
        try:
            names = [m.model for m in self._ask(lambda client: client.list()).models if m.model]
        except ModelError:  # there is better advice than what this one says
            names = []
        return f" Or use one that is there: {', '.join(names)}." if names else ""


def _version(client: ollama.Client) -> str:
    """The server's version; empty where it does not tell, as behind some proxies: the next question tells why."""
    answer = client._client.get("/api/version")  # the client has no method for it
    return str(answer.json()["version"]) if answer.is_success else ""


def _show(client: ollama.Client, *, model: str) -> _Facts:
    shown = client.show(model)
    lengths = [int(v) for k, v in (shown.modelinfo or {}).items() if k.endswith(".context_length")]
    opens = (shown.template or "").rstrip().endswith(OPEN)
    thinks = "thinking" in (shown.capabilities or [])  # a model without it may refuse the parameter
    family = (shown.details.family if shown.details else "") or ""
    only_levels = thinks and family.replace("-", "").startswith("gptoss")  # it takes "low" to "high" and ignores False
    think: Literal["low"] | bool | None = "low" if only_levels else False if thinks else None
    # A model that does not say its context gets what Ollama would give it.
    return _Facts(lengths[0] if lengths else _FLOOR, think, thinks or opens, opens)


def _runs_elsewhere(model: str) -> bool:
    """Whether the model's tag says that it is one of Ollama's cloud."""
    return model.partition(":")[2].endswith("cloud")


def _duration(keep_alive: str) -> str | float:
    """Ollama takes "10m" as a text, but seconds (and -1, for ever) only as a number."""
    try:
        return float(keep_alive)
    except ValueError:
        return keep_alive


def _reloads(loaded: int | None, asked: int) -> str:
    """What follows where the server holds the model with less context than any prompt is sent with."""
    if not loaded or loaded >= asked:
        return ""
    return (
        f"It is loaded with {loaded} tokens, fewer than the {asked} that Dateline asks for at least: Ollama loads it"
        " anew for the first answer, which takes longer."
    )


def _was_cut(sent: TokenBounds, read: int | None, asked: int, loaded: int | None) -> bool:
    """Whether the server dropped a part of the prompt.

    It does so only when the prompt is longer than the context; then it keeps the system message and the newest
    messages, or half a context of tokens. Current servers refuse instead (see rag/ollama_http.py), so this is for the
    others. Their `prompt_eval_count` cannot be compared with an estimate as it stands: it is the whole prompt in most
    releases, but 0.30.0, and those before July 2024, leave out what the prompt cache held, down to none at all
    (ollama issues 2068, 3427, 16414). Hence:

    * as many tokens as the context holds: cut, or about to be;
    * the server says (in /api/ps) that its context holds even the upper bound: nothing can have been cut, a small
      count is the cache's;
    * a count below the number of words cannot be the whole prompt: cut;
    * no count: cut if the context is smaller than the number of words.
    """
    context = min(asked, loaded or asked)
    if read and read >= context:
        return True
    if loaded and sent.upper <= loaded:
        return False
    return read < sent.lower if read else sent.lower > context
