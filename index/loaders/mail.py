"""Messages (RFC 5322), such as newsletters: subject, sender, date and body; attachments are not opened."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from typing import BinaryIO

from index.incoming import to_article
from index.loaders.common import Read, UnreadableError, decoded, prettified, whole
from index.loaders.page import page_record

MAX_MESSAGE = 32 * 1024**2


def read_message(source: str, stream: BinaryIO) -> Iterator[Read]:
    """One article: the plain text of the message if it has one, else the article in its HTML."""
    content = whole(stream, MAX_MESSAGE)
    try:
        record = _record(message_from_bytes(content, policy=email.policy.default))
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, IndexError, RecursionError) as exc:
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
    body = message.get_body(("plain", "html"))
    if body is None:
        reason = "a message without text"
        raise UnreadableError(reason, "Attachments are not opened: save and ingest them by themselves.")
    payload = body.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    if body.get_content_subtype() == "html":
        return {**record, "text": page_record(content, charset=body.get_content_charset("utf-8"))["text"]}
    try:
        text = content.decode(body.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        text = decoded(content)
    return {**record, "text": text}
