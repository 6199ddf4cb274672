"""The tab with the reader's own conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from index.errors import DatelineError
from rag.history import Listed
from window.ask import AskTab
from window.desk import QUICK, Desk, payload
from window.html import count, moment, note, safe
from window.reader import owner

SHOWN = 100


def history_tab(desk: Desk, bridge: gr.HTML, tabs: gr.Tabs, ask: AskTab) -> tuple[Any, list[Any]]:
    """Draws the tab and wires it; call it inside a `gr.Tab`. Returns what fills it anew, and its outputs."""
    search = gr.Textbox(label="Search in your questions and their answers", elem_id="dl-search-history", max_lines=1)
    said = gr.HTML(elem_id="dl-history-said")
    found = gr.HTML(elem_id="dl-history")

    def fill(words: str | None, request: gr.Request) -> str:
        words = words or ""  # a box that is not drawn yet has no text at all
        try:
            return drawn(desk.newsroom.listed(owner(request), words, limit=SHOWN), words)
        except DatelineError as exc:
            return note(str(exc), alert=True)

    def open_talk(event: gr.EventData, request: gr.Request) -> Any:
        try:
            page = desk.open(request, str(payload(event).get("id")))
        except DatelineError as exc:
            return {said: note(str(exc), alert=True)}
        return {**ask.showing(page.messages()), said: "", tabs: gr.Tabs(selected="ask")}

    def forget(words: str | None, event: gr.EventData, request: gr.Request) -> Any:
        conversation = str(payload(event).get("id"))
        try:
            gone = desk.newsroom.history.delete(owner(request), conversation)
        except DatelineError as exc:
            return {said: note(str(exc), alert=True)}
        page = desk.page(request)
        shown: dict[Any, Any] = {}
        if gone and page.talk.id == conversation:
            desk.leave(request)
            shown = ask.empty()
        words_said = "Deleted." if gone else "It was deleted before."
        return {**shown, said: note(words_said), found: fill(words, request)}

    search.change(fill, search, found, trigger_mode="always_last", **QUICK)
    bridge.talk(open_talk, None, [*ask.outputs, said, tabs], **QUICK)
    bridge.forget(forget, search, [*ask.outputs, said, found], **QUICK)
    return fill, [search, found]


def drawn(conversations: Sequence[Listed], words: str = "") -> str:
    """The list, last used first."""
    if not conversations:
        text = f"No conversation holds “{words}”." if words.strip() else "Conversations are kept here as you ask."
        return f'<div class="dl"><p class="dl-none">{safe(text)}</p></div>'
    items = "".join(map(_item, conversations))
    return (
        f'<div class="dl"><ul class="dl-list">{items}</ul>'
        '<p class="dl-small">Only you can see these. What you said of an answer is kept when you delete it.</p></div>'
    )


def _item(c: Listed) -> str:
    title, key = safe(c.title), safe(c.id)
    flag = f" · {count(c.outdated, 'cited sentence')} changed since" if c.outdated else ""
    return (
        f'<li><div><p class="dl-title"><button class="dl-plain" name="talk" value="{key}">{title}</button></p>'
        f'<p class="dl-by">{moment(c.changed)} · {count(c.questions, "question")}{flag}</p></div>'
        f'<button class="dl-sure" name="forget" value="{key}" aria-label="Delete “{title}”">Delete</button></li>'
    )
