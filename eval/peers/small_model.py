"""The language model of the peers: the file and the settings of `rag.llamacpp`, through the same library.

Runs in the peers' environments and imports nothing of Dateline.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Protocol

import xllamacpp


class Model(Protocol):
    """Writes answers."""

    tokens: dict[str, int]
    """Of all prompts and answers since it was cleared."""

    def write(self, messages: Sequence[dict[str, str]]) -> str:
        """The answer to a conversation."""


def model(path: str, context: int, max_tokens: int) -> Model:
    """The model of a task: the file's, or one that says nothing where only retrieval is looked at."""
    return SmallModel(path, context, max_tokens) if path else Silent()


class Silent:
    """Says nothing, at once."""

    def __init__(self) -> None:
        self.tokens: dict[str, int] = {}

    def write(self, messages: Sequence[dict[str, str]]) -> str:  # noqa: ARG002
        return ""


class SmallModel:
    """A GGUF file in this process, which takes the likeliest token: the same prompt gets the same answer.

    Args:
        path: of the file.
        context: tokens of prompt and answer together.
        max_tokens: of an answer.
    """

    def __init__(self, path: str, context: int, max_tokens: int) -> None:
        params = xllamacpp.CommonParams()
        params.model.path = path
        params.n_ctx, params.n_parallel, params.n_batch = context, 1, 256
        params.ui = params.endpoint_slots = False
        params.verbosity = -1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, min(8, (os.cpu_count() or 1) - 1))
        self._server = xllamacpp.Server(params)
        self._max_tokens = max_tokens
        self.tokens: dict[str, int] = {}

    def write(self, messages: Sequence[dict[str, str]]) -> str:
        """The answer to a conversation.

        Raises:
            RuntimeError: llama.cpp refused, as when the prompt is longer than the context.
        """
        request = {
            "messages": list(messages),
            "max_tokens": self._max_tokens,
            "temperature": 0.0,
            "seed": 0,
            "cache_prompt": False,
        }
        answers: list[dict[str, Any]] = []

        def take(data: dict[str, Any]) -> bool:
            answers.append(data)
            return False  # go on

        self._server.handle_chat_completions(request, take)
        answer = answers[-1]
        if "error" in answer:
            raise RuntimeError(str(answer["error"]))
        for name, key in (("prompt", "prompt_tokens"), ("draft", "completion_tokens")):
            self.tokens[name] = self.tokens.get(name, 0) + int(answer["usage"][key])
        return str(answer["choices"][0]["message"]["content"] or "")
