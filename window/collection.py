"""The tab with the articles: look through them, search, read, remove, add."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import gradio as gr

from index.errors import DatelineError
from index.records import Filter, ListedArticle
from index.report import Item, Progress
from index.store import Store
from rag.collection import Collection, Page
from rag.wording import spoken
from window.desk import QUICK, payload
from window.html import count, listed, note, original, safe
from window.limits import window
from window.source import article

SHOWN = 25
BARS = 110
"""Most bars of the timeline; beyond that each stands for several weeks."""

SIGNS = {
    "added": "+",
    "updated": "↻",
    "unchanged": "=",
    "near-duplicate": "≈",
    "removed": "−",
    "refused": "✕",
    "left": "…",
}


class CollectionTab:
    """Draws the tab inside the `gr.Tab` that is open, and wires it.

    Args:
        collection: what is shown and changed.
        bridge: where the script's clicks arrive.
        panel: where an article is read.
    """

    def __init__(self, collection: Collection, bridge: gr.HTML, panel: gr.HTML) -> None:
        self._collection = collection
        self._panel = panel
        with gr.Row(elem_id="dl-find"):
            words = gr.Textbox(label="Search in the articles", max_lines=1, scale=3, elem_id="dl-search-articles")
            self._outlets = gr.Dropdown([], label="Outlets", multiselect=True, scale=2, elem_id="dl-outlets")
            since = gr.Textbox(label="From", max_lines=1, scale=1, min_width=130, elem_classes="dl-day")
            until = gr.Textbox(label="To", max_lines=1, scale=1, min_width=130, elem_classes="dl-day")
        self._said = gr.HTML(elem_id="dl-collection-said")
        self._found = gr.HTML(elem_id="dl-collection")
        self._offset = gr.State(0)
        with gr.Accordion("Add articles", open=False, elem_id="dl-add"):
            files = gr.File(label="Files", file_count="multiple", elem_id="dl-files")
            take = gr.Button("Add these files", elem_id="dl-take", variant="primary", scale=0)
            with gr.Row(elem_id="dl-fetch"):
                address = gr.Textbox(label="Address of a page, a feed or a sitemap", max_lines=1, scale=1)
                fetch = gr.Button("Add from there", variant="primary", scale=0)
            results = gr.HTML(elem_id="dl-results")
        self.filters = [words, self._outlets, since, until]
        self.outputs = [self._said, self._found, self._outlets, self._offset]
        changed = [part.change for part in self.filters]
        gr.on(changed, self.fill, self.filters, self.outputs, trigger_mode="always_last", **QUICK)
        bridge.turn(self._turn, self.filters, self.outputs, **QUICK)
        bridge.read(self._read, None, [panel, self._said], **QUICK)
        bridge.drop(self._drop, [*self.filters, self._offset], self.outputs, **QUICK)
        adding: dict[str, Any] = {"show_progress_on": results, "concurrency_limit": 4, "api_visibility": "private"}
        refresh: dict[str, Any] = {"fn": self.fill, "inputs": self.filters, "outputs": self.outputs, **QUICK}
        take.click(self._add, files, [results, files], **adding).then(**refresh)
        gr.on([fetch.click, address.submit], self._fetch, address, [results, address], **adding).then(**refresh)

    def fill(self, text: str, names: list[str] | None, since: str, until: str) -> dict[Any, Any]:
        """The first page of what the filters leave."""
        return self._page(text, names, since, until, 0)

    def _page(self, text: str, names: list[str] | None, since: str, until: str, at: int) -> dict[Any, Any]:
        try:
            span = window(since or "", until or "")
            where = Filter(span.since, span.until, tuple(names or ()), include_undated=not span)
            page = self._collection.page(text or "", where, offset=at, limit=SHOWN)
        except DatelineError as exc:
            return {self._said: note(str(exc), alert=True)}
        filtered = bool((text or "").strip() or names or span)
        return {
            self._said: "",
            self._found: drawn(page, at, filtered=filtered),
            self._outlets: gr.Dropdown(choices=list(self._collection.store.outlets())),
            self._offset: at,
        }

    def _turn(self, text: str, names: list[str] | None, since: str, until: str, event: gr.EventData) -> Any:
        at = payload(event).get("offset")
        return self._page(text, names, since, until, max(at, 0) if isinstance(at, int) else 0)

    def _read(self, event: gr.EventData) -> Any:
        for stored in self._collection.store.articles([str(payload(event).get("id"))]).values():
            copies = [copy.article for copy in self._collection.copies(stored)]
            names = listed(copy.outlet or copy.title or copy.id for copy in copies)
            return {self._panel: article(stored, notes=[f"Near-duplicates: {names}"] if copies else []), self._said: ""}
        return {self._said: note("That article is not in the collection any more.", alert=True)}

    def _drop(self, text: str, names: list[str] | None, since: str, until: str, at: int, event: gr.EventData) -> Any:
        try:
            gone = self._collection.remove(str(payload(event).get("id")))
        except DatelineError as exc:
            return {self._said: note(str(exc), alert=True)}
        words = "Removed, with everything that belongs to it." if gone else "It was gone already."
        return {**self._page(text, names, since, until, at), self._said: note(words)}

    def _add(self, paths: list[str] | None, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008 - Gradio's way
        if not paths:
            return note("Choose files first.", alert=True), None
        return self._taken(lambda notify: self._collection.take_files([Path(path) for path in paths], notify), progress)

    def _fetch(self, address: str | None, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008 - Gradio's way
        return self._taken(lambda notify: self._collection.take_address(address or "", notify), progress)

    def _taken(self, take: Callable[[Callable[[Progress], None]], list[Item]], progress: gr.Progress) -> Any:
        progress(0, desc="Reading")

        def notify(done: Progress) -> None:
            share = done.characters / max(done.of_characters, 1)
            progress(share, desc=f"Encoding {done.articles} of {count(done.of_articles, 'article')}")

        try:
            items = take(notify)
        except DatelineError as exc:
            return note(str(exc), alert=True), gr.skip()
        return outcomes(items, self._collection.store), None


def drawn(page: Page, offset: int, *, filtered: bool) -> str:
    """The list with its timeline and its pages."""
    if not page.total:
        text = "No article fits." if filtered else "No articles yet: add some below, or with “dateline ingest”."
        return f'<div class="dl"><p class="dl-none">{text}</p></div>'
    last = offset + len(page.articles)
    span = f"{offset + 1:,} to {last:,} of " if page.total > len(page.articles) else ""
    pager = "".join(
        f'<button name="turn" value="{at}">{words}</button>'
        for words, at, there in (("Earlier", offset + SHOWN, last < page.total), ("Later", offset - SHOWN, offset > 0))
        if there
    )
    return (
        f'<div class="dl">{timeline(page.weeks)}<p class="dl-label">{span}{count(page.total, "article")}</p>'
        f'<ul class="dl-list">{"".join(_row(a) for a in page.articles)}</ul>'
        f'<div class="dl-actions">{pager}</div></div>'
    )


def _row(a: ListedArticle) -> str:
    facts = [a.outlet or "outlet unknown", spoken(a.published) if a.published else "date unknown"]
    facts += [f"version {a.version}"] if a.version > 1 else []
    facts += [count(a.copies, "near-duplicate")] if a.copies else []
    title = safe(a.title or a.id)
    return (
        f'<li><div><p class="dl-title"><button class="dl-plain" name="read" value="{safe(a.id)}">{title}</button></p>'
        f'<p class="dl-by">{" · ".join(map(safe, facts))} {original(a.url)}</p></div>'
        f'<button class="dl-sure" name="drop" value="{safe(a.id)}" aria-label="Remove “{title}”">Remove</button></li>'
    )


def timeline(weeks: Mapping[date, int]) -> str:
    """Articles a week as bars, oldest first; where there are too many weeks, each bar stands for several."""
    if len(weeks) < 2:
        return ""
    first, last = min(weeks), max(weeks)
    step = ((last - first).days // 7) // BARS + 1
    sums: dict[int, int] = {}
    for week, number in weeks.items():
        at = (week - first).days // 7 // step
        sums[at] = sums.get(at, 0) + number
    bars, most = max(sums) + 1, max(sums.values())
    width = 1000 / bars
    drawn_bars = "".join(
        f'<rect x="{at * width:.1f}" y="{60 - 58 * number / most:.1f}" width="{max(width - 1.5, 1):.1f}"'
        f' height="{58 * number / most:.1f}"><title>{_span(first, at, step)}: {count(number, "article")}</title></rect>'
        for at, number in sums.items()
    )
    unit = "a week" if step == 1 else f"per {step} weeks"
    words = f"Articles {unit}, {spoken(first)} to {spoken(last + timedelta(days=6))}; at most {most}"
    return (
        f'<figure class="dl-timeline"><svg viewBox="0 0 1000 60" preserveAspectRatio="none" role="img"'
        f' aria-label="{words}">{drawn_bars}</svg><figcaption>{words}</figcaption></figure>'
    )


def _span(first: date, at: int, step: int) -> str:
    start = first + timedelta(weeks=at * step)
    return f"{spoken(start)} to {spoken(start + timedelta(days=7 * step - 1))}"


def outcomes(items: Iterable[Item], store: Store) -> str:
    """What became of each item, in plain words."""
    rows = "".join(_outcome(item, store) for item in items)
    return f'<div class="dl" role="status"><ul class="dl-list">{rows}</ul></div>'


def _outcome(item: Item, store: Store) -> str:
    place = re.sub(r":(\d+)$", r", line \1", Path(item.source).name)
    name = item.title or place or item.source
    return (
        f'<li><span class="dl-n">{SIGNS[item.outcome]}</span><div><p class="dl-title">{safe(name)}</p>'
        f'<p class="dl-by">{safe(words(item, store))}</p></div></li>'
    )


def words(item: Item, store: Store) -> str:
    """What became of one item, in a sentence or two."""
    if item.outcome == "refused":
        return f"Refused because: {item.reason.rstrip('.')}. {item.advice}".strip()
    if item.outcome == "left":
        return f"{item.reason}. Take it in again for more."
    found = store.articles([item.near if item.outcome == "near-duplicate" else item.article_id])
    stored = next(iter(found.values()), None)
    if item.outcome == "near-duplicate" and stored:
        a = stored.article
        where = ", ".join(part for part in (a.outlet, spoken(a.published) if a.published else None) if part)
        return f"Added as a near-duplicate of “{a.title or a.id}”{f' ({where})' if where else ''}."
    if item.outcome == "updated" and stored:
        return f"Updated: this is version {stored.version}."
    said = {"added": "Added.", "unchanged": "Nothing to do: it is there, word for word.", "removed": "Removed."}
    return said.get(item.outcome, f"{item.outcome.capitalize()}.")
