"""Answers and conversations as documents: Markdown with footnotes, and HTML in one file that needs no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

from rag.conversation import Exchange
from rag.sources import independent_outlets
from rag.types import Answer, Citation, NoticeKind
from rag.wording import spoken
from window.html import count, link

NOTICES: dict[NoticeKind, str] = {
    "conflict": "Sources differ.",
    "update": "Updated since.",
    "premise": "Not as asked.",
    "doubt": "In doubt.",
}
"""What each kind of notice says first."""

_STYLE = Path(__file__).with_name("document.css")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$&])")
_AT_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


def answer_markdown(answer: Answer, prefix: str = "") -> str:
    """An answer with its sources as footnotes.

    Args:
        answer: what is written out.
        prefix: of the footnotes' names, so that several answers fit into one document.
    """
    if not answer.answered and not answer.notices:
        return f"{_plain(answer.reason or '')}\n"
    body = " ".join(f"{_plain(s.text)}{''.join(f'[^{prefix}{n}]' for n in s.citations)}" for s in answer.sentences)
    body = body if answer.answered else _plain(answer.reason or "")
    notes = "\n".join(f"[^{prefix}{c.n}]: {_footnote(c)}" for c in answer.citations)
    told = "".join(
        f"> **{NOTICES[notice.kind]}** {_plain(notice.text)}{''.join(f'[^{prefix}{n}]' for n in notice.citations)}\n\n"
        for notice in answer.notices
    )
    return f"{told}{body}\n\n*{_facts(answer)}*\n\n{notes}\n"


def conversation_markdown(exchanges: Sequence[Exchange], today: date) -> str:
    """A conversation as Markdown."""
    parts = [f"# Dateline, {spoken(today)}\n"]
    for number, exchange in enumerate(exchanges, 1):
        parts.append(f"## {_plain(exchange.question)}\n")
        parts.append(
            answer_markdown(exchange.answer, f"{number}-") if exchange.answer else f"{_plain(exchange.text)}\n"
        )
    return "\n".join(parts)


def conversation_html(exchanges: Sequence[Exchange], today: date) -> str:
    """A conversation as one HTML page without script; nothing in it is fetched from anywhere."""
    title = exchanges[0].question if exchanges else "Conversation"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    articles = "".join(_exchange(number, exchange) for number, exchange in enumerate(exchanges, 1))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – Dateline</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f'<header><p class="brand">Dateline</p><p>{spoken(today)}. Every sentence was checked against the sentences '
        f"that it cites.</p></header><main>{articles}</main></body></html>\n"
    )


def _exchange(number: int, exchange: Exchange) -> str:
    answer = exchange.answer
    if answer is None:
        return f"<article><h2>{escape(exchange.question)}</h2><p>{escape(exchange.text)}</p></article>"
    sentences = "".join(
        f"<p>{escape(s.text)}"
        + "".join(f'<sup><a href="#s{number}-{n}">{n}</a></sup>' for n in s.citations)
        + f" <small>{s.state}</small></p>"
        for s in answer.sentences
    )
    said = sentences if answer.answered else f"<p>{escape(answer.reason or '')}</p>"
    sources = "".join(_source(f"s{number}-{c.n}", c) for c in answer.citations)
    told = "".join(f"<p><b>{NOTICES[n.kind]}</b> {escape(n.text)}</p>" for n in answer.notices)
    body = f"{told}{said}<h3>Sources</h3><ol>{sources}</ol>" if sources else f"{told}{said}"
    return (
        f"<article><h2>{escape(exchange.question)}</h2>{body}<p><small>{escape(_facts(answer))}</small></p></article>"
    )


def _source(name: str, c: Citation) -> str:
    a = c.article.article
    title, url = escape(a.title or a.id), link(a.url)
    head = f'<a href="{escape(url)}" rel="noopener noreferrer">{title}</a>' if url else title
    said = ", ".join(escape(part) for part in (a.outlet, spoken(a.published) if a.published else "") if part)
    return (
        f'<li id="{name}" value="{c.n}">{said}{". " if said else ""}{head}'
        f"<blockquote>{escape(' '.join(c.sentence.text.split()))}</blockquote></li>"
    )


def _facts(a: Answer) -> str:
    facts = [f"As of {spoken(a.question.as_of)}"]
    if a.newest_evidence:
        facts.append(f"newest evidence {spoken(a.newest_evidence)}")
    if outlets := independent_outlets(a.citations):
        facts.append(count(len(outlets), "independent outlet"))
    return "; ".join(facts) + "."


def _footnote(c: Citation) -> str:
    a = c.article.article
    title, url = _plain(a.title or a.id), link(a.url)
    # In angle brackets an address may hold brackets and spaces; those that would end it are encoded.
    head = f"[{title}](<{url.replace('<', '%3C').replace('>', '%3E')}>)" if url else title
    said = [_plain(part) for part in (a.outlet, spoken(a.published) if a.published else None) if part]
    return f"{', '.join([*said, head])}: “{_plain(c.sentence.text)}”"


def _plain(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    return _AT_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", " ".join(text.split())))
