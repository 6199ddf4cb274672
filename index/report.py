"""What became of every item of an ingest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from index.sources import Left, Refused

Outcome = Literal["added", "near-duplicate", "updated", "unchanged", "removed", "refused", "left"]


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one item.

    Attributes:
        outcome: a near-duplicate is added too: it is kept, and answers count it as one story with `near`. "left" is
            said of a list that has more than was taken.
        source: where it came from.
        article_id: its article; empty when refused.
        title: its headline.
        near: the article that it is a near-duplicate of.
        reason: why it was refused.
        advice: what the user can do about that.
        record: what was read of a refused item.
        more: how much of a list was left.
    """

    outcome: Outcome
    source: str
    article_id: str = ""
    title: str = ""
    near: str = ""
    reason: str = ""
    advice: str = ""
    record: object = None
    more: Left | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: articles and characters done, of those that need encoding."""

    articles: int
    of_articles: int
    characters: int
    of_characters: int


@dataclass(slots=True)
class Report:
    """What became of every item of an ingest. The lists hold article ids.

    Attributes:
        added: the new ones, near-duplicates among them.
        near_duplicates: of these, which is a near-duplicate of which article.
        left: lists that have more than was taken; the next run goes on with them.
        skipped: files of folders that were passed over, counted by suffix: they are no articles.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    near_duplicates: dict[str, str] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether the index differs from before."""
        return bool(self.added or self.updated or self.removed)

    @property
    def taken(self) -> bool:
        """Whether anything but refusals came of it."""
        return self.changed or bool(self.unchanged)

    def note(self, item: Item) -> None:
        """Enters an item."""
        if item.outcome == "refused":
            self.refused.append(Refused(item.source, item.reason, item.advice, item.record))
            return
        if item.more:
            self.left.append(item.more)
            return
        lists = {
            "added": self.added,
            "near-duplicate": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "removed": self.removed,
        }
        lists[item.outcome].append(item.article_id)
        if item.near:
            self.near_duplicates[item.article_id] = item.near
