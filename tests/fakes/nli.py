"""Tiny cross-encoders, made on the spot: random weights, or crafted ones whose verdict can be told beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

LABELS = ("contradiction", "entailment", "neutral")
LENGTH = 96
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = [*_SPECIAL, *_LETTERS, *(f"##{letter}" for letter in _LETTERS), *".,!?"]


def tokenizer(length: int = LENGTH) -> PreTrainedTokenizerFast:
    """A letter is a token; ``[CLS] premise [SEP] claim [SEP]`` with the segments marked, as BERT has it."""
    made = Tokenizer(models.WordPiece({token: i for i, token in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, VOCABULARY.index(token)) for token in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=length,
    )  # fmt: skip


def save(
    folder: Path,
    labels: Sequence[str] = LABELS,
    *,
    seed: int = 0,
    length: int = LENGTH,
    opinion: Sequence[float] | None = None,
) -> Path:
    """A cross-encoder of a few thousand random weights: its opinion is arbitrary, but always the same.

    Args:
        folder: where to; made if need be.
        labels: what the columns of its output are called; the weights of a column go by its place, not by its name.
        seed: of the weights.
        length: tokens that it can read.
        opinion: logits that it gives whatever it reads, in place of an arbitrary opinion.
    """
    tokenizer(length).save_pretrained(folder)
    torch.manual_seed(seed)
    shape = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=length, initializer_range=0.5, num_labels=len(labels),
        id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(shape)
    if opinion is not None:
        with torch.no_grad():
            model.classifier.weight.zero_()
            model.classifier.bias.copy_(torch.tensor(opinion))
    model.save_pretrained(folder)
    return folder
