"""The network of the learned verifier: the packaged MiniLM as a cross-encoder over (claim, evidence).

It gives one logit of support, and one logit a word of the claim that says how wrong the word is (after Zhou et al.
2021, Detecting Hallucinated Content in Conditional Neural Sequence Generation). `eval/train_verifier.py` makes its
weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel, PreTrainedTokenizerFast

from rag.packaged import PLAIN, packaged

# The loss of the words beside that of the claim.
_WORD_SHARE = 1.0


class Labelled(Protocol):
    """A pair with its label; see `eval.verifier_pairs.Pair`."""

    @property
    def claim(self) -> str: ...

    @property
    def evidence(self) -> str: ...

    @property
    def supported(self) -> bool: ...

    @property
    def wrong(self) -> list[tuple[int, int]] | None: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network finds about a claim.

    Attributes:
        support: logit of support.
        words: for each word piece of the claim its first character, the one behind its last, and its logit of being
            wrong.
    """

    support: float
    words: tuple[tuple[int, int, float], ...]


class Network(torch.nn.Module):
    """Claim and evidence, read together. The embeddings are the packaged model's own, and stay so."""

    def __init__(self, body: BertModel, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__()
        self.body = body
        self.tokenizer = tokenizer
        self.head = torch.nn.Linear(body.config.hidden_size * 3, 1)
        self.words = torch.nn.Linear(body.config.hidden_size, 1)

    @classmethod
    def packaged(cls) -> Network:
        """The network over the packaged model, with an untrained head."""
        return cls(*packaged(**PLAIN))

    def trained_parameters(self) -> list[torch.nn.Parameter]:
        """All but the embeddings."""
        for parameter in self.body.embeddings.parameters():
            parameter.requires_grad = False
        return [p for p in self.parameters() if p.requires_grad]

    def encoded(self, pairs: Sequence[tuple[str, str]], tokens: int) -> Any:
        """The pairs as the body reads them; evidence beyond `tokens` is cut."""
        return self.tokenizer(
            [claim for claim, _ in pairs],
            [evidence for _, evidence in pairs],
            truncation="longest_first",
            max_length=tokens,
            padding=True,
            return_token_type_ids=True,
            return_tensors="pt",
        )

    def forward(self, batch: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of support, shape (pairs,), and of wrongness, shape (pairs, tokens); the latter only mean something
        for tokens of the claim.
        """  # fmt: skip
        states = self.body(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            token_type_ids=batch["token_type_ids"],
        ).last_hidden_state
        of_claim = ((batch["token_type_ids"] == 0) & (batch["attention_mask"] == 1)).unsqueeze(-1)
        mean = (states * of_claim).sum(1) / of_claim.sum(1)
        # One changed word decides: the largest of each feature over the claim's words stands beside their mean.
        most = states.masked_fill(~of_claim, -1e4).amax(1)
        return self.head(torch.cat([states[:, 0], mean, most], -1)).squeeze(-1), self.words(states).squeeze(-1)

    def loss(self, rows: Sequence[Labelled], tokens: int) -> torch.Tensor:
        """Cross-entropy of the labels, and of the words where it is known which of them are wrong."""
        batch = self.encoded([(row.claim, row.evidence) for row in rows], tokens)
        support, wrong = self(batch)
        labels = torch.tensor([float(row.supported) for row in rows])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(support.float(), labels)
        targets, known = self._targets(rows, batch)
        if known.any():
            # Wrong words are few; both sorts weigh alike.
            weights = torch.where(targets > 0, 1 / targets[known].sum().clamp(min=1), 1 / (1 - targets[known]).sum())
            found = torch.nn.functional.binary_cross_entropy_with_logits(
                wrong[known].float(), targets[known], weights[known] / 2, reduction="sum"
            )
            loss = loss + _WORD_SHARE * found
        return loss

    @staticmethod
    def _targets(rows: Sequence[Labelled], batch: Any) -> tuple[torch.Tensor, torch.Tensor]:
        targets = torch.zeros(batch["input_ids"].shape)
        known = torch.zeros(batch["input_ids"].shape, dtype=torch.bool)
        for i, row in enumerate(rows):
            if row.wrong is None:
                continue
            coding = batch.encodings[i]
            for j, (kind, (start, end)) in enumerate(zip(coding.type_ids, coding.offsets, strict=True)):
                if kind == 0 and end > start:
                    known[i, j] = True
                    targets[i, j] = float(any(a < end and start < b for a, b in row.wrong))
        return targets, known

    @torch.inference_mode()
    def read(self, pairs: Sequence[tuple[str, str]], tokens: int) -> list[Reading]:
        """Reads claims with their evidence, as many as given in one batch."""
        batch = self.encoded(pairs, tokens)
        support, wrong = self(batch)
        found = []
        for logit, coding, logits in zip(support.tolist(), batch.encodings, wrong.tolist(), strict=True):
            of_words = zip(coding.type_ids, coding.offsets, logits, strict=True)
            found.append(
                Reading(logit, tuple((a, b, value) for kind, (a, b), value in of_words if kind == 0 and b > a))
            )
        return found

    def save(self, path: Path) -> None:
        """Writes the layers and the heads in half precision."""
        kept = {n: v.half().contiguous() for n, v in self.state_dict().items() if not n.startswith("body.embeddings")}
        save_file(kept, path)

    def restore(self, path: Path) -> None:
        """Reads what `save` wrote."""
        held = {n: v.float() for n, v in load_file(path).items()}
        missing, unexpected = self.load_state_dict(held, strict=False)
        if unexpected or any(not name.startswith("body.embeddings") for name in missing):
            message = f"{path} does not hold the weights of this network"
            raise ValueError(message)
