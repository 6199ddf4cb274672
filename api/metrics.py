"""What Prometheus reads: counts and durations, never a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.gate import Gate
from rag.types import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The metrics of one server."""

    def __init__(self, gates: Iterable[Gate], rate_limited: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "dateline_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "dateline_http_request_seconds",
            "Time until a request was answered to its end.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._questions = Counter(
            "dateline_questions", "Questions by outcome.", ("outcome", "model"), registry=self._registry
        )
        self._stages = Histogram(
            "dateline_stage_seconds",
            "Time that each stage of an answer took.",
            ("stage",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._articles = Counter(
            "dateline_ingested_articles", "Articles by what became of them.", ("outcome",), registry=self._registry
        )
        self._registry.register(_Gates(tuple(gates), rate_limited))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, answer: Answer) -> None:
        """A question was answered, or was not in the articles."""
        self._questions.labels("answered" if answer.answered else "not_in_articles", answer.model).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def ingested(self, outcome: str, count: int) -> None:
        """Articles came in."""
        self._articles.labels(outcome).inc(count)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Gates(Collector):
    """What the gates hold now, read when it is asked for."""

    def __init__(self, gates: tuple[Gate, ...], rate_limited: Callable[[], int]) -> None:
        self._gates, self._rate_limited = gates, rate_limited

    def collect(self) -> Iterable[Metric]:
        inside = GaugeMetricFamily("dateline_in_work", "Requests worked on or waiting.", labels=("gate",))
        away = CounterMetricFamily("dateline_turned_away", "Requests answered with 429.", labels=("why",))
        for gate in self._gates:
            inside.add_metric((gate.name,), gate.inside)
            away.add_metric((f"busy:{gate.name}",), gate.turned_away)
        away.add_metric(("rate",), self._rate_limited())
        return (inside, away)
