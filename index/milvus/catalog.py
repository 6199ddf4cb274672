"""What every process keeps in memory: one small record an article, and what the newest commit is. Never changed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar

from index.milvus.keys import key, listed, outlet_key
from index.milvus.layered import Layered
from index.milvus.layout import ARTICLES, GARBAGE, META, NOTES, NOTHING, PASSAGES
from index.milvus.link import Link, Row
from index.records import Filter, IndexStats

K = TypeVar("K")

EVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Meta:
    """The row that says which commit is the newest. `article` … `row`: the last numbers given out, never again used.

    Attributes:
        generation: number of the newest commit.
        removals: number of the newest commit that removed articles.
        manifest: as JSON.
        layout: of the collections.
    """

    generation: int
    removals: int
    manifest: str
    article: int = 0
    sentence: int = 0
    passage: int = 0
    row: int = 0
    layout: int = 1

    def to_row(self) -> Row:
        return {"id": META, "born": 0, "kind": META, "key": 0, "body": json.dumps(asdict(self)), **NOTHING}

    @classmethod
    def read(cls, link: Link) -> Meta | None:
        """The newest; None where there is no index."""
        rows = link.get(NOTES, [META], ["body"])
        return cls(**json.loads(rows[0]["body"])) if rows else None


@dataclass(frozen=True, slots=True)
class Head:
    """The current version of an article, without its text.

    Attributes:
        row: id of its row; a later one of the same article has a greater.
        n: the article's number.
        id: the article's id.
        day: proleptic ordinal, 0 where unknown.
        url: key of the canonical URL, 0 for none.
        passage, passages: its first passage, and how many follow each other.
        bands: id of the first of its bands.
        body, parts: id of the first piece of its text, and how many follow each other.
    """

    row: int
    n: int
    id: str
    version: int
    hash: str
    source: str
    story: int
    day: int
    outlet: str | None
    url: int
    passage: int
    passages: int
    sentences: int
    bands: int
    body: int
    parts: int

    def to_row(self, born: int, signature: str) -> Row:
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        row["id"], row["key"], row["outlet"] = row.pop("row"), row["id"], self.outlet or ""
        return {**row, "born": born, "signature": signature, **NOTHING}

    @classmethod
    def from_row(cls, row: Row) -> Head:
        values = {f.name: row[f.name] for f in fields(cls) if f.name not in ("row", "id")}
        return cls(row=row["id"], id=row["key"], **{**values, "outlet": row["outlet"] or None})


HEAD = [f.name for f in fields(Head) if f.name != "row"] + ["key"]


@dataclass(frozen=True)
class Catalog:
    """One state of the index. The next one is made of it at the cost of what changed, however much there is.

    Attributes:
        meta: the commit.
        heads: by the article's number, in the order in which they were first added.
        by_id: numbers by article id.
        stories: numbers of the articles of each story, ascending.
        written: how many passages there are of each outlet, as it is written.
        days: how many articles there are of each day.
        passages: how many passages there are.
        dead: passages that are in Milvus still, but not in the index any more.
    """

    meta: Meta
    heads: Layered[int, Head] = field(default_factory=Layered)
    by_id: Layered[str, int] = field(default_factory=Layered)
    stories: Layered[int, tuple[int, ...]] = field(default_factory=Layered)
    written: Layered[str, int] = field(default_factory=Layered)
    days: Layered[int, int] = field(default_factory=Layered)
    passages: int = 0
    dead: frozenset[int] = frozenset()

    @classmethod
    def read(cls, link: Link, meta: Meta, known: Catalog | None = None) -> Catalog:
        """The state of a commit; what is new since `known` alone where nothing was removed since."""
        start = known if known and meta.removals <= known.meta.generation else None
        since = start.meta.generation if start else 0
        garbage = garbage_of(link, meta.generation)
        gone = set(garbage.get(ARTICLES, ()))
        rows = link.query(ARTICLES, f"born > {since} and born <= {meta.generation}", HEAD)
        found = [Head.from_row(row) for row in rows if row["id"] not in gone]
        base = start or Catalog(meta)
        return base.advanced(meta, {head.n: head for head in found}, frozenset(garbage.get(PASSAGES, ())))

    def advanced(self, meta: Meta, changes: Mapping[int, Head | None], dead: frozenset[int]) -> Catalog:
        """With other heads in the place of those of the same articles, or in addition; without those that are None."""
        ids: dict[str, int | None] = {}
        stories: dict[int, set[int]] = {}
        written, days = Counter[str](), Counter[int]()
        passages = self.passages
        for n in sorted(changes):
            for head, sign in ((self.heads.get(n), -1), (changes[n], 1)):
                if head:
                    ids[head.id] = n if sign > 0 else None
                    members = stories.setdefault(head.story, set(self.stories.get(head.story) or ()))
                    (members.add if sign > 0 else members.discard)(n)
                    written[head.outlet or ""] += sign * head.passages
                    days[head.day] += sign
                    passages += sign * head.passages
        return Catalog(
            meta,
            self.heads.advanced({n: changes[n] for n in sorted(changes)}),
            self.by_id.advanced(ids),
            self.stories.advanced({story: tuple(sorted(members)) or None for story, members in stories.items()}),
            self.written.advanced(_summed(self.written, written)),
            self.days.advanced(_summed(self.days, days)),
            passages,
            dead,
        )

    def without(self, swept: frozenset[int]) -> Catalog:
        """After passages that were dead are gone from Milvus."""
        return replace(self, dead=self.dead - swept) if swept else self

    def head(self, article_id: str) -> Head | None:
        """The head of an article."""
        n = self.by_id.get(article_id)
        return None if n is None else self.heads[n]

    # --- filters -----------------------------------------------------------------------------------------------------

    def expression(self, where: Filter) -> str | None:
        """The passages of this state that pass a filter, as Milvus reads it; None where there can be none."""
        parts = [f"born <= {self.meta.generation}"]
        if where.since:
            parts.append(f"(day >= {where.since.toordinal()} or day == 0)")
        if where.until:
            parts.append(f"day <= {where.until.toordinal()}")  # the undated among them
        if not where.include_undated:
            parts.append("day > 0")
        if where.outlets:
            parts.append(listed("outlet", {outlet_key(name) for name in where.outlets}))
        if where.article_ids is not None:
            known = self._numbers(where.article_ids)
            if not known:
                return None
            parts.append(listed("article", known))
        if without := self._numbers(where.without):
            parts.append(listed("article", without, without=True))
        if self.dead:
            parts.append(listed("id", sorted(self.dead), without=True))
        return " and ".join(parts)

    def _numbers(self, article_ids: Iterable[str]) -> list[int]:
        return sorted({self.by_id[i] for i in article_ids if i in self.by_id})

    def allowed(self, where: Filter) -> Iterator[Head]:
        """The articles that pass a filter."""
        since = where.since.toordinal() if where.since else 0
        until = where.until.toordinal() if where.until else date.max.toordinal()
        outlets = {name.lower() for name in where.outlets}
        without = set(where.without)
        chosen: Iterable[Head] = self.heads.values()
        if where.article_ids is not None:
            chosen = [self.heads[n] for n in self._numbers(where.article_ids)]
        for head in chosen:
            inside = since <= head.day <= until if head.day else where.include_undated
            if inside and (not outlets or (head.outlet or "").lower() in outlets) and head.id not in without:
                yield head

    # --- what is counted and sorted ----------------------------------------------------------------------------------

    @cached_property
    def outlets(self) -> tuple[str, ...]:
        """Outlets as they are written, those with most passages first."""
        named = ((name, count) for name, count in self.written.items() if name)
        return tuple(name for name, _ in sorted(named, key=lambda one: -one[1]))

    @cached_property
    def newest(self) -> date | None:
        """The newest day of publication."""
        return as_date(max(self.days, default=0))

    def of_url(self, url: str) -> list[Head]:
        """Articles with that canonical URL, as its key says."""
        wanted = key(url)
        return [head for head in self.heads.values() if head.url == wanted]

    def weekly(self, where: Filter) -> dict[date, int]:
        """Dated articles by the Monday of their week, oldest first."""
        # Day 1 of the proleptic calendar was a Monday.
        counts = Counter((head.day - 1) // 7 for head in self.allowed(where) if head.day)
        return {date.min + timedelta(weeks=week): counts[week] for week in sorted(counts)}

    def stats(self) -> IndexStats:
        """What there is."""
        heads = list(self.heads.values())
        days = [head.day for head in heads if head.day]
        outlets = Counter(head.outlet for head in heads if head.outlet)
        return IndexStats(
            len(heads),
            len(self.stories),
            sum(head.sentences for head in heads),
            self.passages,
            dict(sorted(outlets.items(), key=lambda one: (-one[1], one[0]))),
            as_date(min(days, default=0)),
            as_date(max(days, default=0)),
            len(heads) - len(days),
        )


def newest_first(heads: Iterable[Head]) -> list[Head]:
    """Newest publication first, undated last."""
    return sorted(heads, key=lambda head: (-head.day, -head.n))


def garbage(generation: int, until: int = EVER) -> str:
    """The notes of garbage of the commits up to `generation`, until that time, as an expression."""
    return f"kind == {GARBAGE} and born <= {generation} and key <= {until}"


def garbage_of(link: Link, generation: int, until: int = EVER) -> dict[str, list[int]]:
    """Ids of rows that the commits up to `generation`, until that time, made needless, by collection."""
    found: dict[str, list[int]] = defaultdict(list)
    for row in link.query(NOTES, garbage(generation, until), ["body"]):
        for collection, ids in json.loads(row["body"]).items():
            found[collection] += ids
    return found


def _summed(before: Layered[K, int], more: Mapping[K, int]) -> dict[K, int | None]:
    """Counts that changed; None for none left."""
    return {name: ((before.get(name) or 0) + count) or None for name, count in more.items() if count}


def as_date(ordinal: int) -> date | None:
    """A day from its proleptic ordinal; None for 0."""
    return date.fromordinal(ordinal) if ordinal else None
