"""Web addresses as sources of articles: a page, a document, a feed or a sitemap, told apart by what comes back."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
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
from index.web.listings import Entry, listing
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


@dataclass(slots=True)
class _List:
    """A list that was read.

    Attributes:
        url: the address that was asked for.
        answer: what came.
        entries: what it names.
        whole: whether all of that was had; else "304 Not Modified" would hide the rest.
        since: when the article of it was looked at that is the first to be due again.
    """

    url: str
    answer: Answer
    entries: tuple[Entry, ...]
    whole: bool = True
    since: float = field(default_factory=time.time)

    def note(self, item: Loaded, visit: Visit | None) -> None:
        """Enters what became of one of its entries."""
        self.whole = self.whole and not isinstance(item, Refused)
        self.since = min(self.since, visit.at) if visit else self.since

    @property
    def visit(self) -> Visit:
        """What is to be remembered of it."""
        return replace(_visited(self.url, self.answer), at=self.since)


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
            answer = self._manners.get(self.url, self._unless_due(visit))
            if answer.status == 304 and visit:
                if visit.article_id:
                    yield Fetched((Unchanged(self.url, visit.article_id),), [replace(visit, at=time.time())])
                return
            found = listing(answer.body, answer.url)
            if found is None:
                article = _article(answer, Entry(self.url))
                yield Fetched((article,), [_visited(self.url, answer, article.id)])
                return
        except (DatelineError, UnreadableError) as exc:
            yield Fetched((_refused(self.url, exc),))
            return
        if not found.lists:
            yield from self._listed([_List(self.url, answer, found.entries)], memory)
            return
        # An index is read every time: the lists that it names change while it does not.
        inner = [self._inner(url, memory) for url in found.lists[:_MAX_LISTS]]
        yield Fetched(tuple(item for item in inner if isinstance(item, Refused)))
        yield from self._listed([item for item in inner if isinstance(item, _List)], memory)

    def _unless_due(self, visit: Visit | None) -> dict[str, str]:
        """Headers for a visit; none for a list with articles that are due: "304 Not Modified" would hide them."""
        due = visit and not visit.article_id and time.time() - visit.at >= self._recheck
        return {} if due else _conditions(visit)

    def _inner(self, url: str, memory: Memory) -> _List | Refused | None:
        """A list that an index names; None where it is as it was."""
        visit = memory.visit(url)
        try:
            answer = self._manners.get(url, self._unless_due(visit))
            if answer.status == 304 and visit:
                return None
            found = listing(answer.body, answer.url)
        except (DatelineError, UnreadableError) as exc:
            return _refused(url, exc)
        if found is None or found.lists:
            what = "an index within an index" if found else "no feed or sitemap"
            return Refused(url, f"{what}, named by {self.url}", "Give its address by itself, if it is wanted.")
        return _List(url, answer, found.entries)

    def _listed(self, lists: Sequence[_List], memory: Memory) -> Iterator[Lot]:
        """The articles of lists, and last, for those of which all was had, what is to be remembered of them."""
        items: list[Loaded] = []
        visits: list[Visit] = []
        entries = [(entry, of) for of in lists for entry in of.entries]
        for entry, of in entries[: self._limit]:
            item, visit = self._entry(entry, memory)
            items.append(item)
            visits += [visit] if visit else []
            of.note(item, visit or memory.visit(entry.url))
            if len(items) == _LOT:
                yield Fetched(tuple(items), visits)
                items, visits = [], []
        yield Fetched(tuple(items), [*visits, *(of.visit for of in lists if of.whole)])

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
