"""A commit as it is gathered, and as it is written; what a crash left is mended. See the package for the order."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from index.duplicates import BANDS as PER_ARTICLE
from index.duplicates import Signature, signature
from index.milvus.bodies import Body
from index.milvus.catalog import Catalog, Head, garbage, garbage_of
from index.milvus.keys import key, listed, outlet_key
from index.milvus.layered import Draft
from index.milvus.layout import ARTICLES, BANDS, COMMITTED, GARBAGE, NOTES, NOTHING, PASSAGES, TERMS, VERSIONS, VISIT
from index.milvus.link import Link, Row
from index.milvus.stories import Stories, band_numbers, packed
from index.records import Article, Span
from index.sqlite_words import TITLE_WEIGHT, Words
from index.store import Entry, Kept, Outcome

_IDS_A_ROW = 2_000  # a field holds 65,535 bytes
_MOST_WORDS = 60_000  # bytes of a passage's words that are searched
_BAR = "|"  # no word to Milvus; keeps phrases from reaching over it


class Writing:
    """What one commit brings and takes away.

    Args:
        link: the connection.
        before: the newest commit's state.
        words: cuts texts into the terms that are searched.
    """

    def __init__(self, link: Link, before: Catalog, words: Words) -> None:
        self._link, self.before, self._words = link, before, words
        self.heads = Draft(before.heads)
        self._ids = Draft(before.by_id)
        self._stories = Stories(link, self)
        self._sketched: dict[str, Signature] = {}  # by content hash
        self._used = {name: getattr(before.meta, name) for name in ("article", "sentence", "passage", "row")}
        self._rows: dict[str, list[Row]] = defaultdict(list)
        self._garbage: dict[str, list[int]] = defaultdict(list)
        self._counts: Counter[int] = Counter()  # by how much each term is in more passages

    @property
    def born(self) -> int:
        """The number that the commit will have."""
        return self.before.meta.generation + 1

    # --- what the stories ask and tell -------------------------------------------------------------------------------

    def members(self, story: int) -> list[int]:
        """Numbers of the articles of a story, ascending."""
        known = {*(self.before.stories.get(story) or ()), *self.heads.changes}
        return sorted(n for n in known if (head := self.heads.get(n)) and head.story == story)

    def move(self, n: int, story: int) -> None:
        """Puts an article into a story."""
        if self.heads[n].story != story:
            self._change(replace(self.heads[n], story=story))

    # --- what the store asks for -------------------------------------------------------------------------------------

    def expect(self, articles: Iterable[Article]) -> None:
        """Looks up the near-duplicates of articles that are put or restored next, all at once."""
        new = [a for a in articles if a.id not in self._ids or self.heads[self._ids[a.id]].hash != a.content_hash]
        self._stories.look_up([self._sketch(article) for article in new])

    def put(self, entry: Entry, added_at: str) -> Outcome:
        """An article, or a new version of it."""
        article = entry.cut.article
        known = self._ids.get(article.id)
        if known is None:
            self._version(entry, added_at, self._take("article", 1), 1)
            return "added"
        if self.heads[known].hash == article.content_hash:
            self.relocate(known, article.source)
            return "unchanged"
        self._drop_passages(self.heads[known])
        self._stories.leave(known)
        self._version(entry, added_at, known, self.heads[known].version + 1)
        return "updated"

    def restore(self, kept: Kept) -> None:
        """An article that is not there, with all its versions."""
        n = self._take("article", 1)
        for stored, sentences in zip(kept.versions[:-1], kept.sentences[:-1], strict=True):
            self._body(n, stored.version, self._new_body(stored.article, sentences, stored.added_at))
        self._version(kept.entry, kept.versions[-1].added_at, n, kept.versions[-1].version)

    def relocate(self, n: int, source: str) -> None:
        """Notes where an article was read last."""
        if self.heads[n].source != source:
            self._change(replace(self.heads[n], source=source))

    def remove(self, articles: Sequence[int]) -> None:
        """Articles with all that belongs to them."""
        for row in self._link.query(VERSIONS, listed("n", articles), ["id"]):
            self._garbage[VERSIONS].append(row["id"])
        visited = listed("key", [key(self.heads[n].id) for n in articles])
        for row in self._link.query(NOTES, f"kind == {VISIT} and {visited}", ["id"]):
            self._garbage[NOTES].append(row["id"])
        for n in articles:
            head = self.heads[n]
            self._drop_passages(head)
            self._stories.leave(n)
            self._garbage[ARTICLES].append(head.row)
            del self.heads[n]
            del self._ids[head.id]

    def commit(self, confirm: Callable[[], None]) -> Catalog:
        """Writes it. Returns the new state, whose garbage is in Milvus still.

        Args:
            confirm: called before the row that makes it seen; raises where that must not be.

        Raises:
            StoreError: Milvus refused; nothing of it is seen.
        """
        self._finish_heads()
        self._finish_terms()
        self._finish_garbage()
        removals = self.born if None in self.heads.changes.values() else self.before.meta.removals
        meta = replace(self.before.meta, generation=self.born, removals=removals, **self._used)
        for collection in (PASSAGES, VERSIONS, BANDS, TERMS, ARTICLES, NOTES):
            self._link.write(collection, self._rows[collection])
        confirm()
        self._link.write(NOTES, [meta.to_row()])
        return self.before.advanced(meta, self.heads.changes, self.before.dead.union(self._garbage[PASSAGES]))

    @property
    def brought(self) -> dict[str, int]:
        """How many rows it writes, by collection."""
        return {name: len(rows) for name, rows in self._rows.items()}

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.heads.changes

    # --- inside ------------------------------------------------------------------------------------------------------

    def _take(self, name: str, count: int) -> int:
        """The first of `count` numbers that were never given out."""
        first: int = self._used[name] + 1
        self._used[name] += count
        return first

    def _sketch(self, article: Article) -> Signature:
        digest = article.content_hash
        if digest not in self._sketched:
            self._sketched[digest] = signature(f"{article.title}\n{article.text}")
        return self._sketched[digest]

    def _change(self, head: Head) -> None:
        self.heads[head.n] = head

    def _body(self, n: int, version: int, body: Body) -> tuple[int, int]:
        pieces = body.pieces()
        first = self._take("row", len(pieces))
        self._rows[VERSIONS] += [
            {"id": first + part, "born": self.born, "n": n, "version": version, "part": part, "body": piece, **NOTHING}
            for part, piece in enumerate(pieces)
        ]
        return first, len(pieces)

    def _new_body(self, article: Article, sentences: Sequence[Span], added_at: str) -> Body:
        spans = [offset for span in sentences for offset in (span.start, span.end)]
        return Body.of(article, spans, self._take("sentence", len(sentences)), added_at)

    def _version(self, entry: Entry, added_at: str, n: int, version: int) -> None:
        """The current version."""
        cut, article = entry.cut, entry.cut.article
        body = self._new_body(article, cut.sentences, added_at)
        at, parts = self._body(n, version, body)
        sketch = self._sketch(article)
        head = Head(
            row=0,
            n=n,
            id=article.id,
            version=version,
            hash=article.content_hash,
            source=article.source,
            story=n,
            day=body.day,
            outlet=article.outlet,
            url=key(article.url) if article.url else 0,
            passage=self._take("passage", len(cut.passages)),
            passages=len(cut.passages),
            sentences=len(cut.sentences),
            bands=self._take("row", PER_ARTICLE),
            body=at,
            parts=parts,
        )
        self._ids[article.id] = n
        self._change(head)
        self._passages(head, entry)
        self._rows[BANDS] += [
            {"id": head.bands + i, "born": self.born, "key": number, "n": n, **NOTHING}
            for i, number in enumerate(band_numbers(sketch))
        ]
        self._stories.join(n, sketch)

    def _passages(self, head: Head, entry: Entry) -> None:
        cut = entry.cut
        title, *texts = self._words.tokens([cut.article.title, *(cut.passage_text(p) for p in cut.passages)])
        heading = [*title, _BAR] * TITLE_WEIGHT if title else []
        vectors = np.ascontiguousarray(entry.vectors, dtype=np.float32)
        for i, (span, tokens) in enumerate(zip(cut.passages, texts, strict=True)):
            words = f" {' '.join([*heading, *tokens])} ".encode()[:_MOST_WORDS].decode(errors="ignore")
            self._counts.update(terms_of(words))
            self._rows[PASSAGES].append(
                {
                    "id": head.passage + i,
                    "born": self.born,
                    "article": head.n,
                    "day": head.day,
                    "outlet": outlet_key(head.outlet),
                    "first": span.first,
                    "last": span.last,
                    "start": cut.sentences[span.first].start,
                    "stop": cut.sentences[span.last].end,
                    "body": head.body,
                    "parts": head.parts,
                    "vector": vectors[i],
                    "words": words,
                }
            )

    def _drop_passages(self, head: Head) -> None:
        """Passages and bands of a version that is current no more."""
        passages = range(head.passage, head.passage + head.passages)
        bands = range(head.bands, head.bands + PER_ARTICLE)
        if head.row == 0 or head.passage > self.before.meta.passage:  # this commit brought them
            gone = [row for row in self._rows[PASSAGES] if row["id"] in passages]
            self._rows[PASSAGES] = [row for row in self._rows[PASSAGES] if row["id"] not in passages]
            self._rows[BANDS] = [row for row in self._rows[BANDS] if row["id"] not in bands]
        else:
            gone = self._link.get(PASSAGES, list(passages), ["words"])
            self._garbage[PASSAGES] += passages
            self._garbage[BANDS] += bands
        for row in gone:
            self._counts.subtract(terms_of(row["words"]))

    def _finish_heads(self) -> None:
        changed = sorted(n for n, head in self.heads.changes.items() if head)
        sketches = self._stories.sketches(changed)
        for n in changed:
            if n in self.before.heads:
                self._garbage[ARTICLES].append(self.before.heads[n].row)
            self.heads[n] = replace(self.heads[n], row=self._take("row", 1))
            self._rows[ARTICLES].append(self.heads[n].to_row(self.born, packed(sketches[n])))

    def _finish_terms(self) -> None:
        more = {term: count for term, count in self._counts.items() if count}
        had = {row["id"]: row["df"] for row in self._link.get(TERMS, list(more), ["id", "df"])}
        for term, count in more.items():
            before = had.get(term, 0)
            now = before + count
            self._rows[TERMS].append({"id": term, "born": self.born, "df": now, "before": before, **NOTHING})
            if not now:
                self._garbage[TERMS].append(term)

    def _finish_garbage(self) -> None:
        now = int(time.time())
        for collection, ids in self._garbage.items():
            for at in range(0, len(ids), _IDS_A_ROW):
                body = json.dumps({collection: ids[at : at + _IDS_A_ROW]})
                row = {
                    "id": self._take("row", 1),
                    "born": self.born,
                    "kind": GARBAGE,
                    "key": 0 if collection == NOTES else now,  # a visit of what is not there any more misleads
                    "body": body,
                    **NOTHING,
                }
                self._rows[NOTES].append(row)


def terms_of(words: str) -> set[int]:
    """Keys of the distinct terms of a passage."""
    return {key(term) for term in words.split() if term != _BAR}


def frequencies(link: Link, terms: Iterable[str], generation: int) -> list[int]:
    """In how many passages each of the terms is, in their order."""
    wanted = [key(term) for term in terms]
    rows = {row["id"]: row for row in link.get(TERMS, wanted, ["id", "born", "df", "before"])}
    return [_seen(rows[term], generation) if term in rows else 0 for term in wanted]


def _seen(row: Mapping[str, int], generation: int) -> int:
    """A commit that is under way, or was cut short, does not count."""
    return row["df"] if row["born"] <= generation else row["before"]


def mend(link: Link, generation: int) -> None:
    """Deletes what a commit that was cut short has left. The caller has the right to write."""
    for collection in COMMITTED:
        link.delete(collection, [row["id"] for row in link.query(collection, f"born > {generation}", ["id"])])
    left = link.query(TERMS, f"born > {generation}", ["id", "before"])
    link.write(TERMS, [{**row, "df": row["before"], "born": generation, **NOTHING} for row in left])


def sweep(link: Link, generation: int, until: int) -> frozenset[int]:
    """Deletes the garbage of the commits up to `generation`, until that time. The caller has the right to write.

    Returns:
        The passages among it.
    """
    found = garbage_of(link, generation, until)
    if not found:
        return frozenset()
    # A term may have come back since.
    found[TERMS] = [row["id"] for row in link.get(TERMS, found.get(TERMS, []), ["id", "df"]) if not row["df"]]
    for collection, ids in found.items():
        link.delete(collection, ids)
    link.delete(NOTES, [row["id"] for row in link.query(NOTES, garbage(generation, until), ["id"])])
    return frozenset(found.get(PASSAGES, ()))
