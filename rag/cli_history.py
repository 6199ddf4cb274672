"""`dateline history`: what became of an article from version to version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from difflib import SequenceMatcher
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from index.history import Change, Revision


def as_json(found: Sequence[Revision]) -> dict[str, Any]:
    """The versions of an article as JSON, oldest first."""
    return {
        "id": found[0].article.article.id,
        "versions": [
            {
                "version": revision.article.version,
                "added_at": revision.article.added_at,
                "title": revision.article.article.title,
                "fields": {name: {"before": old, "after": new} for name, (old, new) in revision.fields.items()},
                "sentences": [asdict(change) for change in revision.changes],
            }
            for revision in found
        ],
    }


def show(found: Sequence[Revision], console: Console) -> None:
    """Each version with its day and what changed, for people."""
    for revision in found:
        stored = revision.article
        console.print(Text.assemble((f"Version {stored.version}", "bold"), f", taken in {stored.added_at[:16]} UTC"))
        if stored.version == found[0].article.version:
            console.print(Padding(Text(stored.article.title), (0, 0, 0, 2)))
        for name, (old, new) in revision.fields.items():
            console.print(Padding(Text.assemble((f"{name}: ", "dim"), *_parted(old, new)), (0, 0, 0, 2)))
        for change in revision.changes:
            console.print(Padding(_change(change), (0, 0, 0, 2)))


def _change(change: Change) -> Text:
    if change.kind == "added":
        return Text.assemble(("+ ", "bold green"), (" ".join(change.after.split()), "green"))
    if change.kind == "removed":
        return Text.assemble(("− ", "bold red"), (" ".join(change.before.split()), "strike red"))
    return Text.assemble(("~ ", "bold yellow"), *_parted(change.before, change.after))


def _parted(old: str, new: str) -> list[tuple[str, str]]:
    """Words that went are struck out, words that came are green; without colours, [-…-] and {+…+} say the same."""
    before, after = old.split(), new.split()
    parts = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append((" ".join(before[i1:i2]) + " ", ""))
            continue
        if i1 < i2:
            parts.append((f"[-{' '.join(before[i1:i2])}-] ", "strike red"))
        if j1 < j2:
            parts.append((f"{{+{' '.join(after[j1:j2])}+}} ", "green"))
    return parts
