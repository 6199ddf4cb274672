"""The word side of a large collection: BM25 in memory, in a derived file, exactly as FTS5 would rank.

FTS5 finds the passages that hold any word of a question in 5 ms, of 160,000; to score them takes it ten times as long.
The same sums over arrays take a tenth of that (docs/decisions/0011). So large collections keep postings beside the
vectors; FTS5 answers in small ones, for phrases, and while the postings are not those of the state that is being read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.postings import K1, B, Ids, Postings, Scores, idf, joined
from index.vector_file import Seal, checked, read_seal, write_sealed

log = logging.getLogger(__name__)

# Passages whose words are counted before a search, a quarter of a second; the others before the next one.
CATCH_UP = 2_000

Mask = npt.NDArray[np.bool_]
Scored = tuple[Ids, Scores]  # passages and what a word adds to the score of each
Rows = Iterable[tuple[int, str, str]]  # id, headline and text of a passage, in ascending order of id
Count = Callable[[Rows], Postings]


@dataclass(frozen=True)
class WordState:
    """Postings as of one commit.

    Attributes:
        generation: the commit; −1 while passages are missing.
        parts: postings, in ascending order of passage.
        alive: for each part, which of its passages are still there.
    """

    generation: int = -1
    parts: tuple[Postings, ...] = ()
    alive: tuple[Mask, ...] = ()

    @cached_property
    def passages(self) -> int:
        """How many there are."""
        return sum(int(alive.sum()) for alive in self.alive)

    @cached_property
    def _lengths(self) -> tuple[Scores, ...]:
        """BM25's k₁ · (1 − b + b · length / average) for the passages of each part."""
        pairs = list(zip(self.parts, self.alive, strict=True))
        average = sum(int(part.lengths[alive].sum(dtype=np.int64)) for part, alive in pairs) / max(self.passages, 1)
        return tuple(K1 * (1 - B + B * part.lengths.astype(np.float64) / average) for part in self.parts)

    def frequency(self, term: int) -> int:
        """In how many passages a term occurs; the term is given by its number (`index.postings.key`)."""
        return sum(
            int(alive[part.rows[part.find(term)]].sum()) for part, alive in zip(self.parts, self.alive, strict=True)
        )

    def best(self, words: Sequence[int | Scored], k: int, allowed: Ids | None) -> tuple[list[int], list[float]]:
        """The k passages of greatest BM25, of equals the oldest, and their scores.

        Args:
            words: terms by number, or what has been scored already.
            k: how many at most.
            allowed: ids of passages that may be found; None for all.
        """
        totals = [np.zeros(part.ids.size) for part in self.parts]
        for word in words:
            if isinstance(word, tuple):
                self._add(totals, *word)
            elif hits := self.frequency(word):
                weight = idf(hits, self.passages)
                for part, lengths, total in zip(self.parts, self._lengths, totals, strict=True):
                    where = part.find(word)
                    rows, counts = part.rows[where], part.counts[where].astype(np.float64)
                    total[rows] += weight * ((counts * (K1 + 1)) / (counts + lengths[rows]))
        ids, scores = [], []
        for part, alive, total in zip(self.parts, self.alive, totals, strict=True):
            found = alive & (total > 0)
            if allowed is not None:
                bits = np.zeros(int(max(part.ids[-1], allowed.max(initial=0))) + 1, dtype=np.bool_)
                bits[allowed] = True
                found &= bits[part.ids]
            ids.append(part.ids[found])
            scores.append(total[found])
        return _top(np.concatenate(ids), np.concatenate(scores), k) if ids else ([], [])

    def _add(self, totals: Sequence[Scores], ids: Ids, scores: Scores) -> None:
        for part, total in zip(self.parts, totals, strict=True):
            at = np.minimum(np.searchsorted(part.ids, ids), part.ids.size - 1)
            here = part.ids[at] == ids
            total[at[here]] += scores[here]


def _top(ids: Ids, scores: Scores, k: int) -> tuple[list[int], list[float]]:
    if ids.size > k:
        enough = scores >= np.partition(scores, ids.size - k)[ids.size - k]
        ids, scores = ids[enough], scores[enough]
    order = np.lexsort((ids, -scores))[:k]
    return ids[order].tolist(), scores[order].tolist()


class WordIndex:
    """Keeps the postings of a changing collection. Thread-safe: a state, once handed out, does not change."""

    def __init__(self, path: Path, count: Count) -> None:
        """`path` is where the derived file lies; `count` makes postings of passages."""
        self._path = path
        self._count = count
        self._lock = threading.Lock()
        self._state = WordState()
        self._parts: list[Postings] = []
        self._from = -1  # generation of the file that was read

    def sync(
        self, identity: str, generation: int, wanted: Ids, texts: Callable[[Ids], Rows], *, whole: bool = False
    ) -> WordState:
        """The state as of a generation, or as near to it as a quarter of a second allows.

        Args:
            identity: of the database; a file of another is not read.
            generation: of the database, as the caller sees it.
            wanted: ids of all passages at that generation, ascending.
            texts: reads passages.
            whole: count the words of all that is missing, however long it takes.
        """
        with self._lock:
            if self._state.generation >= generation:
                return self._state
            missing = self._missing(wanted)
            if missing.size > CATCH_UP and self._reload(identity):
                missing = self._missing(wanted)
            left = missing if whole else missing[:CATCH_UP]
            for start in range(0, left.size, CATCH_UP):
                self._parts = joined([*self._parts, self._count(texts(left[start : start + CATCH_UP]))])
            alive = tuple(np.isin(part.ids, wanted, assume_unique=True) for part in self._parts)
            # A file newer than what the caller sees lacks what was removed since: then nothing makes it complete.
            complete = sum(int(mask.sum()) for mask in alive) == wanted.size
            self._state = WordState(generation if complete else -1, tuple(self._parts), alive)
            return self._state

    def _missing(self, wanted: Ids) -> Ids:
        """Ids are never used again, so what is missing is newer than everything held, and comes in their order."""
        last = int(self._parts[-1].ids[-1]) if self._parts else 0
        return wanted[wanted > last]

    def _reload(self, identity: str) -> bool:
        """Reads the file if it is another than the one read before."""
        seal = read_seal(self._path)
        if seal is None or seal.generation == self._from:
            return False
        self._from = seal.generation
        problem = checked(self._path, identity)
        if problem is None:
            try:
                with self._path.open("rb") as file:
                    part = Postings.read(file)
            except (ValueError, EOFError, OSError):
                problem = "cannot be read"
            else:
                self._parts = [part] if part.ids.size else []
                return True
        log.warning("%s %s; until it is made anew, searches for words are slower.", self._path, problem)
        return False

    def save(self, identity: str) -> None:
        """Writes the postings of what is alive; the file appears whole or not at all.

        Raises:
            OSError: the disk refused; what was there before is still there.
        """
        with self._lock:
            state = self._state
            parts = [part.kept(alive) for part, alive in zip(state.parts, state.alive, strict=True) if alive.any()]
            while len(parts) > 1:
                last = parts.pop()
                parts.append(parts.pop().joined(last))
            whole = parts[0] if parts else self._count(())
            seal = Seal(identity, state.generation, int(whole.ids.size), int(whole.ids.max(initial=0)))

            def write(name: str) -> None:
                with Path(name).open("wb") as file:
                    whole.write(file)

            write_sealed(self._path, seal, write)
            self._parts = parts
            self._from = state.generation
            self._state = WordState(state.generation, tuple(parts), tuple(np.ones(p.ids.size, np.bool_) for p in parts))
