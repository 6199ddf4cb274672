"""Answer sentence selection: which sentences answer the question?

A cross-encoder that reads question and sentence together, the packaged MiniLM trained further by
`eval/train_selector.py` on journalists' and readers' questions (after Garg, Vu & Moschitti 2020, TANDA). Only the
layers above the embeddings are kept here; the embeddings are the packaged model's own. docs/selector.md is its model
card.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import PluginError
from rag.packaged import packaged

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).with_name("selector.safetensors")
# Log-odds → probability that a sentence holds the answer: Platt scaling (Platt 1999) on held-out questions.
SLOPE, BIAS = 0.66, -1.58
# As trained: characters of the headline, and tokens of question, headline and sentence together.
TITLE, TOKENS = 80, 88
_ADVICE = "Install Dateline again, get them with the checkout, or train them: make train-selector."


def probability(score: float) -> float:
    """That a sentence with this score answers the question, in (0, 1)."""
    return 1 / (1 + math.exp(-(SLOPE * score + BIAS)))


class AnswerSelector:
    """Scores sentences against a question. Thread-safe; the network is loaded at first use and shared."""

    def scores(self, question: str, candidates: Sequence[tuple[str, str]]) -> list[float]:
        """For each (headline, sentence), how well the sentence answers the question, as log-odds not yet calibrated.

        Raises:
            PluginError: the packaged encoder or the weights are not there, or the weights are damaged.
        """
        if not candidates:
            return []
        network = _network()
        return network.read(question, [f"{title[:TITLE]}. {sentence}" for title, sentence in candidates])


class _Network:
    def __init__(self, body: Any, head: torch.nn.Linear, tokenizer: Any) -> None:
        self._body, self._head, self._tokenizer = body, head, tokenizer
        self._tokenizing = threading.Lock()  # truncation and padding are state of a fast tokenizer

    def read(self, question: str, sentences: list[str]) -> list[float]:
        import torch  # noqa: PLC0415 - seconds to import

        with self._tokenizing:
            batch = self._tokenizer(
                [question] * len(sentences),
                sentences,
                truncation="only_second",
                max_length=max(TOKENS, _longest(question)),
                padding=True,
                return_tensors="pt",
            )
        with torch.inference_mode():
            return [float(logit) for logit in logits(self._body, self._head, batch)]


def logits(body: Any, head: torch.nn.Linear, batch: Any) -> torch.Tensor:
    """Logits, shape (pairs,). The first token stands for the pair, the mean and the largest of each feature over the
    question's tokens for what of the question is answered.
    """  # fmt: skip
    import torch  # noqa: PLC0415

    states = body(**{name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids")}).last_hidden_state
    asked = ((batch["token_type_ids"] == 0) & (batch["attention_mask"] == 1)).unsqueeze(-1)
    mean = (states * asked).sum(1) / asked.sum(1)
    most = states.masked_fill(~asked, -1e4).amax(1)
    found: torch.Tensor = head(torch.cat([states[:, 0], mean, most], -1)).squeeze(-1)
    return found


def _longest(question: str) -> int:
    """Room, in tokens, for a question that would leave the sentence none; a token is seldom under two characters."""
    return min(len(question) // 2 + TOKENS // 2, 510)


def untrained(**options: Any) -> tuple[Any, torch.nn.Linear, Any]:
    """Body, untrained head and tokenizer from the packaged model; `options` go to the body's configuration.

    Raises:
        PluginError: the package is not installed.
    """
    import torch  # noqa: PLC0415

    body, tokenizer = packaged(**options)
    return body, torch.nn.Linear(body.config.hidden_size * 3, 1), tokenizer


@cache
def _network() -> _Network:
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.torch import load_file  # noqa: PLC0415

    if not WEIGHTS.is_file():
        msg = f"The weights of the answer selector are missing: {WEIGHTS.name}."
        raise PluginError(msg, _ADVICE)
    body, head, tokenizer = untrained()
    try:
        held = {name: value.float() for name, value in load_file(WEIGHTS).items()}
        head.load_state_dict(_under("head.", held))
        # The embeddings are the packaged model's own; any other layer left as it was would score noise.
        missing, unexpected = body.load_state_dict(_under("body.", held), strict=False)
        if unexpected or any(not name.startswith("embeddings.") for name in missing):
            msg = f"{WEIGHTS.name} does not hold the weights of this network"
            raise ValueError(msg)
    except (OSError, ValueError, RuntimeError, SafetensorError) as exc:
        msg = f"The weights of the answer selector cannot be read: {WEIGHTS}."
        raise PluginError(msg, _ADVICE) from exc
    return _Network(body.eval(), head.eval(), tokenizer)


def _under(prefix: str, held: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in held.items() if name.startswith(prefix)}
