"""One reader a file format, found by suffix: an open file → Articles, and what in it is none.

To add a format, write a function like those below and register it in `LOADERS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import charset_normalizer
import yaml
from frontmatter.default_handlers import YAMLHandler

from index.clean import one_line, stated_date
from index.errors import InputError
from index.incoming import to_article
from index.markup import plain_text
from index.records import Article

# Most that is read of one file, in bytes after decompression: 2 MB of gzip can hold 2 GB of nothing.
MAX_BYTES = 2 * 1024**3
# Longest line of a .jsonl, and longest file of the other formats, in bytes. These are in memory as a whole, and several
# times over while they are parsed; the text of 50,000 articles has 256 MiB.
MAX_RECORD = 64 * 1024**2
MAX_WHOLE = 256 * 1024**2
# A .jsonl whose first lines are all refused is another kind of file: one refusal says so, not one a line.
MAX_BAD_START = 1000
# What the encoding of a file that is not UTF-8 is guessed from, in bytes; charset-normalizer takes 0.1 s for it.
GUESS_BYTES = 32 * 1024
# Encodings that news is found in beside UTF-8, the most common first: of those that fit equally well the first is
# taken. The many others that charset-normalizer knows (of DOS, of old Macs) fit Western texts by chance.
ENCODINGS = (
    *("utf_16", "utf_32", "cp1252", "cp1251", "cp1250", "cp932", "gb18030", "cp949", "big5", "euc_jp"),
    *("koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
)
# Longest first line of a .txt that is taken for its headline, in characters.
MAX_HEADLINE = 150

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")
_SENTENCE_END = re.compile(r"[.;:,…][\"'”’)\]]*\Z")


class UnreadableError(Exception):
    """A file or record that cannot be used; `line` counts from 1, and 0 means the whole file."""

    def __init__(self, reason: str, advice: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.advice, self.line = reason, advice, line


Read = Article | UnreadableError
Loader = Callable[[Path, BinaryIO], Iterator[Read]]


def suffix_of(path: Path) -> str:
    """What names the format of a file, in lower case: ``.jsonl`` for ``a.JSONL.gz``."""
    return Path(path.name[:-3] if path.name.lower().endswith(".gz") else path.name).suffix.lower()


def read_markdown(path: Path, stream: BinaryIO) -> Iterator[Read]:
    """One article: YAML front matter, if any, and a body. A headline of the front matter goes before a heading."""
    meta, markdown = _front_matter(_decoded(_whole(stream)))
    plain = plain_text(markdown)
    stated = meta.get("title") or meta.get("headline")
    same = isinstance(stated, str) and one_line(stated) == one_line(plain.title)
    body = f"{plain.title}\n\n{plain.body}" if stated and not same else plain.body
    yield to_article({**meta, "title": stated or plain.title or _prettified(path), "text": body}, str(path), alone=True)


def _front_matter(text: str) -> tuple[dict[object, object], str]:
    """The fields between lines of dashes at the top (names in lower case), and what follows."""
    handler = YAMLHandler()
    # Two rules with prose between them are no front matter: what is not a mapping stays in the text.
    parts = handler.FM_BOUNDARY.split(text, 2) if handler.detect(text) else []
    if len(parts) != 3 or parts[0].strip():
        return {}, text
    try:
        found = handler.load(parts[1])
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        reason = f"broken front matter: {getattr(exc, 'problem', None) or exc}"
        # The mark counts from 0, beginning behind the dashes.
        line = parts[0].count("\n") + mark.line + 1 if mark else 0
        raise UnreadableError(reason, "Correct the YAML between the dashes.", line) from exc
    if found is None:
        return {}, parts[2]
    if not isinstance(found, Mapping):
        return {}, text
    return {str(name).lower() if isinstance(name, str) else name: value for name, value in found.items()}, parts[2]


def read_text(path: Path, stream: BinaryIO) -> Iterator[Read]:
    """One article: the first line is its headline if it looks like one; the date is what the text states of itself."""
    text = _decoded(_whole(stream)).replace("\r\n", "\n").replace("\r", "\n").strip()
    first, _, rest = text.partition("\n")
    headline, below = first.strip(), rest.partition("\n")[0].strip()
    is_headline = (
        bool(rest.strip())
        and len(headline) <= MAX_HEADLINE
        and not _SENTENCE_END.search(headline)
        and (not below or len(below) > len(headline))
        and stated_date(headline) is None
    )
    record: dict[object, object] = {
        "title": headline if is_headline else _prettified(path),
        "text": rest if is_headline else text,
        "published": stated_date(text),
    }
    yield to_article(record, str(path), alone=True)


def read_json(path: Path, stream: BinaryIO) -> Iterator[Read]:
    """A list of records, an object with such a list under ``articles``, or one record."""
    try:
        found = json.loads(_decoded(_whole(stream)))
    except json.JSONDecodeError as exc:
        reason = f"not JSON: {exc.msg}"
        raise UnreadableError(reason, "Correct the file; one record a line is a .jsonl.", exc.lineno) from exc
    except (ValueError, RecursionError) as exc:
        reason = f"JSON that cannot be read: {exc}"
        raise UnreadableError(reason, "Correct the file.") from exc
    if isinstance(found, dict) and isinstance(found.get("articles"), list):
        found = found["articles"]
    records = found if isinstance(found, list) else [found]
    for number, record in enumerate(records, 1):
        try:
            yield _article(record, path, alone=len(records) == 1)
        except InputError as exc:
            yield UnreadableError(f"record {number}: {exc.message}", exc.advice)


def read_json_lines(path: Path, stream: BinaryIO) -> Iterator[Read]:
    """One record a line, in UTF-8 (RFC 8259); blank lines are passed over, a bad line is refused alone."""
    good = bad = 0
    for number, line in _lines(stream):
        if not line.strip():
            continue
        read = _line(line, number, path)
        yield read
        good, bad = (good + 1, bad) if isinstance(read, Article) else (good, bad + 1)
        if bad >= MAX_BAD_START and not good:
            reason = f"no article in its first {number} lines; the rest was not read"
            raise UnreadableError(reason, "Is it another kind of file?")


def _line(line: bytes, number: int, path: Path) -> Read:
    try:
        if len(line) > MAX_RECORD:
            reason = f"a line of more than {MAX_RECORD // 1024**2} MiB"
            return UnreadableError(reason, "One line is one article.", number)
        return _article(json.loads(line.decode("utf-8-sig")), path, alone=False)
    except UnicodeDecodeError:
        return UnreadableError("not UTF-8", "Save the file as UTF-8.", number)
    except (ValueError, RecursionError) as exc:
        return UnreadableError(f"not JSON: {getattr(exc, 'msg', exc)}", "One line is one JSON object.", number)
    except InputError as exc:
        return UnreadableError(exc.message, exc.advice, number)


def _article(record: object, path: Path, *, alone: bool) -> Article:
    if not isinstance(record, dict):
        msg = f"expected an object, found {type(record).__name__}"
        raise InputError(msg, 'A record is an object such as {"title": …, "text": …}.')
    return to_article(record, str(path), alone=alone)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; one that is too long comes once, cut, and its rest is passed over."""
    number = total = 0
    whole = True
    while line := stream.readline(MAX_RECORD + 1):
        total += len(line)
        if total > MAX_BYTES:
            raise _too_long(MAX_BYTES)
        if whole:
            number += 1
            yield number, line
        whole = line.endswith(b"\n")


def _whole(stream: BinaryIO) -> bytes:
    content = stream.read(MAX_WHOLE + 1)
    if len(content) > MAX_WHOLE:
        raise _too_long(MAX_WHOLE)
    return content


def _too_long(limit: int) -> UnreadableError:
    reason = f"more than {limit // 1024**2} MiB when decompressed; the rest was not read"
    return UnreadableError(reason, "Split it, best into .jsonl files.")


def _decoded(content: bytes) -> str:
    """Text of UTF-8 (with or without mark), else of the encoding that charset-normalizer finds.

    Raises:
        UnreadableError: it is no text in any.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _guessed(content)
    # A wire service's text may hold a few controls; a program or an image holds many, and zero bytes.
    if "\0" in text or 20 * len(_CONTROL.findall(text)) > len(text):
        reason = "not text: it is full of control characters"
        raise UnreadableError(reason, "Is it another kind of file?")
    return text


def _guessed(content: bytes) -> str:
    text = content.decode("utf-8-sig", "replace")
    broken = text.count("\ufffd")
    # Sequences of several bytes that are valid hardly arise by chance: with four times as many of them, it is UTF-8
    # with some damage.
    if sum(not char.isascii() for char in text) > 5 * broken:
        return text
    fits = charset_normalizer.from_bytes(content[:GUESS_BYTES], cp_isolation=list(ENCODINGS))
    for fit in sorted(fits, key=lambda fit: (fit.chaos, -fit.coherence, ENCODINGS.index(fit.encoding))):
        try:
            return content.decode(fit.encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue  # it held for the beginning only
    reason = "its encoding could not be found"
    raise UnreadableError(reason, "Save it as UTF-8.")


def _prettified(path: Path) -> str:
    """A headline from a file name: ``2024-03_storm-hits.txt.gz`` → ``2024-03 storm hits``."""
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    words = one_line(re.sub(r"[_\s]+|(?<!\d)-|-(?!\d)", " ", Path(name).stem))
    return words[:1].upper() + words[1:]


LOADERS: dict[str, Loader] = {
    ".md": read_markdown,
    ".txt": read_text,
    ".json": read_json,
    ".jsonl": read_json_lines,
}
