"""A second look at the best articles. The default has none; a cross-encoder can be named for those who have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from index import plugins
from index.errors import PluginError
from rag.types import Found, Question

TOP = 20  # how many a cross-encoder looks at: each costs a pass through the model


class Reranker(Protocol):
    """Puts articles in a better order."""

    def rerank(self, question: Question, found: Sequence[Found]) -> list[Found]:
        """The same articles, best first. Scores fall, and stay on the scale of those that came."""


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder from a local folder: ``cross-encoder/FOLDER``.

    It reads the question with each article's headline and opening. Reference: Nogueira & Cho 2019, Passage Re-ranking
    with BERT.

    Raises:
        PluginError: there is no such folder, or no whole model in it.
    """

    def __init__(self, folder: str) -> None:
        if not Path(folder).is_dir():
            msg = f"There is no cross-encoder in the folder {folder!r}."
            raise PluginError(msg, "Write reranker = 'cross-encoder/FOLDER' with a downloaded model's folder.")
        from safetensors import SafetensorError  # noqa: PLC0415
        from sentence_transformers import CrossEncoder  # noqa: PLC0415 - seconds to import

        try:
            self._model = CrossEncoder(folder, device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as exc:  # no model, or not whole
            msg = f"The cross-encoder in the folder {folder!r} cannot be loaded."
            raise PluginError(msg, "Download it again, or write reranker = 'none'.") from exc

    def rerank(self, question: Question, found: Sequence[Found]) -> list[Found]:
        head, tail = list(found[:TOP]), list(found[TOP:])
        if not head:
            return tail
        pairs = [(question.standalone, f"{f.article.article.title}\n{f.article.article.text[:1500]}") for f in head]
        bearing = [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]
        order = sorted(range(len(head)), key=lambda i: -bearing[i])
        # Evidence and answerability are fitted to the scale of the fused scores: these change owners, nothing else.
        scores = [f.score for f in head]
        return [replace(head[i], score=score) for i, score in zip(order, scores, strict=True)] + tail


def reranker(spec: str) -> Reranker | None:
    """The reranker of that name (``NAME`` or ``NAME/ARGUMENT``), or None for ``none``.

    Raises:
        PluginError: no such reranker is installed, or its model is missing or damaged.
    """
    if spec == "none":
        return None
    name, _, argument = spec.partition("/")
    found: Reranker = plugins.load("dateline.rerankers", name)(argument)
    return found
