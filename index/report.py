"""What became of every item of an ingest, and the file of what was refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
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
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    near_duplicates: dict[str, str] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

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


def write_rejected(path: Path, refused: Iterable[Refused]) -> None:
    """Writes what was refused, a JSON object a line: the record as it was read, with the reason under ``_refused``.

    Records can be mended in that file and it can be ingested like any other; ``_refused`` is not looked at. Where
    nothing could be read of an item (a damaged file, a page), only its source stands there.
    """
    lines = []
    for item in refused:
        record = item.record if isinstance(item.record, dict) else {"_record": item.record} if item.record else {}
        about = {"source": item.source, "reason": item.reason, "advice": item.advice}
        lines.append(json.dumps({**record, "_refused": about}, ensure_ascii=True, default=str) + "\n")
    temporary = path.with_suffix(path.suffix + ".tmp")
    temporary.write_text("".join(lines), encoding="utf-8")
    temporary.replace(path)
