"""Near-duplicate articles: reprints and updates of one wire story, found by MinHash and locality-sensitive hashing.

Reference: Broder 1997, On the resemblance and containment of documents; Leskovec, Rajaraman & Ullman, Mining of
Massive Datasets, ch. 3 (banding). Signatures come from datasketch.
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import numpy.typing as npt
from datasketch import MinHash

Signature = npt.NDArray[np.uint32]

PERMUTATIONS = 128
# Of 4 rows: two articles of Jaccard .5 meet in some band with probability 1 − (1 − .5⁴)³² = .87, of .7 with .9998.
BANDS = 32
SHINGLE = 4
# Word 4-shingle resemblance from which two articles count as one story: reprints with edits measure .6 to .95,
# two reports of one event by different desks under .1.
SAME_STORY = 0.5
# Formats that fill the same words in anew (lottery numbers, weather) come back every few days; a reprint follows soon.
MAX_DAYS_APART = 3

_WORD = re.compile(r"\w+")


def signature(text: str) -> Signature:
    """MinHash signature over word 4-shingles; shape (128,)."""
    words = _WORD.findall(text.lower())
    shingles = {" ".join(words[i : i + SHINGLE]).encode() for i in range(max(1, len(words) - SHINGLE + 1))}
    sketch = MinHash(num_perm=PERMUTATIONS)
    sketch.update_batch(shingles)
    return np.asarray(sketch.hashvalues, dtype=np.uint32)


def band_keys(found: Signature) -> list[bytes]:
    """One key a band; two articles that share a key in the same band are candidates."""
    return [row.tobytes() for row in found.reshape(BANDS, PERMUTATIONS // BANDS)]


def resemblance(one: Signature, other: Signature) -> float:
    """Estimated Jaccard resemblance in [0, 1]."""
    return float(np.mean(one == other))


def same_story(one: Signature, other: Signature, day: date | None, other_day: date | None) -> bool:
    """Whether two articles are versions of one story: alike in words, and not days apart where both dates are known."""
    if day and other_day and abs((day - other_day).days) > MAX_DAYS_APART:
        return False
    return resemblance(one, other) >= SAME_STORY
