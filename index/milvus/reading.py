"""The reading side of the Milvus store. What a thread reads within `reading` is one state of the index."""

from __future__ import annotations

import json
import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

import numpy as np

from index.embed import Vectors
from index.errors import StoreError
from index.milvus.bodies import Body
from index.milvus.catalog import Catalog, Head, Meta, as_date, newest_first
from index.milvus.keys import key
from index.milvus.layout import NOTES, NOTHING, PASSAGES, VERSIONS, VISIT
from index.milvus.link import Link, Row
from index.records import Article, Extent, Filter, IndexStats, ListedArticle, Passage, Sentence, StoredArticle
from index.sources import Visit
from index.store import Opening

_BODIES = 256  # kept in memory: texts of the articles that questions are about, some 5 KB each
_PASSAGE = ["id", "born", "article", "first", "last", "start", "stop", "body", "parts"]

Ref = tuple[int, int]  # the first piece of a body, and how many there are

# Commits that threads of this process are reading, by address: their garbage is not deleted meanwhile.
_pins: dict[str, Counter[int]] = defaultdict(Counter)
_pinning = threading.Lock()


def oldest_read(uri: str, newest: int) -> int:
    """The oldest commit that is being read in this process, `newest` where there is none."""
    with _pinning:
        return min((generation for generation, count in _pins[uri].items() if count), default=newest)


class Reading:
    """Everything that is read; see `index.store.Store`."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._local = threading.local()
        self._catalog: Catalog | None = None
        self._refreshing = threading.Lock()
        self._bodies: OrderedDict[int, Body] = OrderedDict()
        self._keeping = threading.Lock()

    # --- one state ---------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that this thread reads within is one state of the index, whatever is written meanwhile; nests."""
        with self._now():
            yield

    @contextmanager
    def _now(self) -> Iterator[Catalog]:
        """The state that this thread is reading, or the newest for as long as this lasts."""
        pinned: Catalog | None = getattr(self._local, "catalog", None)
        if pinned:
            yield pinned
            return
        catalog = self._pinned()
        self._local.catalog = catalog
        try:
            yield catalog
        finally:
            self._local.catalog = None
            with _pinning:
                _pins[self.link.uri][catalog.meta.generation] -= 1

    def _pinned(self) -> Catalog:
        while True:
            catalog = self._fresh()
            generation = catalog.meta.generation
            with _pinning:
                _pins[self.link.uri][generation] += 1
            if self._meta().generation == generation:  # else its garbage may be gone already
                return catalog
            with _pinning:
                _pins[self.link.uri][generation] -= 1

    def _meta(self) -> Meta:
        meta = Meta.read(self.link)
        if meta is None:
            msg = f"The index at {self.link.shown} is gone."
            raise StoreError(msg, "Somebody removed it: ingest again.")
        return meta

    def _fresh(self) -> Catalog:
        with self._refreshing:
            meta = self._meta()
            if self._catalog is None or meta.generation > self._catalog.meta.generation:
                self._still_ours(meta)
                self._catalog = Catalog.read(self.link, meta, self._catalog)
            return self._catalog

    def _still_ours(self, meta: Meta) -> None:
        """Checks that what was read before can be read on."""

    # --- passages and sentences --------------------------------------------------------------------------------------

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        with self._now() as catalog:
            rows = [row for row in self.link.get(PASSAGES, list(dict.fromkeys(ids)), _PASSAGE) if _seen(row, catalog)]
            bodies = self._read({(row["body"], row["parts"]) for row in rows})
            found = {
                row["id"]: _passage(row, catalog.heads[row["article"]].id, bodies[row["body"]])
                for row in rows
                if row["body"] in bodies
            }
        return {i: found[i] for i in ids if i in found}

    def openings(self, article_ids: Sequence[str]) -> dict[str, Opening]:
        with self._now() as catalog:
            heads = [head for i in article_ids if (head := catalog.head(i))]
        return {
            head.id: Opening(head.passage, head.passages, as_date(head.day), head.story)
            for head in heads
            if head.passages
        }

    def article_passages(self, article_id: str) -> list[Passage]:
        with self._now() as catalog:
            head = catalog.head(article_id)
            ids = range(head.passage, head.passage + head.passages) if head else ()
            return list(self.passages(ids).values())

    def sentences(self, article_id: str, version: int | None = None) -> list[Sentence]:
        with self._now() as catalog:
            head = catalog.head(article_id)
            if head is None:
                return []
            if version in (None, head.version):
                body = self._read([(head.body, head.parts)]).get(head.body)
            else:
                body = self._versions(head, catalog).get(version or 0)
        return body.sentences(article_id) if body else []

    def vectors(self, ids: Sequence[int]) -> Vectors:
        rows = self.link.get(PASSAGES, list(dict.fromkeys(int(i) for i in ids)), ["id", "vector"])
        found = {row["id"]: row["vector"] for row in rows}
        return np.asarray([found[int(i)] for i in ids], dtype=np.float32).reshape(len(ids), self._dimension)

    # --- articles ----------------------------------------------------------------------------------------------------

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        with self._now() as catalog:
            return self._stored([head for i in ids if (head := catalog.head(i))])

    def versions(self, article_id: str) -> list[StoredArticle]:
        with self._now() as catalog:
            head = catalog.head(article_id)
            found = self._versions(head, catalog) if head else {}
        return [_article(head, found[version], version) for version in sorted(found)] if head else []

    def by_url(self, url: str) -> dict[str, StoredArticle]:
        with self._now() as catalog:
            found = self._stored(catalog.of_url(url))
        return {i: stored for i, stored in found.items() if stored.article.url == url}

    def article_ids(self) -> list[str]:
        with self._now() as catalog:
            return [head.id for head in newest_first(catalog.heads.values())]

    def added_ids(self) -> list[str]:
        with self._now() as catalog:
            return [head.id for head in catalog.heads.values()]

    def listed(self, where: Filter, *, offset: int = 0, limit: int = 50) -> list[ListedArticle]:
        with self._now() as catalog:
            page = newest_first(catalog.allowed(where))[offset : offset + limit]
            stored = self._stored(page)
            return [
                ListedArticle(
                    head.id,
                    (found := stored[head.id]).article.title,
                    head.outlet,
                    found.article.published,
                    found.article.url,
                    head.version,
                    len(catalog.stories[head.story]) - 1,
                    found.added_at,
                )
                for head in page
                if head.id in stored
            ]

    def counted(self, where: Filter) -> int:
        with self._now() as catalog:
            return sum(1 for _ in catalog.allowed(where))

    def extent(self, where: Filter) -> Extent:
        with self._now() as catalog:
            days = [head.day for head in catalog.allowed(where)]
            dated = [day for day in days if day]
            newest = self.listed(where, limit=1) if dated else []
            return Extent(len(days), len(days) - len(dated), as_date(min(dated, default=0)), *newest)

    def weekly(self, where: Filter) -> dict[date, int]:
        with self._now() as catalog:
            return catalog.weekly(where)

    def hashes(self, ids: Sequence[str]) -> dict[str, str]:
        with self._now() as catalog:
            return {i: head.hash for i in ids if (head := catalog.head(i))}

    def sources(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        with self._now() as catalog:
            for head in catalog.heads.values():
                found[head.source].append(head.id)
        return dict(found)

    def story(self, story: int) -> list[StoredArticle]:
        with self._now() as catalog:
            heads = newest_first(catalog.heads[n] for n in catalog.stories.get(story) or ())
            return list(self._stored(heads).values())

    def twins(self, article_ids: Sequence[str]) -> dict[str, str]:
        with self._now() as catalog:
            heads = [head for i in article_ids if (head := catalog.head(i))]
            first = {head.id: catalog.stories[head.story][0] for head in heads}
            return {head.id: catalog.heads[first[head.id]].id for head in heads if first[head.id] != head.n}

    def outlets(self) -> tuple[str, ...]:
        with self._now() as catalog:
            return catalog.outlets

    def newest(self) -> date | None:
        with self._now() as catalog:
            return catalog.newest

    def stats(self) -> IndexStats:
        with self._now() as catalog:
            return catalog.stats()

    # --- what was fetched --------------------------------------------------------------------------------------------

    def visit(self, url: str) -> Visit | None:
        rows = self.link.get(NOTES, [visit_id(url)], ["body"])
        found = Visit(**json.loads(rows[0]["body"])) if rows else None
        return found if found and found.url == url else None

    def visits(self) -> list[Visit]:
        rows = self.link.query(NOTES, f"kind == {VISIT}", ["body"])
        return sorted((Visit(**json.loads(row["body"])) for row in rows), key=lambda visit: visit.url)

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _dimension(self) -> int:
        raise NotImplementedError

    def _stored(self, heads: Sequence[Head]) -> dict[str, StoredArticle]:
        bodies = self._read([(head.body, head.parts) for head in heads])
        return {head.id: _article(head, bodies[head.body], head.version) for head in heads if head.body in bodies}

    def _versions(self, head: Head, catalog: Catalog) -> dict[int, Body]:
        expression = f"n == {head.n} and born <= {catalog.meta.generation}"
        pieces: dict[int, dict[int, str]] = defaultdict(dict)
        for row in self.link.query(VERSIONS, expression, ["version", "part", "body"]):
            pieces[row["version"]][row["part"]] = row["body"]
        return {version: Body.joined([found[part] for part in sorted(found)]) for version, found in pieces.items()}

    def _read(self, refs: Iterable[Ref]) -> dict[int, Body]:
        """Bodies by their first piece; they never change, so those read last are kept. What is gone is left out."""
        wanted = dict(refs)
        with self._keeping:
            found = {first: self._bodies[first] for first in wanted if first in self._bodies}
            for first in found:
                self._bodies.move_to_end(first)
        missing = [first for first in wanted if first not in found]
        ids = [first + part for first in missing for part in range(wanted[first])]
        pieces = {row["id"]: row["body"] for row in self.link.get(VERSIONS, ids, ["id", "body"])}
        for first in missing:
            parts = [pieces.get(first + part) for part in range(wanted[first])]
            whole = [part for part in parts if part is not None]
            if len(whole) == len(parts):
                found[first] = Body.joined(whole)
        with self._keeping:
            self._bodies.update({first: found[first] for first in missing if first in found})
            while len(self._bodies) > _BODIES:
                self._bodies.popitem(last=False)
        return found


def visit_id(url: str) -> int:
    """The id of the note of a visit: below zero, where no other note is."""
    return -(key(url) & (2**62 - 1)) - 1


def visit_row(visit: Visit) -> Row:
    """The note of a visit."""
    values = {name: getattr(visit, name) for name in ("url", "article_id", "etag", "modified", "mark", "at")}
    note = {"id": visit_id(visit.url), "born": 0, "kind": VISIT, "key": key(visit.article_id)}
    return {**note, "body": json.dumps(values, ensure_ascii=False), **NOTHING}


def _seen(row: Row, catalog: Catalog) -> bool:
    generation = catalog.meta.generation
    return row["born"] <= generation and row["id"] not in catalog.dead and row["article"] in catalog.heads


def _passage(row: Row, article_id: str, body: Body) -> Passage:
    start, stop = row["start"], row["stop"]
    return Passage(row["id"], article_id, row["first"], row["last"], start, stop, body.text[start:stop])


def _article(head: Head, body: Body, version: int) -> StoredArticle:
    day = as_date(body.day)
    article = Article(head.id, body.title, body.text, body.outlet, day, body.url, tuple(body.authors), head.source)
    return StoredArticle(article, version, head.story, body.added_at)
