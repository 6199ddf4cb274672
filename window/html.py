"""Small pieces of HTML, everything in them escaped.

Whatever comes from an article, a question or a model passes `safe` before it stands in HTML: it is escaped for HTML and
for Markdown, since Gradio reads chat messages as Markdown. Gradio's own sanitiser comes after that, a second fence.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from index.records import Article
from rag.wording import spoken

_MARKS = {ord(char): f"&#{ord(char)};" for char in "\"'\\`*_{}[]()#+-.!|~$:@="}
"""Quotation marks, which end an attribute, and every character that Markdown, LaTeX or a template gives a meaning."""


def safe(text: str) -> str:
    """Text that shows as it is, whether it is read as HTML or as Markdown; on one line, so it ends no HTML block."""
    return html.escape(" ".join(text.split()), quote=False).translate(_MARKS)


def kept(text: str) -> str:
    """The same with its lines and spaces kept, as character references: for text that a script takes out again."""
    lines = (html.escape(line, quote=False).translate(_MARKS | {9: "&#9;", 32: "&#32;"}) for line in text.split("\n"))
    return "&#10;".join(lines)


def data(value: object) -> str:
    """A value for the script, as JSON in an element that nobody sees."""
    return f'<span class="dl-data">{kept(json.dumps(value, ensure_ascii=False))}</span>'


def link(url: str | None) -> str | None:
    """The address if a browser may follow it: http and https alone, and without white space."""
    if url != "".join((url or "").split()):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def original(url: str | None, words: str = "Original") -> str:
    """A link that opens the original in a tab of its own; nothing where there is none that may be followed."""
    found = link(url)
    if not found:
        return ""
    return f'<a class="dl-out" href="{safe(found)}" target="_blank" rel="noopener noreferrer">{words}&#8239;↗</a>'


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 article", "1,200 articles"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Words as one says them: "a", "a and b", "a, b and c"."""
    *rest, last = list(words) or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def byline(article: Article, *more: str) -> str:
    """Outlet and day, with what else belongs there; what is unknown is left out."""
    parts = (article.outlet, spoken(article.published) if article.published else "", *more)
    return " · ".join(safe(part) for part in parts if part)


def days(since: date | None, until: date | None) -> str:
    """A span of days in words."""
    if since and until:
        return spoken(since) if since == until else f"{spoken(since)} to {spoken(until)}"
    return f"from {spoken(since)}" if since else f"until {spoken(until)}" if until else "any day"


def moment(iso: str) -> str:
    """A moment in UTC as the local day and time."""
    local = datetime.fromisoformat(iso).replace(tzinfo=UTC).astimezone()
    return f"{spoken(local.date())}, {local:%H:%M}"


def error(message: str, advice: str) -> str:
    """What went wrong and what to do, for the place of an answer."""
    said = f"<p><b>{safe(message)}</b></p><p>{safe(advice)}</p>"
    return f'<div class="dl"><div class="dl-error" role="alert">{said}</div></div>'


def note(text: str, *, alert: bool = False) -> str:
    """One line of news that screen readers speak; empty text clears it."""
    role = "alert" if alert else "status"
    return f'<p class="dl-note" role="{role}">{safe(text)}</p>' if text else ""
