"""The store on Milvus; see the package for how it commits, and `index.store.Store` for what it promises."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from index.embed import Vectors
from index.errors import IndexBusy, IndexMismatch, IndexMissing
from index.manifest import SCHEMA_VERSION, Manifest
from index.milvus.catalog import EVER, Catalog, Meta
from index.milvus.layout import NOTES, PASSAGES, create, load
from index.milvus.link import Link, Row
from index.milvus.reading import Reading, oldest_read, visit_row
from index.milvus.rights import right
from index.milvus.writing import Writing, frequencies, mend, sweep
from index.postings import K1
from index.records import Filter, Hit
from index.sources import Visit
from index.sqlite_words import Words
from index.sqlite_words import attainable as fts_attainable
from index.store import Entry, Kept, Outcome, Terms

T = TypeVar("T")

FILE = "milvus.db"
LAYOUT = 1
_MOST = 16_384  # hits that Milvus gives
_REMOVED_AT_ONCE = 500
# What a commit made needless is deleted so much later: other processes may be in the middle of an answer.
GRACE_S = 60.0
# Rows that Milvus Lite searches one by one, before they are worth an index of their own: tenths of a second.
WORTH_SAVING = 1_000


class MilvusStore(Reading):
    """See `index.store.Store`."""

    def __init__(self, place: Path, manifest: Manifest | None = None, *, create: bool = False, uri: str = "") -> None:
        """Opens the index at `uri`.

        Args:
            place: folder of the index; holds Milvus Lite's file where no `uri` is given.
            manifest: what the index must be; None accepts any.
            create: make a new index (needs a manifest) where there is none.
            uri: a file ending in .db, or the URL of a cluster.

        Raises:
            IndexMissing: there is none and `create` is false.
            IndexMismatch: it was made with another encoder or chunking, or by a newer version.
            IndexBusy: another process has the file open.
            StoreError: Milvus does not answer, or the place cannot be written.
        """
        self.place = place
        uri = uri or str(place / FILE)
        if not (create or "://" in uri or Path(uri).exists()):
            raise _missing(uri)
        super().__init__(Link(uri))
        self._right = right(self.link)
        self.link.guard = self._right.guard
        self._words = Words()
        self._mended = (-1, -1)  # the term, and the commit in it after which nothing was left to mend
        self._unsaved = 0
        try:
            meta = Meta.read(self.link) if load(self.link) else None
            if meta is None:
                if not (create and manifest):
                    raise _missing(self.link.shown)
                meta = self._create(manifest)
            self.manifest = _manifest(meta)
            if meta.layout > LAYOUT:
                msg = f"The index at {self.link.shown} was made by a newer version (layout {meta.layout})."
                raise IndexMismatch(msg, f"Upgrade Dateline, which knows layout {LAYOUT}, or name another index.")
            if manifest:
                self.manifest.require(manifest, self.link.shown)
        except BaseException:
            self.link.close()
            raise

    @property
    def shown(self) -> str:
        return self.link.shown

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # --- writing -----------------------------------------------------------------------------------------------------

    def put(self, entries: Sequence[Entry]) -> list[Outcome]:
        for entry in entries:
            _require_vectors(entry)
        now = datetime.now(UTC).isoformat(timespec="seconds")

        def work(writing: Writing) -> list[Outcome]:
            writing.expect(entry.cut.article for entry in entries)
            return [writing.put(entry, now) for entry in entries]

        return self._write(work)

    def restore(self, kept: Sequence[Kept]) -> None:
        for article in kept:
            _require_vectors(article.entry)

        def work(writing: Writing) -> None:
            writing.expect(article.versions[-1].article for article in kept)
            for article in kept:
                if article.versions[-1].article.id in writing.before.by_id:
                    msg = f"the article {article.versions[-1].article.id!r} is there already"
                    raise ValueError(msg)
                writing.restore(article)

        self._write(work)

    def remove(self, article_ids: Sequence[str]) -> int:
        parts = [article_ids[at : at + _REMOVED_AT_ONCE] for at in range(0, len(article_ids), _REMOVED_AT_ONCE)]
        return sum(self._write(partial(_remove, article_ids=part)) for part in parts)

    def relocate(self, places: Mapping[str, str]) -> None:
        with self._now() as catalog:
            heads = [head for i in places if (head := catalog.head(i))]
        if all(head.source == places[head.id] for head in heads):
            return

        def work(writing: Writing) -> None:
            for head in heads:
                if head.n in writing.heads:
                    writing.relocate(head.n, places[head.id])

        self._write(work)

    def remember(self, visits: Sequence[Visit]) -> None:
        if visits:
            with self.exclusive():
                self.link.write(NOTES, [visit_row(visit) for visit in visits])

    def snapshot(self, *, if_worth_it: bool = False) -> None:
        if if_worth_it and self._unsaved < WORTH_SAVING:
            return
        with suppress(IndexBusy), self.exclusive(), self.link.mapped():
            self._sweep(self._fresh())
            for name in self.link.client.list_collections(timeout=self.link.timeout_s):
                self.link.client.flush(name, timeout=self.link.slow_s)
            self._unsaved = 0

    @contextmanager
    def exclusive(self, wait_s: float = 0.0) -> Iterator[None]:
        with self._right.held(wait_s):
            yield

    # --- searching ---------------------------------------------------------------------------------------------------

    def search_dense(self, vector: Vectors, k: int, where: Filter) -> list[Hit]:
        with self._now() as catalog:
            expression = catalog.expression(where)
            if expression is None:
                return []
            rows = self._search(np.asarray(vector, dtype=np.float32), "vector", k, expression)
            return _hits(rows, catalog)

    def search_lexical(self, terms: Terms, k: int, where: Filter) -> list[Hit]:
        tokens = self._words.tokens([*terms.words, *terms.phrases])
        query = [token for found in tokens for token in found]
        with self._now() as catalog:
            expression = catalog.expression(where)
            if expression is None or not query:
                return []
            for phrase in tokens[len(terms.words) :]:
                if phrase:  # letters and digits alone: nothing in it can be an operator
                    expression += f' and words like "% {" ".join(phrase)} %"'
            rows = self._search(" ".join(query), "sparse", k, expression)
            if not rows:
                return []
            attainable = _attainable(self._counts(list(dict.fromkeys(query)), catalog), catalog.passages)
            # Milvus Lite gives BM25 scores below zero, a cluster above; none is zero where a word was found.
            found = _hits([{**row, "distance": abs(row["distance"])} for row in rows], catalog)
        return [Hit(h.passage_id, h.article_id, min(h.score / attainable, 1.0)) for h in found if h.score > 0]

    def idf(self, words: Sequence[str]) -> list[float]:
        with self._now() as catalog:
            counts = [self._counts(self._words.terms([word]), catalog) for word in words]
            # As the embedded store weighs it, so that evidence is picked alike.
            return [fts_attainable(count, catalog.passages) / (K1 + 1) for count in counts]

    def close(self) -> None:
        """Releases the file, or the connection. A closed store is not used again."""
        self.link.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _dimension(self) -> int:
        return self.manifest.dimension

    def _create(self, manifest: Manifest) -> Meta:
        create(self.link, manifest.dimension, [NOTES])  # one of them says who may make the others
        with self.exclusive():
            create(self.link, manifest.dimension)
            there = Meta.read(self.link)  # another process may have been quicker
            if there is None:
                there = Meta(0, 0, manifest.to_json())
                self.link.write(NOTES, [there.to_row()])
        return there

    def _write(self, work: Callable[[Writing], T]) -> T:
        """Does `work` in one commit."""
        with self.exclusive():
            catalog = self._fresh()
            if self._mended != (self._right.term, catalog.meta.generation):
                mend(self.link, catalog.meta.generation)
                self._swept(catalog.meta.generation)
            self._mended = (-1, -1)
            writing = Writing(self.link, catalog, self._words)
            done = work(writing)
            if not writing.empty:
                catalog = writing.commit(partial(self._confirm, catalog.meta))
                self._unsaved += sum(writing.brought.values())
                self._sweep(catalog)
            self._mended = (self._right.term, catalog.meta.generation)
        return done

    def _confirm(self, before: Meta) -> None:
        """That this is the next commit.

        Raises:
            IndexBusy: another process may write by now, or has written.
        """
        self._right.confirm()
        if self._meta().generation != before.generation:
            msg = f"Another process has written to the index at {self.link.shown} meanwhile."
            raise IndexBusy(msg, "Run the command again: what was not reported is not in the index.")

    def _sweep(self, catalog: Catalog) -> None:
        """Deletes garbage that nobody reads any more; `catalog` is what is read from now on."""
        catalog = catalog.without(self._swept(catalog.meta.generation))
        with self._refreshing:
            if self._catalog is None or catalog.meta.generation >= self._catalog.meta.generation:
                self._catalog = catalog

    def _swept(self, newest: int) -> frozenset[int]:
        """Deletes garbage that nobody reads any more. Returns the passages among it."""
        # Nobody else reads a file of Milvus Lite.
        until = EVER if self.link.local else int(time.time() - GRACE_S)
        return sweep(self.link, oldest_read(self.link.uri, newest), until)

    def _search(self, what: Vectors | str, field: str, k: int, expression: str) -> list[Row]:
        if k <= 0:
            return []
        with self.link.mapped():
            found = self.link.client.search(
                PASSAGES,
                data=[what],
                anns_field=field,
                limit=min(k, _MOST),
                filter=expression,
                output_fields=["article"],
                timeout=self.link.timeout_s,
            )
        return [dict(hit) for hit in found[0]]

    def _counts(self, terms: Sequence[str], catalog: Catalog) -> list[int]:
        return frequencies(self.link, terms, catalog.meta.generation)

    def _still_ours(self, meta: Meta) -> None:
        """Another process may have made the index anew: its vectors then mean nothing to this one.

        Raises:
            IndexMismatch: it has.
        """
        if hasattr(self, "manifest"):
            _manifest(meta).require(self.manifest, self.link.shown)


def _attainable(counts: Sequence[int], total: int) -> float:
    """The score that a passage approaches as it repeats terms, as Milvus's BM25 function weighs them.

    A term that no passage has counts as one in a single passage: it lowers every share alike.
    """
    idf = (math.log((total - count + 0.5) / (count + 0.5) + 1) for count in (max(count, 1) for count in counts))
    return sum(idf) * (K1 + 1)


def _manifest(meta: Meta) -> Manifest:
    """What shaped the index. The schema is SQLite's; here the layout says as much."""
    return replace(Manifest.from_json(meta.manifest), schema=SCHEMA_VERSION)


def _hits(rows: Sequence[Row], catalog: Catalog) -> list[Hit]:
    """Best first; what has gone meanwhile is left out."""
    known = [(float(row["distance"]), int(row["id"]), catalog.heads.get(row["entity"]["article"])) for row in rows]
    return [Hit(i, head.id, score) for score, i, head in sorted(known, key=lambda h: (-h[0], h[1])) if head]


def _remove(writing: Writing, article_ids: Sequence[str]) -> int:
    articles = [n for i in dict.fromkeys(article_ids) if (n := writing.before.by_id.get(i)) is not None]
    if articles:
        writing.remove(articles)
    return len(articles)


def _require_vectors(entry: Entry) -> None:
    if len(entry.cut.passages) != len(entry.vectors):
        msg = f"{len(entry.cut.passages)} passages and {len(entry.vectors)} vectors"
        raise ValueError(msg)


def _missing(place: str) -> IndexMissing:
    msg = f"There is no index at {place}."
    return IndexMissing(msg, "Make one with `dateline ingest PATH`, or name another with `uri` in dateline.toml.")
