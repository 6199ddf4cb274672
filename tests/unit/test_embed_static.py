"""The static encoder: distilled once, kept, loaded again. The distilling itself is played; it takes half a minute."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

model2vec = pytest.importorskip("model2vec", reason="needs the extra 'fast'")

from tokenizers import Tokenizer  # noqa: E402
from tokenizers.models import WordLevel  # noqa: E402
from tokenizers.pre_tokenizers import Whitespace  # noqa: E402

from index import embed_static  # noqa: E402
from index.embed import Embedder, embedder  # noqa: E402
from index.errors import PluginError  # noqa: E402

WORDS = ["[UNK]", "storm", "rain", "tax", "on"]


@pytest.fixture(autouse=True)
def distilled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where models were made."""
    made: list[Path] = []

    def distil(place: Path) -> None:
        made.append(place)
        tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.enable_padding(length=8, pad_id=3, pad_token="tax")  # as MiniLM's does
        vectors = np.eye(len(WORDS), embed_static.DIMENSION, dtype=np.float16) * 3
        model2vec.StaticModel(vectors, tokenizer, normalize=True).save_pretrained(place)

    monkeypatch.setattr(embed_static, "_distil", distil)
    return made


def test_it_is_made_once_and_kept(tmp_path: Path, distilled: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    place = tmp_path / "kept" / "model"
    first = embedder(f"static/{place}")
    assert isinstance(first, Embedder)
    assert (first.name, first.dimension, distilled) == ("static-minilm-256", 256, []), "known without making it"
    with caplog.at_level(logging.WARNING):
        one = first.encode(["storm on tax"])
    assert str(place) in caplog.text
    assert np.array_equal(embedder(f"static/{place}").encode(["storm on tax"]), one)
    assert distilled == [place]


def test_it_lies_in_the_users_cache(tmp_path: Path, distilled: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    embedder("static").encode(["storm"])
    assert distilled == [tmp_path / "dateline" / "static-minilm-256"]


def test_vectors_are_means_of_words_and_of_length_one(tmp_path: Path) -> None:
    model = embedder(f"static/{tmp_path / 'm'}")
    found = model.encode(["storm rain", "storm", "rain", "", "nowhere"])
    assert (found.shape, found.dtype) == ((5, 256), np.float32)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    assert found[0] @ found[1] == pytest.approx(0.5**0.5, abs=1e-3)
    assert found[1] @ found[2] == pytest.approx(0, abs=1e-3)
    assert model.encode([]).shape == (0, 256)
    assert model.count_tokens(["storm on tax", ""]) == [3, 0]
    assert model.count_tokens([]) == []


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PluginError, match="cannot be kept") as caught:
        embedder(f"static/{tmp_path / 'file' / 'model'}").encode(["storm"])
    assert "static/FOLDER" in caught.value.advice
