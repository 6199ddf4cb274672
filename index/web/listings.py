"""Lists of articles: RSS, Atom and JSON feeds, and sitemaps. What they say of an article is data, like any text.

Feeds are often not quite XML; feedparser reads them all the same. Entities are refused before any parser sees them
(billion laughs, external entities); sitemaps go through defusedxml.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from io import BytesIO
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

from index.clean import canonical_url
from index.loaders.common import UnreadableError, text_of
from index.markup import without_tags
from index.web.fetch import MAX_BODY

# The standard's limit for a sitemap; no feed is longer.
MAX_ENTRIES = 50_000
# Characters of an entry's id; URLs, tags and UUIDs are far shorter.
_MAX_NAME = 1000
# Characters of a link that is no address, as it is shown in the file of what was refused.
_MAX_LINK = 1000
# What no address may hold: line breaks are left out, the others stand encoded.
_BREAKS = re.compile(r"[\t\r\n]+")
_UNFIT = re.compile(r'[ "<>^`{|}]')
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
# What was passed is not looked at again: else comments in a row would take time without end.
_ROOT = re.compile(
    r"\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*+<([A-Za-z][\w:.-]*)", re.DOTALL
)
_JSON_FEED = "https://jsonfeed.org/version/"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list says of one article.

    Attributes:
        url: its address, absolute.
        title, published, authors, outlet: as stated, to fill in what the page itself does not state.
        content: its text, where the list carries it and gives no address.
        mark: another mark means that the list says something new of it.
        changed: when it came out or was changed last, ISO 8601; empty where the list does not say.
        name: the list's own id of it (Atom id, RSS guid, JSON feed id); empty where it has none.
    """

    url: str
    title: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    outlet: str = ""
    content: str = ""
    mark: str = ""
    changed: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its entries in its own order, or of an index the lists that it names, newest first as far as it says.

    Attributes:
        refused: what it names that nothing can be had of, each with its number.
    """

    entries: tuple[Entry, ...] = ()
    lists: tuple[str, ...] = ()
    refused: tuple[UnreadableError, ...] = ()

    @classmethod
    def of(cls, found: Sequence[Entry | UnreadableError]) -> Listing:
        """A list of what was read, in order."""
        entries = tuple(item for item in found if isinstance(item, Entry))
        return cls(entries, refused=tuple(item for item in found if isinstance(item, UnreadableError)))


def listing(body: bytes, url: str, charset: str = "") -> Listing | None:
    """The list that was fetched from `url`, or None where it is something else.

    Args:
        body: what came.
        url: where it came from.
        charset: what the server said.

    Raises:
        UnreadableError: it is a list that cannot be read.
    """
    body = _unpacked(body)
    try:
        text = text_of(body, charset).lstrip("\ufeff \t\r\n")
    except UnreadableError:
        return None
    if text.startswith("{"):
        return _json_feed(text, url)
    root = _ROOT.match(text[:4096])
    read = _READERS.get(root[1].lower().rpartition(":")[2]) if root else None
    if read is None:
        return None
    if _ENTITY.search(text):
        reason = "a feed or sitemap that declares entities"
        raise UnreadableError(reason, "No feed needs them; they are used to overload readers.")
    return read(text, url)


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.open(BytesIO(body)) as stream:
            content = stream.read(4 * MAX_BODY + 1)
    except (OSError, EOFError, zlib.error) as exc:
        reason = "damaged gzip"
        raise UnreadableError(reason, "Try again later.") from exc
    if len(content) > 4 * MAX_BODY:
        reason = "a list that unpacks to more than 64 MiB"
        raise UnreadableError(reason, "A sitemap has at most 50 MiB.")
    return content


def _marked(*said: object) -> str:
    return blake2b(json.dumps([str(item) for item in said]).encode(), digest_size=8).hexdigest()


def _named(value: object) -> str:
    """A list's own id of an entry, as text that can be stored."""
    return str(value or "").encode("utf-8", "replace").decode().strip()[:_MAX_NAME]


def _usable(entry: Entry, link: str, number: int) -> Entry | UnreadableError:
    """The entry, if it has an address or carries its text.

    Args:
        entry: as it was read.
        link: its address as it stands there.
        number: its place in the list.
    """
    if entry.url or entry.content:
        return entry
    fault = f"its link is no address of the web: {link[:80]!r}" if link.strip() else "neither a link nor a text"
    stated = {"title": entry.title, "url": link[:_MAX_LINK], "published": entry.published, "outlet": entry.outlet}
    record = {name: value for name, value in {**stated, "authors": list(entry.authors)}.items() if value}
    return UnreadableError(f"entry {number}: {fault}", "Save the article and ingest that.", number, record=record)


# --- feeds ------------------------------------------------------------------------------------------------------------


def _feed(text: str, url: str) -> Listing:
    import feedparser  # noqa: PLC0415 - a tenth of a second to import

    # As a stream: a string could be taken for an address or a file name and be opened.
    stream, headers = BytesIO(text.encode("utf-8", "replace")), {"content-type": "application/xml; charset=utf-8"}
    try:
        found: Any = feedparser.parse(stream, response_headers=headers)
    except Exception as exc:  # its parser of what is no XML stumbles over a link closed twice, for one
        reason = "a feed that cannot be read: it is not well-formed XML"
        raise UnreadableError(reason, "Try again later.") from exc
    outlet = str(found.feed.get("title", ""))
    entries = []
    for number, entry in enumerate(found.entries[:MAX_ENTRIES], 1):
        name, said = _named(entry.get("id")), str(entry.get("link", ""))
        said = "" if said == name and "://" not in said else said  # feedparser takes an id for a link
        link = _absolute(said, url)
        content = max(map(_html, entry.get("content", [])), key=len, default="") or _html(
            entry.get("summary_detail", {})
        )
        # feedparser's own look-up takes one for the other.
        updated = str(dict.get(entry, "updated", ""))
        published = str(dict.get(entry, "published", "")) or updated
        authors = tuple(str(author["name"]) for author in entry.get("authors", []) if author.get("name"))
        title = without_tags(str(entry.get("title", "")))
        mark = _marked(title, published, updated, content)
        moment = dict.get(entry, "updated_parsed") or dict.get(entry, "published_parsed")
        changed = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*moment) if moment else ""
        item = Entry(link, title, published, authors, outlet, "" if link else content, mark, changed, name)
        entries.append(_usable(item, said, number))
    return Listing.of(entries)


def _html(part: Mapping[str, Any]) -> str:
    """A text of a feed as HTML, whether it is that or plain."""
    value = str(part.get("value", ""))
    return escape(value, quote=False) if part.get("type") == "text/plain" else value


def _json_feed(text: str, url: str) -> Listing | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as exc:
        if _JSON_FEED not in text[:4096]:
            return None
        reason = "a JSON feed that is no JSON"
        raise UnreadableError(reason, "Try again later.") from exc
    if not str(found.get("version")).startswith(_JSON_FEED):
        return None
    items = found.get("items")
    if not isinstance(items, list):
        reason = "a JSON feed without items"
        raise UnreadableError(reason, "Is it the right address?")
    outlet = str(found.get("title") or "")
    entries: list[Entry | UnreadableError] = []
    for number, item in enumerate(items[:MAX_ENTRIES], 1):
        if not isinstance(item, dict):
            entries.append(UnreadableError(f"entry {number}: no object", "Is it the right address?", number))
            continue
        said = str(item.get("url") or item.get("external_url") or "")
        link = _absolute(said, url)
        plain = str(item.get("content_text") or item.get("summary") or "")
        content = str(item.get("content_html") or escape(plain, quote=False))
        listed = item.get("authors")
        people = listed if isinstance(listed, list) else [item.get("author")]
        authors = tuple(str(p["name"]) for p in people if isinstance(p, dict) and p.get("name"))
        title, published = str(item.get("title") or ""), str(item.get("date_published") or "")
        mark = _marked(title, published, item.get("date_modified"), content)
        changed = str(item.get("date_modified") or published)
        carried, name = "" if link else content, _named(item.get("id"))
        entry = Entry(link, title, published, authors, outlet, carried, mark, changed, name)
        entries.append(_usable(entry, said, number))
    return Listing.of(entries)


def _absolute(link: str, base: str) -> str:
    """An address as a browser reads it: relative to the list's own, without line breaks, what is unfit encoded."""
    fit = _UNFIT.sub(lambda found: f"%{ord(found[0]):02X}", _BREAKS.sub("", link.strip()))
    try:
        return canonical_url(urljoin(base, fit)) if fit else ""
    except ValueError:
        return ""


# --- sitemaps ---------------------------------------------------------------------------------------------------------


def _tree(text: str) -> Element:
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    try:
        tree: Element = fromstring(text, forbid_dtd=True)  # as text: what it says of its encoding is past
    except (ParseError, DefusedXmlException, ValueError, RecursionError, LookupError) as exc:
        reason = f"a sitemap that cannot be read: {exc}"
        raise UnreadableError(reason, "Try again later, or give the address of a feed.") from exc
    return tree


def _sitemap(text: str, url: str) -> Listing:
    found = []
    for number, node in enumerate(list(_tree(text))[:MAX_ENTRIES], 1):
        fields = _fields(node)
        link = _absolute(fields.get("loc", ""), url)
        news = {name: said for child in node if _local(child.tag) == "news" for name, said in _below(child).items()}
        published = news.get("publication_date", "")
        changed = fields.get("lastmod", "") or published
        title, outlet = news.get("title", ""), news.get("name", "")
        entry = Entry(link, title, published, (), outlet, "", _marked(changed, title), changed)
        found.append(_usable(entry, fields.get("loc", ""), number))
    return Listing.of(found)


def _sitemap_index(text: str, url: str) -> Listing:
    found = []
    for number, node in enumerate(list(_tree(text))[:MAX_ENTRIES], 1):
        fields = _fields(node)
        entry = Entry(_absolute(fields.get("loc", ""), url), changed=fields.get("lastmod", ""))
        found.append(_usable(entry, fields.get("loc", ""), number))
    listed = Listing.of(found)
    # ISO 8601 sorts as text; those without a date come last, in their order.
    newest = sorted(listed.entries, key=lambda entry: entry.changed, reverse=True)
    return Listing((), tuple(entry.url for entry in newest), listed.refused)


def _fields(node: Element) -> dict[str, str]:
    """What the list itself says of an entry; what it says of pictures and videos stands in other namespaces."""
    space = _space(node.tag)
    return {_local(child.tag): (child.text or "").strip() for child in node if _space(child.tag) == space}


def _below(node: Element) -> dict[str, str]:
    return {_local(inner.tag): (inner.text or "").strip() for inner in node.iter()}


def _space(tag: object) -> str:
    return str(tag).rpartition("}")[0]


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()


_READERS: dict[str, Callable[[str, str], Listing]] = {
    "rss": _feed,
    "rdf": _feed,
    "feed": _feed,
    "urlset": _sitemap,
    "sitemapindex": _sitemap_index,
}
