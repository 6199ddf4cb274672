"""Evidence that is longer than what a model can read, in parts that it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence


def parts(sentences: Sequence[str], fits: Callable[[str], bool]) -> Iterator[str]:
    """Yields texts that fit, each of as many whole sentences as possible, in order.

    Neighbours share one sentence, so that no two sentences that follow each other are torn apart. A sentence that is
    too long by itself is cut between words, and a word between characters.

    Args:
        sentences: the evidence, in order; blank ones are left out.
        fits: whether the model can read this text whole. Where not even an empty text fits, there are no parts.
    """
    if not fits(""):
        return
    pieces = [piece for sentence in sentences for piece in _pieces(sentence.strip(), fits)]
    start = 0
    while start < len(pieces):
        end = start + 1
        while end < len(pieces) and fits(" ".join(pieces[start : end + 1])):
            end += 1
        yield " ".join(pieces[start:end])
        if end == len(pieces):
            return
        start = end - 1 if end - start > 1 else end


def beginning(text: str, fits: Callable[[str], bool]) -> str:
    """As many of the first words as fit, within a quarter; the white space between them becomes single spaces."""
    kept = text.split()
    while kept and not fits(" ".join(kept)):
        kept = kept[: len(kept) * 3 // 4]
    return " ".join(kept)


def _pieces(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """The text itself, or its halves, until they fit; a single character that does not is left out."""
    if not text or fits(text):
        yield from [text] if text else []
        return
    middle = len(text) // 2
    if not middle:
        return
    space = text.rfind(" ", 1, middle + 1)
    at = space if space > 0 else middle
    yield from _pieces(text[:at].strip(), fits)
    yield from _pieces(text[at:].strip(), fits)
