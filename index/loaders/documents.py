"""PDF and Word documents. They are read in a process of their own (`index.loaders.apart`)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from index.clean import one_line, stated_date
from index.incoming import to_article
from index.loaders.apart import apart
from index.loaders.archive import checked
from index.loaders.common import MAX_WHOLE, Read, UnreadableError, one_story, prettified, whole
from index.records import Article

MAX_DOCUMENT = 64 * 1024**2
MAX_PAGES = 1000

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What stands around pieces of a Word document without being text: insertions that are tracked, content controls (forms,
# tables of contents), links, fields. Not those that were deleted or moved away (del, moveFrom).
_AROUND = frozenset(
    ("ins", "moveTo", "sdt", "sdtContent", "hyperlink", "smartTag", "customXml", "fldSimple", "dir", "bdo")
)

# "exam-\nple": a word that was parted at the end of a line. Before a capital the hyphen belongs to a name.
_PARTED = re.compile(r"(?<=[a-zà-öø-ÿ])-\n(?=[a-zà-öø-ÿ])")


def read_pdf(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article: the text of all pages. Its date is what the text states; a PDF's own date is that of its making."""
    yield _article(apart("index.loaders.documents:pdf", whole(stream, MAX_DOCUMENT)), source)


def read_word(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article: paragraphs, and tables by row, in their order."""
    content = whole(stream, MAX_DOCUMENT)
    try:
        with ZipFile(BytesIO(content)) as packed:
            for member in checked(packed, within=MAX_WHOLE):
                if isinstance(member, UnreadableError):
                    raise member
    except BadZipFile as exc:
        reason = f"no Word document: {exc}"
        raise UnreadableError(reason, "A .doc of old must be saved as .docx first.") from exc
    yield _article(apart("index.loaders.documents:word", content), source)


def _article(record: dict[str, str], source: str) -> Article:
    text = one_story(record["text"])
    first, _, rest = text.strip().partition("\n")
    title = record["title"]
    if one_line(first) == one_line(title) and rest.strip():
        text = rest
    fields: dict[object, object] = {
        "title": title or prettified(source),
        "text": text,
        "authors": record["authors"],
        "published": stated_date(text),
    }
    return to_article(fields, source, alone=True)


def pdf(content: bytes) -> dict[str, str]:
    """The fields of a PDF. Runs in the child process.

    Raises:
        UnreadableError: it is encrypted, too long, damaged, or holds pictures only.
    """
    from pypdf import PdfReader  # noqa: PLC0415 - wanted by few
    from pypdf.errors import DependencyError, PyPdfError  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every flaw of a damaged file
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            reason = "an encrypted PDF"
            raise UnreadableError(reason, "Save it without a password.")
        if len(reader.pages) > MAX_PAGES:
            reason = f"a PDF of {len(reader.pages)} pages"
            raise UnreadableError(reason, f"Split it: at most {MAX_PAGES} pages.")
        pages = [page.extract_text() for page in reader.pages]
        meta: Any = reader.metadata or {}
        title, authors = meta.get("/Title", ""), meta.get("/Author", "")
    except DependencyError as exc:
        reason = f"a PDF that cannot be read here: {exc}"
        raise UnreadableError(reason, "Install that package, or save its text.") from exc
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OSError) as exc:
        reason = f"a damaged PDF: {exc or type(exc).__name__}"
        raise UnreadableError(reason, "Save it again, or save its text.") from exc
    text = "\n\n".join(pages)
    if not text.strip():
        reason = "a PDF without text: its pages are pictures"
        raise UnreadableError(reason, "Run it through text recognition first.")
    return {"text": _PARTED.sub("", text), "title": str(title or ""), "authors": str(authors or "")}


def word(content: bytes) -> dict[str, str]:
    """The fields of a Word document, as it reads with all tracked changes accepted. Runs in the child process.

    Raises:
        UnreadableError: it is damaged, or is none.
    """
    from docx import Document  # noqa: PLC0415 - wanted by few

    try:
        document = Document(BytesIO(content))
        blocks = list(_blocks(document.element.body))
        about = document.core_properties
        title, author = about.title, about.author
    # python-docx passes on what zipfile, lxml and its own look-ups raise.
    except Exception as exc:
        reason = f"a damaged Word document: {type(exc).__name__}"
        raise UnreadableError(reason, "Save it again, or save its text.") from exc
    # "python-docx" is the author of documents made with it and with its relatives.
    authors = "" if author == "python-docx" else author
    return {"text": "\n\n".join(blocks), "title": title or "", "authors": authors or ""}


def _blocks(node: Any) -> Iterator[str]:
    """The text of paragraphs, and of tables by row."""
    for block in _held(node, "p", "tbl"):
        if block.tag == f"{_WORD}p":
            yield "".join(run.text for run in _held(block, "r"))
        else:
            yield "\n".join(
                " | ".join("\n".join(_blocks(cell)) for cell in _held(row, "tc")) for row in _held(block, "tr")
            )


def _held(node: Any, *names: str) -> Iterator[Any]:
    """The elements of these names that a node holds, also those within what Word puts around a piece of a text."""
    for child in node.iterchildren():
        name = str(child.tag).removeprefix(_WORD)
        if name in names:
            yield child
        elif name in _AROUND:
            yield from _held(child, *names)
