"""Messages (RFC 5322), such as newsletters: subject, sender, date and body; attachments are not opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from typing import BinaryIO, cast

from index.incoming import to_article
from index.loaders.common import Read, UnreadableError, decoded, prettified, stated, whole
from index.loaders.page import page_record

MAX_MESSAGE = 32 * 1024**2
# Longest header that is looked at, in characters: Python's parser of headers takes time by the square.
MAX_HEADER = 5_000

# Longest plain text, in characters, that may be nothing but a note: "View this message in your browser".
MAX_NOTE = 600

# Where the next message of a mailbox begins (RFC 4155); within a message such a line is escaped.
_NEXT = re.compile(rb"\n\r?\nFrom [^\n]{1,200} \d{4}\r?\n[\w-]{1,80}:")
# What the standard library's parser raises of a message that is none.
_DAMAGED = (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError)


class _Policy(EmailPolicy):
    """The default one, for headers within the limit."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        if len(value) > MAX_HEADER:
            reason = f"a message with a header {name!r} of more than {MAX_HEADER:,} characters"
            raise UnreadableError(reason, "Save its text instead.")
        return cast("str", super().header_fetch_parse(name, value))


def read_message(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article: the plain text of the message if that is more than a note, else the article in its HTML."""
    content = whole(stream, MAX_MESSAGE)
    if content.startswith(b"From ") and _NEXT.search(content):
        reason = "a mailbox of several messages (mbox)"
        raise UnreadableError(reason, "Export its messages as files of their own (.eml).")
    try:
        record = _record(cast("EmailMessage", message_from_bytes(content, policy=_Policy())))
    except _DAMAGED as exc:
        # The parser is lenient: but for parts within parts without end, what is wrong shows when a header or a part is
        # looked at.
        reason = f"a damaged message: {type(exc).__name__}"
        raise UnreadableError(reason, "Export it again, or save its text.") from exc
    yield to_article({**record, "title": record["title"] or prettified(source)}, source, alone=True)


def _record(message: EmailMessage) -> dict[object, object]:
    sender = message["From"]
    names = [address.display_name for address in sender.addresses if address.display_name] if sender else []
    record: dict[object, object] = {
        "title": str(message["Subject"] or ""),
        "published": str(message["Date"] or ""),
        "authors": names,
    }
    return {**record, "text": _text(message)}


def _text(message: EmailMessage) -> str:
    """The plain text of a message, or that of its HTML where there is none, or nothing but a note to open the HTML.

    Raises:
        UnreadableError: it has neither.
    """
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    text = _plain(plain) if plain else ""
    if html is None and plain is None:
        reason = "a message without text"
        raise UnreadableError(reason, "Attachments are not opened: save and ingest them by themselves.")
    if html is None or len(text) > MAX_NOTE:
        return text
    try:
        charset = html.get_content_charset("utf-8")
        page = str(page_record(_content(html), charset=charset)["text"])
        return page if len(page) > 3 * len(text) else text
    except UnreadableError:
        if not text.strip():
            raise
        return text


def _plain(part: MIMEPart) -> str:
    content = _content(part)
    try:
        return stated(content, part.get_content_charset("utf-8"))
    except (LookupError, ValueError):
        return decoded(content)


def _content(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
