"""Records: JSON, JSON lines, and tables."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO, StringIO, TextIOWrapper
from itertools import chain
from typing import BinaryIO, TextIO

from index.clean import one_line
from index.errors import InputError
from index.incoming import has_text, to_article
from index.loaders.common import MAX_BYTES, MAX_RECORD, Read, UnreadableError, decoded, is_utf8, too_long, whole
from index.records import Article, derived_id

# A .jsonl whose first lines are all refused is another kind of file: one refusal says so, not one a line.
MAX_BAD_START = 1000
# Under these names a line that is no JSON, and a row with more cells than names, stand in the file of what was
# rejected. No field is read from them: fed again as they are, they are refused again.
LINE, ROW, NAMES = "_line", "_row", "_names"
# Longest row whose quotation marks do not match that stands there, too: it may be all the rest of a large file.
_MOST_UNREAD = 1024**2
# A table is looked through for its encoding in pieces of so many bytes.
_PIECE = 1024**2
# Under these names services answer with their articles.
_AROUND = ("articles", "results", "items", "docs", "posts", "stories", "data", "response")
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r'"?sep=([^"\w\s]|\t)"?', re.IGNORECASE)


def read_json(source: str, stream: BinaryIO) -> Iterator[Read]:
    """A list of records, an object with such a list (``articles`` and the like), or one record, which has a text."""
    try:
        found = json.loads(decoded(whole(stream)))
    except json.JSONDecodeError as exc:
        reason = f"not JSON: {exc.msg}"
        raise UnreadableError(reason, "Correct the file; one record a line is a .jsonl.", exc.lineno) from exc
    except (ValueError, RecursionError) as exc:
        reason = f"JSON that cannot be read: {exc}"
        raise UnreadableError(reason, "Correct the file.") from exc
    found = _unwrapped(found)
    records = found if isinstance(found, list) else [found]
    articles = _Articles(source, alone=len(records) == 1)
    for number, record in enumerate(records, 1):
        try:
            yield articles.of(record, f"record {number}")
        except InputError as exc:
            yield UnreadableError(f"record {number}: {exc.message}", exc.advice, record=record)


def _unwrapped(found: object) -> object:
    """The list of records within what a service puts around it: ``{"response": {"docs": [ … ]}}``."""
    while isinstance(found, dict) and not has_text(found):
        # What has a headline may be an article in an unknown form, and its items are its paragraphs.
        names = _AROUND[:1] if {"title", "headline"} & found.keys() else _AROUND
        inner = next((found[name] for name in names if isinstance(found.get(name), list | dict)), None)
        if inner is None:
            break
        found = inner
    return found


def read_json_lines(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One record a line, in UTF-8 (RFC 8259); blank lines are passed over, a bad line is refused alone."""
    utf16 = b"\0" in stream.read(4)  # as PowerShell writes it
    stream.seek(0)
    stream = BytesIO(decoded(whole(stream)).encode()) if utf16 else stream
    articles = _Articles(source)
    good = bad = 0
    for number, line in _lines(stream):
        if not line.strip():
            continue
        read = _line(line, number, articles)
        yield read
        good, bad = (good + 1, bad) if isinstance(read, Article) else (good, bad + 1)
        if bad >= MAX_BAD_START and not good:
            reason = f"no article in its first {number} lines; the rest was not read"
            raise UnreadableError(reason, "Is it another kind of file?")


def _line(line: bytes, number: int, articles: _Articles) -> Read:
    if len(line) > MAX_RECORD:
        reason = f"a line of more than {MAX_RECORD // 1024**2} MiB"
        return UnreadableError(reason, "One line is one article.", number)
    unread = {LINE: line.decode("utf-8", "replace").strip()}
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return UnreadableError("not UTF-8", "Save the file as UTF-8.", number, record=unread)
    except (ValueError, RecursionError) as exc:
        reason = f"not JSON: {getattr(exc, 'msg', exc)}"
        return UnreadableError(reason, "One line is one JSON object.", number, record=unread)
    try:
        return articles.of(record, f"line {number}", number)
    except InputError as exc:
        return UnreadableError(exc.message, exc.advice, number, record=record)


@dataclass(slots=True)
class _Articles:
    """Makes the articles of one file. Of two that would be one article with two texts, the second is refused.

    It is done here, where the record is at hand: it can be mended then.

    Attributes:
        source: the file.
        alone: whether it holds one record only.
        taken: content hash and place of each article, by id.
    """

    source: str
    alone: bool = False
    taken: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, record: object, place: str, line: int = 0) -> Article:
        """The article of a record.

        Args:
            record: what was read.
            place: where in the file it stands, for the message.
            line: the same as a number, in a file of lines.

        Raises:
            InputError: it cannot be used.
        """
        if not isinstance(record, dict):
            msg = f"expected an object, found {type(record).__name__}"
            raise InputError(msg, 'A record is an object such as {"title": …, "text": …}.')
        article = to_article(record, self.source, alone=self.alone, markup=True)
        digest = article.content_hash
        first, where = self.taken.setdefault(article.id, (digest, place))
        if first != digest:
            by_address = article.url and article.id == derived_id(article.url)
            msg = f"{where} has the same {'address' if by_address else f'id {article.id!r}'} and other content"
            raise InputError(msg, "Give each article an id of its own.")
        return replace(article, line=line)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; one that is too long comes once, cut, and its rest is passed over."""
    number = total = 0
    whole = True
    while line := stream.readline(MAX_RECORD + 1):
        total += len(line)
        if total > MAX_BYTES:
            raise too_long(MAX_BYTES)
        if whole:
            number += 1
            yield number, line
        whole = line.endswith(b"\n")


def read_table(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One record a row, under the names of fields in the first row that is not blank; a bad row is refused alone.

    Cells are separated by comma, semicolon, tab or |, or by what a first line ``sep=;`` says, as Excel writes it.
    """
    csv.field_size_limit(MAX_RECORD)
    lines = _Lines(_table_text(stream))
    try:
        names, delimiter = _heads(lines)
    except csv.Error as exc:
        reason = f"not a table: {exc}"
        raise UnreadableError(reason, "Save it as CSV in UTF-8.", lines.number) from exc
    texts = [name.strip().lower() for name in names if has_text({name: ""})]
    if names and not texts:
        reason = f"its first row names no column for the text (text, content, body, article, maintext): {_named(names)}"
        raise UnreadableError(reason, "Name the columns there.", lines.number)
    if len(set(texts)) < len(texts):  # the last would be taken, the others lost
        reason = f"its first row names two columns alike: {_named(texts)}"
        raise UnreadableError(reason, "Give each a name of its own.", lines.number)
    articles = _Articles(source)
    for row, number in _rows(lines, delimiter):
        yield row if isinstance(row, UnreadableError) else _row(names, row, number, articles)


@dataclass(slots=True)
class _Lines:
    """The lines of a table.

    Attributes:
        text: what they are read from.
        number: of the last line that was read.
        row: the lines of the row in work.
        ended: whether the end was seen.
    """

    text: TextIO
    number: int = 0
    row: list[str] = field(default_factory=list)
    ended: bool = False

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(MAX_RECORD):
            if len(line) >= MAX_RECORD:
                raise too_long(MAX_RECORD)
            self.number += 1
            self.row.append(line)
            yield line
        self.ended = True


def _heads(lines: _Lines) -> tuple[list[str], str]:
    """The names of the fields, and what separates them."""
    delimiter = ""
    for line in lines:
        if said := _SEPARATOR.fullmatch(line.rstrip("\r\n")):
            delimiter = said[1]
        elif line.strip(f'{_DELIMITERS} "\r\n'):
            delimiter = delimiter or max(_DELIMITERS, key=line.count)
            return next(_cut(chain([line], lines), delimiter)), delimiter
    return [], ","


def _cut(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    # Strict: else a quotation mark that is not closed makes one cell of all rows that follow.
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


def _rows(lines: _Lines, delimiter: str) -> Iterator[tuple[list[str] | UnreadableError, int]]:
    """The rows that hold something, each with the number of its first line."""
    rows = _cut(lines, delimiter)
    while True:
        number = lines.number + 1
        lines.row.clear()
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            if delimiter == "\t" and len(lines.row) == 1:  # in most tables with tabs, quotation marks are text
                yield lines.row[0].rstrip("\r\n").split("\t"), number
            else:
                yield _unmatched(lines, number), number
            continue
        if any(cell.strip() for cell in row):
            yield row, number


def _named(names: Sequence[str]) -> str:
    return one_line(", ".join(names)[:200])


def _unmatched(lines: _Lines, number: int) -> UnreadableError:
    end = "the end of the file" if lines.ended else f"line {lines.number}"
    reason = f"quotation marks that do not match, from line {number} to {end}"
    text = "".join(lines.row)
    record = {LINE: text.strip()} if len(text) <= _MOST_UNREAD else None
    return UnreadableError(reason, "Double those within a cell, and close each that begins one.", number, record=record)


def _row(names: list[str], row: list[str], number: int, articles: _Articles) -> Read:
    if len(row) > len(names):
        # Which cell belongs under which name is not known: with some of them left out it would pass for a record.
        reason = f"a row of {len(row)} cells under {len(names)} names"
        unread = {ROW: row, NAMES: names}
        return UnreadableError(
            reason, "Put quotation marks around cells that hold the separator.", number, record=unread
        )
    record = dict(zip(names, row, strict=False))
    try:
        return articles.of(record, f"line {number}", number)
    except InputError as exc:
        return UnreadableError(exc.message, exc.advice, number, record=record)


def _table_text(stream: BinaryIO) -> TextIO:
    """The table's text: read as a stream if it is UTF-8, else as a whole, in the encoding that fits."""
    beginning = stream.read(_PIECE)
    stream.seek(0)
    if b"\0" in beginning[:4096] or not _utf8(stream):
        stream.seek(0)
        return StringIO(decoded(whole(stream)), newline="")
    stream.seek(0)
    return TextIOWrapper(_Limited(stream), encoding="utf-8-sig", errors="replace", newline="")


def _utf8(stream: BinaryIO) -> bool:
    """Whether it is UTF-8 to its end, apart from some damage: the first letter of another encoding may come late."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    wide = broken = 0
    with suppress(Exception):  # a damaged file: what is wrong is said when it is read
        for _ in range(MAX_BYTES // _PIECE):
            piece = stream.read(_PIECE)
            text = decoder.decode(piece, final=not piece)
            broken += text.count("\ufffd")
            wide += len(text) - len(text.encode("ascii", "ignore"))
            if not piece:
                break
    return is_utf8(wide, broken)


class _Limited(BytesIO):
    """A stream that ends in a refusal after `MAX_BYTES`."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream, self._read = stream, 0

    def read(self, size: int | None = -1, /) -> bytes:
        part = self._stream.read(64 * 1024 if size is None or size < 0 else size)
        self._read += len(part)
        if self._read > MAX_BYTES:
            raise too_long(MAX_BYTES)
        return part

    read1 = read
