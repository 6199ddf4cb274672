"""Web addresses as sources of articles: a page, a document, a feed or a sitemap, told apart by what comes back."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from index.clean import canonical_url
from index.errors import DatelineError
from index.formats import loader, suffix_of, suffix_of_type
from index.incoming import to_article
from index.loaders.common import UnreadableError
from index.loaders.page import page_record
from index.markup import without_tags
from index.records import Article, derived_id
from index.sources import Loaded, Lot, Memory, Refused, Source, Unchanged, Visit
from index.web.errors import BadAnswer
from index.web.fetch import Answer
from index.web.listings import Entry, Listing, listing
from index.web.manners import Manners

# Formats of one article each. Files of many records are not taken from the web: a record brings its own id, and could
# take the place of another site's article.
DOCUMENTS = (".pdf", ".docx", ".txt", ".md")
# Most articles of one list in a run, its newest; a news sitemap has up to 1,000, an archive's 50,000.
LIMIT = 200
# An article of a list that says nothing new of it is asked for again after this many seconds: corrections are made
# without notice.
RECHECK = 6 * 3600.0
# Articles that are fetched before they are encoded and committed.
_LOT = 8
# Sitemaps of an index that are looked into, the newest first.
_MAX_LISTS = 10

_BLOCK_END = re.compile(r"(?i)</(?:p|div|li|h\d|blockquote|tr)>|<br\s*/?>")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A lot of what was fetched."""

    items: tuple[Loaded, ...]
    visits: Sequence[Visit] = ()

    def read(self, only: Collection[str] | None = None) -> Iterator[Loaded]:  # noqa: ARG002 - all is at hand
        return iter(self.items)


class Web:
    """An address as a source.

    Args:
        url: of a page, a PDF or other document, an RSS, Atom or JSON feed, or a sitemap.
        manners: does the requests; shared by all sources of a run, so that no host is asked too often.
        limit: most articles of a list.
        recheck: seconds after which a known article is asked for again.
    """

    def __init__(self, url: str, manners: Manners, *, limit: int = LIMIT, recheck: float = RECHECK) -> None:
        self.url = url.strip()
        self._manners = manners
        self._limit = limit
        self._recheck = recheck

    def covers(self, source: str) -> bool:  # noqa: ARG002
        """Nothing: what a feed no longer lists, and what a site no longer shows, stays in the index."""
        return False

    def lots(self, memory: Memory) -> Iterator[Lot]:
        """The article, or the articles of the list, eight a lot."""
        visit = memory.visit(self.url)
        try:
            answer = self._manners.get(self.url, _conditions(visit))
            if answer.status == 304 and visit:
                same = (Unchanged(self.url, visit.article_id),) if visit.article_id else ()
                yield Fetched(same, [replace(visit, at=time.time())])
                return
            found = listing(answer.body, answer.url)
            if found is None:
                article = _article(answer, Entry(self.url))
                yield Fetched((article,), [_visited(self.url, answer, article.id)])
                return
            followed = self._followed(found)
        except (DatelineError, UnreadableError) as exc:
            yield Fetched((_refused(self.url, exc),))
            return
        yield from self._listed(followed, memory, answer)

    def _followed(self, found: Listing) -> Listing:
        """A list with the entries of the lists that it names."""
        entries = list(found.entries)
        for url in found.lists[:_MAX_LISTS]:
            if len(entries) >= self._limit:
                break
            answer = self._manners.get(url)
            inner = listing(answer.body, answer.url)
            entries += inner.entries if inner else ()
        return Listing(tuple(dict.fromkeys(entries)))

    def _listed(self, found: Listing, memory: Memory, answer: Answer) -> Iterator[Lot]:
        whole = True
        items: list[Loaded] = []
        visits: list[Visit] = []
        for entry in found.entries[: self._limit]:
            item, visit = self._entry(entry, memory)
            items.append(item)
            visits += [visit] if visit else []
            whole = whole and not isinstance(item, Refused)
            if len(items) == _LOT:
                yield Fetched(tuple(items), visits)
                items, visits = [], []
        # Last, and only if all was had: with "304 Not Modified" the list is not looked at again.
        yield Fetched(tuple(items), [*visits, _visited(self.url, answer)] if whole else visits)

    def _entry(self, entry: Entry, memory: Memory) -> tuple[Loaded, Visit | None]:
        """The article of an entry, and what is to be remembered of it."""
        if not entry.url:
            return _carried(entry, self.url), None
        visit = memory.visit(entry.url)
        if visit and visit.article_id and visit.mark == entry.mark and time.time() - visit.at < self._recheck:
            return Unchanged(entry.url, visit.article_id), None
        try:
            answer = self._manners.get(entry.url, _conditions(visit))
            if answer.status == 304 and visit:
                return Unchanged(entry.url, visit.article_id), replace(visit, mark=entry.mark, at=time.time())
            article = _article(answer, entry)
        except (DatelineError, UnreadableError) as exc:
            return _refused(entry.url, exc), None
        return article, _visited(entry.url, answer, article.id, entry.mark)


def named(names: Iterable[str], manners: Manners | None = None) -> list[Path | Source]:
    """What a user names: addresses of the web, and paths."""
    shared = manners or Manners()
    return [Web(name, shared) if "://" in name else Path(name) for name in names]


def _conditions(visit: Visit | None) -> dict[str, str]:
    """Headers that ask for an answer only if there is a new one (RFC 9110, 13.1)."""
    if visit is None:
        return {}
    found = {"If-None-Match": visit.etag, "If-Modified-Since": visit.modified}
    return {name: value for name, value in found.items() if value}


def _visited(url: str, answer: Answer, article_id: str = "", mark: str = "") -> Visit:
    etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    return Visit(url, article_id, etag[:500], modified[:100], mark, time.time())


def _article(answer: Answer, entry: Entry) -> Article:
    """The article that was fetched; what it does not state itself is filled in from the list.

    Raises:
        UnreadableError: there is no article in it, or it is of a kind that is not taken from the web.
        InputError: it cannot be used.
    """
    suffix = suffix_of_type(answer.content_type) or suffix_of(PurePosixPath(urlsplit(answer.url).path))
    if suffix in DOCUMENTS:
        found = next(iter(loader(suffix)(entry.url, BytesIO(answer.body))))
        if isinstance(found, UnreadableError):
            raise found
        own = canonical_url(answer.url)
        # Whatever front matter says: what comes from the web is known by its address.
        return replace(found, id=derived_id(own), url=own)
    if suffix not in ("", ".html", ".htm", ".xhtml"):
        reason = f"{answer.content_type or suffix} is not taken from the web"
        raise UnreadableError(reason, "Save the file and ingest it.")
    record = page_record(answer.body, answer.url, answer.charset)
    outlet = entry.outlet or (urlsplit(answer.url).hostname or "").removeprefix("www.")
    filled = {"title": entry.title, "published": entry.published, "authors": entry.authors, "outlet": outlet}
    return to_article({**{name: value for name, value in filled.items() if value}, **record}, entry.url, alone=True)


def _carried(entry: Entry, source: str) -> Loaded:
    """An article whose text stands in the list itself."""
    record: dict[object, object] = {
        "title": entry.title,
        "published": entry.published,
        "authors": entry.authors,
        "outlet": entry.outlet,
    }
    text = without_tags(_BLOCK_END.sub("\n\n", entry.content))
    try:
        return to_article({**record, "text": text}, source, alone=False)
    except DatelineError as exc:
        return _refused(source, exc)


def _refused(url: str, exc: DatelineError | UnreadableError) -> Refused:
    if isinstance(exc, UnreadableError):
        return Refused(url, exc.reason, exc.advice)
    kept = " What is in the index of it stays." if isinstance(exc, BadAnswer) and exc.status in (404, 410) else ""
    return Refused(url, exc.message, f"{exc.advice}{kept}")
