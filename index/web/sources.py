"""Web addresses as sources of articles: a page, a document, a feed or a sitemap, told apart by what comes back."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from io import BytesIO
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from index.clean import canonical_url
from index.formats import loader, suffix_of, suffix_of_type
from index.incoming import to_article
from index.loaders.common import UnreadableError, unreadable
from index.loaders.page import page_record
from index.markup import prose
from index.records import Article, derived_id
from index.sources import Left, Loaded, Lot, Memory, Refused, Source, Unchanged, Visit
from index.web.errors import BadAnswer
from index.web.fetch import Answer
from index.web.listings import MAX_ENTRIES, Entry, Listing, listing
from index.web.manners import Manners

# Formats of one article each. Files of many records are not taken from the web: a record brings its own id, and could
# take the place of another site's article.
DOCUMENTS = (".pdf", ".docx", ".txt", ".md")
# What servers call any file that is to be saved.
_UNTOLD = ("application/octet-stream", "binary/octet-stream", "application/force-download", "application/x-download")
# Most articles fetched of one list in a run, the newest first; a news sitemap has up to 1,000, an archive's 50,000.
LIMIT = 200
# An article of a list that says nothing new of it is asked for again after this many seconds: corrections are made
# without notice.
RECHECK = 6 * 3600.0
# Articles that are fetched before they are encoded and committed.
_LOT = 8
# Sitemaps of an index that are looked into in every run, its newest, and as many of the others at most.
_MAX_LISTS = 10


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
        refused: what it names that nothing can be had of.
        visits: what is known of these, by `key`.
        whole: whether all of that was had; else "304 Not Modified" would hide the rest.
        since: when the article of it was looked at that is the first to be due again.
    """

    url: str
    answer: Answer
    entries: tuple[Entry, ...]
    refused: tuple[Refused, ...]
    visits: dict[str, Visit]
    whole: bool = True
    since: float = field(default_factory=time.time)

    @classmethod
    def read(cls, url: str, answer: Answer, listed: Listing, memory: Memory) -> _List:
        """A list, with what is known of its entries."""
        found = cls(url, answer, listed.entries, _refused(url, listed), {})
        visits = (memory.visit(found.key(entry)) for entry in listed.entries)
        found.visits = {visit.url: visit for visit in visits if visit}
        return found

    def key(self, entry: Entry) -> str:
        """What an entry is remembered by."""
        return entry.url or f"{self.url}#{entry.name or entry.mark}"

    def known(self, entry: Entry) -> Visit | None:
        """What is known of an entry, if the list says nothing new of it."""
        visit = self.visits.get(self.key(entry))
        return visit if visit and visit.mark == entry.mark else None

    @property
    def new(self) -> int:
        """How many of its entries are new."""
        return sum(self.known(entry) is None for entry in self.entries)

    @property
    def visit(self) -> Visit:
        """What is to be remembered of it: that it was read, and its state only if nothing of it is missing."""
        if self.whole:
            return replace(_visited(self.url, self.answer), at=self.since)
        return Visit(self.url, at=time.time())


class _Turn(IntEnum):
    """What comes first when a list has more than is fetched in one run."""

    NEW = 0
    FAILED = 1  # in an earlier run; else those that always fail would keep out what comes after them
    DUE = 2


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An entry that is to be fetched, and what is known of it."""

    entry: Entry
    of: _List
    visit: Visit | None
    turn: _Turn


class Web:
    """An address as a source.

    Args:
        url: of a page, a PDF or other document, an RSS, Atom or JSON feed, or a sitemap.
        manners: does the requests; shared by all sources of a run, so that no host is asked too often.
        limit: most articles fetched of a list, or of all lists that an index names.
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
            found = listing(answer.body, answer.url, answer.charset)
            if found is None:
                article = _article(answer, Entry(self.url))
                yield Fetched((article,), [_visited(self.url, answer, article.id)])
                return
        except Exception as exc:  # noqa: BLE001  (as for files: no fault of a reader may end the run)
            yield Fetched((Refused.of(self.url, exc),))
            return
        if found.lists:
            yield Fetched(_refused(self.url, found))
            yield from self._index(found.lists, memory)
        else:
            yield from self._listed([_List.read(self.url, answer, found, memory)])

    def _index(self, urls: Sequence[str], memory: Memory) -> Iterator[Lot]:
        """The articles of the lists that an index names. It is read every time: they change while it does not.

        Its newest lists are asked for in every run; then, while there is not enough that is new, those that were asked
        for longest ago.
        """
        asked = {url: visit.at if (visit := memory.visit(url)) else 0.0 for url in urls}
        older = sorted(urls[_MAX_LISTS:], key=asked.__getitem__)
        lists: list[_List] = []
        new = 0
        for number, url in enumerate([*urls[:_MAX_LISTS], *older[:_MAX_LISTS]]):
            if new > MAX_ENTRIES or (number >= _MAX_LISTS and new >= self._limit):
                break
            asked[url] = time.time()
            found = self._inner(url, memory, older=number >= _MAX_LISTS)
            if isinstance(found, _List):
                lists.append(found)
                new += found.new
            else:
                yield found
        yield from self._listed(lists, sum(not at for at in asked.values()))

    def _unless_due(self, visit: Visit | None) -> dict[str, str]:
        """Headers for a visit; none for a list with articles that are due: "304 Not Modified" would hide them."""
        due = visit and not visit.article_id and time.time() - visit.at >= self._recheck
        return {} if due else _conditions(visit)

    def _inner(self, url: str, memory: Memory, *, older: bool) -> _List | Fetched:
        """A list that an index names; a lot without articles where it cannot be read, or is as it was."""
        visit = memory.visit(url)
        try:
            answer = self._manners.get(url, _conditions(visit) if older else self._unless_due(visit))
            if answer.status == 304 and visit:
                return Fetched((), [replace(visit, at=time.time())] if older else [])
            found = listing(answer.body, answer.url, answer.charset)
        except Exception as exc:  # noqa: BLE001  (as for files: no fault of a reader may end the run)
            return Fetched((Refused.of(url, exc),), [Visit(url, at=time.time())])
        if found is None or found.lists:
            what = "an index within an index" if found else "no feed or sitemap"
            refused = Refused(url, f"{what}, named by {self.url}", "Give its address by itself, if it is wanted.")
            return Fetched((refused,), [Visit(url, at=time.time())])
        return _List.read(url, answer, found, memory)

    def _listed(self, lists: Sequence[_List], unread: int = 0) -> Iterator[Lot]:
        """The articles of lists, and last, what is to be remembered of the lists.

        Args:
            lists: that were read.
            unread: how many lists of their index have never been looked into.
        """
        known, wanted = self._sorted(lists)
        left = [item for item in wanted[self._limit :] if item.turn < _Turn.DUE]
        for item in left:
            item.of.whole = False
        yield Fetched((*known, *(refused for of in lists for refused in of.refused)))
        for at in range(0, min(len(wanted), self._limit), _LOT):
            had = [self._fetched(item) for item in wanted[: self._limit][at : at + _LOT]]
            yield Fetched(tuple(item for item, _ in had), [visit for _, visit in had if visit])
        rest = (Left(self.url, len(left), unread),) if left or unread else ()
        yield Fetched(rest, [of.visit for of in lists])

    def _sorted(self, lists: Sequence[_List]) -> tuple[list[Unchanged], list[_Wanted]]:
        """Articles that need not be asked for, and entries that are to be fetched, in order."""
        known: list[Unchanged] = []
        wanted: list[_Wanted] = []
        for rank, (entry, of) in enumerate(_newest_first(lists)):
            visit = of.known(entry)
            if visit is None:
                wanted.append(_Wanted(entry, of, of.visits.get(of.key(entry)), _Turn.NEW))
            elif not visit.article_id:
                wanted.append(_Wanted(entry, of, visit, _Turn.FAILED))
            else:
                # Only the newest: an archive is not fetched again and again.
                checked = entry.url and rank < self._limit
                if checked and time.time() - visit.at >= self._recheck:
                    wanted.append(_Wanted(entry, of, visit, _Turn.DUE))
                    continue
                of.since = min(of.since, visit.at) if checked else of.since
                known.append(Unchanged(entry.url or of.url, visit.article_id))
        wanted.sort(key=lambda item: item.turn)
        for item in wanted[self._limit :]:
            if item.turn == _Turn.DUE and item.visit:
                item.of.since = min(item.of.since, item.visit.at)
                known.append(Unchanged(item.entry.url, item.visit.article_id))
        return known, wanted

    def _fetched(self, wanted: _Wanted) -> tuple[Loaded, Visit | None]:
        """The article of an entry, and what is to be remembered of it."""
        entry, visit = wanted.entry, wanted.visit
        try:
            if not entry.url:
                key = wanted.of.key(entry)
                article = _carried(entry, wanted.of.url, derived_id(key) if entry.name else "")
                return article, Visit(key, article.id, mark=entry.mark, at=time.time())
            answer = self._manners.get(entry.url, _conditions(visit))
            if answer.status == 304 and visit:
                return Unchanged(entry.url, visit.article_id), replace(visit, mark=entry.mark, at=time.time())
            article = _article(answer, entry)
        except Exception as exc:  # noqa: BLE001  (as for files: no fault of a reader may end the run)
            wanted.of.whole = False
            failed = Visit(wanted.of.key(entry), mark=entry.mark, at=time.time())
            return Refused.of(entry.url or wanted.of.url, exc), None if visit and visit.article_id else failed
        return article, _visited(entry.url, answer, article.id, entry.mark)


def _refused(url: str, found: Listing) -> tuple[Refused, ...]:
    return tuple(Refused.of(url, error) for error in found.refused)


def _newest_first(lists: Sequence[_List]) -> list[tuple[Entry, _List]]:
    """The entries of lists, each once; those without a date come last, in their order."""
    entries = [(entry, of) for of in lists for entry in of.entries]
    entries.sort(key=lambda pair: pair[0].changed, reverse=True)
    found: dict[str, tuple[Entry, _List]] = {}
    for entry, of in entries:
        found.setdefault(of.key(entry), (entry, of))
    return list(found.values())


def named(names: Iterable[str], manners: Manners | None = None, limit: int = LIMIT) -> list[Path | Source]:
    """What a user names: addresses of the web, and paths."""
    shared = manners or Manners()
    return [Web(name, shared, limit=limit) if "://" in name else Path(name) for name in names]


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
    suffix = _suffix(answer)
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


def _suffix(answer: Answer) -> str:
    """Which format an answer has: what it begins with, what the server says if it says anything, or its address."""
    if answer.body.startswith(b"%PDF-"):
        return ".pdf"
    stated = "" if answer.content_type in _UNTOLD else suffix_of_type(answer.content_type)
    return stated or suffix_of(PurePosixPath(urlsplit(answer.url).path))


def _carried(entry: Entry, source: str, article_id: str) -> Article:
    """An article whose text stands in the list itself.

    Args:
        entry: that has no address.
        source: the list.
        article_id: what it is known by, so that an edited one is a new version; empty where the list gives it no id:
            then it is known by its text.

    Raises:
        InputError: it cannot be used.
    """
    record: dict[object, object] = {
        "id": article_id,
        "title": entry.title,
        "published": entry.published,
        "authors": entry.authors,
        "outlet": entry.outlet,
    }
    text = prose(entry.content)
    return to_article({**record, "text": text}, source, alone=False)


@unreadable.register
def _(error: BadAnswer, source: str) -> UnreadableError:  # noqa: ARG001
    kept = " What is in the index of it stays." if error.status in (404, 410) else ""
    return UnreadableError(error.message, f"{error.advice}{kept}")
