"""Markdown: front matter and a body."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import yaml
from frontmatter.default_handlers import BaseHandler, YAMLHandler

from index.clean import one_line
from index.incoming import to_article
from index.loaders.common import MAX_ARTICLE, Read, UnreadableError, decoded, one_story, prettified, whole
from index.markup import plain_text


class _TOMLHandler(BaseHandler):
    """As Hugo writes it."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)

    def load(self, fm: str) -> dict[str, object]:
        return tomllib.loads(fm)


def read_markdown(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article: front matter, if any, and a body. A headline of the front matter goes before a heading."""
    meta, markdown = _front_matter(decoded(whole(stream, MAX_ARTICLE)))
    plain = plain_text(one_story(markdown))
    stated = meta.get("title") or meta.get("headline")
    same = isinstance(stated, str) and one_line(stated) == one_line(plain.title)
    body = f"{plain.title}\n\n{plain.body}" if stated and not same else plain.body
    yield to_article({**meta, "title": stated or plain.title or prettified(source), "text": body}, source, alone=True)


def _front_matter(text: str) -> tuple[dict[object, object], str]:
    """The fields between lines of dashes (YAML) or plus signs (TOML) at the top, names in lower case; what follows."""
    handler = next((handler for handler in (YAMLHandler(), _TOMLHandler()) if handler.detect(text)), None)
    # Two rules with prose between them are no front matter: what is not a mapping stays in the text.
    parts = handler.FM_BOUNDARY.split(text, 2) if handler else []
    if handler is None or len(parts) != 3 or parts[0].strip():
        return {}, text
    try:
        found = handler.load(parts[1])
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        reason = f"broken front matter: {getattr(exc, 'problem', None) or exc}"
        # The mark counts from 0, beginning behind the dashes.
        line = parts[0].count("\n") + mark.line + 1 if mark else 0
        raise UnreadableError(reason, "Correct what stands between the marks.", line) from exc
    if found is None:
        return {}, parts[2]
    if not isinstance(found, Mapping):
        return {}, text
    return {str(name).lower() if isinstance(name, str) else name: value for name, value in found.items()}, parts[2]
