"""A run as one HTML file: no network, light and dark, every question with its answer, verdicts and evidence.

Articles, questions and drafts are text and nothing else: the template escapes whatever it is given, addresses become
links only if they are http or https, and the page's policy runs no script but its own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.plot import histogram, intervals
from eval.record import Record
from eval.scores import METRICS
from eval.summary import BY_TAG, Summary

REPORT = "report.html"
FILTERS = ("all", "wrong", "unsupported", "wrongly answered", "wrongly refused")
SCRIPT = """
for (const button of document.querySelectorAll("nav button")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("nav button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    const wanted = button.dataset.filter;
    for (const question of document.querySelectorAll("details.question")) {
      question.hidden = wanted !== "all" && !question.dataset.kinds.split("|").includes(wanted);
    }
  });
}
"""


def rendered(summary: Summary, records: Sequence[Record]) -> str:
    """The page of a run.

    Args:
        summary: of the run.
        records: those that it sums up, in the order in which they are shown.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["link"] = _link
    kinds = [_kinds(record) for record in records]
    return environment.get_template("report.html.j2").render(
        summary=summary,
        questions=list(zip(records, kinds, strict=True)),
        filters=[(name, sum(name in found for found in kinds)) for name in FILTERS],
        metrics=METRICS,
        by_tag=BY_TAG,
        charts=[Markup(chart) for chart in _charts(summary, records)],  # noqa: S704 - escaped where they are drawn
        script=Markup(SCRIPT),  # noqa: S704 - a constant
        script_hash=b64encode(sha256(SCRIPT.encode()).digest()).decode(),
    )


def _charts(summary: Summary, records: Sequence[Record]) -> list[str]:
    figures = {METRICS[name].label: figure.estimate for name, figure in summary.metrics.items() if name in METRICS}
    charts = [intervals("Scores with 95% intervals", figures, highlight=METRICS["faithfulness"].label)]
    for stage, title in (("first", "Until the first sentence"), ("total", "Until the whole answer")):
        times = [record.timings_ms[stage] for record in records if stage in record.timings_ms]
        if times:
            charts.append(histogram(f"{title}: {len(times)} questions", times, "ms"))
    return charts


def _kinds(record: Record) -> list[str]:
    return ["all", record.outcome, *(["unsupported"] if record.unsupported else [])]


def _link(address: str | None) -> str | None:
    """The address if it may become a link: a feed can hold ``javascript:`` as well."""
    try:
        return address if address and urlsplit(address).scheme in ("http", "https") else None
    except ValueError:
        return None
