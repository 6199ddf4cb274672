"""Postings of words in passages: which passages hold a word, and how often. Immutable arrays, added up by NumPy.

A word is known by 64 bits of its hash: of a million different words two share one with a chance of 3 in 100 million.
What is added up is what FTS5's ``bm25()`` adds up. References: Robertson & Zaragoza 2009, The Probabilistic Relevance
Framework: BM25 and Beyond; SQLite's documentation of FTS5, "The bm25() function".
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
K1, B = 1.2, 0.75  # fixed in FTS5's bm25()

_FIELDS = ("ids", "lengths", "keys", "starts", "rows", "counts")


def key(term: str) -> int:
    """A term's number."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def idf(hits: int, total: int) -> float:
    """What FTS5's bm25() weighs a term by that is in `hits` of `total` passages."""
    return max(math.log((total - hits + 0.5) / (hits + 0.5)), 1e-6)


@dataclass(frozen=True, slots=True)
class Postings:
    """The words of some passages.

    Attributes:
        ids: passage ids, ascending, int64, shape (n,).
        lengths: words of each passage, headline included, int32, shape (n,).
        keys: numbers of the terms, ascending, uint64, shape (t,).
        starts: where each term's postings begin, and where the last one's end, int64, shape (t + 1,).
        rows: the passage of each posting, by its place in `ids`, ascending within a term, int32.
        counts: how often the term occurs there, an occurrence in the headline counted by its weight, uint16.
    """

    ids: Ids
    lengths: npt.NDArray[np.int32]
    keys: npt.NDArray[np.uint64]
    starts: Ids
    rows: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint16]

    @classmethod
    def of(cls, passages: Sequence[tuple[int, dict[int, int], int]]) -> Self:
        """From (id, occurrences by term's number, length in words) in ascending order of id."""
        keys = np.fromiter((k for _, found, _ in passages for k in found), np.uint64)
        counts = np.fromiter((n for _, found, _ in passages for n in found.values()), np.int64)
        sizes = np.fromiter((len(found) for _, found, _ in passages), np.int64, len(passages))
        ids = np.fromiter((i for i, _, _ in passages), np.int64, len(passages))
        lengths = np.fromiter((size for _, _, size in passages), np.int32, len(passages))
        rows = np.repeat(np.arange(len(passages), dtype=np.int32), sizes)
        known, terms = np.unique(keys, return_inverse=True)
        return cls._sorted(ids, lengths, known, terms, rows, np.minimum(counts, 0xFFFF).astype(np.uint16))

    @classmethod
    def _sorted(
        cls,
        ids: Ids,
        lengths: npt.NDArray[np.int32],
        keys: npt.NDArray[np.uint64],
        terms: npt.NDArray[np.integer],
        rows: npt.NDArray[np.int32],
        counts: npt.NDArray[np.uint16],
    ) -> Self:
        """From postings in ascending order of passage; `terms` are places in `keys`."""
        order = np.argsort(terms, kind="stable")
        starts = np.zeros(keys.size + 1, dtype=np.int64)
        np.cumsum(np.bincount(terms, minlength=keys.size), out=starts[1:])
        return cls(ids, lengths, keys, starts, rows[order], counts[order])

    def kept(self, alive: npt.NDArray[np.bool_]) -> Postings:
        """Those of the passages that are alive, shape (n,)."""
        if alive.all():
            return self
        held = alive[self.rows]
        terms = np.repeat(np.arange(self.keys.size, dtype=np.int32), np.diff(self.starts))[held]
        used, places = np.unique(terms, return_inverse=True)
        starts = np.zeros(used.size + 1, dtype=np.int64)
        np.cumsum(np.bincount(places, minlength=used.size), out=starts[1:])
        moved = (np.cumsum(alive) - 1).astype(np.int32)
        rows = moved[self.rows[held]]
        return Postings(self.ids[alive], self.lengths[alive], self.keys[used], starts, rows, self.counts[held])

    def joined(self, later: Postings) -> Postings:
        """With passages of greater ids."""
        keys = np.union1d(self.keys, later.keys)
        terms = np.concatenate(
            [
                np.repeat(np.searchsorted(keys, part.keys).astype(np.int32), np.diff(part.starts))
                for part in (self, later)
            ]
        )
        return self._sorted(
            np.concatenate([self.ids, later.ids]),
            np.concatenate([self.lengths, later.lengths]),
            keys,
            terms,
            np.concatenate([self.rows, later.rows + np.int32(self.ids.size)]),
            np.concatenate([self.counts, later.counts]),
        )

    def find(self, number: int) -> slice:
        """Where the postings of a term lie in `rows` and `counts`."""
        at = int(np.searchsorted(self.keys, np.uint64(number)))
        if at == self.keys.size or int(self.keys[at]) != number:
            return slice(0, 0)
        return slice(int(self.starts[at]), int(self.starts[at + 1]))

    def write(self, file: BinaryIO) -> None:
        """Writes the arrays one after another."""
        for name in _FIELDS:
            np.save(file, getattr(self, name), allow_pickle=False)

    @classmethod
    def read(cls, file: BinaryIO) -> Self:
        """What `write` wrote.

        Raises:
            ValueError: it is something else.
        """
        return cls(*(np.load(file, allow_pickle=False) for _ in _FIELDS))


def joined(parts: Iterable[Postings]) -> list[Postings]:
    """Neighbours made one until each has at least twice the passages of the next: few parts, rarely made anew."""
    done: list[Postings] = []
    for part in parts:
        done.append(part)
        while len(done) > 1 and done[-2].ids.size < 2 * done[-1].ids.size:
            last = done.pop()
            done.append(done.pop().joined(last))
    return done
