"""The routes of OpenAI's chat protocol."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.desk import Desk, unless_gone
from api.envelope import request_id
from api.errors import ApiError, as_api_error, error_json
from api.metrics import Metrics
from api.openai_form import (
    MODEL,
    ChatBody,
    Choice,
    Completion,
    Model,
    ModelList,
    Reply,
    Telling,
    chunk,
    content,
    usage,
)
from index.errors import DatelineError
from rag.contract import ask_json
from rag.types import AnswerDone, Event, SentenceSettled

log = logging.getLogger("dateline.api")

QUIET_S = 15.0  # after which a comment keeps proxies from closing the connection
_DONE = "data: [DONE]\n\n"


def routes(desk: Desk, metrics: Metrics, admission: Any, asked: Callable[[Request, str], None]) -> APIRouter:
    """The routes.

    Args:
        desk: answers.
        metrics: told of every answer.
        admission: the dependency that lets a request in.
        asked: told every question.
    """
    router = APIRouter(prefix="/v1", dependencies=[admission], tags=["OpenAI"])
    begun = int(time.time())

    @router.get("/models")
    async def models() -> ModelList:
        """The models: one, which answers from the articles."""
        return ModelList(data=[Model(created=begun)])

    @router.get("/models/{model}")
    async def model(model: str) -> Model:
        """A model of the list."""
        if model != MODEL:
            raise ApiError(404, "model_not_found", "There is no such model.", f"The model is called {MODEL!r}.")
        return Model(created=begun)

    @router.post(
        "/chat/completions",
        response_model=Completion,
        responses={200: {"content": {"text/event-stream": {}}, "description": "The answer, or its pieces."}},
    )
    async def completions(body: ChatBody, request: Request) -> Response | Completion:
        """Answers the last message; the ones before are its history."""
        body.require_supported()
        asked(request, body.question)
        made = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())
        if body.stream:
            events = desk.follow(body.question, body.dateline, body.turns)
            first = await anext(events)  # what is wrong with the question is told by the status
            return StreamingResponse(_pieces(body, first, events, metrics, *made), media_type="text/event-stream")

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        answer = await unless_gone(desk.ask(body.question, body.dateline, body.turns), gone)
        metrics.answer(answer)
        reply = Reply(role="assistant", content=content(answer))
        return Completion(
            id=made[0],
            created=made[1],
            choices=[Choice(message=reply)],
            usage=usage(body, answer),
            dateline=ask_json(answer),
        )

    return router


async def _pieces(
    body: ChatBody,
    first: Event,
    events: AsyncGenerator[Event, None],
    metrics: Metrics,
    completion_id: str,
    created: int,
) -> AsyncIterator[str]:
    """An answer as server-sent events: a piece for each checked sentence, then the extension, then the end."""
    counted = bool(body.stream_options and body.stream_options.include_usage)

    def data(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        piece = chunk(completion_id, created, delta, finish, **({"usage": None} if counted else {}), **more)
        return f"data: {json.dumps(piece, ensure_ascii=False)}\n\n"

    telling = Telling()
    async with aclosing(events):
        yield data({"role": "assistant", "content": ""})
        try:
            async for event in _with_breath(first, events):
                if event is None:
                    yield ": still working\n\n"
                elif isinstance(event, SentenceSettled):
                    if piece := telling.sentence(event.sentence):
                        yield data({"content": piece})
                elif isinstance(event, AnswerDone):
                    metrics.answer(event.answer)
                    if piece := telling.rest(event.answer):
                        yield data({"content": piece})
                    yield data({}, "stop", dateline=ask_json(event.answer).model_dump(mode="json"))
                    if counted:
                        last = chunk(completion_id, created, {}) | {"choices": []}
                        yield f"data: {json.dumps(last | {'usage': usage(body, event.answer).model_dump()})}\n\n"
        except DatelineError as exc:
            log.warning("%s", exc)
            yield f"data: {json.dumps(error_json(as_api_error(exc, request_id.get())))}\n\n"
        except Exception:
            log.exception("An answer broke off")
            failed = ApiError(500, "internal_error", "Something went wrong.", f"Request {request_id.get()}.")
            yield f"data: {json.dumps(error_json(failed))}\n\n"
        yield _DONE


async def _with_breath(first: Event, events: AsyncGenerator[Event, None]) -> AsyncIterator[Event | None]:
    """The events; None whenever nothing has come for a while."""
    yield first
    coming: asyncio.Future[Event] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({coming}, timeout=QUIET_S)
            if not done:
                yield None
                continue
            try:
                event = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield event
    finally:
        if coming:
            coming.cancel()
