"""OpenAI's chat protocol: what is sent as a question with its history, and an answer as what its clients read.

Source of the form: OpenAI's API reference, "Create chat completion" and "Streaming".
"""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from api.errors import ApiError
from api.schemas import MAX_TURNS, Limits
from rag.contract import AskJson
from rag.tokens import text_bounds
from rag.types import Answer, AnswerSentence, Citation, Turn
from rag.wording import spoken

MODEL = "dateline"
FOOT = "\n\nSources:\n"
# What there is not, and the value of each, beside none, that asks for nothing.
_UNSUPPORTED: dict[str, object] = {
    "tools": [],
    "functions": [],
    "audio": None,
    "modalities": ["text"],
    "logprobs": False,
    "response_format": {"type": "text"},
    "stop": [],
    "web_search_options": None,
}
# What Markdown would make an image or link of, and HTML a tag: text of articles is none of these.
_LINKS = re.compile(r"\](?=[(\[:])")
_TAGS = re.compile(r"<(?=[A-Za-z/!?])")


class Part(BaseModel):
    """A part of a message; only text can be read."""

    type: str
    text: str | None = None


class Message(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def plain(self) -> str:
        """Its text.

        Raises:
            ApiError: it holds something else.
        """
        if not isinstance(self.content, list):
            return self.content or ""
        for part in self.content:
            if part.type != "text" or part.text is None:
                msg = f"Content of the type {part.type!r} cannot be read."
                raise ApiError(400, "unsupported_content", msg, "Send text.", param="messages")
        return "\n".join(part.text or "" for part in self.content)

    @property
    def tokens(self) -> int:
        """An upper estimate of its text's tokens; what cannot be read counts nothing."""
        parts = self.content if isinstance(self.content, list) else [Part(type="text", text=self.content)]
        return sum(text_bounds(part.text or "").upper for part in parts)


class StreamOptions(BaseModel):
    """How a stream ends: with `include_usage` in a piece that holds nothing else."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool | None = False


class ChatBody(BaseModel):
    """A request. What sampling there is belongs to the answer's checks, so temperature and the like are not looked at.

    Attributes:
        model: ``dateline``.
        messages: the last is the question; earlier ones of user and assistant are its history.
        stream: whether the answer comes as server-sent events, a checked sentence at a time.
        stream_options: what is told beside the sentences.
        n: 1.
        dateline: limits on the articles, beyond the protocol.
    """

    model_config = ConfigDict(extra="allow")

    model: str = Field(max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=4 * MAX_TURNS)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    dateline: Limits = Limits()

    def require_supported(self) -> None:
        """Refuses what would be silently left undone.

        Raises:
            ApiError: the model is another, or something is asked for that there is not.
        """
        if self.model != MODEL:
            msg = f"There is no model {self.model!r}."
            raise ApiError(404, "model_not_found", msg, f"The model is called {MODEL!r}.", param="model")
        if self.n not in (None, 1):
            raise ApiError(400, "unsupported_parameter", "There is one answer to a question.", "Set n to 1.", param="n")
        for name, nothing in _UNSUPPORTED.items():
            if (self.model_extra or {}).get(name) not in (None, nothing):
                msg = f"{name!r} is not supported."
                raise ApiError(400, "unsupported_parameter", msg, "Leave it out.", param=name)

    @property
    def question(self) -> str:
        """What is asked.

        Raises:
            ApiError: the last message is not the user's.
        """
        last = self.messages[-1]
        if last.role != "user":
            msg = f"The last message is the {last.role}'s."
            raise ApiError(400, "no_question", msg, "End with the user's question.", param="messages")
        return last.plain

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The exchanges before the question, oldest first; what was told to the system is no part of them."""
        turns: list[Turn] = []
        for message in self.messages[:-1]:
            if message.role == "user":
                turns.append(Turn(message.plain, ""))
            elif message.role == "assistant" and turns:
                told = message.plain.partition(FOOT)[0]
                turns[-1] = Turn(turns[-1].question, f"{turns[-1].answer} {told}".strip())
        return tuple(turns)


class Reply(BaseModel):
    """An assistant's message, or a piece of it."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    refusal: None = None


class Usage(BaseModel):
    """Estimates, never below what common tokenizers count: of the messages sent, and of the text of the answer.

    It is not what the language model read and wrote: that is other text, and often there is no model.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = 0
    message: Reply
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Completion(BaseModel):
    """An answer; `dateline` holds it as `/api/ask` gives it: checked sentences, citations with offsets, evidence."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    usage: Usage
    dateline: AskJson


class Model(BaseModel):
    """A model of the list."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "dateline"


class ModelList(BaseModel):
    """The models."""

    object: Literal["list"] = "list"
    data: list[Model]


def usage(body: ChatBody, answer: Answer) -> Usage:
    """How much was sent and answered."""
    sent, told = sum(message.tokens for message in body.messages), text_bounds(content(answer)).upper
    return Usage(prompt_tokens=sent, completion_tokens=told, total_tokens=sent + told)


def chunk(
    completion_id: str, created: int, delta: dict[str, Any], finish: str | None = None, **more: Any
) -> dict[str, Any]:
    """A piece of a streamed answer."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    form = {"id": completion_id, "object": "chat.completion.chunk", "created": created, "model": MODEL}
    return {**form, "choices": [choice], **more}


class Telling:
    """An answer as it is told, in pieces that are not taken back.

    A drafted sentence is told once it is checked. Should the answer turn out otherwise after all (its model failed, and
    another began anew), that is said and the whole answer follows.
    """

    def __init__(self) -> None:
        self._told = ""

    def sentence(self, sentence: AnswerSentence) -> str:
        """What is to be sent for a sentence that settled."""
        if not sentence.supported:
            return ""
        piece = f"{' ' if self._told else ''}{_shown(sentence)}"
        self._told += piece
        return piece

    def rest(self, answer: Answer) -> str:
        """What is to be sent at the end."""
        whole = content(answer)
        if whole.startswith(self._told):
            return whole[len(self._told) :]
        return f"\n\nThe answer was changed. It reads:\n\n{whole}"


def content(answer: Answer) -> str:
    """An answer with its marks, what a reader must know beside it, and its sources as footnotes."""
    if answer.answered:
        text = " ".join(_shown(sentence) for sentence in answer.sentences)
    else:
        text = _harmless(answer.reason or "")
    notices = "".join(f"\n\nNote: {_harmless(n.text)} {_marks(n.citations)}".rstrip() for n in answer.notices)
    notes = "\n".join(_footnote(citation) for citation in answer.citations)
    return f"{text}{notices}{FOOT}{notes}" if notes else f"{text}{notices}"


def _shown(sentence: AnswerSentence) -> str:
    return f"{_harmless(sentence.text)} {_marks(sentence.citations)}".rstrip()


def _marks(numbers: tuple[int, ...]) -> str:
    return "".join(f"[{n}]" for n in numbers)


def _footnote(citation: Citation) -> str:
    a = citation.article.article
    head = ", ".join(part for part in (a.outlet, spoken(a.published) if a.published else None, a.title) if part)
    url = a.url if a.url and urlsplit(a.url).scheme in {"http", "https"} else ""
    return f"[{citation.n}] {_harmless(head)}: “{_harmless(citation.sentence.text)}” {_harmless(url)}".rstrip()


def _harmless(text: str) -> str:
    """Text on one line, in which nothing reads as a link, an image or a tag; the exact text is in the extension."""
    return _TAGS.sub("< ", _LINKS.sub("] ", " ".join(text.split())))
