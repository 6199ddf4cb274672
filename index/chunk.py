"""From an article to passages made of whole sentences, as long as the encoder reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.errors import InputError
from index.records import Article, Cut, PassageSpan
from index.sentences import cut_sentences

ALGORITHM = "sentences-1"
# A headline longer than this is cut in what is embedded; the longest of 8,000 real ones has 42 tokens.
MAX_TITLE_TOKENS = 48
_SPECIAL_TOKENS = 3  # [CLS], [SEP] and the line break between title and passage, which some tokenizers count


def embedded_text(title: str, passage: str) -> str:
    """What is encoded for a passage: the title carries the subject that "he" and "the company" refer to."""
    return f"{title}\n{passage}" if title else passage


class Chunker:
    """Cuts articles into passages of whole sentences, of even length, without overlap.

    Args:
        count_tokens: tokens of each text, special tokens not counted.
        max_tokens: what the encoder reads, special tokens counted.
    """

    def __init__(self, count_tokens: Callable[[Sequence[str]], list[int]], max_tokens: int) -> None:
        self._count = count_tokens
        self._max_tokens = max_tokens

    @property
    def fingerprint(self) -> str:
        """Names the algorithm and its parameters; part of the index's manifest."""
        return f"{ALGORITHM}/{self._max_tokens}"

    def cut(self, article: Article) -> Cut:
        """Sentences and passages of an article. A sentence longer than the encoder reads is a passage of its own.

        Raises:
            InputError: the article has no text.
        """
        spans = cut_sentences(article.text)
        if not spans:
            msg = f"The article {article.id!r} has no text."
            raise InputError(msg, "Give it a body, or leave it out.")
        title_tokens, *lengths = self._count([article.title, *(article.text[s.start : s.end] for s in spans)])
        budget = self._max_tokens - _SPECIAL_TOKENS - min(title_tokens, MAX_TITLE_TOKENS)
        return Cut(article, spans, tuple(_even_runs(lengths, budget)))


def _even_runs(lengths: Sequence[int], budget: int) -> list[PassageSpan]:
    """As few runs as fit the budget, then as even as they can be: a short tail makes a poor vector."""
    runs = _greedy(lengths, budget)
    if len(runs) < 2:
        return runs
    low, high = sum(lengths) // len(runs), budget
    while low < high:  # the smallest budget that needs no more runs
        middle = (low + high) // 2
        if len(_greedy(lengths, middle)) > len(runs):
            low = middle + 1
        else:
            high = middle
    return _greedy(lengths, high)


def _greedy(lengths: Sequence[int], budget: int) -> list[PassageSpan]:
    runs: list[PassageSpan] = []
    first, size = 0, 0
    for i, length in enumerate(lengths):
        if i > first and size + length > budget:
            runs.append(PassageSpan(first, i - 1))
            first, size = i, 0
        size += length
    runs.append(PassageSpan(first, len(lengths) - 1))
    return runs
