"""The FAISS side of the embedded store: passage ids and unit vectors in an ``IndexIDMap2``, saved as a derived file.

Ids are never used again and a passage's vector never changes, so any intact file, however old, is brought up to date
by the difference of the id sets; a missing or damaged one is rebuilt from SQLite without encoding anything.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embed import Vectors

log = logging.getLogger(__name__)

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
# faiss patches its SWIG classes at import; its type stubs describe them before that.
_faiss: Any = faiss
Fetch = Callable[[Ids], Vectors]

_FETCH = 4096  # vectors read from SQLite at a time: 6 MB at 384 dimensions


class VectorIndex:
    """Exact inner-product search over passages. Thread-safe: FAISS forbids a search while an add runs."""

    def __init__(self, dimension: int) -> None:
        self._lock = threading.Lock()
        self.dimension = dimension
        self._index: Any = _faiss.IndexIDMap2(_faiss.IndexFlatIP(dimension))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def ids(self) -> Ids:
        """Ids held, in insertion order."""
        return np.asarray(_faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def sync(self, wanted: Ids, fetch: Fetch) -> tuple[int, int]:
        """Makes the index hold exactly `wanted`, fetching what is missing. Returns (added, removed)."""
        with self._lock:
            held = self.ids()
            gone = np.setdiff1d(held, wanted, assume_unique=True)
            missing = np.setdiff1d(wanted, held, assume_unique=True)
            if gone.size:
                self._index.remove_ids(gone)
            for start in range(0, missing.size, _FETCH):
                part = missing[start : start + _FETCH]
                self._index.add_with_ids(np.ascontiguousarray(fetch(part)), part)
        return int(missing.size), int(gone.size)

    def search(self, vector: Vectors, k: int, allowed: Ids | None) -> tuple[list[int], list[float]]:
        """The k best ids and inner products, among `allowed` if given; FAISS pads with id −1, which is dropped."""
        with self._lock:
            k = min(k, len(self) if allowed is None else int(allowed.size))
            if k <= 0:
                return [], []
            params = None
            if allowed is not None:
                bits = np.zeros(int(allowed.max()) // 8 * 8 + 8, dtype=np.bool_)
                bits[allowed] = True
                bitmap = np.packbits(bits, bitorder="little")
                params = _faiss.SearchParameters(sel=_faiss.IDSelectorBitmap(bitmap))
            scores, ids = self._index.search(vector.reshape(1, -1), k, params=params)
        found = [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        return [i for i, _ in found], [s for _, s in found]

    def save(self, path: Path, generation: int) -> None:
        """Writes the index and its stamp; each appears whole or not at all."""
        with self._lock:
            blob = faiss.serialize_index(self._index).tobytes()
        stamp = {"generation": generation, "size": len(blob), "crc32": zlib.crc32(blob)}
        _write_whole(path, [blob])
        _write_whole(stamp_of(path), [json.dumps(stamp).encode()])

    @classmethod
    def load(cls, path: Path, dimension: int) -> VectorIndex:
        """The saved index, or an empty one where the file is missing, damaged or of another dimension."""
        fresh = cls(dimension)
        try:
            blob = path.read_bytes()
            stamp = json.loads(stamp_of(path).read_text())
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
            return fresh
        if not isinstance(stamp, dict) or stamp.get("size") != len(blob) or stamp.get("crc32") != zlib.crc32(blob):
            log.warning("%s does not match its stamp; it is rebuilt from the database.", path.name)
            return fresh
        index = faiss.deserialize_index(np.frombuffer(blob, dtype=np.uint8))
        if not isinstance(index, faiss.IndexIDMap2) or index.d != dimension:
            log.warning("%s holds another kind of index; it is rebuilt from the database.", path.name)
            return fresh
        fresh._index = index
        return fresh


def stamp_of(path: Path) -> Path:
    """Where the stamp (generation, size, checksum) of a FAISS file lies."""
    return path.with_suffix(path.suffix + ".json")


def _write_whole(path: Path, parts: Iterable[bytes]) -> None:
    temporary = path.with_suffix(path.suffix + ".tmp")
    with temporary.open("wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
