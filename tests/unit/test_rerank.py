"""The reranker seam: a tiny cross-encoder, made on the spot, through the entry point."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from index.embed import Embedder
from index.errors import PluginError
from index.sqlite_faiss import SqliteFaissStore
from rag.rerank import TOP, CrossEncoderReranker, reranker
from rag.retrieve import Retriever
from rag.understand import understand

QUESTION = understand("Who won the Powerball jackpot?", as_of=date(2026, 1, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of a few thousand random weights: what it prefers is arbitrary, but always the same."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("cross-encoder")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(path)  # fmt: skip
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, num_labels=1, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(shape).save_pretrained(path)
    return path


def test_none_is_none() -> None:
    assert reranker("none") is None


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="nowhere") as caught:
        reranker(f"cross-encoder/{tmp_path}/nowhere")
    assert "cross-encoder/FOLDER" in caught.value.advice


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(PluginError, match="oracle"):
        reranker("oracle")


def test_the_model_decides_the_order(folder: Path, seed_index: Path, minilm: Embedder) -> None:
    chosen = reranker(f"cross-encoder/{folder}")
    assert isinstance(chosen, CrossEncoderReranker)
    with SqliteFaissStore(seed_index) as store:
        plain = Retriever(store, minilm).search(QUESTION, TOP + 5).found
        found = Retriever(store, minilm, chosen).search(QUESTION, TOP + 5).found
        # It looks at more than were asked for: what it prefers may come from below.
        five = Retriever(store, minilm, chosen).search(QUESTION, 5).found
    assert [f.article.article.id for f in found] != [f.article.article.id for f in plain]
    assert {f.article.article.id for f in found[:TOP]} == {f.article.article.id for f in plain[:TOP]}
    assert [f.article.article.id for f in five] == [f.article.article.id for f in found[:5]]
    # What it did not look at keeps its place behind, and scores fall all the way.
    assert [f.article.article.id for f in found[TOP:]] == [f.article.article.id for f in plain[TOP:]]
    assert [f.score for f in found] == [f.score for f in plain]


def test_nothing_found_is_nothing_ranked(folder: Path) -> None:
    assert CrossEncoderReranker(str(folder)).rerank(QUESTION, []) == []
