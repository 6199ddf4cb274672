"""The text of a version with its sentences, in pieces that a field can hold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from index.records import Article, Sentence

PIECE = 16_000  # characters; four bytes each at the most, and a field holds 65,535


@dataclass(frozen=True, slots=True)
class Body:
    """A version of an article as it is kept; it never changes.

    Attributes:
        title, text, outlet, url, authors: as in `Article`.
        day: proleptic ordinal of the publication day, 0 where unknown.
        added_at: when it came in.
        first: id of its first sentence; the others follow.
        spans: offsets of its sentences, start and end in turn.
    """

    title: str
    text: str
    outlet: str | None
    day: int
    url: str | None
    authors: list[str]
    added_at: str
    first: int
    spans: list[int]

    def pieces(self) -> list[str]:
        """It as texts that a field can hold, at least one."""
        whole = json.dumps(asdict(self), ensure_ascii=False)
        return [whole[at : at + PIECE] for at in range(0, len(whole), PIECE)]

    @classmethod
    def joined(cls, pieces: list[str]) -> Body:
        """From its pieces, in order."""
        return cls(**json.loads("".join(pieces)))

    def sentences(self, article_id: str) -> list[Sentence]:
        """Its sentences, in order."""
        pairs = zip(self.spans[::2], self.spans[1::2], strict=True)
        return [
            Sentence(self.first + at, article_id, at, start, end, self.text[start:end])
            for at, (start, end) in enumerate(pairs)
        ]

    @classmethod
    def of(cls, article: Article, spans: list[int], first: int, added_at: str) -> Body:
        """From an article."""
        day = article.published.toordinal() if article.published else 0
        return cls(
            article.title, article.text, article.outlet, day, article.url, list(article.authors), added_at, first, spans
        )
