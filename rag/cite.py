"""Marks in a streamed draft → sentences with the evidence they cite. A mark that was not offered is dropped.

The prompt asks for ``[1]``; models also write ``[1-3]``, ``[1, 2 and 3]``, ``[Sentence 1]``, ``([1])`` or ``【1】``.
Each becomes ``[1][2]`` before sentences are cut, so that all that follows knows one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.sentences import cut_sentences
from rag.types import Citation, Evidence

_SPACES = re.compile(r"\s{2,}")
_MARK = re.compile(r"\s*\[(\d{1,3})\]")  # four digits are a year
_LEADING = re.compile(r"(?:\s*\[\d{1,3}\])+")
_MARKS = r"(?:\[\d{1,3}\]\s*)+"
_AND = r"(?:[,;&–—-]|and\b)"
_ONE = r"(?:(?:sentence|source)s?:?\s*)?[#^]?\d{1,3}"
_NUMBERS = rf"{_ONE}(?:(?:\s*(?:{_AND}|to\b))+\s*{_ONE})*"
_WRITTEN = re.compile(rf"[\[【]\s*({_NUMBERS})\s*(?:†[\w\s–-]*)?[\]】]|\(\s*(?=s)({_NUMBERS})\s*\)", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)(?:\s*(?:[–—-]|to\b)\D*(\d+))?", re.IGNORECASE)
_WIDEST = 30  # a longer range than any prompt has sentences is read as its two ends
_WRAPPED = re.compile(
    rf"[(\[]\s*(?:see\s|sources?[\s:]|sentences?[\s:])?\s*((?:\[\d{{1,3}}\]\s*(?:{_AND}\s*)*)+)[)\]]", re.IGNORECASE
)
_JOINED = re.compile(rf"(?<=\])(?:\s*{_AND})+\s*(?=\[\d{{1,3}}\])", re.IGNORECASE)
_AGAIN = re.compile(r"(\[\d{1,3}\])(?:\s*\1)+")
# Signs of emphasis stand at the edges of words; a star within a word, or behind a first letter ("f***"), is none.
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])|(?<=[^\w\s*])\*{1,3}(?=[^\w*])|(?<=\w\w)\*{1,2}(?=[^\w*])")
# What may yet become a mark of the sentence before it.
_UNFINISHED = re.compile(r"(?:\s*(?:[,;&–—-]|a|an|and))*\s*\**(?:[(\[【](?:[Ss\d\s#^(\[【][\w\s,;:&#^†–—(\[\]【-]*)?)?")
_BROKEN = re.compile(r"\s*[\[【]\s*\d{0,3}\s*$")
_LIST = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_LEADS = re.compile(rf"(?:{_LIST.pattern})?\s*\[\d{{1,3}}\]")
# "According to [1], it rained": who says so is told by the mark.
_SAID_BY = re.compile(
    r"(?:,\s*)?\b(?:according to|based on|as per|as (?:stated|reported|mentioned|described|noted|shown) (?:in|by))\s+"
    rf"(?:the\s+)?(?:(?:sentence|source|article|report)s?\s*)?({_MARKS}),?",
    re.IGNORECASE,
)
_LEFT_OVER = (
    (r"\s*(?:\(\s*\)|\[\s*\])", ""),
    (r"((?<!\.)[.!?])\s*\.$", r"\1"),
    (r"\s+([.,;:!?])", r"\1"),
    (r"(?<![,;])[,;]+(?=[.!?])", ""),
    (r"^(?:[\s,;:]|[-–—]\s)+", ""),
)


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence of a draft, without its marks; `marks` holds the numbers written, offered or not, in order."""

    text: str
    marks: tuple[int, ...]


class SentenceReader:
    """Cuts a draft into sentences while it streams in: ``It rained. [1] It stopped. [2]``.

    A draft that begins with a mark has its marks in front of its sentences: ``[1] It rained. [2] It stopped.``
    """

    def __init__(self) -> None:
        self._buffer = ""
        self._leads: bool | None = None  # whether marks stand in front; unknown before the first sentence ends

    def feed(self, piece: str) -> Iterator[DraftSentence]:
        """Takes a piece of the draft; yields the sentences that are complete: those that another one follows."""
        self._buffer = _in_one_form(self._buffer + piece)
        yield from self._ended(whole=False)

    def end(self) -> Iterator[DraftSentence]:
        """The rest of the draft."""
        self._buffer = _in_one_form(self._buffer + "\n")
        yield from self._ended(whole=True)
        yield from _sentence(self._buffer)
        self._buffer = ""

    def _ended(self, *, whole: bool) -> Iterator[DraftSentence]:
        while at := self._first_end(whole):
            done, self._buffer = self._buffer[:at], self._buffer[at:]
            yield from _sentence(done)

    def _first_end(self, whole: bool) -> int:
        """Where the first sentence and its marks end; 0 where that is still open, or nothing follows them."""
        spans = cut_sentences(self._buffer)
        for span in spans[1:]:
            leading = _LEADING.match(self._buffer, span.start, span.end)
            after = leading.end() if leading else span.start
            rest = self._buffer[after : span.end]
            if not whole and span is spans[-1] and _UNFINISHED.fullmatch(rest):
                return 0
            if self._leads is None:
                self._leads = bool(_LEADS.match(self._buffer))
            at = span.start if self._leads else after
            if _said(rest) and _said(self._buffer[:at]):
                return at
        return 0


def _in_one_form(text: str) -> str:
    """The text with every mark written as ``[1]`` and once, without signs of emphasis and rows of spaces."""
    # All of what has not ended yet is looked at again at each piece: what a model says without end would take time by
    # the square. Of a row of spaces at most one blank line is kept, which ends a sentence.
    text = _SPACES.sub(lambda found: "\n" * min(found[0].count("\n"), 2) or " ", text)
    text = _WRITTEN.sub(
        lambda found: "".join(f"[{n}]" for n in _numbers(found[1] or found[2])), _EMPHASIS.sub("", text)
    )
    return _AGAIN.sub(r"\1", _JOINED.sub("", _WRAPPED.sub(r"\1", text)))


def _numbers(written: str) -> Iterator[int]:
    for first, last in _RANGE.findall(written):
        low, high = int(first), int(last or first)
        yield from range(low, high + 1) if low <= high < low + _WIDEST else (low, high)


def _sentence(text: str) -> Iterator[DraftSentence]:
    text = _LIST.sub("", text).strip()
    bare = _said(_SAID_BY.sub(r" \1", text))
    if _SAID_BY.match(text) and not bare[1:2].isupper():  # "iPhone" stays as it is
        bare = bare[:1].upper() + bare[1:]
    if bare:
        yield DraftSentence(bare, tuple(dict.fromkeys(int(n) for n in _MARK.findall(text))))


def _said(text: str) -> str:
    """The words of a sentence without its marks and what they leave behind; empty if there are none."""
    bare = " ".join(_LIST.sub("", _BROKEN.sub("", _MARK.sub("", text))).split())
    for pattern, instead in _LEFT_OVER:
        bare = re.sub(pattern, instead, bare)
    return bare if any(c.isalnum() for c in bare) else ""


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
