"""A verifier that reads: a cross-encoder trained on natural language inference says what the evidence entails.

Reference: Honovich et al. 2022, TRUE: Re-evaluating Factual Consistency Evaluation (entailment as the test of support);
Laban et al. 2022, SummaC (long evidence in parts, the best of which counts).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.embed import offline
from index.errors import InputError, PluginError
from rag.errors import ModelFailed
from rag.parts import beginning, parts
from rag.terms import words
from rag.verifiers import with_threshold
from rag.verify import Verdict

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

THRESHOLD = 0.5  # entailment likelier than everything else together
_ADVICE = "Write verifier = 'nli/FOLDER' with the folder of a downloaded sentence-transformers cross-encoder."
_BATCH = 8
# Tokens, for a tokenizer that does not know its model's limit: what BERT, RoBERTa and DeBERTa were trained with.
_USUAL_LIMIT = 512
# Headlines and dates may take this share of what the model can read; the rest is for the evidence and the claim.
_CONTEXT_SHARE = 0.25
# Tokens of evidence that a model must be able to read beside the claim: with fewer it would judge scraps of sentences.
_LEAST = 16


@dataclass(frozen=True, slots=True)
class _Labels:
    """What the columns of the model's output mean. A model with one column gives a logit of support."""

    names: tuple[str, ...]
    entailment: int

    def probabilities(self, logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if len(self.names) == 1:
            return np.asarray(0.5 * (1 + np.tanh(logits / 2)))  # the sigmoid, without overflow
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


class CrossEncoderVerifier:
    """Support is the probability that headline, date and evidence together entail the claim. Thread-safe.

    Args:
        argument: ``MODEL`` or ``MODEL?threshold=0.7``: the folder of a sentence-transformers cross-encoder, or its
            name where it lies in the Hugging Face cache of this machine; nothing is downloaded.

    Raises:
        PluginError: there is no such model on this machine, or it cannot be loaded.
        InputError: the model's labels name no entailment, or the threshold is none.
    """

    def __init__(self, argument: str) -> None:
        name, self.threshold = with_threshold(argument, THRESHOLD)
        self._name = name
        self._model = _load(name)
        self._labels = _read_labels(self._model, name)
        limit = self._model.max_seq_length or 0
        self._limit = limit if 0 < limit < 1e6 else _USUAL_LIMIT  # "unknown" is written as 1e30
        # Truncation and padding are state of a tokenizer: two threads in it at once raise "Already borrowed".
        self._lock = threading.Lock()

    def verify(self, claim: str, evidence: Sequence[str], context: str = "") -> Verdict:
        if not any(sentence.strip() for sentence in evidence):
            return Verdict(0.0, ("it cites nothing",))
        if not words(claim):
            return Verdict(0.0, ("it says nothing that could be checked",))
        with self._lock:
            premises = self._premises(claim, evidence, context)
            if not premises:
                return Verdict(0.0, ("it is too long to be checked",))
            logits = self._logits(claim, premises)
        probabilities = self._labels.probabilities(logits)
        best = probabilities[int(probabilities[:, self._labels.entailment].argmax())]
        support = float(best[self._labels.entailment])
        if not np.isfinite(support):
            message = f"The model {self._name} gave no number for “{claim[:80]}”."
            raise ModelFailed(message, "Download it again, or choose another verifier.", retryable=False)
        return Verdict(support, () if support >= self.threshold else (self._reason(best),))

    def _premises(self, claim: str, evidence: Sequence[str], context: str) -> list[str]:
        """The evidence with what stands beside it in front, in as many parts as it takes."""
        lead = self._lead(context)
        if self._tokens(lead, claim) + _LEAST > self._limit:
            return []
        read = parts(evidence, lambda text: self._tokens(lead + text, claim) <= self._limit)
        return [lead + part for part in read]

    def _lead(self, context: str) -> str:
        text = beginning(context, lambda text: self._tokens(text) <= self._limit * _CONTEXT_SHARE)
        return f"{text}{'' if text.endswith(('.', '!', '?')) else '.'} " if text else ""

    def _tokens(self, *texts: str) -> int:
        return len(self._model.tokenizer(*texts, truncation=False, verbose=False)["input_ids"])

    def _logits(self, claim: str, premises: Sequence[str]) -> npt.NDArray[np.float64]:
        from torch.nn import Identity  # noqa: PLC0415 - loaded with the model

        pairs: list[Any] = [(premise, claim) for premise in premises]
        found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=Identity())
        return np.asarray(found, dtype=np.float64).reshape(len(premises), -1)

    def _reason(self, found: npt.NDArray[np.float64]) -> str:
        if len(found) == 1:
            return f"the evidence supports it with a probability of only {found[0]:.2f}"
        likeliest = int(found.argmax())
        said = "the evidence does not state it"
        if likeliest == self._labels.entailment:
            said = "it is not certain that the evidence states it"
        elif self._labels.names[likeliest].startswith(("contradict", "refut")):
            said = "the evidence contradicts it"
        shares = ", ".join(f"{name} {share:.2f}" for name, share in zip(self._labels.names, found, strict=True))
        return f"{said} ({shares})"


def _load(name: str) -> CrossEncoder:
    if not name:
        message = "The verifier 'nli' needs a model."
        raise PluginError(message, _ADVICE)
    offline()
    from safetensors import SafetensorError  # noqa: PLC0415
    from sentence_transformers import CrossEncoder  # noqa: PLC0415 - seconds to import

    try:
        model: CrossEncoder = CrossEncoder(name, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as exc:  # not there, or not whole
        message = f"There is no cross-encoder called '{name}' on this machine."
        if Path(name).is_dir():
            message = f"The cross-encoder in {name} cannot be loaded: {_first_line(exc)}"
        raise PluginError(message, _ADVICE) from exc
    # An encoder without a classifier loads, too: it gets one of random weights, and its verdicts would be noise.
    architecture = next(iter(getattr(model.config, "architectures", None) or []), "")
    if len(model) == 1 and not architecture.endswith("ForSequenceClassification"):
        message = f"The model {name} ({architecture or 'of unknown architecture'}) is no classifier."
        raise PluginError(message, _ADVICE)
    return model


def _first_line(exc: Exception) -> str:
    line = next(iter(str(exc).strip().splitlines()), type(exc).__name__)
    return line.rstrip(". ") + "."


def _read_labels(model: CrossEncoder, name: str) -> _Labels:
    """Found by name, since models disagree on the order."""
    columns = int(model.num_labels)
    if columns == 1:
        return _Labels(("support",), 0)
    given = getattr(model.config, "id2label", None) or {}
    named = {int(key): str(value).strip().lower() for key, value in given.items()}
    names = tuple(named.get(i, "") for i in range(columns))
    entailing = [i for i, label in enumerate(names) if label.startswith("entail")]
    if len(entailing) != 1:
        message = f"The labels of {name} ({', '.join(names)}) do not say which of them is entailment."
        raise InputError(message, 'Set id2label in its config.json, for example {"0": "contradiction", …}.')
    return _Labels(names, entailing[0])
