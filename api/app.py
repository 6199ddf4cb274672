"""The HTTP interface: routes, and what belongs to all of them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from api import chat
from api.desk import Capacity, Desk, unless_gone
from api.door import Door, Visitor
from api.envelope import Envelope, http_error, request_id
from api.errors import ApiError, ErrorJson, as_api_error, error_response
from api.metrics import CONTENT_TYPE, Metrics
from api.ready import Readiness
from api.schemas import (
    ArticleJson,
    ArticleList,
    AskBody,
    Health,
    IngestBody,
    IngestJson,
    JobBody,
    JobJson,
    Ready,
    RemovedJson,
    SearchBody,
    SearchJson,
)
from api.tokens import Scope, Tokens
from index.errors import DatelineError
from rag.contract import AskJson, ask_json
from rag.pipeline import Pipeline

log = logging.getLogger("dateline.api")

RATE = "120/minute"
_bearer = HTTPBearer(auto_error=False, description="A token of `dateline token add`.")
_STATUSES = {
    400: "The request cannot be understood.",
    401: "No token, or none that is known.",
    403: "The token is not good for this.",
    413: "Too much was sent.",
    429: "Too many requests; Retry-After says when to come again.",
    500: "The index cannot be used, or a bug.",
    503: "The model or the index is not available now.",
    504: "The model was too slow.",
}


def make(
    pipeline: Pipeline,
    *,
    capacity: Capacity | None = None,
    rate: str = RATE,
    log_questions: bool = False,
    read_only: bool = False,
) -> FastAPI:
    """The application over an open pipeline, which it does not close.

    Args:
        pipeline: answers.
        capacity: how much is done at a time.
        rate: requests by one token, or by one address where there are no tokens.
        log_questions: whether questions stand in the log, and in spans where a collector is told of them.
        read_only: whether articles neither come in nor go here: a replica beside the one server where they do.

    Raises:
        InputError: `rate` cannot be read.
    """
    desk = Desk(pipeline, capacity or Capacity())
    door = Door(Tokens(pipeline.config.index), rate, read_only=read_only)
    ready = Readiness(pipeline)
    metrics = Metrics(desk.gates, lambda: door.turned_away)
    desk.came_in = lambda outcome, articles: metrics.ingested(outcome, len(articles))
    desk.about = lambda question: {"request_id": request_id.get(), **({"question": question} if log_questions else {})}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        ready.close()
        desk.close()

    app = FastAPI(
        title="Dateline",
        version="1",
        description="Questions to a collection of news articles; every sentence of an answer cited and checked.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        telemetry=_requests_told(pipeline.tracing.provider),
        responses={
            status: {"model": ErrorJson, "description": what} for status, what in {**_STATUSES, 404: "No such."}.items()
        },
    )

    def allowed(scope: Scope | None) -> Any:
        async def check(
            request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
        ) -> Visitor:
            visitor = door.admit(request.headers, request.client.host if request.client else None, scope)
            request.state.told = {"visitor": visitor.name}
            return visitor

        return Depends(check)

    def asked(request: Request, question: str) -> None:
        if log_questions:
            request.state.told["question"] = question

    @app.post("/api/ask", dependencies=[allowed("ask")], tags=["answers"])
    async def ask(body: AskBody, request: Request) -> AskJson:
        """Answers a question."""
        asked(request, body.question)
        answer = await unless_gone(desk.ask(body.question, body, body.turns), _leaving(request))
        metrics.answer(answer)
        return ask_json(answer)

    @app.post("/api/search", dependencies=[allowed("ask")], tags=["answers"])
    async def search(body: SearchBody, request: Request) -> SearchJson:
        """Finds articles and the sentences in them that bear on a query; no model is asked."""
        asked(request, body.query)
        return await desk.search(body)

    @app.get("/api/articles", dependencies=[allowed("ask")], tags=["articles"])
    async def articles(
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        url: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> ArticleList:
        """The articles, newest first; with `url`, those of that address."""
        return await desk.articles(offset, limit, url)

    @app.get("/api/articles/{article_id:path}", dependencies=[allowed("ask")], tags=["articles"])
    async def article(article_id: str) -> ArticleJson:
        """An article by its id or its address."""
        return await desk.article(article_id)

    @app.delete("/api/articles/{article_id:path}", dependencies=[allowed("admin")], tags=["articles"])
    async def remove(article_id: str) -> RemovedJson:
        """Removes an article with everything that belongs to it."""
        return RemovedJson(removed=await desk.remove(article_id))

    @app.post("/api/ingest", dependencies=[allowed("ingest")], tags=["articles"])
    async def ingest(body: IngestBody) -> IngestJson:
        """Takes articles in; those that cannot be used are refused with the reason, the others go in."""
        return await desk.ingest(body.articles)

    @app.post("/api/ingest/jobs", status_code=202, dependencies=[allowed("ingest")], tags=["articles"])
    async def begin_job(body: JobBody) -> JobJson:
        """Takes articles and addresses in after the answer, which names the job."""
        return desk.ingest_later(body)

    @app.get("/api/ingest/jobs/{job}", dependencies=[allowed("ingest")], tags=["articles"])
    async def job(job: str) -> JobJson:
        """How far a job is, and what became of it; known to the process that was asked, for its last hundred jobs."""
        return desk.jobs.find(job)

    @app.get("/healthz", tags=["operation"])
    async def healthz() -> Health:
        """The process answers."""
        return Health()

    @app.get("/readyz", tags=["operation"])
    async def readyz() -> Ready:
        """The index can be read and the model used, as of some seconds ago at most; 503 where not."""
        return await ready.now()

    @app.get("/metrics", dependencies=[allowed(None)], tags=["operation"], response_class=_Metrics)
    async def read_metrics() -> Response:
        """Counts and durations for Prometheus; any token will do."""
        return _Metrics(metrics.text())

    app.include_router(chat.routes(desk, metrics, allowed("ask"), asked))
    _handle_errors(app)
    _describe(app)
    app.add_middleware(Envelope, metrics=metrics)
    return app


class _Metrics(Response):
    media_type = CONTENT_TYPE


def _leaving(request: Request) -> Callable[[], Awaitable[None]]:
    """Returns when the caller has closed the connection."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return gone


def _requests_told(provider: Any) -> TelemetryConfig:
    """Spans of questions over HTTP, within which those of `rag.spans` lie; none without a provider of ours.

    Not of what is read: health checks and metrics would drown the rest. Not with what stands behind a question mark:
    FastAPI tells that whole, and it may be a question.
    """
    return {
        "tracing": provider is not None,
        "tracer_provider": provider,
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
        "exclude": lambda scope: scope.get("method") != "POST" or bool(scope.get("query_string")),
    }


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(DatelineError)
    async def known(_: Request, exc: DatelineError) -> Response:
        error = as_api_error(exc, request_id.get())
        if error.status >= 500:
            log.warning("%s", exc)
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, exc: RequestValidationError) -> Response:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        msg = f"{where or 'The body'}: {first['msg']}."
        return error_response(ApiError(400, "invalid_request", msg, param=where or None))

    app.add_exception_handler(HTTPException, http_error)


def _describe(app: FastAPI) -> None:
    """The OpenAPI document, without FastAPI's own form of validation errors: ours is another."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
