"""A llama-index LLM that says what it was told to say; registered under ``dateline.llms`` like any plug-in's."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
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

from fakes import plugin_dist
from rag.llm import GROUP
from rag.model_settings import ModelSettings

CONTEXT = 2048


class ScriptedLLM(CustomLLM):
    """Answers with the front of the queue `answers`, word by word, and keeps every prompt in `prompts`.

    An answer is a text, a sequence of pieces to send as they are, or an exception to raise.
    """

    answers: deque[Any] = deque()
    prompts: list[list[ChatMessage]] = []
    delay_s: float = 0.0

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=CONTEXT, num_output=256, is_chat_model=True, model_name="scripted")

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        self.prompts.append(list(messages))
        if not self.answers:
            message = "the script is used up: push another answer"
            raise AssertionError(message)
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        pieces = re.findall(r"\s*\S+", answer) if isinstance(answer, str) else list(answer)
        return self._say(pieces[: kwargs.get("max_tokens")])

    def _say(self, pieces: list[str]) -> ChatResponseGen:
        text = ""
        for piece in pieces:
            time.sleep(self.delay_s)
            text += piece
            yield ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text), delta=piece)

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return list(self.stream_chat(messages, **kwargs))[-1]

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self.chat([ChatMessage(content=prompt)], **kwargs).message.content or "")

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        for part in self.stream_chat([ChatMessage(content=prompt)], **kwargs):
            yield CompletionResponse(text=part.message.content or "", delta=part.delta)


current = ScriptedLLM()


def make(name: str, settings: ModelSettings) -> ScriptedLLM:
    """The entry point: hands out the model that the test has scripted."""
    return current


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *answers: Any, delay_s: float = 0.0) -> ScriptedLLM:
    """Register ``scripted`` for this test, to give these answers in turn; the model returned records its prompts."""
    llm = ScriptedLLM(answers=deque(answers), delay_s=delay_s)
    monkeypatch.setattr("fakes.scripted.current", llm)
    plugin_dist.install(folder, monkeypatch, GROUP, {"scripted": "fakes.scripted:make"}, name="scripted")
    return llm
