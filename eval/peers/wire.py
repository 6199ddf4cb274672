"""What goes between Dateline and a peer's process: one JSON task on its standard input, one JSON reply a line back.

Imported in every environment, so it needs nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import NotRequired, Protocol, TypedDict


class Text(TypedDict):
    """An article, as Dateline stores it; `published` is ``YYYY-MM-DD``, or empty."""

    id: str
    title: str
    outlet: str
    published: str
    text: str


class Asked(TypedDict):
    """A question; `text` begins with the earlier questions of its conversation. `as_of` is ``YYYY-MM-DD``."""

    id: str
    text: str
    as_of: str


class Task(TypedDict):
    """All that a peer is told.

    Attributes:
        encoder: folder of a sentence-transformers model.
        model: a GGUF file; empty where answers do not matter, only what is found.
        context: tokens of prompt and answer together.
        max_tokens: of an answer.
        depth: how many articles `Peer.ranking` names.
    """

    encoder: str
    model: str
    context: int
    max_tokens: int
    depth: int
    texts: list[Text]
    questions: list[Asked]


class Source(TypedDict):
    """A piece of an article that the model was given."""

    article: str
    text: str
    score: float


class Answered(TypedDict):
    """An answer as the peer gives it.

    Attributes:
        answer: with the peer's marks.
        sources: in the order of their numbers, from 1.
        reference: number of the source that the peer names for the whole answer; absent if it sets marks.
        tokens: of prompt and draft.
    """

    answer: str
    sources: list[Source]
    reference: NotRequired[int | None]
    tokens: dict[str, int]


class Reply(Answered):
    """An answer with what was measured around it.

    Attributes:
        ranking: ids of articles, best first; found apart, outside the time.
        total_ms: from the question to the whole answer.
    """

    id: str
    ranking: list[str]
    total_ms: int


class Peer(Protocol):
    """A system that is asked."""

    def answer(self, asked: Asked) -> Answered:
        """The answer to a question."""

    def ranking(self, asked: Asked) -> list[str]:
        """The articles that it finds, best first."""


def serve(build: Callable[[Task], Peer]) -> None:
    """Reads the task, asks every question, writes each reply as it stands."""
    # Libraries print to standard output; what they print must not come between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    task: Task = json.load(sys.stdin)
    peer = build(task)
    for asked in task["questions"]:
        ranking = peer.ranking(asked)
        start = time.perf_counter()
        answered = peer.answer(asked)
        total = round((time.perf_counter() - start) * 1000)
        reply: Reply = {**answered, "id": asked["id"], "ranking": ranking, "total_ms": total}
        replies.write(json.dumps(reply, ensure_ascii=False) + "\n")
        replies.flush()
