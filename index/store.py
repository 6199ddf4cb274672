"""The Store protocol: where articles, sentences, passages and vectors live, and how they are searched.

Every store passes the same suite (`tests/contract/test_stores.py`). Found by entry point, group ``dateline.stores``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, Self

from index.embed import Vectors
from index.manifest import Manifest
from index.records import (
    Cut,
    Extent,
    Filter,
    Hit,
    IndexStats,
    ListedArticle,
    Passage,
    PassageSpan,
    Sentence,
    Span,
    StoredArticle,
)
from index.sources import Visit

Outcome = Literal["added", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One article ready to be stored: cut, with one vector a passage (shape (len(cut.passages), dimension))."""

    cut: Cut
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Kept:
    """An article as a store keeps it, with all its versions: what goes from one store to another.

    Attributes:
        versions: oldest first, at least one.
        sentences: of each version.
        passages: of the current version.
        vectors: of its passages, shape (len(passages), dimension).
    """

    versions: tuple[StoredArticle, ...]
    sentences: tuple[tuple[Span, ...], ...]
    passages: tuple[PassageSpan, ...]
    vectors: Vectors

    @property
    def entry(self) -> Entry:
        """The current version, as it would be put."""
        return Entry(Cut(self.versions[-1].article, self.sentences[-1], self.passages), self.vectors)


@dataclass(frozen=True, slots=True)
class Terms:
    """A lexical query.

    Attributes:
        words: any of these may occur; BM25 ranks by them.
        phrases: every one of these must occur, word for word.
    """

    words: tuple[str, ...]
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What ranking needs to know of an article.

    Attributes:
        passage: its first passage.
        of: how many passages it has.
        published: its day, if known.
        story: its near-duplicates have the same.
    """

    passage: int
    of: int
    published: date | None
    story: int


class Store(Protocol):
    """Articles and how to find them. Reads may come from many threads; writes from one process at a time.

    Opened by `index.stores`; leaving a `with` closes it.

    Attributes:
        manifest: what shaped the index.
    """

    manifest: Manifest

    @property
    def shown(self) -> str:
        """Where it is, for people."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def exclusive(self, wait_s: float = 0.0) -> AbstractContextManager[None]:
        """Holds the right to write; nests.

        Raises:
            IndexBusy: another process holds it, and `wait_s` later still does.
            StoreError: the place cannot be written.
        """

    def put(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Stores articles in one transaction: all of them or none. A known id with other content is a new version.

        Raises:
            StoreError: the disk or the database refused; nothing of `entries` was stored.
        """

    def restore(self, kept: Sequence[Kept]) -> None:
        """Stores articles with all their versions as they were in another store, in one transaction.

        Raises:
            ValueError: one of them is there already, or the vectors are not as many as the passages.
            StoreError: see `put`.
        """

    def remove(self, article_ids: Sequence[str]) -> int:
        """Removes articles with everything that belongs to them; unknown ids are ignored. Returns how many went."""

    def search_dense(self, vector: Vectors, k: int, where: Filter) -> list[Hit]:
        """The k passages of greatest inner product with `vector`, shape (dimension,), among those allowed."""

    def search_lexical(self, terms: Terms, k: int, where: Filter) -> list[Hit]:
        """The k passages of greatest BM25 score among those that `where` allows.

        Scores are shares, in [0, 1], of what a passage could attain that held every word very often: so they mean the
        same whatever the question's length and the collection's size.
        """

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Passages by id; ids that are gone are left out."""

    def openings(self, article_ids: Sequence[str]) -> dict[str, Opening]:
        """The beginning of each article; unknown articles are left out."""

    def article_passages(self, article_id: str) -> list[Passage]:
        """The passages of the article's current version, in order; empty when the article is unknown."""

    def idf(self, words: Sequence[str]) -> list[float]:
        """Inverse document frequency of each word over passages, as BM25 weighs it; an unknown word weighs most."""

    def sentences(self, article_id: str, version: int | None = None) -> list[Sentence]:
        """The sentences of a version of the article, by default the current one, in order; empty when it is unknown."""

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """Vectors of passages, shape (len(ids), dimension), in the order asked for.

        Raises:
            KeyError: for an id that is gone.
        """

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        """Current versions by id; unknown ids are left out."""

    def versions(self, article_id: str) -> list[StoredArticle]:
        """All versions of an article, oldest first, as they were; empty when the article is unknown."""

    def by_url(self, url: str) -> dict[str, StoredArticle]:
        """Current versions with that canonical URL, by id."""

    def article_ids(self) -> list[str]:
        """All article ids, newest publication first, undated last."""

    def added_ids(self) -> list[str]:
        """All article ids, in the order in which they were first added."""

    def listed(self, where: Filter, *, offset: int = 0, limit: int = 50) -> list[ListedArticle]:
        """One page of the articles that `where` allows, newest publication first, undated last."""

    def counted(self, where: Filter) -> int:
        """How many articles `where` allows."""

    def extent(self, where: Filter) -> Extent:
        """How many articles `where` allows, of which days, and the newest of them."""

    def weekly(self, where: Filter) -> dict[date, int]:
        """How many dated articles each week has, by its Monday, oldest first; weeks without any are left out."""

    def hashes(self, ids: Sequence[str]) -> dict[str, str]:
        """Content hash by id, of the articles that are known."""

    def sources(self) -> Mapping[str, list[str]]:
        """Article ids by the source they were read from."""

    def story(self, story: int) -> list[StoredArticle]:
        """The near-duplicates that make one story, newest first."""

    def outlets(self) -> tuple[str, ...]:
        """Outlets as they are written, those with most text first. Quick: asked for every question."""

    def newest(self) -> date | None:
        """The newest publication day. Quick: asked for every question."""

    def twins(self, article_ids: Sequence[str]) -> dict[str, str]:
        """For each of the articles that is a near-duplicate of an earlier one, the first article of its story."""

    def relocate(self, places: Mapping[str, str]) -> None:
        """Notes the source from which each of these articles was read last; unknown ids are ignored."""

    def visit(self, url: str) -> Visit | None:
        """What is remembered of an address that was fetched."""

    def visits(self) -> list[Visit]:
        """All that is remembered of addresses that were fetched."""

    def remember(self, visits: Sequence[Visit]) -> None:
        """Remembers what was fetched, in the place of what was remembered of the same addresses."""

    def reading(self) -> AbstractContextManager[None]:
        """All that the calling thread reads within is one state of the index, whatever is written meanwhile; nests."""

    def stats(self) -> IndexStats:
        """What the index holds."""

    def snapshot(self, *, if_worth_it: bool = False) -> None:
        """Writes what is derived (the FAISS file) to disk, so that the next opening is quick.

        Where another process is writing, this is left to it: everything is committed, and what is derived is made by
        the next writer or opening.

        Args:
            if_worth_it: leave it where the file lacks so little that the next opening is quick anyway.

        Raises:
            StoreError: the disk refused; nothing is lost.
        """

    def close(self) -> None:
        """Releases files and locks. A closed store is not used again."""
