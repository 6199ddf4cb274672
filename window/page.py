"""The whole window, put together: header, tabs, the panel for sources, the dialogs, and the bridge to the script."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr

from index.errors import DatelineError
from rag.pipeline import Pipeline
from rag.suggest import Suggester
from rag.wording import spoken
from window.ask import AskTab, beginning
from window.collection import CollectionTab
from window.desk import QUICK, Desk
from window.evaluation import evaluation_tab
from window.history import history_tab
from window.html import count, safe
from window.status import status_tab

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
CSS, JS = FOLDER / "window.css", FOLDER / "window.js"
DIALOGS = FOLDER / "dialogs.html"

HOUR, DAY = 3600, 24 * 3600
"""Every hour, uploads older than a day are deleted; what was taken in is in the index."""

THEME = gr.themes.Base(
    primary_hue="blue",
    neutral_hue="stone",
    font=["-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
)

# The script sends every click of ours through this component; Gradio finds its events by these names.
BRIDGE = """
window.dateline = {...window.dateline, send: (name, data) => trigger(name, data)};
const EVENTS = ['ask', 'limit', 'anew', 'cite', 'rate', 'export', 'talk', 'forget', 'turn', 'read', 'drop', 'report'];
"""


def build(desk: Desk) -> gr.Blocks:
    """The window, not yet served."""
    pipeline = desk.newsroom.pipeline
    examples = _Examples(desk.newsroom.suggester)
    window = gr.Blocks(
        title="Dateline", analytics_enabled=False, fill_height=True, fill_width=True, delete_cache=(HOUR, DAY)
    )
    with window:
        bridge = gr.HTML("", js_on_load=BRIDGE, visible="hidden")
        with gr.Row(elem_id="dl-desk"):
            with gr.Column(elem_id="dl-main", scale=1):
                head = gr.HTML(elem_id="dl-head")
                panel = gr.HTML(elem_id="dl-panel", render=False)
                with gr.Tabs(elem_id="dl-tabs", selected="ask") as tabs:
                    with gr.Tab("Ask", id="ask"):
                        ask = AskTab(desk, bridge, panel)
                    with gr.Tab("History", id="history") as history:
                        fill_history, history_parts = history_tab(desk, bridge, tabs, ask)
                    with gr.Tab("Collection", id="collection") as collection:
                        articles = CollectionTab(desk.collection, bridge, panel)
                    with gr.Tab("Evaluation", id="evaluation") as evaluation:
                        fill_evaluation, evaluation_parts = evaluation_tab(pipeline.config, bridge)
                    with gr.Tab("Status", id="status") as status:
                        fill_status, status_parts = status_tab(pipeline)
            panel.render()
        first = drawn_dialogs(pipeline)
        dialogs = gr.HTML(first, elem_id="dl-dialogs")

        def begin(request: gr.Request) -> Any:
            now = drawn_dialogs(pipeline)
            # One that is open already must not be drawn anew for nothing.
            return header(pipeline, request.username), gr.skip() if now == first else now

        def leave(request: gr.Request) -> None:
            desk.leave(request)

        window.load(begin, None, [head, dialogs], **QUICK)
        window.load(lambda: gr.Chatbot(placeholder=beginning(examples.ready())), None, ask.chat, **QUICK)
        window.unload(leave)
        history.select(fill_history, history_parts[0], history_parts[1], **QUICK)
        collection.select(articles.fill, articles.filters, articles.outputs, **QUICK)
        evaluation.select(fill_evaluation, None, evaluation_parts, **QUICK)
        status.select(fill_status, None, status_parts, **QUICK)
    return window


def header(pipeline: Pipeline, user: str | None) -> str:
    """Name, what is in the index, and who is logged in."""
    stats = pipeline.store.stats()
    held = "No articles yet: add some in the tab Collection."
    if stats.articles:
        newest = f", newest {spoken(stats.newest)}" if stats.newest else ""
        outlets = f", {count(len(stats.outlets), 'outlet')}" if stats.outlets else ""
        held = f"{count(stats.articles, 'article')}{outlets}{newest}."
    who = f' {safe(user)} · <a href="logout">Sign out</a>' if user else ""
    return f'<header class="dl-head"><h1>Dateline</h1><p>{held}{who}</p></header>'


def drawn_dialogs(pipeline: Pipeline) -> str:
    """The dialogs, with the outlets that there are."""
    boxes = "".join(
        f'<label><input type="checkbox" name="outlet" value="{safe(name)}"> {safe(name)}</label>'
        for name in sorted(pipeline.store.outlets(), key=str.casefold)
    )
    return DIALOGS.read_text(encoding="utf-8").replace("<!-- outlets -->", boxes)


class _Examples:
    """Examples, made in the background: the first page must not wait for them."""

    def __init__(self, suggester: Suggester) -> None:
        self._suggester = suggester
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="examples")
        self._first: Future[tuple[str, ...]] = self._pool.submit(suggester.examples)

    def ready(self) -> tuple[str, ...]:
        """The examples of the articles as they are now; quick unless they have changed."""
        try:
            self._first.result()
            return self._suggester.examples()
        except DatelineError as exc:
            log.warning("There are no examples: %s", exc)
            return ()
