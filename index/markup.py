"""Markdown → the text that a reader sees, blocks separated by blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

# What is struck through was taken back, as in a correction: "killed <del>40</del> 12 people".
_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_UNSEEN_TAGS = frozenset({"script", "style", "template", "head"}) | _STRUCK_TAGS
# In these nothing but their own end is a tag.
_RAW_TAGS = frozenset({"script", "style"})
# No part of it reaches beyond the next "<" or gives back what it has taken, so that looking for all tags takes time in
# proportion to the text, whatever it is; html.parser takes it by the square.
_TAG = re.compile(
    r"""<(?:[!?][^<>]*+|(?P<end>/?)(?P<name>[a-z][^\s/<>]*+)(?:(?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+(?=>)|[^<>]*+))>""",
    re.IGNORECASE,
)
# What begins or ends a paragraph, and what stands between two cells of a row.
_BLOCKS = (
    r"(?:address|article|aside|blockquote|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p|pre"
    r"|section|table|tr|ul)"
)
_EDGE = re.compile(rf"<(?=/?{_BLOCKS}[\s/>]|br[\s/>])", re.IGNORECASE)
_BETWEEN_CELLS = re.compile(r"</t[dh]>(?=\s*+<t[dh][\s>])", re.IGNORECASE)
_OPENED = re.compile(rf"<({_BLOCKS})(?:\s[^<>]*+)?>", re.IGNORECASE)
_CLOSED = re.compile(rf"</({_BLOCKS})>", re.IGNORECASE)
_BREAKS = re.compile(r"<br\s*+/?>\s*+<br\s*+/?>", re.IGNORECASE)
# The number of a character has seven digits at most; Python refuses to read one of thousands.
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}|x[0-9a-f]{8,});?", re.IGNORECASE)


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

    Headings lose their marks, links their targets, images and what is struck through go; list items keep a dash or
    their number; table cells of a row are separated by `` | ``; of HTML only the text stays. A wrapped paragraph
    becomes one line.
    """
    tokens = _parser().parse(markdown)
    title = ""
    if len(tokens) > 1 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title = _inline(tokens[1].children or [])
        tokens = tokens[3:]
    return Plain(title, "\n\n".join(block for block in _blocks(tokens) if block.strip()))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


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
    struck = 0
    for child in children:
        struck = max(struck + _struck(child), 0)
        if struck:
            continue
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak" or (child.type == "html_inline" and child.content.lower().startswith("<br")):
            parts.append("\n")
    return "".join(parts).strip()


def _struck(child: Token) -> int:
    """1 for what begins a struck passage, -1 for what ends it."""
    if child.type in ("s_open", "s_close"):
        return child.nesting
    tag = _TAG.match(child.content) if child.type == "html_inline" else None
    return (-1 if tag["end"] else 1) if tag and (tag["name"] or "").lower() in _STRUCK_TAGS else 0


def without_tags(html: str) -> str:
    """What stands between the tags of a piece of HTML, apart from comments, scripts and styles."""
    text = _without_comments(html)
    hiding = _UNSEEN_TAGS - {name for name in _STRUCK_TAGS if f"</{name}>" not in text.lower()}  # the rest stays, then
    parts, at = [], 0
    unseen: list[str] = []
    for tag in _TAG.finditer(text):
        if not unseen:
            parts.append(text[at : tag.start()])
        at = tag.end()
        name = (tag["name"] or "").lower()
        if tag["end"] and unseen[-1:] == [name]:
            unseen.pop()
        elif name in hiding and not (tag["end"] or tag[0].endswith("/>")) and not _RAW_TAGS & {*unseen[-1:]}:
            unseen.append(name)
    parts += [] if unseen else [text[at:]]
    return "".join(unescape(_LONG_NUMBER.sub("\ufffd", part)) for part in parts).strip()


def is_html(text: str) -> bool:
    """Whether a text is HTML: it has blocks that are opened and closed, or lines broken twice. One tag is none."""
    closed = {name.lower() for name in _CLOSED.findall(text)}
    return any(name.lower() in closed for name in _OPENED.findall(text)) or bool(_BREAKS.search(text))


def prose(html: str) -> str:
    """The text of a piece of HTML, its blocks separated by blank lines, cells of a row by `` | ``."""
    return without_tags(_EDGE.sub("\n\n<", _BETWEEN_CELLS.sub(" | ", html)))


def _without_comments(html: str) -> str:
    """One that does not end hides the rest, as in a browser."""
    first, *others = html.split("<!--")
    return "".join([first, *(other.partition("-->")[2] for other in others)])
