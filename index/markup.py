"""Markdown → the text that a reader sees, blocks separated by blank lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

_UNSEEN_TAGS = frozenset({"script", "style", "template", "head"})


@dataclass(frozen=True, slots=True)
class Plain:
    """A document without its markup.

    Attributes:
        title: the text of its first heading of the first level, if it begins with one; else empty.
        body: the rest.
    """

    title: str
    body: str


def plain_text(markdown: str) -> Plain:
    """Renders CommonMark with tables to plain text.

    Headings lose their marks, links their targets, images go; list items keep a dash or their number; table cells of a
    row are separated by `` | ``; of HTML only the text stays. A wrapped paragraph becomes one line.
    """
    tokens = _parser().parse(markdown)
    title = ""
    if len(tokens) > 1 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title = _inline(tokens[1].children or [])
        tokens = tokens[3:]
    return Plain(title, "\n\n".join(block for block in _blocks(tokens) if block.strip()))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    mark = ""  # of the list item that has begun and has no text yet
    row: list[str] | None = None
    for token in tokens:
        if token.type == "list_item_open":
            mark = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield " | ".join(row)
            row = None
        elif token.type in ("inline", "fence", "code_block", "html_block"):
            text = _text(token)
            if row is not None:
                row.append(text)
            elif text.strip():
                yield mark + text
                mark = ""


def _text(token: Token) -> str:
    if token.type == "inline":
        return _inline(token.children or [])
    return without_tags(token.content) if token.type == "html_block" else token.content.rstrip("\n")


def _inline(children: Sequence[Token]) -> str:
    parts = []
    for child in children:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak" or (child.type == "html_inline" and child.content.lower().startswith("<br")):
            parts.append("\n")
    return "".join(parts).strip()


class _Text(HTMLParser):
    """Collects what stands between tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the base class's signature
        self._unseen += tag in _UNSEEN_TAGS

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN_TAGS and self._unseen:
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def without_tags(html: str) -> str:
    """What stands between the tags of a piece of HTML, apart from scripts and styles."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts).strip()
