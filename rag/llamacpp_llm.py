"""The embedded model behind llama-index's `LLM`, for code that knows only that."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.generic_utils import chat_to_completion_decorator, stream_chat_to_completion_decorator
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback

from rag.llm import DraftModel

MAX_TOKENS = 256
"""Length of an answer where the caller asks for none: llama-index's own default."""


class EmbeddedLLM(CustomLLM):
    """Chat and completion by the embedded model, whole or streamed.

    Every method takes `max_tokens`, `marks` (numbers an answer may cite; constrains its form) and `cancel`, as
    `DraftModel.stream` does, and raises the same errors.
    """

    _model: DraftModel = PrivateAttr()

    def __init__(self, model: DraftModel, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        """Name in llama-index's serialisations."""
        return "dateline_embedded"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self._model.context_window,
            num_output=MAX_TOKENS,
            is_chat_model=True,
            model_name=self._model.name,
        )

    @llm_chat_callback()
    def stream_chat(self, messages: list[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer piece by piece; each response carries the text so far and the last piece as its delta."""
        options = {"max_tokens": MAX_TOKENS} | {
            k: v for k, v in kwargs.items() if k in ("max_tokens", "marks", "cancel")
        }

        def responses() -> ChatResponseGen:
            text = ""
            for delta in self._model.stream(messages, **options):
                text += delta
                yield ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text), delta=delta)

        return responses()

    @llm_chat_callback()
    def chat(self, messages: list[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer as a whole."""
        text = "".join(part.delta or "" for part in self.stream_chat(messages, **kwargs))
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text))

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ARG002
        """Answer a prompt as one message of the user."""
        return chat_to_completion_decorator(self.chat)(prompt, **kwargs)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:  # noqa: ARG002
        """Answer a prompt as one message of the user, piece by piece."""
        return stream_chat_to_completion_decorator(self.stream_chat)(prompt, **kwargs)
