"""What a source of articles is: something that hands out lots of articles, and of what cannot be read the reason why.

Files and folders are in `index.load`, pages, feeds and sitemaps in `index.web`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from index.loaders.common import unreadable
from index.records import Article


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that could not be read.

    Attributes:
        source: absolute path of the file, or address; with ``!/member`` and ``:line`` where these are meant.
        reason: what was found.
        advice: what the user can do about it.
        record: what was read of it, if it can be mended and fed again.
    """

    source: str
    reason: str
    advice: str = ""
    record: object = None

    @classmethod
    def of(cls, source: str, error: Exception) -> Refused:
        """The refusal of a source, or of a part of it, of which reading it raised `error`."""
        found = unreadable(error, source)
        where = f"{source}!/{found.member}" if found.member else source
        return cls(f"{where}:{found.line}" if found.line else where, found.reason, found.advice, found.record)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Something that need not be read again: the server says, or its feed shows, that it is as it was.

    Attributes:
        source: its address.
        article_id: the article that was made of it.
    """

    source: str
    article_id: str


@dataclass(frozen=True, slots=True)
class Left:
    """What a list has more than is taken in one run; the next run goes on with it.

    Attributes:
        source: its address.
        articles: how many of its articles were not taken.
        lists: how many of the lists that it names were never looked into.
    """

    source: str
    articles: int
    lists: int = 0

    def __str__(self) -> str:
        counts = ((self.articles, "article"), (self.lists, "list"))
        said = [f"{count:,} more {what}{'s' if count > 1 else ''}" for count, what in counts if count]
        return f"{' and '.join(said)} {'was' if self.articles + self.lists == 1 else 'were'} not taken"


Loaded = Article | Refused | Unchanged | Left


@dataclass(frozen=True, slots=True)
class Seen:
    """What the first reading keeps of an article: enough to tell whether it is new, and how much work it will be.

    Attributes:
        characters: length of its text.
        part: the part of its lot that it was read from, where the lot was divided.
    """

    article_id: str
    source: str
    title: str
    content_hash: str
    characters: int
    part: int = 0

    @classmethod
    def of(cls, article: Article, part: int = 0) -> Seen:
        """What is kept of `article`."""
        return cls(article.id, article.source, article.title, article.content_hash, len(article.text), part)


# What the first reading gives.
Looked = Seen | Refused | Unchanged | Left


@dataclass(frozen=True, slots=True)
class Visit:
    """What is remembered of an address that was fetched.

    Attributes:
        url: the address that was asked for.
        article_id: the article that was made of it; empty for a feed, and where it could not be had.
        etag: the server's name for this state of it, sent with the next request (RFC 9110, 13.1.2).
        modified: the server's Last-Modified, sent likewise.
        mark: what the feed said of the item; another mark means that it has changed.
        at: when, in seconds since 1970.
    """

    url: str
    article_id: str = ""
    etag: str = ""
    modified: str = ""
    mark: str = ""
    at: float = 0.0


class Memory(Protocol):
    """Knows what was fetched before; the store does."""

    def visit(self, url: str) -> Visit | None:
        """The last visit to an address whose articles are in the index."""


class Readable(Protocol):
    """Something that articles are read from."""

    def read(self, only: Collection[str] | None = None) -> Iterator[Loaded]:
        """What there is; with `only`, at least what comes from these sources."""


class Lot(Readable, Protocol):
    """Articles that are taken in together: read once to see which are new, and again to encode those."""

    @property
    def visits(self) -> Sequence[Visit]:
        """What was fetched for it; remembered when its articles are in, so that nothing fetched is lost."""


@runtime_checkable
class Divisible(Protocol):
    """A lot, or a list of files, that several processes can read side by side."""

    def parts(self) -> Sequence[Readable]:
        """What can be read by itself and sent to another process, in order; together the whole. Always the same."""


class Source(Protocol):
    """A place that articles come from."""

    def lots(self, memory: Memory) -> Iterator[Lot]:
        """Lots, one after the other."""

    def covers(self, source: str) -> bool:
        """Whether an article that came from `source` before, and is not among the lots, is gone."""
