"""Text → sentences with exact code-point offsets: the unit that an answer cites.

A text is first cut into stretches at its layout (blank lines, bullets, headlines without a full stop; a newline inside
a wrapped paragraph is not layout). Within a stretch every run of ``.!?…`` is judged: clear cases by rules for news
prose, abbreviations by Punkt (Kiss & Strunk 2006, "Unsupervised Multilingual Sentence Boundary Detection",
Computational Linguistics 32:4) with the English model that llama-index-core ships. Punkt is asked about one pair of
words at a time, never about a whole text: NLTK gives up on a regular expression after five seconds.

Everything is linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from index.abbreviations import (
    AFTER_CLOCK,
    EXCLAIMED_NAMES,
    FUNCTION_WORDS,
    MORE_ABBREVIATIONS,
    NAME_PARTS,
    NOT_ABBREVIATIONS,
    NOT_SPEAKERS,
    NUMBERED,
    SPEECH_VERBS,
    STARTERS,
    TITLES,
)
from index.errors import PluginError
from index.records import Span

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

# Longest sentence, in characters: about 300 word pieces, a little more than the packaged encoder's window.
MAX_SENTENCE = 1200

# Nobody wraps prose narrower or wider than this, in columns; outside it a newline was typed on purpose.
WRAP_COLUMNS = range(40, 121)
# A wrapped line may end this many columns before its first possible break: wire copy is ragged.
WRAP_SLACK = 8

_CLOSERS = "\"'”’»)]}›」』）】"
_QUOTES = "\"'”’»›」』"
_OPENERS = "\"'“‘«‹([{„‚「『（【¿¡"
_SURE_CLOSERS = ")]}”»"
_FULL_WIDTH = "。！？｡"
_STOP = re.compile(
    rf"(?P<stop>[.!?…]++)(?P<close>[{re.escape(_CLOSERS)}]*+)(?P<note>(?:\[\d{{1,3}}\])*+)"
    rf"|(?P<wide>[{_FULL_WIDTH}]++[{re.escape(_CLOSERS)}]*+)"
    r"|(?<=\s)(?P<bullet>[•▪‣◦●►■])(?=\s)"
)
_SPACE = re.compile(r"\s+")
_OPENING = re.compile(rf"[{re.escape(_OPENERS)}]*+")
_ADDRESS = re.compile(r"https?://|www\.")
_NEXT_WORD = re.compile(r"[\w’'.-]{1,40}")
# "said.The": a stop between a lower-case word and a capitalised one that stands in running text, not "Node.Js".
_GLUED = re.compile(r"[A-Z](?:[a-z]+)?[\s,’']")
_BULLET = re.compile(r"\s*(?:[•▪‣◦●►■·*+–-]|\(?[a-z0-9]\))\s")
_NUMBERED = re.compile(r"\s*\(?\d{1,2}[.)]\s")
_LIST_MARK = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\Z")
_LIST_NUMBER = re.compile(r"[;:]\s\(?\d{1,2}\Z")
_ENDS = re.compile(rf"[.!?…:;{_FULL_WIDTH}][{re.escape(_CLOSERS)}]*\Z")
_CLAUSE = re.compile(r"[;:]\s|\s[—–-]\s|[—…]|[.!?]\s|,\s|\s")
# "…?” Smith said": who speaks belongs to the sentence. A pronoun or article with a capital starts a new one.
_ATTRIBUTION = re.compile(
    rf"(?!(?:{'|'.join(sorted(word.capitalize() for word in NOT_SPEAKERS))})\b)"
    rf"(?:[A-Z][\w.’'-]{{0,30}}[ \n]){{1,4}}(?:{'|'.join(sorted(SPEECH_VERBS))})\b"
)
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]\Z")


def cut_sentences(text: str) -> tuple[Span, ...]:
    """Cuts a text into sentences.

    Returns:
        Spans in order, without overlap, without surrounding white space, none blank, none longer than
        `MAX_SENTENCE` characters; together they hold every character of the text that is not white space.

    Raises:
        PluginError: the sentence model that llama-index-core ships is not installed.
    """
    spans: list[Span] = []
    for start, end in _stretches(text):
        at = start
        for stop in _boundaries(text, start, end):
            spans.extend(_fitted(text, at, stop))
            at = stop
        spans.extend(_fitted(text, at, end))
    return tuple(spans)


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that read on: (start, end) offsets."""
    block: list[tuple[int, str]] = []
    at = 0
    for line in text.split("\n"):
        if line and not line.isspace():
            block.append((at, line))
        elif block:
            yield from _block_stretches(block)
            block = []
        at += len(line) + 1
    if block:
        yield from _block_stretches(block)


def _block_stretches(block: list[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    """Cuts lines that no blank line separates where the newline was typed, not wrapped."""
    first_at, first = block[0]
    start, end = first_at, first_at + len(first)
    if len(block) > 1:
        indents = [len(line) - len(line.lstrip()) for _, line in block[1:]]
        layout = _Layout(max(len(line.rstrip()) for _, line in block), min(indents), max(indents) >= min(indents) + 2)
        for (_, above), (at, line) in pairwise(block):
            if _typed_newline(above.rstrip(), line, layout):
                yield start, end
                start = at
            end = at + len(line)
    yield start, end


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the lines of a block have in common, in characters.

    Attributes:
        width: longest line.
        indent: smallest indent after the first line.
        indents: whether an indent marks a new paragraph here.
    """

    width: int
    indent: int
    indents: bool


def _typed_newline(above: str, line: str, layout: _Layout) -> bool:
    """Whether the newline between two lines ends a sentence whatever the words are.

    Args:
        above: the line before, without trailing space.
        line: the line after.
        layout: of the block that both are in.
    """
    body, width = line.lstrip(), layout.width
    if _BULLET.match(line) or len(line) - len(body) >= layout.indent + 2 or width > WRAP_COLUMNS[-1]:
        return True
    if _NUMBERED.match(line) and (width < WRAP_COLUMNS[0] or _ENDS.search(above[-12:])):
        return True
    bare = body.lstrip(_OPENERS)
    if bare[:1].islower() or above[-1] in ",-–—&(" or above.rsplit(None, 1)[-1].lower() in FUNCTION_WORDS:
        return False
    if width < WRAP_COLUMNS[0]:
        return True
    if layout.indents and len(above) > width // 2:
        return False  # this writer marks a paragraph by an indent, and there is none
    # The first word below would have fitted above: the writer broke the line, not the typesetter.
    return len(above) + 1 + len(body.split(None, 1)[0]) <= width - WRAP_SLACK


def _boundaries(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets between `start` and `end` at which a sentence ends and another begins."""
    sentence = start
    for found in _STOP.finditer(text, start, end):
        if found.start() < sentence:
            continue
        at = _after(text, found, sentence, end)
        if at is not None and at < end:
            sentence = at
            yield at


def _after(text: str, found: re.Match[str], sentence: int, end: int) -> int | None:
    """Where the sentence ends if this stop ends it."""
    if found["bullet"]:
        return found.start() if found.start() > sentence else None
    if found["wide"]:
        return found.end()
    last = found.end()
    at = _skip(_SPACE, text, last, end)
    if at == last:
        return last if _is_glued(text, found, end) else None
    if at < end and text[at] in _SURE_CLOSERS:
        # "he said. ” Then": a closing mark that stands apart.
        last = at + 1
        at = _skip(_SPACE, text, last, end)
        if at == last:
            return None
    return last if at < end and _ends_sentence(text, found, sentence, at, end) else None


def _skip(pattern: re.Pattern[str], text: str, at: int, end: int) -> int:
    """Where a pattern that matches at `at` ends, or `at`."""
    found = pattern.match(text, at, end)
    return found.end() if found else at


def _is_glued(text: str, found: re.Match[str], end: int) -> bool:
    """Whether a space was lost after the stop: ``said.The``, ``said.”The``."""
    at = found.start()
    if len(found["stop"]) != 1 or not (text[max(0, at - 3) : at].isalpha() and text[max(0, at - 3) : at].islower()):
        return False
    after = _skip(_OPENING, text, found.end(), end)
    if not _GLUED.match(text, after, min(end, after + 30)):
        return False
    word = text[max(0, at - 60) : at].rsplit(None, 1)[-1]
    return not any(mark in word for mark in "/@_") and not word.lower().startswith("www.")


def _ends_sentence(text: str, found: re.Match[str], sentence: int, at: int, end: int) -> bool:
    """Judges a stop that is followed by white space; `at` is where the next word or mark begins."""
    bare = _skip(_OPENING, text, at, end)
    first = text[bare : bare + 1]
    # "iPhone", "eBay" and an address may begin a sentence; any other lower-case word does not.
    lower = first.islower() and not text[bare + 1 : bare + 2].isupper() and not _ADDRESS.match(text, bare)
    if not first or lower or first in ".!?…,;:)]}%”»":
        return False
    word = _word_before(text, found.start(), sentence)
    stop = found["stop"]
    quoted = any(mark in _QUOTES for mark in found["close"])
    if first in "-–—":
        # "MALIBU, Calif. — The …" and "“…!” – the mayor" go on; "… ended. – Second point" does not.
        after = text[bare + 1 : bare + 3].strip()[:1]
        return stop == "." and not quoted and not after.islower() and word.lower() not in _abbreviations()
    if "?" in stop or "!" in stop:
        attributed = quoted and _ATTRIBUTION.match(text, at, min(end, at + 120))
        return not attributed and not (stop == "!" and not quoted and word.lower() in EXCLAIMED_NAMES)
    next_word = text[bare : _skip(_NEXT_WORD, text, bare, end)] or first
    if "…" in stop or len(stop) > 1:
        return re.split("[’']", next_word, maxsplit=1)[0] != "I"
    before = text[max(sentence, found.start() - 5) : found.start()]
    # "1. First", and "the best: 1. First; 2. Second".
    listed = bool(_LIST_NUMBER.search(before) if found.start() - sentence > 5 else _LIST_MARK.match(before.strip()))
    timed = text[at] == "(" and word.lower() in ("a.m", "p.m")
    return not listed and not timed and _period_ends(word, next_word, found["close"])


def _word_before(text: str, at: int, sentence: int) -> str:
    """What stands before a stop, back to white space, an opening mark or a dash; 40 characters at most."""
    window = text[max(sentence, at - 40) : at]
    if not window or window[-1].isspace():
        return ""
    word = window.rsplit(None, 1)[-1].lstrip(_OPENERS)
    for dash in "—–/:":
        word = word.rpartition(dash)[2]
    return word


def _period_ends(word: str, next_word: str, close: str) -> bool:
    """Whether a single full stop between two words ends the sentence."""
    lowered = word.lower()
    next_lowered = next_word.rstrip(".").lower()
    starter = next_lowered in STARTERS and not (len(next_word) == 2 and next_word[1] == ".")
    if len(word) == 1 and word.isalpha():
        return starter or (bool(close) and not word.isupper())
    if lowered == "no" or (lowered in NUMBERED and word[0].isupper()):
        return not next_word[0].isdigit() and (lowered == "no" or _punkt_breaks(word, next_word))
    if lowered in TITLES or lowered.rpartition("-")[2] in TITLES:
        return bool(close)
    if lowered in ("a.m", "p.m"):
        return next_lowered.partition("-")[0] not in AFTER_CLOCK
    # The model's word statistics would split "U.S. Marshals", "A.J. Brown" and "St. Cloud".
    if lowered in NAME_PARTS or _DOTTED.match(word):
        return starter
    return starter or lowered.rpartition("-")[2] not in _abbreviations() or _punkt_breaks(word, next_word)


@lru_cache(maxsize=50_000)
def _punkt_breaks(word: str, next_word: str) -> bool:
    """Punkt's judgement of ``word. next_word``."""
    return bool(_punkt().text_contains_sentbreak(f"{word}. {next_word}"))


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(_punkt()._params.abbrev_types)


@cache
def _punkt() -> PunktSentenceTokenizer:
    """The English model that llama-index-core ships, with the abbreviations of today's news.

    Read here and not by `nltk.data`, which allows only its own folders and offers to download what it misses.
    """
    from nltk.tabdata import PunktDecoder  # noqa: PLC0415 - a second and a half to import
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer  # noqa: PLC0415

    spec = find_spec("llama_index.core")  # finds the package without importing it
    homes = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(homes or [""]))) / "_static" / "nltk_cache" / "tokenizers" / "punkt_tab" / "english"
    decoder, params = PunktDecoder(), PunktParameters()

    def lines(name: str) -> list[str]:
        return (folder / name).read_text(encoding="utf-8").splitlines()

    try:
        params.abbrev_types = decoder.txt2set(lines("abbrev_types.txt")) - NOT_ABBREVIATIONS | MORE_ABBREVIATIONS
        params.collocations = set(decoder.tab2tups(lines("collocations.tab")))
        params.sent_starters = decoder.txt2set(lines("sent_starters.txt"))
        params.ortho_context = decoder.tab2intdict(lines("ortho_context.tab"))
    except OSError as exc:
        msg = f"The sentence model is missing: {exc}."
        raise PluginError(msg, "Reinstall llama-index-core, which ships it.") from exc
    return PunktSentenceTokenizer(params)


def _fitted(text: str, start: int, end: int) -> Iterator[Span]:
    """The trimmed span, in pieces of at most `MAX_SENTENCE` characters; nothing if it is blank."""
    while True:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start == end:
            return
        if end - start <= MAX_SENTENCE:
            yield Span(start, end)
            return
        cut = _clause_cut(text, start)
        yield from _fitted(text, start, cut)
        start = cut


def _clause_cut(text: str, start: int) -> int:
    """The last clause boundary in the second half of the longest sentence that fits, else white space, else its end."""
    half, limit = start + MAX_SENTENCE // 2, start + MAX_SENTENCE
    best: dict[int, int] = {}
    for found in _CLAUSE.finditer(text, half, limit):
        mark = found[0].strip()
        best[0 if not mark else 1 if mark == "," else 2] = found.end()
    if best:
        return best[max(best)]
    while limit > half and unicodedata.combining(text[limit]):
        limit -= 1
    return limit
