"""The packaged encoder's layers, for the networks that were trained from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from index.embed import MiniLM, offline

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerFast

# Attention as plain products and no dropout: on a CPU twice as fast to train, and one or two passes do not overfit.
PLAIN = {"attn_implementation": "eager", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


def packaged(**options: Any) -> tuple[BertModel, PreTrainedTokenizerFast]:
    """Body and tokenizer of the packaged MiniLM, from disk alone; `options` go to the body's configuration.

    Raises:
        PluginError: the package is not installed.
    """
    offline()
    folder = MiniLM().path
    from transformers import AutoTokenizer, BertModel  # noqa: PLC0415 - seconds to import
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # it reports the pooling layer, which nothing uses
    body = BertModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True, **options)
    return body, cast("PreTrainedTokenizerFast", AutoTokenizer.from_pretrained(folder, local_files_only=True))
