"""Marks in a streamed draft → sentences with the evidence they cite. A mark that was not offered is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.sentences import cut_sentences
from rag.types import Citation, Evidence

_MARK = re.compile(r"\s*\[\s*(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\s*\]")
_LEADING = re.compile(r"^(?:\s*\[[\d,;\s]*\])+")
_UNFINISHED_MARK = re.compile(r"\s*(?:\[[\d,;\s]*)?")
_LIST = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence of a draft, without its marks; `marks` holds the numbers written, offered or not, in order."""

    text: str
    marks: tuple[int, ...]


class SentenceReader:
    """Cuts a draft into sentences while it streams in: ``It rained. [1] It stopped. [2]``."""

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, piece: str) -> Iterator[DraftSentence]:
        """Takes a piece of the draft; yields the sentences that are complete: those that another one follows."""
        self._buffer += piece
        while True:
            spans = cut_sentences(self._buffer)
            for span in spans[1:]:
                text = self._buffer[span.start : span.end]
                leading = _LEADING.match(text)
                at = span.start + (leading.end() if leading else 0)
                if not _UNFINISHED_MARK.fullmatch(self._buffer[at : span.end]):
                    done, self._buffer = self._buffer[:at], self._buffer[at:]
                    yield from _sentence(done)
                    break
            else:
                return

    def end(self) -> Iterator[DraftSentence]:
        """The rest of the draft."""
        done, self._buffer = self._buffer, ""
        yield from _sentence(done)


def _sentence(text: str) -> Iterator[DraftSentence]:
    marks = [int(n) for match in _MARK.finditer(text) for n in re.findall(r"\d+", match[1])]
    bare = " ".join(_LIST.sub("", _MARK.sub("", text)).split())
    bare = re.sub(r"\s+([.,;:!?])", r"\1", bare)
    if any(c.isalnum() for c in bare):
        yield DraftSentence(bare, tuple(dict.fromkeys(marks)))


def resolve(marks: Iterable[int], offered: Iterable[Evidence]) -> list[Evidence]:
    """The evidence behind the marks; numbers that were not offered are dropped."""
    by_number = {e.n: e for e in offered}
    return [by_number[n] for n in dict.fromkeys(marks) if n in by_number]


class Numbering:
    """Gives cited sentences the numbers that the reader sees: 1, 2, 3 … in the order of their first citation."""

    def __init__(self) -> None:
        self._citations: dict[int, Citation] = {}

    def cite(self, evidence: Iterable[Evidence]) -> tuple[Citation, ...]:
        """Citations for these sentences, numbered if they are new."""
        cited = []
        for e in evidence:
            known = self._citations.get(e.sentence.id)
            if known is None:
                known = Citation(len(self._citations) + 1, e.sentence, e.article, e.outlets)
                self._citations[e.sentence.id] = known
            cited.append(known)
        return tuple(cited)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All of them, by number."""
        return tuple(self._citations.values())
