"""The FAISS side of the embedded store: passage ids and unit vectors, searched by inner product, in a derived file.

Ids are never used again and a passage's vector never changes, so any intact file of the same database, however old, is
brought up to date by the difference of the id sets; a missing or damaged one is rebuilt from SQLite without encoding.

Small collections are searched exactly. From `FLAT_UP_TO` passages on, vectors lie in inverted lists with 8 bits a
component (IVF, SQ8): a quarter of the memory and a fraction of the time, with the recall that docs/reliability.md
measures. Reference: Jégou, Douze & Schmid 2011, Product quantization for nearest neighbor search (inverted files);
Douze et al. 2024, The Faiss library.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embed import Vectors
from index.vector_file import Seal, checked, write_sealed

log = logging.getLogger(__name__)

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
# faiss patches its SWIG classes at import; its type stubs describe them before that.
_faiss: Any = faiss
Fetch = Callable[[Ids], Vectors]

# Passages up to which search is exact: 150 MB at 384 dimensions, some 20 ms a search on one core.
FLAT_UP_TO = 100_000
# Lists that are searched, of 2·√n: the share that reaches a recall of .98 where vectors crowd; see docs/reliability.md.
PROBED = 1 / 4
_SAMPLE_A_LIST = 40  # vectors that each list's centre is learnt from; faiss asks for 39 at least
_GROWTH = 4  # an index that holds so many times the vectors that it was made for is made anew
_FETCH = 4096  # vectors read from SQLite at a time: 6 MB at 384 dimensions


class VectorIndex:
    """Inner-product search over passages. Thread-safe: FAISS forbids a search while an add runs."""

    def __init__(self, dimension: int) -> None:
        self._lock = threading.Lock()
        self.dimension = dimension
        self._index: Any = _faiss.IndexIDMap2(_faiss.IndexFlatIP(dimension))
        self._generation = -1

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def exact(self) -> bool:
        """Whether every vector is compared, at full precision."""
        return isinstance(self._index, faiss.IndexIDMap2)

    def ids(self) -> Ids:
        """Ids held, in no order."""
        if self.exact:
            return np.asarray(_faiss.vector_to_array(self._index.id_map), dtype=np.int64)
        lists = self._index.invlists
        parts = [
            _faiss.rev_swig_ptr(lists.get_ids(i), lists.list_size(i)).copy()
            for i in range(self._index.nlist)
            if lists.list_size(i)
        ]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def sync(self, wanted: Ids, fetch: Fetch) -> tuple[int, int]:
        """Makes the index hold exactly `wanted`, fetching what is missing. Returns (added, removed)."""
        with self._lock:
            held = self.ids()
            gone = np.setdiff1d(held, wanted, assume_unique=True)
            missing = np.setdiff1d(wanted, held, assume_unique=True)
            if gone.size:
                self._index.remove_ids(gone)
            _add(self._index, missing, fetch)
        return int(missing.size), int(gone.size)

    def grow(self, fetch: Fetch) -> bool:
        """Changes to the kind of index that suits the number of vectors; returns whether it did. Takes some seconds."""
        held = self.ids()
        wants_lists = held.size > FLAT_UP_TO
        if wants_lists == (not self.exact) and (self.exact or held.size < _GROWTH * self._made_for()):
            return False
        made = _lists(np.sort(held), self.dimension, fetch) if wants_lists else VectorIndex(self.dimension)._index
        _add(made, np.sort(held), fetch)
        with self._lock:
            self._index = made
        return True

    def _made_for(self) -> int:
        return int((self._index.nlist / 2) ** 2)

    def search(self, vector: Vectors, k: int, allowed: Ids | None) -> tuple[list[int], list[float]]:
        """The k best ids and inner products, among `allowed` if given; FAISS pads with id −1, which is dropped.

        Where the index is not exact, the products are not either.
        """
        with self._lock:
            k = min(k, len(self) if allowed is None else int(allowed.size))
            if k <= 0:
                return [], []
            selector = None
            if allowed is not None:
                bits = np.zeros(int(allowed.max()) // 8 * 8 + 8, dtype=np.bool_)
                bits[allowed] = True
                bitmap = np.packbits(bits, bitorder="little")
                selector = _faiss.IDSelectorBitmap(bitmap)
            params = self._parameters(selector, 1.0 if allowed is None else allowed.size / len(self))
            scores, ids = self._index.search(vector.reshape(1, -1), k, params=params)
        found = [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        return [i for i, _ in found], [s for _, s in found]

    def _parameters(self, selector: Any, share: float) -> Any:
        if self.exact:
            return _faiss.SearchParameters(sel=selector) if selector else None
        # The fewer may be returned, the more lists are looked through: the allowed ones may lie anywhere.
        probes = min(self._index.nlist, math.ceil(self._index.nlist * PROBED / max(share, 1e-9)))
        return _faiss.SearchParametersIVF(sel=selector, nprobe=probes)

    def save(self, path: Path, identity: str, generation: int) -> None:
        """Writes the index; the file appears whole or not at all.

        Args:
            path: where to.
            identity: of the database whose passages these are.
            generation: of that database.

        Raises:
            OSError: the disk refused; what was there before is still there.
        """
        with self._lock:
            held = self.ids()
            seal = Seal(identity, generation, int(held.size), int(held.max(initial=0)))
            write_sealed(path, seal, lambda name: _faiss.write_index(self._index, name))

    @classmethod
    def load(cls, path: Path, identity: str, dimension: int) -> VectorIndex:
        """The saved index, or an empty one where the file is missing, damaged, or not of this database."""
        made = cls(dimension)
        if not path.exists():
            return made
        problem = checked(path, identity)
        if problem is None:
            try:
                index = _faiss.read_index(str(path))
            except RuntimeError:
                problem = "cannot be read"
            else:
                if isinstance(index, faiss.IndexIDMap2 | faiss.IndexIVFScalarQuantizer) and index.d == dimension:
                    made._index = index
                    return made
                problem = "holds another kind of index"
        log.warning("%s %s; it is rebuilt from the database, nothing is lost.", path, problem)
        return made


def _lists(ids: Ids, dimension: int, fetch: Fetch) -> Any:
    """An empty index of inverted lists, trained on a sample of the vectors."""
    lists = round(2 * math.sqrt(ids.size))
    size = min(ids.size, lists * _SAMPLE_A_LIST)
    sample = ids[np.linspace(0, ids.size - 1, size).astype(np.int64)]
    # The centres' index is held by Python alone unless it is told otherwise.
    centres = _faiss.IndexFlatIP(dimension)
    index = _faiss.IndexIVFScalarQuantizer(
        centres, dimension, lists, _faiss.ScalarQuantizer.QT_8bit, _faiss.METRIC_INNER_PRODUCT
    )
    index.own_fields = True
    centres.this.disown()
    index.cp.niter = 10
    parts = [fetch(sample[start : start + _FETCH]) for start in range(0, sample.size, _FETCH)]
    index.train(np.ascontiguousarray(np.concatenate(parts)))
    return index


def _add(index: Any, ids: Ids, fetch: Fetch) -> None:
    for start in range(0, ids.size, _FETCH):
        part = ids[start : start + _FETCH]
        index.add_with_ids(np.ascontiguousarray(fetch(part)), part)
