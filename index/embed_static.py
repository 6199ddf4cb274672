"""A static encoder distilled from the packaged MiniLM: a vector a token, looked up and averaged. Extra: `fast`.

A hundred times as quick as the network that it comes from, and not as good: docs/retrieval.md says by how much. It is
distilled at first use, on this machine, some 20 seconds long, and kept in the user's cache folder. Reference: Tulkens &
van Dongen 2024, Model2Vec: Fast State-of-the-Art Static Embeddings.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from filelock import FileLock
from model2vec import StaticModel

from index.embed import MiniLM, Vectors, offline
from index.errors import PluginError

log = logging.getLogger(__name__)

DIMENSION = 256
# Names the folder: another way of distilling makes other vectors, which must not be taken for these.
_NAME = f"static-minilm-{DIMENSION}"


class StaticEmbedder:
    """MiniLM's words without their context: 256 dimensions. The model is made or loaded at first use."""

    name, dimension, max_tokens = _NAME, DIMENSION, 256

    def __init__(self, argument: str = "") -> None:
        """`argument` is the folder to keep the model in; the user's cache folder where it is empty."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self._place = Path(argument) if argument else cache / "dateline" / _NAME

    @cached_property
    def _model(self) -> StaticModel:
        offline()
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._place}.lock"):
                if not self._place.exists():
                    log.warning("Distilling a static encoder from MiniLM into %s; once, some 20 seconds.", self._place)
                    _distil(self._place)
        except OSError as exc:
            msg = f"The static encoder cannot be kept at {self._place}: {exc}."
            raise PluginError(msg, "Name a folder that can be written: embedder = 'static/FOLDER'.") from exc
        model = StaticModel.from_pretrained(self._place, force_download=False)
        # The network's tokenizer fills every text up to 128 tokens, and what it fills with would be averaged.
        model.tokenizer.no_padding()
        model.tokenizer.no_truncation()
        return model

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(found) for found in self._model.tokenize(list(texts))] if texts else []

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        found = self._model.encode(list(texts), max_length=None, use_multiprocessing=False).astype(np.float32)
        # A text without a known word has no direction; one is made up, which is near to nothing in particular.
        found[~found.any(axis=1)] = self.dimension**-0.5
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def _distil(place: Path) -> None:
    """Makes the model; the folder appears whole or not at all."""
    from model2vec.distill import distill  # noqa: PLC0415 - imports torch and scikit-learn

    made = distill(MiniLM().path, pca_dims=DIMENSION)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        made.save_pretrained(Path(folder) / "model")
        (Path(folder) / "model").replace(place)
