"""Plain text: a headline, if the first line looks like one, and a body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from index.clean import stated_date
from index.incoming import to_article
from index.loaders.common import MAX_ARTICLE, Read, UnreadableError, decoded, one_story, prettified, whole

# Longest first line of a .txt that is taken for its headline, in characters.
MAX_HEADLINE = 150

_TAGS = re.compile(r"<(?:\?xml|!doctype|html)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;:,…][\"'”’)\]]*\Z")


def read_text(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article: the first line is its headline if it looks like one; the date is what the text states of itself."""
    text = _prose(decoded(whole(stream, MAX_ARTICLE)).replace("\r\n", "\n").replace("\r", "\n").strip())
    first, _, rest = text.partition("\n")
    headline, below = first.strip(), rest.partition("\n")[0].strip()
    is_headline = (
        bool(rest.strip())
        and len(headline) <= MAX_HEADLINE
        and not _SENTENCE_END.search(headline)
        and (not below or len(below) > len(headline))
        and stated_date(headline) is None
    )
    record: dict[object, object] = {
        "title": headline if is_headline else prettified(source),
        "text": rest if is_headline else text,
        "published": stated_date(text),
    }
    yield to_article(record, source, alone=True)


def _prose(text: str) -> str:
    """The text of one article.

    Raises:
        UnreadableError: it is something else under the name of a text.
    """
    what = "a page or another file of tags" if _TAGS.match(text) else "JSON" if _is_json(text) else ""
    if what:
        reason = f"{what}, not plain text"
        raise UnreadableError(reason, "Give its name the ending of its kind, such as .html, .json or .jsonl.")
    return one_story(text)


def _is_json(text: str) -> bool:
    """Whether it is a record, a list of such, or one a line."""
    for part in (text, text.partition("\n")[0]) if text.startswith(("{", "[")) else ():
        with suppress(ValueError, RecursionError):
            found = json.loads(part)
            return isinstance(found[0] if found and isinstance(found, list) else found, dict)
    return False
