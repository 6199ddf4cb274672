"""What became of an article from version to version, sentence by sentence; whether a cited sentence still stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from index.errors import InputError
from index.records import StoredArticle
from index.store import Store

# Two sentences that share this much (Ratcliff & Obershelp, over words) are one sentence before and after a correction.
SAME_SENTENCE = 0.5
# Sentences compared with each other where a whole stretch was written anew; beyond, they are paired by their order.
_COMPARED = 60

_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence that is not as it was: `before` is empty when it was added, `after` when it was removed."""

    kind: Literal["added", "removed", "changed"]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of an article, and what is different from the one before.

    Attributes:
        article: as it was then.
        fields: names of title, outlet, day, address, authors that differ, with value before and after.
        changes: of its sentences, in their order.
    """

    article: StoredArticle
    fields: dict[str, tuple[str, str]]
    changes: tuple[Change, ...]


State = Literal["stands", "changed", "removed", "gone"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a cited sentence still stands.

    Attributes:
        state: ``stands``; ``changed`` (the current version has it in other words); ``removed`` (it has not); ``gone``
            (the article is not in the index any more).
        now: the sentence as it stands in the current version; empty when there is none.
        version: the current version; 0 when the article is gone.
    """

    state: State
    now: str = ""
    version: int = 0


def revisions(store: Store, article_id: str) -> list[Revision]:
    """All versions of an article, oldest first.

    Raises:
        InputError: there is no such article.
    """
    with store.reading():
        found = store.versions(article_id)
        texts = [[s.text for s in store.sentences(article_id, v.version)] for v in found]
    if not found:
        msg = f"There is no article {article_id!r} in the index."
        raise InputError(msg, "Give the id or the URL that `dateline ask --json` shows.")
    made = [Revision(found[0], {}, ())]
    for i in range(1, len(found)):
        fields = _fields(found[i - 1], found[i])
        made.append(Revision(found[i], fields, tuple(changes(texts[i - 1], texts[i]))))
    return made


def standing(store: Store, article_id: str, version: int, sentence: str) -> Standing:
    """Whether a sentence that an answer cited still stands.

    Args:
        store: the index.
        article_id: the article that was cited.
        version: its version at that time.
        sentence: the text that was cited.
    """
    with store.reading():
        current = store.articles([article_id]).get(article_id)
        if current is None:
            return Standing("gone")
        now = [s.text for s in store.sentences(article_id)]
        wanted = _flat(sentence)
        same = next((text for text in now if _flat(text) == wanted), None)
        if same is not None:
            return Standing("stands", same, current.version)
        then = [s.text for s in store.sentences(article_id, version)]
    for change in changes(then, now):
        if change.kind == "changed" and _flat(change.before) == wanted:
            return Standing("changed", change.after, current.version)
    return Standing("removed", "", current.version)


def changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """What must be done to the sentences `before` to get those `after`; what differs in spacing only is the same."""
    matcher = SequenceMatcher(None, [_flat(text) for text in before], [_flat(text) for text in after], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield from _paired(before[i1:i2], after[j1:j2])


def _paired(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """A stretch that was written anew: sentences that are alike are one that was changed."""
    left = list(after)
    for old in before:
        alike = {new: _alike(old, new) for new in left[:_COMPARED]}
        best = max(alike, key=lambda new: alike[new], default="")
        if best and alike[best] >= SAME_SENTENCE:
            at = left.index(best)
            yield from (Change("added", after=new) for new in left[:at])
            left = left[at + 1 :]
            yield Change("changed", old, best)
        else:
            yield Change("removed", old)
    yield from (Change("added", after=new) for new in left)


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, _WORD.findall(one.lower()), _WORD.findall(other.lower()), autojunk=False).ratio()


def _flat(text: str) -> str:
    return " ".join(text.split())


def _fields(before: StoredArticle, after: StoredArticle) -> dict[str, tuple[str, str]]:
    def shown(stored: StoredArticle) -> dict[str, str]:
        a = stored.article
        day = a.published.isoformat() if a.published else ""
        return {
            "title": a.title,
            "outlet": a.outlet or "",
            "published": day,
            "url": a.url or "",
            "authors": ", ".join(a.authors),
        }

    old, new = shown(before), shown(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}
