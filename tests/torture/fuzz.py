"""Random and damaged input for everything that reads: no crash, no hang, and offsets that are always true.

Inputs are mutations of good ones, so that they get past the first check of a reader; what is packed (Word, zip, front
matter) is damaged before it is packed. Some hold one thing thousands of times: whoever takes time by the square stands
out. An input that does not end becomes a row like any other. `make fuzz` lets atheris look for inputs that reach new
code; this one needs nothing but Python.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import signal
import sqlite3
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial

from docx import Document
from fakes.news_site import page
from fakes.pdf import pdf_of

from index.errors import DatelineError
from index.formats import loader
from index.loaders import documents
from index.loaders.common import UnreadableError
from index.records import Article
from index.schema import TOKENIZER
from index.sentences import cut_sentences
from index.sqlite_words import fts_query
from index.store import Terms
from index.web.listings import listing
from rag.cite import SentenceReader, resolve
from torture.faults import Row

# One input may take so much of the processor's time, in seconds.
SLOW_S = 10.0
# One that has not ended after so many seconds is given up, on a machine that is busy with other things too.
DEADLINE_S = 60.0

_PAGE = page("Storm hits coast").encode()
_RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>'
    b"<item><title>A</title><link>http://a.org/x</link></item></channel></rss>"
)
_MAP = b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://a.org/x</loc></url></urlset>'
_MAIL = b"Subject: Storm\r\nFrom: Ann <a@b.org>\r\nContent-Type: text/html\r\n\r\n" + _PAGE
_PARTS = (
    b'Subject: =?utf-8?B?U3Rvcm0=?=\r\nFrom: "Ann, of the desk" <a@b.org>\r\nDate: Thu, 02 Jan 2025 08:00:00 +0100\r\n'
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="m"\r\n\r\nPreamble\r\n--m\r\n'
    b'Content-Type: multipart/alternative; boundary="a"\r\n\r\n--a\r\nContent-Type: text/plain; charset=utf-8\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nIt rained. =E2=80=9CWhy?=E2=80=9D=\r\n he said.\r\n--a\r\n"
    b"Content-Type: text/html; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nPHA+SXQgcmFpbmVkLjwvcD4=\r\n"
    b"--a--\r\n--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nIt snowed.\r\n--m\r\n"
    b"Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--m--\r\n"
)
_YAML = (
    b"title: &t 'Storm: a report'\ndate: 2025-01-02T08:00:00+01:00\nauthors:\n  - {name: Ann}\n  - *t\n"
    b"outlet: !!str 12\nurl: >-\n  http://a.org/x\ntags: [a, b]\n<<: {id: 17}\n"
)
_RECORD = json.dumps({"title": "Storm", "text": "It rained. “Why?” he said.", "date": "2025-01-02"}).encode()
_PROSE = (
    "Mr. Smith said: “It rained.” (He left at 8 p.m. on Jan. 3.) U.S. stocks fell 3.5%… [1][2] Why? Because!"
    "\n\n- One\n- Two"
)
_BITS = ["\0", "\ufffd", "“", "”", ". ", "…", "\n\n", "🙂", "é", "e\u0301", "\u202e", "\u200b", "A.", "Dr. "]
_BITS += ["[1]", "[", "]", "[[", "[1, 2]", "NEAR(", '"', "*", "^", "AND ", "title:", "-", "(", ")"]


# What is repeated, and how often; one input in so many.
TOKENS = (
    " ",
    "\n",
    "a ",
    "a",
    "9a",
    "<",
    "<a ",
    "</a",
    "<!--",
    "<b>",
    "&",
    "&#9",
    "(",
    "[",
    '"',
    "“",
    "'",
    "\\",
    "=",
    "*",
)
TOKENS += (
    "_",
    "`",
    "|",
    "> ",
    "- ",
    "# ",
    "{",
    ",",
    ";",
    " and ",
    ". ",
    "A. ",
    "1 ",
    "[1]",
    "://",
    "=?utf-8?q?a?= ",
    "\u200d",
)
REPEATED = 50_000
_ONE_IN = 50
# A draft ends where its model must, in characters; while it grows it is read again and again.
_DRAFT = 10_000


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


_SEEDS = {
    ".md": b"---\ntitle: Storm\ndate: 2025-01-02\n---\n# Storm\n\nIt *rained*.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ".txt": _PROSE.encode(),
    ".json": b"[" + _RECORD + b"," + _RECORD + b"]",
    ".jsonl": _RECORD + b"\n" + _RECORD,
    ".csv": b"title,text,date\nStorm,It rained.,2025-01-02\n",
    ".html": _PAGE,
    ".eml": _MAIL,
    ".zip": _zip({"a.txt": _PROSE.encode(), "b/c.jsonl": _RECORD}),
}


_IN_ZIP = (".md", ".jsonl", ".csv", ".html", ".eml")


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """A few damages: bytes flipped, stretches cut, doubled, swapped or replaced by something nasty."""
    data = bytearray(seed)
    for _ in range(rng.randrange(1, 8)):
        at, length = rng.randrange(len(data) + 1), rng.randrange(1, 40)
        kind = rng.randrange(5)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length] * rng.choice((1, 2, 50))
        elif kind == 3:
            data[at:at] = rng.choice(_BITS).encode("utf-8", "replace") * rng.choice((1, 3, 200))
        else:
            data[at:at] = rng.randbytes(length)
    return bytes(data)


def repeated(seed: bytes, token: str, at: int) -> bytes:
    """One token again and again, at some place of a good input, between two letters."""
    return seed[:at] + b"a" + token.encode() * REPEATED + b"b" + seed[at:]


def loaders(data: bytes, suffix: str) -> None:
    """Every loader yields articles with text or refusals with a reason, and raises nothing else."""
    try:
        for item in loader(suffix)(f"/fuzz/a{suffix}", io.BytesIO(data)):
            if isinstance(item, Article):
                assert item.text.strip()
                assert item.id
                sentences(item.text)
            else:
                assert item.reason
    except (UnreadableError, DatelineError):
        return  # a refusal


def sentences(text: str) -> None:
    """Sentences lie in order, do not overlap, and leave out nothing but space."""
    end = 0
    for span in cut_sentences(text):
        assert end <= span.start < span.end <= len(text)
        assert not text[end : span.start].strip()
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        end = span.end
    assert not text[end:].strip()


_FTS = sqlite3.connect(":memory:")
_FTS.execute(f"CREATE VIRTUAL TABLE t USING fts5 (title, text, tokenize = '{TOKENIZER}')")
_FTS.execute("INSERT INTO t VALUES ('Storm', 'It rained all day.')")


def words(text: str, rng: random.Random) -> None:
    """Whatever a user types, it is words and never a query."""
    parts = text.split(" ")
    query = fts_query(Terms(tuple(parts), tuple(rng.sample(parts, min(len(parts), rng.randrange(3))))))
    if query:
        _FTS.execute("SELECT rowid FROM t WHERE t MATCH ?", (query,)).fetchall()


def citations(text: str, rng: random.Random) -> None:
    """A draft in any pieces: sentences without marks, and a mark that was not offered leads to nothing."""
    text = text[:_DRAFT]
    reader, found, at = SentenceReader(), [], 0
    while at < len(text):
        size = rng.randrange(1, 60)
        found += reader.feed(text[at : at + size])
        at += size
    found += reader.end()
    for sentence in found:
        assert any(char.isalnum() for char in sentence.text)
        assert all(number >= 0 for number in sentence.marks)
        assert resolve(sentence.marks, []) == []


def lists(data: bytes) -> None:
    """Feeds and sitemaps: a list, none, or a refusal."""
    with suppress(UnreadableError):
        found = listing(data, "http://a.org/")
        assert found is None or all(entry.url or entry.content for entry in found.entries)


def targets(rng: random.Random) -> list[tuple[str, bytes, Callable[[bytes], None]]]:
    """Name, a good input, and what reads it."""

    def text_of(data: bytes) -> str:
        return data.decode("utf-8", "replace")

    return [
        *((suffix, good, partial(loaders, suffix=suffix)) for suffix, good in _SEEDS.items()),
        ("gz", gzip.compress(_RSS), lists),
        ("rss", _RSS, lists),
        ("sitemap", _MAP, lists),
        ("sentences", _PROSE.encode(), lambda data: sentences(text_of(data))),
        ("words", _PROSE.encode(), lambda data: words(text_of(data), rng)),
        ("citations", _PROSE.encode(), lambda data: citations(text_of(data), rng)),
        ("message of parts", _PARTS, partial(loaders, suffix=".eml")),
        ("front matter", _YAML, lambda data: loaders(b"---\n" + data + b"\n---\n# Storm\n\nIt rained.\n", ".md")),
        ("zip members", _RECORD, lambda data: loaders(_zip({f"a{suffix}": data for suffix in _IN_ZIP}), ".zip")),
        ("word", _word_members()["word/document.xml"], _word),
        ("pdf", pdf_of(["It rained all day."], title="Storm"), _pdf),
    ]


class Hang(BaseException):
    """An input that does not end; no reader's `except Exception` may take it for a fault of the input."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Gives up after so long, in Python code and in regular expressions; what hangs in other C code is not reached.

    Raises:
        Hang: it took longer.
    """

    def over(_number: int, _frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(seconds: float, seed: int) -> Row:
    """Fuzzes for so long."""
    rng = random.Random(seed)
    row = Row("fuzzed inputs: loaders, sentences, words, citations, feeds")
    known = targets(rng)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name, good, target = known[row.tried % len(known)]
        data = mutated(good, rng)
        if not rng.randrange(_ONE_IN):
            data = repeated(good, rng.choice(TOKENS), rng.randrange(len(good) + 1))
        begun = time.process_time()
        try:
            with deadline(DEADLINE_S):
                target(data)
        except Hang:
            row.broken.append(f"{name}: still at it after {DEADLINE_S:g} s: {data[:2000]!r}")
        except Exception as exc:
            row.broken.append(f"{name}: {type(exc).__name__}: {exc}: {data[:2000]!r}")
        if time.process_time() - begun > SLOW_S:
            row.broken.append(f"{name}: took {time.process_time() - begun:.0f} s: {data[:2000]!r}")
        row.tried += 1
    return row


@cache
def _word_members() -> dict[str, bytes]:
    """The members of a good Word document."""
    document, out = Document(), io.BytesIO()
    document.add_heading("Storm")
    document.add_paragraph(_PROSE)
    document.add_table(1, 2).cell(0, 0).text = "one"
    document.save(out)
    with zipfile.ZipFile(out) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _word(data: bytes) -> None:
    """In this process: one of its own for each input would take a second."""
    with suppress(UnreadableError):
        assert isinstance(documents.word(_zip({**_word_members(), "word/document.xml": data}))["text"], str)


def _pdf(data: bytes) -> None:
    with suppress(UnreadableError):
        documents.pdf(data)


if __name__ == "__main__":
    found = run(float(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps({"tried": found.tried, "broken": found.broken}) + "\n")
