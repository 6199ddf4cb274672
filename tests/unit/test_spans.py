"""Spans of an answer's stages: which there are, within which, what they tell and what they never do."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from fakes.scripted import install
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.app import make
from index.errors import InputError, PluginError
from index.manifest import Manifest
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config
from rag.errors import ModelFailed
from rag.llm import ModelSettings, choose
from rag.otel import Collector
from rag.pipeline import Pipeline
from rag.spans import UNTOLD, tracing_to

BRIDGE = "The Harbour Bridge cost 412 million euros, Mayor Ida Holt said. The old ferry will stop in June."
QUESTION = "How much did the Harbour Bridge cost?"
DRAFT = "The Harbour Bridge cost 412 million euros, Holt said. [1] The moon is made of green cheese. [1]"
NOWHERE = "http://127.0.0.1:9"


class Told:
    """The spans that were told of."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.collector = Collector(NOWHERE, SimpleSpanProcessor(self.exporter))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def one(self, name: str) -> ReadableSpan:
        (found,) = (span for span in self.spans if span.name == name)
        return found

    @property
    def tree(self) -> list[tuple[str, str | None]]:
        """(name, name of the span that it lies within), in order of their ends."""
        names = {span.context.span_id: span.name for span in self.spans if span.context}
        return [(span.name, names.get(span.parent.span_id) if span.parent else None) for span in self.spans]

    @property
    def words(self) -> str:
        """Everything that leaves the process."""
        return " ".join(f"{s.name} {dict(s.attributes or {})} {s.status.description} {s.events}" for s in self.spans)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def pipeline(tmp_path: Path, manifest: Manifest, bag: BagEmbedder, entry: EntryMaker, told: Told) -> Iterator[Pipeline]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as store:
        store.put([entry("bridge", BRIDGE, title="Harbour Bridge opens", outlet="The Example", day="2025-05-03")])
        config = Config(index=tmp_path / "index", llm="none")
        yield Pipeline(store, bag, config, tracing=told.collector)


def drafting(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *answers: object) -> Pipeline:
    """Lets the pipeline draft with a model that says so."""
    (tmp_path / "dist").mkdir()
    install(tmp_path / "dist", monkeypatch, *answers)
    pipeline._choice.made = choose("scripted/x", ModelSettings())
    return pipeline


def test_each_stage_has_its_span_with_counts_and_no_words(
    pipeline: Pipeline, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = drafting(pipeline, tmp_path, monkeypatch, DRAFT).answer(QUESTION)
    assert told.tree == [
        *((stage, "ask") for stage in ("understand", "retrieve", "evidence", "answerability", "choose")),
        *((stage, "draft") for stage in ("prompt", "verify", "verify")),
        ("draft", "ask"),
        ("complete", "ask"),
        ("ask", None),
    ]
    assert told.one("retrieve").attributes == {"dateline.articles": 1}
    assert told.one("evidence").attributes == told.one("prompt").attributes == {"dateline.sentences": 2}
    assert told.one("draft").attributes == {"dateline.model": "scripted/x"}
    settled = [dict(span.attributes or {}) for span in told.spans if span.name == "verify"]
    assert [(s["dateline.state"], s["dateline.citations"]) for s in settled] == [("verified", 1), ("removed", 0)]
    assert told.one("ask").attributes == {
        "dateline.answered": True,
        "dateline.model": "scripted/x",
        "dateline.sentences": len(answer.sentences),
        "dateline.removed": 1,
        "dateline.citations": len(answer.citations),
        "dateline.notices": len(answer.notices),
    }
    assert set(answer.timings_ms) == {"retrieve", "draft", "verify", "total"}
    for word in ("Harbour", "412", "Holt", "ferry", "cheese", "Example"):
        assert word not in told.words
    resource = told.one("ask").resource.attributes
    assert resource["service.name"] == "dateline"


def test_a_model_that_fails_is_told_by_the_kind_of_its_error(
    pipeline: Pipeline, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_fallbacks", lambda _: lambda: None)
    drafting(pipeline, tmp_path, monkeypatch, ModelFailed("it said: Harbour")).answer(QUESTION)
    failed = told.one("draft")
    assert not failed.status.is_ok
    assert (failed.attributes or {})["error.type"] == "ModelFailed"
    assert told.one("ask").status.is_unset, "the articles are quoted instead"
    assert "Harbour" not in told.words


def test_what_nobody_waits_for_is_ended(pipeline: Pipeline, told: Told) -> None:
    events = pipeline.stream(QUESTION)
    next(events)
    events.close()
    assert told.tree == [("understand", "ask"), ("ask", None)]
    assert told.one("ask").attributes == {"dateline.given_up": True}
    assert told.one("ask").status.is_unset


def test_spans_lie_within_the_request_and_the_callers_trace(pipeline: Pipeline, told: Told) -> None:
    client = TestClient(make(pipeline), base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    trace_id, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    headers = {"X-Request-ID": "abc-1", "traceparent": f"00-{trace_id}-{caller}-01"}
    assert client.post("/api/ask", json={"question": QUESTION}, headers=headers).status_code == 200
    assert client.post("/api/search", json={"query": QUESTION}, headers=headers).status_code == 200
    tree = told.tree
    assert ("ask", "POST /api/ask") in tree
    assert ("search", "POST /api/search") in tree
    assert tree.count(("retrieve", "ask")) == tree.count(("retrieve", "search")) == 1
    assert {f"{span.context.trace_id:032x}" for span in told.spans if span.context} == {trace_id}
    request = told.one("POST /api/ask")
    assert request.parent
    assert f"{request.parent.span_id:016x}" == caller
    assert (told.one("ask").attributes or {})["dateline.request_id"] == "abc-1"
    count = len(told.spans)
    client.get("/healthz")
    client.post("/api/ask?question=Harbour", json={})
    assert len(told.spans) == count, "what is only read, and addresses that may hold a question, are not told"
    assert "Harbour" not in told.words


def test_questions_are_told_where_they_are_asked_for(pipeline: Pipeline, told: Told) -> None:
    app = make(pipeline, log_questions=True)
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    client.post("/api/ask", json={"question": QUESTION})
    assert (told.one("ask").attributes or {})["dateline.question"] == QUESTION


def test_a_collector_gets_them_over_http(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[str, bytes, str | None]] = []

    class Collecting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, body, self.headers["X-Key"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Key=secret")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "newsroom")
    with HTTPServer(("127.0.0.1", 0), Collecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pipeline.tracing = tracing_to(f"http://127.0.0.1:{server.server_port}/")
        pipeline.answer(QUESTION)
        pipeline.close()  # sends what is not sent
        server.shutdown()
    ((path, body, key),) = got
    assert (path, key) == ("/v1/traces", "secret")
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert "newsroom" in [each.value.string_value for each in resource.resource.attributes]
    names = [span.name for scope in resource.scope_spans for span in scope.spans]
    assert names[-1] == "ask"
    assert {"understand", "retrieve", "evidence", "answerability"} < set(names)
    assert b"Harbour" not in body


def test_with_no_collector_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.plugins.load", lambda *_: 1 / 0)
    assert tracing_to("") is UNTOLD
    with UNTOLD.begin("ask", {"question": QUESTION}) as span, span.stage("retrieve") as stage:
        assert stage is span, "there is one, and it keeps nothing"
        stage.tell(articles=1)


@pytest.mark.parametrize("address", ["collector:4318", "ftp://collector", "http://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="otlp_endpoint"):
        tracing_to(address)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "rag.otel")
    with pytest.raises(PluginError) as caught:
        tracing_to(NOWHERE)
    assert caught.value.advice.endswith("pip install 'dateline[otel]'")
