"""Article → passages of whole sentences: the unit that is embedded and searched.

A passage is as long as the encoder's window allows, counted with the encoder's own tokenizer. What is embedded is the
headline and the passage (`embedded_text`), so the headline's tokens are set aside first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from index.errors import InputError
from index.records import Article, Cut, PassageSpan
from index.sentences import MAX_SENTENCE, cut_sentences

# Raise by one whenever the same article would be cut in another way: the index must then be built anew.
VERSION = 1

# A headline longer than this is embedded in part, in characters: about 60 word pieces of the encoder's 256. Three times
# the longest of 27,000 headlines of USA TODAY, CNN, The Week and Reuters (80 characters).
MAX_TITLE = 240

# [CLS] and [SEP] of BERT-like encoders; an encoder with other special tokens adds no more than these.
SPECIAL_TOKENS = 2


def embedded_text(title: str, passage: str) -> str:
    """What is embedded for a passage: the headline, a newline, the passage as it stands in the article."""
    return f"{_short(title)}\n{passage}" if title else passage


def _short(title: str) -> str:
    """A headline cut at a word to at most `MAX_TITLE` characters."""
    if len(title) <= MAX_TITLE:
        return title
    return title[: MAX_TITLE + 1].rpartition(" ")[0] or title[:MAX_TITLE]


class Chunker:
    """Cuts articles into passages that fit an encoder.

    Args:
        count_tokens: word pieces of each text, without special tokens; called once an article.
        max_tokens: the encoder's longest input in word pieces, special tokens included.
    """

    def __init__(self, count_tokens: Callable[[Sequence[str]], list[int]], max_tokens: int) -> None:
        self._count_tokens = count_tokens
        self._max_tokens = max_tokens

    @property
    def fingerprint(self) -> str:
        """Names everything that decides how an article is cut; two indexes may be mixed only if theirs are equal."""
        return f"sentences-{VERSION}/max{self._max_tokens}/title{MAX_TITLE}/sentence{MAX_SENTENCE}"

    def cut(self, article: Article) -> Cut:
        """Cuts an article into sentences and these into passages.

        Every sentence is in exactly one passage. A sentence that alone is longer than the window is a passage of its
        own, of which the encoder sees the beginning; it is cited whole, and word search finds all of it.

        Raises:
            InputError: the article has no text.
        """
        sentences = cut_sentences(article.text)
        if not sentences:
            msg = f"The article {article.id!r} ({article.source or 'no source'}) has no text."
            raise InputError(msg, "Give it a body, or leave it out.")
        texts = [article.text[span.start : span.end] for span in sentences]
        title, *lengths = self._count_tokens([_short(article.title), *texts])
        room = max(1, self._max_tokens - SPECIAL_TOKENS - title)
        passages: list[PassageSpan] = []
        first = 0
        for count in _balanced(lengths, room):
            passages.append(PassageSpan(first, first + count - 1))
            first += count
        return Cut(article, sentences, tuple(passages))


def _balanced(lengths: Sequence[int], room: int) -> Iterator[int]:
    """Sentences in each passage: as few passages as fit, and among these divisions the most even one.

    Full passages with a crumb at the end would give the crumb a vector of its own that says little. The division is the
    one that minimises the sum of squared passage lengths, found by dynamic programming over the sentences; a passage
    longer than `room` is allowed only for a single sentence.
    """
    # best[i]: (passages, sum of squares, start of the last passage) for the first i sentences.
    best: list[tuple[int, int, int]] = [(0, 0, 0)]
    for end in range(1, len(lengths) + 1):
        options = []
        size = 0
        for start in range(end - 1, -1, -1):
            size += lengths[start]
            if size > room and start < end - 1:
                break
            passages, squares, _ = best[start]
            options.append((passages + 1, squares + size * size, start))
        best.append(min(options))
    counts = []
    end = len(lengths)
    while end:
        start = best[end][2]
        counts.append(end - start)
        end = start
    yield from reversed(counts)
