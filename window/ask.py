"""The tab in which questions are asked and answers are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from pydantic import ValidationError

from index.errors import DatelineError, InputError
from rag.types import NO_LIMITS, Limits
from window.desk import QUICK, Desk, payload
from window.html import note, safe
from window.limits import MAX_SENT, Asked, limit_chips

WAITING = 60
"""Questions that may be answered or wait at once; each takes a thread."""

AFTER = (
    '<div class="dl-actions"><button name="anew">New conversation</button>'
    '<button name="export" value="html">Save as HTML</button>'
    '<button name="export" value="markdown">Save as Markdown</button></div>'
)

PROMISE = (
    "Every sentence of an answer cites the sentence of an article that supports it, and is checked before you see it."
)

SAVE = "(parcel) => window.dateline.save(parcel)"


def beginning(examples: tuple[str, ...]) -> str:
    """What stands where the conversation will be."""
    items = "".join(f'<li><button name="suggest" class="dl-example">{safe(text)}</button></li>' for text in examples)
    shown = f'<p class="dl-label">For example</p><ul>{items}</ul>' if items else ""
    return f'<div class="dl dl-begin"><p class="dl-none">{PROMISE}</p>{shown}</div>'


class AskTab:
    """Draws the tab inside the `gr.Tab` that is open, and wires it.

    Args:
        desk: what is asked.
        bridge: where the script's clicks arrive.
        panel: where sources are shown.
    """

    def __init__(self, desk: Desk, bridge: gr.HTML, panel: gr.HTML) -> None:
        self._desk = desk
        self._panel = panel
        self.chat = gr.Chatbot(
            elem_id="dl-chat",
            label="Conversation",
            show_label=False,
            container=False,
            autoscroll=False,
            scale=1,
            height="100%",
            layout="bubble",
            buttons=[],
            feedback_options=None,
            latex_delimiters=[],
        )
        with gr.Column(elem_id="dl-ask", scale=0):
            self._hint = gr.HTML(elem_id="dl-hint")
            with gr.Row(elem_id="dl-box"):
                self._box = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    container=False,
                    placeholder="Ask about the articles",
                    lines=1,
                    max_lines=5,
                    scale=1,
                    autofocus=True,
                )
                self._send = gr.Button("Ask", variant="primary", scale=0, min_width=88)
                self._stop = gr.Button("Stop", variant="stop", scale=0, min_width=88, visible=False)
            with gr.Row(elem_id="dl-more"):
                self._limits = gr.State(NO_LIMITS)
                self._chips = gr.HTML(limit_chips(NO_LIMITS), elem_id="dl-limits")
                self._after = gr.HTML(elem_id="dl-after")
        self.outputs = [self.chat, self._box, self._hint, self._send, self._stop, self._after, panel]
        self._wire(bridge)

    @property
    def _idle(self) -> dict[Any, Any]:
        """Updates for when no answer is being written."""
        return {self._send: gr.Button(visible=True), self._stop: gr.Button(visible=False)}

    def empty(self) -> dict[Any, Any]:
        """Updates for a page on which nothing was asked."""
        return {self.chat: [], self._hint: "", self._after: "", self._panel: "", **self._idle}

    def showing(self, messages: list[dict[str, str]]) -> dict[Any, Any]:
        """Updates for a page that shows a conversation."""
        return {**self.empty(), self.chat: messages, self._after: AFTER}

    def _wire(self, bridge: gr.HTML) -> None:
        asking: dict[str, Any] = {
            "outputs": self.outputs,
            "show_progress": "hidden",
            "concurrency_limit": WAITING,
            "concurrency_id": "questions",
            "api_visibility": "private",
        }
        parcel = gr.JSON(visible="hidden")
        gr.on([self._send.click, self._box.submit], self._typed, [self._box, self._limits], **asking)
        bridge.ask(self._sent, [self._limits], **asking)
        bridge.limit(self._limit, None, [self._limits, self._chips, self._hint], **QUICK)
        bridge.anew(self._begin_anew, None, self.outputs, **QUICK)
        bridge.cite(self._cite, None, self._panel, **QUICK)
        bridge.rate(self._rate, None, self._hint, **QUICK)
        bridge.export(self._export, None, parcel, **QUICK).then(None, parcel, None, js=SAVE, **QUICK)
        self._stop.click(self._stop_it, **QUICK)

    # --- asking ------------------------------------------------------------------------------------------------------

    def _typed(self, text: str | None, standing: Limits, request: gr.Request) -> Iterator[Any]:
        for update in self._answer(request, Asked(text=(text or "")[:MAX_SENT]), standing):
            yield {**update, self._box: ""} if self.chat in update else update

    def _sent(self, standing: Limits, event: gr.EventData, request: gr.Request) -> Iterator[Any]:
        try:
            asked = Asked.model_validate(payload(event))
        except ValidationError:
            yield {self._hint: note("That question cannot be asked.", alert=True)}
            return
        yield from self._answer(request, asked, standing)

    def _answer(self, request: gr.Request, asked: Asked, standing: Limits) -> Iterator[Any]:
        """One question, new or anew, drawn as its answer grows."""
        page = self._desk.page(request)
        busy = {self._hint: "", self._send: gr.Button(visible=False), self._stop: gr.Button(visible=True)}
        try:
            text, limits = asked.text or "", standing
            if asked.at is not None:
                exchange = page.exchange(asked.at)
                text, limits = asked.text or exchange.question, exchange.limits
            limits = asked.limits(limits)
            if not text.strip():
                yield {self._hint: note("Type a question first.", alert=True)}
                return
            for _ in self._desk.answers(page, text, limits, asked.at):
                if not self._desk.shows(request, page):
                    return  # another conversation was begun meanwhile
                yield {self.chat: page.messages(), **busy}
                busy = {}
        except InputError as exc:
            yield {self._hint: note(str(exc), alert=True)}
            return
        yield {**self._idle, self._after: AFTER}

    def _stop_it(self, request: gr.Request) -> None:
        self._desk.page(request).talk.cancel.set()

    def _begin_anew(self, request: gr.Request) -> Any:
        self._desk.leave(request)
        return self.empty()

    def _limit(self, event: gr.EventData) -> Any:
        try:
            found = Asked.model_validate(payload(event)).limits(NO_LIMITS)
        except InputError as exc:
            return {self._hint: note(str(exc), alert=True)}
        except ValidationError:
            return {self._hint: note("That cannot be set.", alert=True)}
        # What was left empty below the box is left to the words of the question.
        found = replace(found, window=found.window or None, outlets=found.outlets or None)
        return {self._limits: found, self._chips: limit_chips(found), self._hint: ""}

    # --- reading -----------------------------------------------------------------------------------------------------

    def _cite(self, event: gr.EventData, request: gr.Request) -> Any:
        return self._desk.source(request, payload(event)) or gr.skip()

    def _export(self, event: gr.EventData, request: gr.Request) -> Any:
        return self._desk.document(request, str(payload(event).get("kind"))) or gr.skip()

    def _rate(self, event: gr.EventData, request: gr.Request) -> str:
        sent = payload(event)
        comment = str(sent.get("comment", ""))
        try:
            n = None if sent.get("n") is None else int(sent["n"])
            self._desk.rate(request, int(sent["at"]), n, sent["rating"], comment)
        except DatelineError as exc:
            return note(str(exc), alert=True)
        except (KeyError, TypeError, ValueError):
            return note("That cannot be rated.", alert=True)
        return note("Thank you: kept with the answer and its sources." if comment else "Thank you.")
