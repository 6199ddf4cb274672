"""Plain text: a headline, if the first line looks like one, and a body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from index.clean import stated_date
from index.incoming import to_article
from index.loaders.common import MAX_ARTICLE, Read, decoded, prettified, whole

# Longest first line of a .txt that is taken for its headline, in characters.
MAX_HEADLINE = 150

_SENTENCE_END = re.compile(r"[.;:,…][\"'”’)\]]*\Z")


def read_text(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article: the first line is its headline if it looks like one; the date is what the text states of itself."""
    text = decoded(whole(stream, MAX_ARTICLE)).replace("\r\n", "\n").replace("\r", "\n").strip()
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
