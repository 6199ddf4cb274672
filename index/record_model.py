"""A record as outlets and crawlers write it → an Article; pydantic says which field is wrong, and why."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from index.clean import canonical_url, normalise, normalise_line, parse_day
from index.records import Article, derived_id

MAX_ID = 300


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that was not taken in. `source` is a path, or ``path:line`` for a record in a file."""

    source: str
    reason: str
    advice: str = ""


def _line(value: object) -> object:
    return normalise_line(value) if isinstance(value, str) else value


def _optional_line(value: object) -> object:
    return (normalise_line(value) or None) if isinstance(value, str) else value


def _names(value: object) -> object:
    if value is None:
        return ()
    if isinstance(value, str):
        value = [value]
    return tuple(normalise_line(str(name)) for name in value if name) if isinstance(value, (list, tuple)) else value


def _identity(value: object) -> object:
    return _optional_line(str(value)) if isinstance(value, (int, str)) else value


class Record(BaseModel):
    """One article record; unknown fields are ignored. An unreadable date counts as unknown, not as an error."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str | None, BeforeValidator(_identity), Field(max_length=MAX_ID)] = None
    title: Annotated[
        str, BeforeValidator(_line), Field(max_length=2000, validation_alias=AliasChoices("title", "headline"))
    ] = ""
    text: Annotated[
        str,
        BeforeValidator(lambda v: normalise(v) if isinstance(v, str) else v),
        Field(min_length=1, validation_alias=AliasChoices("text", "content", "body", "article", "maintext")),
    ]
    outlet: Annotated[
        str | None,
        BeforeValidator(_optional_line),
        Field(max_length=300, validation_alias=AliasChoices("outlet", "source", "publisher")),
    ] = None
    published: Annotated[
        Any,
        Field(
            validation_alias=AliasChoices(
                "published", "publish_date", "published_at", "published_raw", "publishedAt", "pubDate", "date"
            )
        ),
    ] = None
    url: Annotated[
        str | None,
        BeforeValidator(_optional_line),
        Field(max_length=4000, validation_alias=AliasChoices("url", "link")),
    ] = None
    authors: Annotated[
        tuple[str, ...],
        BeforeValidator(_names),
        Field(validation_alias=AliasChoices("authors", "author", "byline")),
    ] = ()


def record_article(fields: dict[str, Any], where: str, *, source: str) -> Article | Refused:
    """The article that a record describes, or the reason why it describes none.

    Identity: the record's id; else its URL; else the file, with the content where a file holds several records.
    """
    try:
        record = Record.model_validate(fields)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "record"
        if name == "text" and first["type"] in ("missing", "string_too_short"):
            return Refused(where, "it has no text", "Give it a field `text` (or `content`, `body`) that is not empty.")
        return Refused(where, f"its field {name!r} cannot be used: {first['msg']}", "Mend the field and ingest again.")
    url = canonical_url(record.url) if record.url else None
    key = url or (source if where == source else f"{source}#{_digest(record.title, record.text)}")
    return Article(
        id=record.id or derived_id(key),
        title=record.title,
        text=record.text,
        outlet=record.outlet,
        published=parse_day(record.published),
        url=url,
        authors=record.authors,
        source=source,
    )


def _digest(title: str, text: str) -> str:
    return hashlib.blake2b(f"{title}\n{text}".encode(), digest_size=8).hexdigest()
