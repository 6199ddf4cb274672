"""An embedder without a model: a bag of hashed words, so that texts with words in common have a high cosine."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Sequence

import numpy as np

from index.embed import Vectors


class BagEmbedder:
    """Deterministic; counts its calls and can be slow on purpose."""

    name = "bag"
    dimension = 64
    max_tokens = 64

    def __init__(self, argument: str = "") -> None:
        self.encoded: list[str] = []
        self.delay_s = float(argument or 0)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            time.sleep(self.delay_s)
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % self.dimension] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
