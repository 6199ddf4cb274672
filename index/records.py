"""The records that pass through the index, and the one identity scheme they share.

An article has a text id that is stable across re-ingests (`article_id`). Sentences and passages have 64-bit integer
ids that the store gives out, monotonic and never used again. Offsets are in Unicode code points into
`Article.text`, half-open, and hold exactly: ``article.text[s.start:s.end] == s.text``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Article:
    """One article, cleaned and ready to be cut.

    Attributes:
        id: stable identity: the record's own id, else one derived from its canonical URL, else from its file.
        title: headline; may be empty.
        text: body after normalisation; every offset in the project points into this string.
        outlet: who published it, or None when unknown.
        published: day of publication, or None when unknown.
        url: canonical address, or None.
        authors: names as printed.
        source: where it was read from: an absolute file path or a URL. Used to notice that it is gone.
        line: of its file, where it is one of several records; else 0. It is told of a refusal and not stored.
    """

    id: str
    title: str
    text: str
    outlet: str | None = None
    published: date | None = None
    url: str | None = None
    authors: tuple[str, ...] = ()
    source: str = ""
    line: int = field(default=0, compare=False)

    @property
    def record(self) -> dict[str, object]:
        """What it would be read from: its fields, without an id that its address gives it."""
        own = "" if self.url and self.id == derived_id(self.url) else self.id
        day = self.published.isoformat() if self.published else None
        stated = {"id": own, "title": self.title, "outlet": self.outlet, "published": day, "url": self.url}
        return {name: said for name, said in {**stated, "authors": [*self.authors], "text": self.text}.items() if said}

    @property
    def content_hash(self) -> str:
        """Hex digest over everything a reader sees; two articles with the same hash need no second encoding."""
        day = self.published.isoformat() if self.published else None
        seen = [self.title, self.text, self.outlet, day, self.url, list(self.authors)]
        return hashlib.blake2b(json.dumps(seen, ensure_ascii=False).encode(), digest_size=16).hexdigest()


def derived_id(key: str) -> str:
    """Article id for an article that brings none, from its canonical URL or its file path (16 hex digits)."""
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence as the cutter sees it: code-point offsets into the article's text, before the store numbers it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """A run of whole sentences: indexes `first` to `last` (inclusive) into the article's sentence list."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Cut:
    """An article with its sentences and passages, not yet stored."""

    article: Article
    sentences: tuple[Span, ...]
    passages: tuple[PassageSpan, ...]

    def passage_text(self, passage: PassageSpan) -> str:
        """The passage as it stands in the article."""
        return self.article.text[self.sentences[passage.first].start : self.sentences[passage.last].end]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stored sentence: the unit that is cited."""

    id: int
    article_id: str
    position: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A stored passage: the unit that is searched. `first`/`last` are sentence positions, inclusive."""

    id: int
    article_id: str
    first: int
    last: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage found by one search, best first. `score` is a cosine, or a share of the attainable BM25."""

    passage_id: int
    article_id: str
    score: float


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the store holds it now: `version` counts from 1; near-duplicates share a `story`."""

    article: Article
    version: int
    story: int
    added_at: str


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article in a list, without its text; `copies` counts the other articles of its story."""

    id: str
    title: str
    outlet: str | None
    published: date | None
    url: str | None
    version: int
    copies: int
    added_at: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What a search may return; applied before the top k is taken.

    Attributes:
        since: first day, inclusive.
        until: last day, inclusive.
        outlets: names as stored (compared case-insensitively); empty means any.
        include_undated: whether an article of unknown date passes a window; by default it does, nothing is lost.
        article_ids: if not None, only these articles.
        without: never these articles.
    """

    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()
    include_undated: bool = True
    article_ids: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extent:
    """The articles that a filter lets through, as a whole.

    Attributes:
        articles: how many.
        undated: how many of them are of unknown date.
        oldest: the first day of publication, None where no day is known.
        newest: the first of the newest in a list of them; None where no day is known.
    """

    articles: int
    undated: int = 0
    oldest: date | None = None
    newest: ListedArticle | None = None


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What an index holds; near-duplicates are one story."""

    articles: int
    stories: int
    sentences: int
    passages: int
    outlets: dict[str, int] = field(default_factory=dict)
    oldest: date | None = None
    newest: date | None = None
    undated: int = 0
