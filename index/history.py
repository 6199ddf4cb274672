"""What became of an article from version to version, sentence by sentence; whether a cited sentence still stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from index.errors import InputError
from index.records import StoredArticle
from index.store import Store

# Two sentences that share this much (Ratcliff & Obershelp, over words) are one sentence before and after a correction.
SAME_SENTENCE = 0.5
# Sentences that one is compared with where a whole stretch was written anew.
_COMPARED = 60
# Most steps of the exact comparison of two versions: their texts are untrusted. Beyond, one in linear time.
_STEPS = 5_000_000
# Words, and tens of steps, for telling which new sentence is like which old one. Beyond, what was written anew is shown
# as removed and added.
_WORDS = 1_000_000

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
    kept = _kept([_flat(text) for text in before], [_flat(text) for text in after])
    likeness = _Likeness()
    i = j = 0
    for i2, j2 in [*kept, (len(before), len(after))]:
        yield from _paired(before[i:i2], after[j:j2], likeness)
        i, j = i2 + 1, j2 + 1


def _kept(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Which sentence of `before` is which of `after`, in order; all others are changed."""
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    tail = next((i for i in range(shorter - head) if before[-1 - i] != after[-1 - i]), shorter - head)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    middle = _exactly(old, new) if _steps(old, new) <= _STEPS else _by_occurrence(old, new)
    return [
        *((i, i) for i in range(head)),
        *((head + i, head + j) for i, j in middle),
        *((len(before) - i, len(after) - i) for i in range(tail, 0, -1)),
    ]


def _steps(before: Sequence[str], after: Sequence[str]) -> int:
    """Most steps that the exact comparison takes: for each run that is kept, all pairs of equals."""
    there = Counter(after)
    pairs = sum(count * there[text] for text, count in Counter(before).items())
    return (len(before) + pairs) * min(len(before), len(after), pairs)


def _exactly(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return [(i + k, j + k) for i, j, size in blocks for k in range(size)]


def _by_occurrence(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The same in linear time (but for a logarithm): the third "Yes." is held to be the third, and most are kept.

    What is kept is the longest run of those in both that stand in the same order (patience sorting).
    """
    places = {name: j for j, name in enumerate(_named(after))}
    pairs = [(i, places[name]) for i, name in enumerate(_named(before)) if name in places]
    ends: list[int] = []  # the least place at which a run of each length ends
    lengths: list[int] = []
    for _, j in pairs:
        lengths.append(bisect_left(ends, j))
        ends[lengths[-1] : lengths[-1] + 1] = [j]
    found: list[tuple[int, int]] = []
    left = len(ends)
    for pair, length in zip(reversed(pairs), reversed(lengths), strict=True):
        if length == left - 1 and (not found or pair[1] < found[-1][1]):
            found.append(pair)
            left = length
    return found[::-1]


def _named(texts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Each with how often it stood before."""
    seen = Counter[str]()
    for text in texts:
        yield text, seen[text]
        seen[text] += 1


class _Likeness:
    """How alike two sentences are: exactly, as long as there are steps left."""

    def __init__(self) -> None:
        self._left = _WORDS

    @property
    def within(self) -> int:
        """With how many sentences one is compared."""
        return _COMPARED if self._left > 0 else 0

    def of(self, one: str, other: str) -> float:
        words, others = _WORD.findall(one.lower()), _WORD.findall(other.lower())
        self._left -= len(words) + len(others)
        matcher = SequenceMatcher(None, words, others, autojunk=False)
        most = matcher.quick_ratio()
        steps = _steps(words, others) // 10
        if most < SAME_SENTENCE or steps > self._left:
            return most
        self._left -= steps
        return matcher.ratio()


def _paired(before: Sequence[str], after: Sequence[str], likeness: _Likeness) -> Iterator[Change]:
    """A stretch that was written anew: sentences that are alike are one that was changed."""
    done = 0
    for old in before:
        alike = {new: likeness.of(old, new) for new in after[done : done + likeness.within]}
        best = max(alike, key=lambda new: alike[new], default="")
        if best and alike[best] >= SAME_SENTENCE:
            at = after.index(best, done)
            yield from (Change("added", after=new) for new in after[done:at])
            done = at + 1
            if _flat(old) != _flat(best):
                yield Change("changed", old, best)
        else:
            yield Change("removed", old)
    yield from (Change("added", after=new) for new in after[done:])


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
