"""Any llama-index LLM as a DraftModel: what a plug-in gets that knows nothing of this project."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence

from llama_index.core.llms import LLM, ChatMessage

from index.errors import DatelineError
from rag.errors import ModelError, ModelFailed
from rag.llm import fits
from rag.model_settings import ModelSettings, ModelStatus
from rag.pump import Pump
from rag.thoughts import ThoughtFilter
from rag.tokens import message_bounds, text_bounds


class LlamaIndexModel:
    """Wraps an LLM that streams chat. Tokens are estimated from above; marks cannot be enforced.

    Args:
        spec: how the user named it.
        llm: the wrapped model.
        settings: time limits, and the cap on the context.
    """

    def __init__(self, spec: str, llm: LLM, settings: ModelSettings) -> None:
        self._name, self._llm, self._settings = spec, llm, settings

    @property
    def name(self) -> str:
        return self._name

    @property
    def llm(self) -> LLM:
        return self._llm

    @property
    def context_window(self) -> int:
        return min(self._settings.max_context, self._llm.metadata.context_window)

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return message_bounds(messages).upper

    def check(self) -> ModelStatus:
        """An LLM has no way to say whether it is ready: that it could be made is all that is known."""
        return ModelStatus(self._name, reachable=True, present=True, context_window=self.context_window)

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        marks: Sequence[int] | None = None,  # noqa: ARG002  (no way to enforce them here)
        cancel: threading.Event | None = None,
    ) -> Generator[str, None, bool]:
        fits(self.count_tokens(messages), max_tokens, self.context_window, self._name)
        pump = Pump()
        worker = threading.Thread(
            target=self._generate, args=(pump, list(messages), max_tokens), name=self._name, daemon=True
        )
        worker.start()
        return (yield from pump.read(self._settings.limits, name=self._name, cancel=cancel))

    def _generate(self, pump: Pump, messages: list[ChatMessage], max_tokens: int) -> None:
        thoughts, written = ThoughtFilter(), ""
        try:
            for part in self._llm.stream_chat(messages, max_tokens=max_tokens):
                if pump.stopped:
                    return
                text = thoughts.feed(part.delta or "")
                written += text
                pump.put(text)
            pump.put(thoughts.finish())
            # LLMs do not agree on how to say why they stopped. One that wrote less than it may was not cut, unless its
            # thoughts took up the rest.
            pump.end(cut=thoughts.thought or text_bounds(written).upper >= self._allowed(max_tokens))
        except DatelineError as exc:
            pump.fail(exc)
        except Exception as exc:  # noqa: BLE001  (the boundary: an unknown client may raise anything)
            failed = self._mapped(exc)
            failed.__cause__ = exc
            pump.fail(failed)

    def _allowed(self, max_tokens: int) -> int:
        """Tokens that it may write: what is asked for, or its own limit where it has one."""
        own = self._llm.metadata.num_output
        return min(max_tokens, own) if own > 0 else max_tokens

    def _mapped(self, exc: Exception) -> ModelError:
        """An error of the wrapped LLM in our terms."""
        return ModelFailed(f"{self._name} failed: {exc}", "See its documentation, or choose another model.")
