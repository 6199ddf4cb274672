"""What the readers of file formats share: how much is read, how bytes become text, and how a refusal is said."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable, Iterator
from functools import singledispatch
from pathlib import PurePath
from typing import BinaryIO

import charset_normalizer

from index.clean import one_line
from index.errors import DatelineError
from index.records import Article

_log = logging.getLogger(__name__)

# Most that is read of one file, in bytes after decompression: 2 MB of gzip can hold 2 GB of nothing.
MAX_BYTES = 2 * 1024**3
# Longest line of a .jsonl, and longest file of the other formats, in bytes. These are in memory as a whole, and several
# times over while they are parsed; the text of 50,000 articles has 256 MiB.
MAX_RECORD = 64 * 1024**2
MAX_WHOLE = 256 * 1024**2
# Longest file that is one article, in bytes: its text in any encoding, with markup.
MAX_ARTICLE = 32 * 1024**2
# What the encoding of a file that is not UTF-8 is guessed from, in bytes; charset-normalizer takes 0.1 s for it.
GUESS_BYTES = 32 * 1024
# Encodings that news is found in beside UTF-8, the most common first: of those that fit equally well the first is
# taken. The many others that charset-normalizer knows (of DOS, of old Macs) fit Western texts by chance.
ENCODINGS = (
    *("utf_16", "utf_32", "cp1252", "cp1251", "cp1250", "cp932", "gb18030", "cp949", "big5", "euc_jp"),
    *("koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
)

# How a page, a feed or a sitemap states its own encoding.
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
# Encodings of Python's own that no mail and no page is written in; of some, decoding takes time by the square.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})

# Formats that are written in letters and are no text.
_NO_TEXTS = (
    (b"{\\rtf", "a rich text document (RTF)", "Save it as .docx, or as plain text."),
    (b"%PDF-", "a PDF under another name", "Give its name the ending .pdf."),
)
# What stands once for each article in the exports of Nexis, ProQuest and Factiva.
_COUNTED = re.compile(
    r"^[ \t]{0,80}(?:\d{1,5} of \d{1,5} DOCUMENTS|Document \d{1,5} of \d{1,5}|End of Document"
    r"|Document [A-Z]{3,8}\w{12,30})"
    r"[ \t\r]{0,80}$",
    re.MULTILINE,
)
_WIDE = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


class UnreadableError(Exception):
    """A file or record that cannot be used.

    Attributes:
        reason: what was found.
        advice: what the user can do about it.
        line: counts from 1; 0 means the whole file.
        member: which member of an archive, if it is one.
        record: what was read of it, if it can be mended and fed again.
    """

    def __init__(self, reason: str, advice: str, line: int = 0, *, member: str = "", record: object = None) -> None:
        super().__init__(reason)
        self.reason, self.advice, self.line = reason, advice, line
        self.member, self.record = member, record


@singledispatch
def unreadable(error: Exception, source: str) -> UnreadableError:
    """What is wrong with `source`, of which reading it raised `error`: the one way from errors to refusals.

    Errors that are foreseen are registered where they are known. Any other is a fault of the reader: it is logged and
    ends nothing but the reading of that source.
    """
    _log.error("The reader of %s failed.", source, exc_info=error)
    return UnreadableError(f"its reader failed: {type(error).__name__}", "Save it anew, or in another format.")


@unreadable.register
def _(error: UnreadableError, source: str) -> UnreadableError:  # noqa: ARG001
    return error


@unreadable.register
def _(error: DatelineError, source: str) -> UnreadableError:  # noqa: ARG001
    return UnreadableError(error.message, error.advice)


Read = Article | UnreadableError
# A loader gets the name of a source (an absolute path, an address, a member of an archive) and its bytes.
Loader = Callable[[str, BinaryIO], Iterator[Read]]


def whole(stream: BinaryIO, limit: int | None = None) -> bytes:
    """All bytes of a stream.

    Raises:
        UnreadableError: there are more than `limit`, by default `MAX_WHOLE`.
    """
    limit = limit or MAX_WHOLE
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise too_long(limit)
    return content


def too_long(limit: int) -> UnreadableError:
    """The refusal of what is longer than `limit` bytes."""
    reason = f"more than {limit // 1024**2} MiB when decompressed; the rest was not read"
    return UnreadableError(reason, "Split it, best into .jsonl files.")


def decoded(content: bytes) -> str:
    """Text of UTF-8 (with or without mark), else of the encoding that charset-normalizer finds.

    Raises:
        UnreadableError: it is no text in any.
    """
    for begins, what, advice in _NO_TEXTS:
        if content[:64].lstrip().startswith(begins):
            raise UnreadableError(what, advice)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _guessed(content)
    # A wire service's text may hold a few controls; a program or an image holds many, and zero bytes.
    if "\0" in text or 20 * len(_CONTROL.findall(text)) > len(text):
        reason = "not text: it is full of control characters"
        raise UnreadableError(reason, "Is it another kind of file?")
    return text


def stated(content: bytes, charset: str) -> str:
    """Text in the encoding that a message, a page or a server states.

    Raises:
        LookupError: there is no such encoding of text.
        ValueError: the bytes are of another.
    """
    if codecs.lookup(charset).name in _NO_CHARSETS:
        raise LookupError(charset)
    return content.decode(charset)


def text_of(content: bytes, charset: str = "") -> str:
    """The text of a page, a feed or a sitemap: UTF-8 if it is valid, else what the server or it says, else what fits.

    Raises:
        UnreadableError: it is no text in any.
    """
    named = _CHARSET.search(content[:4096])
    for name in ("utf-8-sig", charset, named[1].decode() if named else ""):
        try:
            if name:
                return stated(content, name)
        except (LookupError, ValueError):
            continue
    return decoded(content)


def is_utf8(wide: int, broken: int) -> bool:
    """Whether a text that was decoded as UTF-8 is that, apart from some damage.

    Sequences of several bytes that are valid hardly arise by chance: four times as many of them tell.

    Args:
        wide: how many characters it has that are not ASCII, the broken ones among them.
        broken: how many stand in the place of bytes that are no UTF-8.
    """
    return not broken or wide > 5 * broken


def _guessed(content: bytes) -> str:
    text = content.decode("utf-8-sig", "replace")
    if is_utf8(sum(not char.isascii() for char in text), text.count("\ufffd")):
        return text
    fits = charset_normalizer.from_bytes(_telling(content), cp_isolation=list(ENCODINGS))
    for fit in sorted(fits, key=lambda fit: (fit.chaos, -fit.coherence, ENCODINGS.index(fit.encoding))):
        try:
            return content.decode(fit.encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue  # it held for the beginning only
    reason = "its encoding could not be found"
    raise UnreadableError(reason, "Save it as UTF-8.")


def one_story(text: str) -> str:
    """The text of a file that is one article.

    Raises:
        UnreadableError: it holds nothing, or several articles: what one says would be cited as the other's.
    """
    if not text.strip():
        reason = "there is no text in it"
        raise UnreadableError(reason, "Is it complete?")
    counted = _COUNTED.findall(text)
    if len(counted) > 1:
        reason = f"{len(counted)} articles in one file (“{one_line(counted[0])}”)"
        raise UnreadableError(reason, "Export each as a file of its own, or all as a table (.csv).")
    return text


def _telling(content: bytes) -> bytes:
    """What an encoding is guessed from: the beginning; of a text that begins with pages of ASCII, what comes after."""
    first = _WIDE.search(content)
    pages = first and first.start() > GUESS_BYTES // 2 and b"\0" not in content[:GUESS_BYTES]
    start = content.rfind(b"\n", 0, first.start()) + 1 if first and pages else 0
    return content[start : start + GUESS_BYTES]


def prettified(source: str) -> str:
    """A headline from a file name: ``2024-03_storm-hits.txt.gz`` → ``2024-03 storm hits``."""
    name = PurePath(source).name
    name = name[:-3] if name.lower().endswith(".gz") else name
    words = one_line(re.sub(r"[_\s]+|(?<!\d)-|-(?!\d)", " ", PurePath(name).stem))
    return words[:1].upper() + words[1:]
