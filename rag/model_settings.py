"""What shapes a model's answers, and what a look at a model found.

Apart from `rag.llm`, so that a command that asks no model does not wait for llama-index.
"""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import ModelError
from rag.pump import Limits


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What shapes a model's answers. Times in seconds, sizes in tokens.

    Attributes:
        ollama_host: where Ollama listens.
        ollama_model: the model that `auto`, and `ollama` without a name, take.
        openai_base_url: address of an OpenAI-compatible server; empty means none, and none is ever asked.
        openai_model: the model that `openai` without a name takes.
        timeout_s: until the first token, the time to load the model included.
        stall_timeout_s: between two tokens.
        total_timeout_s: for a whole answer.
        connect_timeout_s: until the server accepts the connection.
        keep_alive: how long Ollama keeps the model loaded after an answer.
        temperature: 0 takes the likeliest token: the same question gets the same draft.
        seed: for temperatures above 0.
        max_context: never use more than this, whatever the model can do: memory grows with it.
        threads: for the embedded model; None takes one fewer than the machine has cores.
    """

    ollama_host: str = "http://127.0.0.1:11434"
    ollama_model: str = "llama3.2:3b"
    openai_base_url: str = ""
    openai_model: str = ""
    timeout_s: float = 120
    connect_timeout_s: float = 2
    keep_alive: str = "10m"
    temperature: float = 0.0
    seed: int = 0
    max_context: int = 8192
    threads: int | None = None
    stall_timeout_s: float = 30
    total_timeout_s: float = 600

    @property
    def limits(self) -> Limits:
        """The three time limits of a stream."""
        return Limits(self.timeout_s, self.stall_timeout_s, self.total_timeout_s)


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What a look at the model found; nothing was generated.

    Attributes:
        label: the model in words, such as "llama3.2:3b on Ollama at http://127.0.0.1:11434".
        reachable: its server answers, or its package is installed.
        present: the model itself is there.
        context_window: tokens it will be used with, or None when that cannot be known yet.
        error: what an attempt to use it would raise; None when it is ready.
        detail: for `dateline doctor`: versions, sizes.
        loaded_context: tokens that its server holds it with at this moment; None where it is not loaded or not told.
        note: what is worth knowing although it can be used.
    """

    label: str
    reachable: bool
    present: bool
    context_window: int | None = None
    error: ModelError | None = None
    detail: str = ""
    loaded_context: int | None = None
    note: str = ""

    @property
    def ready(self) -> bool:
        """Whether it can be used now."""
        return self.error is None

    @property
    def advice(self) -> str:
        """What the user can do to make it ready; empty when it is."""
        return self.error.advice if self.error else ""
