"""Groups of near-duplicates, as `index.duplicates` measures them, over what a commit has gathered so far."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from index.duplicates import BANDS as PER_ARTICLE
from index.duplicates import Signature, band_keys, same_story
from index.milvus.catalog import as_date
from index.milvus.keys import key, listed
from index.milvus.layout import ARTICLES, BANDS
from index.milvus.link import Link

if TYPE_CHECKING:
    from index.milvus.writing import Writing

_ASKED = 4_000  # numbers in one expression


def packed(sketch: Signature) -> str:
    """A signature as text."""
    return base64.b85encode(sketch.astype("<u4").tobytes()).decode()


def unpacked(text: str) -> Signature:
    """A signature from its text."""
    return np.frombuffer(base64.b85decode(text), dtype="<u4").astype(np.uint32)


def band_numbers(sketch: Signature) -> list[int]:
    """One number a band; two articles that share one are candidates."""
    return [key(f"{band}:{found.hex()}") for band, found in enumerate(band_keys(sketch))]


class Stories:
    """Joins articles to stories and parts them; what changes is told to the commit."""

    def __init__(self, link: Link, writing: Writing) -> None:
        self._link, self._writing = link, writing
        self._sketches: dict[int, Signature] = {}
        self._new: dict[int, set[int]] = {}  # articles that this commit brings, by the numbers of their bands
        self._kept: dict[int, list[tuple[int, int]]] = {}  # those in Milvus: article and id of the band, by its number

    def sketches(self, articles: Iterable[int]) -> Mapping[int, Signature]:
        """The signatures of articles."""
        wanted = sorted(set(articles))
        rows = {self._writing.before.heads[n].row: n for n in wanted if n not in self._sketches}
        for row in self._link.get(ARTICLES, list(rows), ["id", "signature"]):
            self._sketches[rows[row["id"]]] = unpacked(row["signature"])
        return {n: self._sketches[n] for n in wanted}

    def look_up(self, sketches: Iterable[Signature]) -> None:
        """Asks once for all that share a band with one of the signatures, which are joined afterwards."""
        wanted = sorted({number for sketch in sketches for number in band_numbers(sketch)} - self._kept.keys())
        self._kept.update({number: [] for number in wanted})
        for at in range(0, len(wanted), _ASKED):
            some = listed("key", wanted[at : at + _ASKED])
            seen = f"born <= {self._writing.before.meta.generation} and {some}"
            for row in self._link.query(BANDS, seen, ["n", "key"]):
                self._kept[row["key"]].append((row["n"], row["id"]))

    def join(self, n: int, sketch: Signature) -> None:
        """Puts an article that is new, or new in its words, into the story of its near-duplicates."""
        self._sketches[n] = sketch
        self._among(n, self._candidates(n, sketch))
        for number in band_numbers(sketch):
            self._new.setdefault(number, set()).add(n)

    def leave(self, n: int) -> None:
        """Takes an article out of its story and joins the others afresh: it may have been what held them together."""
        writing = self._writing
        others = [other for other in writing.members(writing.heads[n].story) if other != n]
        self.sketches(others)
        for found in self._new.values():
            found.discard(n)
        for one in (n, *others):
            writing.move(one, one)
        for at, other in enumerate(others):
            self._among(other, others[:at])

    def _among(self, n: int, candidates: Iterable[int]) -> None:
        """The story of those candidates that are near-duplicates; stories that the article connects become one."""
        writing = self._writing
        sketches = self.sketches([n, *candidates])
        near = {writing.heads[other].story for other in candidates if self._alike(n, other, sketches)}
        story = min(near, default=n)
        for merged in near - {story}:
            for other in writing.members(merged):
                writing.move(other, story)
        writing.move(n, story)

    def _alike(self, n: int, other: int, sketches: Mapping[int, Signature]) -> bool:
        one, two = sketches[n], sketches[other]
        meet = bool((one.reshape(PER_ARTICLE, -1) == two.reshape(PER_ARTICLE, -1)).all(axis=1).any())
        heads = self._writing.heads
        return meet and same_story(one, two, as_date(heads[n].day), as_date(heads[other].day))

    def _candidates(self, n: int, sketch: Signature) -> list[int]:
        """The articles that share a band with it."""
        self.look_up([sketch])
        heads, found = self._writing.heads, set[int]()
        for number in band_numbers(sketch):
            found.update(self._new.get(number, ()))
            for other, band in self._kept[number]:
                head = heads.get(other)
                if head and head.bands <= band < head.bands + PER_ARTICLE:  # not of an earlier version
                    found.add(other)
        return sorted(found - {n})
