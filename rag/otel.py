"""Spans for an OpenTelemetry collector, over OTLP and HTTP; see `rag.spans`.

The provider is this object's own, not the process's global one: no library that happens to look for the latter begins
to tell of prompts and texts. Headers, certificates, time limits, the sampler, the service's name are set by
OpenTelemetry's own variables (``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME`` …).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from importlib.metadata import version
from types import TracebackType
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from index.errors import InputError
from rag.spans import Fact, Span

_PREFIX = "dateline."
_PATIENCE_S = 2.0  # at the end, for a collector that does not answer


class Traced(Span):
    """A stage that a collector is told of."""

    def __init__(self, tracer: trace.Tracer, name: str, within: Traced | None = None) -> None:
        # Handed on by hand: the steps of a generator may run in several threads, so no span is the current one.
        context = trace.set_span_in_context(within.span) if within else None
        self._tracer = tracer
        self.span: trace.Span = tracer.start_span(name, context)

    def stage(self, name: str) -> Traced:
        return Traced(self._tracer, name, self)

    def tell(self, **facts: Fact) -> None:
        self.span.set_attributes({_PREFIX + name: fact for name, fact in facts.items()})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, GeneratorExit):  # whoever asked does not wait for the rest
            self.tell(given_up=True)
        elif kind:
            self.span.set_attribute("error.type", kind.__qualname__)
            self.span.set_status(trace.StatusCode.ERROR)
        self.span.end()


class Collector:
    """Tells the collector at an address.

    Args:
        endpoint: such as ``http://127.0.0.1:4318``; spans are posted to ``/v1/traces`` there.
        processor: what takes the spans instead.

    Raises:
        InputError: that is no address.
    """

    def __init__(self, endpoint: str, processor: SpanProcessor | None = None) -> None:
        address = urlsplit(endpoint)
        if address.scheme not in {"http", "https"} or not address.hostname:
            msg = f"otlp_endpoint = {endpoint!r} is no address of a collector."
            raise InputError(msg, "Write one such as http://127.0.0.1:4318.")
        named = {
            "service.name": os.environ.get(OTEL_SERVICE_NAME) or "dateline",
            "service.version": version("dateline"),
        }
        self.provider = TracerProvider(resource=Resource.create(named))
        self._exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
        self.provider.add_span_processor(processor or BatchSpanProcessor(self._exporter))
        self._tracer = self.provider.get_tracer("dateline", version("dateline"))

    def begin(self, name: str, about: Mapping[str, Fact]) -> Traced:
        span = Traced(self._tracer, name)
        span.tell(**about)
        return span

    def close(self) -> None:
        given_up = threading.Timer(_PATIENCE_S, self._exporter.shutdown)
        given_up.start()
        self.provider.shutdown()
        given_up.cancel()
