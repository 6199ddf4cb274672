"""The tab with the latest report of the evaluation, and a button that runs it again."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import gradio as gr
from rich.console import Console

from eval.job import Job, written
from eval.questions import QUESTIONS
from eval.report import REPORT
from eval.scores import METRICS
from eval.summary import SUMMARY, Summary, read_summary
from index.errors import DatelineError
from rag.config import Config
from window.ask import SAVE
from window.desk import QUICK
from window.html import count, moment, note, safe

log = logging.getLogger(__name__)

RUNS = Path("var/eval")
SIZES = {"30 questions, spread over the set": 30, "All questions": None}
SHOWN = ("accuracy", "faithfulness", "citation_precision", "citation_recall", "evidence_recall", "abstention_f1")


def evaluation_tab(config: Config, bridge: gr.HTML) -> tuple[Any, list[Any]]:
    """Draws the tab and wires it; call it inside a `gr.Tab`. Returns what fills it anew, and its outputs."""
    shown = gr.HTML(elem_id="dl-evaluation")
    said = gr.HTML(elem_id="dl-evaluation-said")
    with gr.Row(elem_id="dl-again"):
        size = gr.Radio(list(SIZES), value=next(iter(SIZES)), label="Ask", elem_id="dl-size")
        run = gr.Button("Run again", variant="primary", scale=0, elem_id="dl-run")
    parcel = gr.JSON(visible="hidden")
    running = threading.Lock()

    def fill() -> str:
        return drawn(latest())

    def run_again(chosen: str, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008 - how Gradio gives one
        if not running.acquire(blocking=False):
            return {said: note("A run is under way; its report will stand here.", alert=True)}
        try:
            progress(0, desc="Preparing the articles")

            def notify(done: int, total: int) -> None:
                progress(done / max(total, 1), desc=f"{done} of {count(total, 'question')}")

            job = Job(QUESTIONS, None, None, RUNS / "window", "overlap", limit=SIZES.get(chosen, 30))
            summary, records = job.run(config, Console(quiet=True), notify)
            written(summary, records, job.out)
        except DatelineError as exc:
            return {said: note(str(exc), alert=True)}
        finally:
            running.release()
        return {said: note("Done. Where nothing had changed, answers of before were kept."), shown: fill()}

    def report() -> Any:
        place = latest()
        if place is None:
            return gr.skip()
        text = (place / REPORT).read_text(encoding="utf-8")
        return {"name": f"dateline-{place.name}.html", "type": "text/html", "text": text}

    run.click(run_again, size, [said, shown], show_progress_on=said, concurrency_limit=2, api_visibility="private")
    bridge.report(report, None, parcel, **QUICK).then(None, parcel, None, js=SAVE, **QUICK)
    return fill, [shown]


def latest() -> Path | None:
    """The folder of the run that was finished last; None where there is none."""
    finished = [file for file in RUNS.glob(f"*/{SUMMARY}") if (file.parent / REPORT).is_file()]
    return max(finished, key=lambda file: file.stat().st_mtime).parent if finished else None


def drawn(place: Path | None) -> str:
    """The figures of a run, with a button for the whole report."""
    if place is None:
        words = "No run yet. It asks the project’s question set and checks each answer."
        return f'<div class="dl"><p class="dl-none">{words}</p></div>'
    try:
        summary = read_summary(place)
    except DatelineError as exc:
        return note(str(exc), alert=True)
    return (
        f'<div class="dl"><h2>Latest run</h2><p class="dl-small">{_made(summary)}</p>{_table(summary)}'
        '<div class="dl-actions"><button name="report">Save the whole report</button></div></div>'
    )


def _made(s: Summary) -> str:
    right = s.outcomes.get("right", 0)
    model = s.configuration.get("llm")
    words = (
        f"{moment(s.made)}: {count(s.asked, 'question')} of {s.questions}, {right} answered or refused rightly"
        f"{f', by {model}' if model else ''}. Judge: {s.judge.spec}."
    )
    return safe(words)


def _table(s: Summary) -> str:
    rows = "".join(
        f'<tr><th scope="row">{safe(METRICS[name].label)}</th><td>{figure.mean:.3f}</td>'
        f"<td>{figure.low:.3f} to {figure.high:.3f}</td><td>{figure.n}</td></tr>"
        for name, figure in s.metrics.items()
        if name in SHOWN
    )
    head = "".join(f"<th scope=col>{name}</th>" for name in ("Metric", "Value", "95% interval", "Questions"))
    table = f'<table class="dl-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="dl-wide">{table}</div>'
