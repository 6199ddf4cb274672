"""Cuts a text into sentences, once, with code-point offsets. Everything that is cited is one of these spans.

Punkt (Kiss & Strunk 2006, Unsupervised multilingual sentence boundary detection) finds the boundaries inside a block of
running text; its English parameters come with llama-index. Rules on top handle what news needs: headlines and list
items without a full stop, abbreviations before a capital, quotes that close after the full stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import nltk.data
from nltk.tokenize.punkt import PunktTokenizer

from index.errors import PluginError
from index.records import Span

# Longer than any sentence that a person wrote; tables and lists that lost their line breaks come to this.
MAX_SENTENCE = 1200

_ABBREVIATIONS = frozenset(
    """adm ala ariz ark assn atty ave blvd brig bros calif capt cmdr co col colo conn corp cpl del dept det dr drs
    est etc ex fla ft ga gen gov hon ill inc ind insp jan feb mar apr jun jul aug sep sept oct nov dec jr kan ky la lt
    ltd maj mass md messrs mich minn miss mo mont mr mrs ms mt neb nev no nos okla ore pa ph.d pfc prof pvt rep reps
    rev sen sens sgt spc sr st supt tenn tex u.k u.n u.s va vs vt wash wis wyo al approx fig op p.m a.m cf""".split()
)
# After these a capital may well begin a new sentence; before a word that usually opens one, it does.
_MAY_END = frozenset("u.s u.k u.n p.m a.m inc co corp ltd jr sr etc d.c ph.d calif fla conn mass".split())
_OPENERS = frozenset(
    """the a an he she it they we i you but and in on at this that these those his her its their there when while after
    before as if however meanwhile for from with what who why how some many most more one two it's according also""".split()
)

_BLOCK_END = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*•–—▪◦]|\d{1,2}[.)])[ \t])")
_CLOSERS = "\"'”’»)]}"
_LAST_WORD = re.compile(r"([^\s(\[\"“‘']+)\.[\"'”’)\]]*\s*$")
_FIRST_WORD = re.compile(r"\s*[\"“‘'(\[]*([A-Za-z']+)")
_LIST_NUMBER = re.compile(r"\(?\d{1,3}[.)]")


def cut_sentences(text: str) -> tuple[Span, ...]:
    """Spans of the sentences of `text`, in order.

    They do not overlap, have no white space at their ends, and cover every character that is not white space.
    """
    spans: list[Span] = []
    for start, end in _blocks(text):
        for first, last in _punkt_spans(text, start, end):
            spans.extend(_short_enough(text, first, last))
    return tuple(spans)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of running text: split at blank lines, at list items, and at line breaks that are not mere wrapping."""
    start = 0
    for match in _BLOCK_END.finditer(text):
        yield from _lines(text, start, match.start())
        start = match.end()
    yield from _lines(text, start, len(text))


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Joins the lines of a paragraph that was wrapped at a column; other line breaks end a block.

    A line is taken as wrapped when it is 45 to 100 characters long, does not end a sentence or is nearly as long as
    its neighbours, and the next line goes on in lower case or the paragraph is wrapped throughout.
    """
    lines = [(m.start() + start, m.end() + start) for m in re.finditer(r"[^\n]+", text[start:end])]
    if not lines:
        return
    lengths = [last - first for first, last in lines]
    wrapped = len(lines) > 1 and all(45 <= n <= 100 for n in lengths[:-1]) and max(lengths) <= 100
    block_start = lines[0][0]
    for (_, this_end), (next_start, _) in zip(lines, lines[1:], strict=False):
        going_on = text[next_start:].lstrip()[:1].islower() if not wrapped else True
        if not going_on:
            yield block_start, this_end
            block_start = next_start
    yield block_start, lines[-1][1]


def _punkt_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    block = text[start:end]
    pending: tuple[int, int] | None = None
    for first, last in _punkt().span_tokenize(block):
        if pending is None:
            pending = (first, last)
        elif _joined(block, pending, (first, last)):
            pending = (pending[0], last)
        else:
            yield from _trimmed(text, start + pending[0], start + pending[1])
            pending = (first, last)
    if pending:
        yield from _trimmed(text, start + pending[0], start + pending[1])


def _joined(block: str, one: tuple[int, int], two: tuple[int, int]) -> bool:
    """Whether Punkt cut where no sentence ends."""
    before, after = block[one[0] : one[1]], block[two[0] : two[1]]
    if after[:1].islower() or not after.strip(_CLOSERS + " ") or _LIST_NUMBER.fullmatch(before):
        return True
    match = _LAST_WORD.search(before[-40:])
    if not match:
        return False
    word = match.group(1).lower()
    if word not in _ABBREVIATIONS and not re.fullmatch(r"[a-z](\.[a-z])*", word):
        return False
    following = _FIRST_WORD.match(after)
    opens = bool(following) and following.group(1).lower() in _OPENERS
    return not (opens and (word in _MAY_END or len(word) == 1))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _short_enough(text: str, start: int, end: int) -> Iterator[Span]:
    """Breaks what is longer than MAX_SENTENCE at the last clause boundary, else white space, else anywhere."""
    while end - start > MAX_SENTENCE:
        piece = text[start : start + MAX_SENTENCE]
        at = max((piece.rfind(mark) + 1 for mark in ("; ", ": ", ", ", " – ", " — ")), default=0)
        at = at if at > MAX_SENTENCE // 2 else piece.rfind(" ") + 1 or MAX_SENTENCE
        yield from (Span(*pair) for pair in _trimmed(text, start, start + at))
        start += at
    yield from (Span(*pair) for pair in _trimmed(text, start, end))


@cache
def _punkt() -> PunktTokenizer:
    spec = find_spec("llama_index.core")
    if spec is None or not spec.origin:
        msg = "llama-index-core is not installed."
        raise PluginError(msg, "Run `make install`.")
    bundled = str(Path(spec.origin).parent / "_static" / "nltk_cache")
    if bundled not in nltk.data.path:
        nltk.data.path.append(bundled)  # nltk reads models from registered folders alone
    return PunktTokenizer("english")
