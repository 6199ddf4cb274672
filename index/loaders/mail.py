"""Messages (RFC 5322), such as newsletters: subject, sender, date and body; attachments are not opened."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import BinaryIO, cast

from index.incoming import to_article
from index.loaders.common import Read, UnreadableError, decoded, prettified, stated, whole
from index.loaders.page import page_record

MAX_MESSAGE = 32 * 1024**2
# Longest header that is looked at, in characters: Python's parser of headers takes time by the square.
MAX_HEADER = 5_000

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
    """One article: the plain text of the message if it has one, else the article in its HTML."""
    content = whole(stream, MAX_MESSAGE)
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
    body = message.get_body(("plain", "html"))
    if body is None:
        reason = "a message without text"
        raise UnreadableError(reason, "Attachments are not opened: save and ingest them by themselves.")
    payload = body.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    if body.get_content_subtype() == "html":
        return {**record, "text": page_record(content, charset=body.get_content_charset("utf-8"))["text"]}
    try:
        text = stated(content, body.get_content_charset("utf-8"))
    except (LookupError, ValueError):
        text = decoded(content)
    return {**record, "text": text}
