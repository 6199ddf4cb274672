"""Web pages: the article without navigation, advertising and markup, found by trafilatura.

They are read in a process of their own that is kept for the next ones (`index.loaders.apart`): what is far from any
page that a person made can take trafilatura minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from index.clean import canonical_url, one_line
from index.incoming import to_article
from index.loaders.apart import apart
from index.loaders.common import Read, UnreadableError, prettified, text_of, whole

# A long read with everything around it has 1 MB and 20,000 tags. What is far beyond takes trafilatura minutes
# (100,000 tags measure 5 s) and is no article.
MAX_PAGE = 8 * 1024**2
MAX_TAGS = 100_000
SECONDS = 30

# How trafilatura writes a row of a table, and the line below its first row.
_RULE = re.compile(r"^\|(?:-{3,}\|)+$\n?", re.MULTILINE)
_ROW = re.compile(r"^\| (.*) \| *$", re.MULTILINE)
# What a page takes back (as corrections do), and what its reader does not see.
_STYLE = "translate(@style, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ ', 'abcdefghijklmnopqrstuvwxyz')"
_UNSEEN = (
    *("//del", "//s", "//strike", "//body//*[@hidden and not(@hidden='until-found')]"),
    *(f"//body//*[contains({_STYLE}, '{style}')]" for style in ("display:none", "visibility:hidden")),
)


def read_page(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article. It has the address that the page names as its own."""
    record = page_record(whole(stream, MAX_PAGE))
    yield to_article({"title": prettified(source), **record}, source, alone=True)


def page_record(content: bytes, url: str = "", charset: str = "") -> dict[object, object]:
    """The fields of an article that a page holds; those that it does not state are left out.

    Args:
        content: HTML as it came.
        url: where it came from, if that is known. A page may name another address of the same site as its own, never
            one of another site: it would then stand in the place of that site's article. Some sites name their home
            page on every page: that is no article's address.
        charset: what the server said.

    Raises:
        UnreadableError: it is no page, there is no article in it, or it cannot be read within the limits.
    """
    return dict(apart("index.loaders.page:fields", content, SECONDS, keep=True, url=url, charset=charset).items())


def fields(content: bytes, url: str = "", charset: str = "") -> dict[str, str]:
    """See `page_record`. Runs in the child process."""
    text = text_of(content, charset)
    if text.count("<") > MAX_TAGS:
        reason = f"a page of more than {MAX_TAGS:,} tags"
        raise UnreadableError(reason, "Save the article itself, without what stands around it.")
    found = _extracted(text, url)
    body = str(found.text or "") if found else ""
    if not found or not body.strip():
        reason = "no article was found in the page"
        raise UnreadableError(reason, "A page that is built by scripts holds none; save its text instead.")
    title = one_line(found.title or "")
    first, _, rest = body.partition("\n")
    if title and one_line(first) == title and rest.strip():
        body = rest
    own = canonical_url(str(found.url or ""))
    record = {
        "title": title,
        # Each line is a paragraph, an item or a row.
        "text": _ROW.sub(r"\1", _RULE.sub("", body)).replace("\n", "\n\n"),
        # Where a page has no name, trafilatura gives its host.
        "outlet": found.sitename if found.sitename not in (found.hostname, _host(url)) else "",
        "published": found.date,
        "url": own if _within_its_site(own) and (not url or same_site(own, url)) else url,
        "authors": found.author,
    }
    return {name: str(value) for name, value in record.items() if value}


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one site: the same host, apart from ``www.``, ``m.`` and ``amp.``."""
    return _site(one) == _site(other)


def _within_its_site(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.path or parts.query)


def _site(url: str) -> str:
    return re.sub(r"^(?:www|m|amp|mobile)\.", "", _host(url))


def _host(url: str) -> str:
    return urlsplit(canonical_url(url)).netloc


def _extracted(text: str, url: str) -> Any:
    from trafilatura import bare_extraction  # noqa: PLC0415 - a third of a second to import

    # htmldate guesses in its extensive search; only what the page states counts.
    dates = {"original_date": True, "extensive_search": False}
    try:
        return bare_extraction(
            text,
            url=url or None,
            include_comments=False,
            with_metadata=True,
            date_extraction_params=dates,
            prune_xpath=list(_UNSEEN),
        )
    except (ValueError, TypeError, AttributeError, RecursionError, AssertionError, LookupError) as exc:
        reason = f"a page that cannot be taken apart: {type(exc).__name__}"
        raise UnreadableError(reason, "Save the article's text instead.") from exc
