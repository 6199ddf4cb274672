"""A record from outside → an Article: which names its fields may have, and what is wrong with one that is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from index.clean import canonical_url, clean_outlet, normalise, one_line, parse_day
from index.errors import InputError
from index.markup import is_html, prose, without_tags
from index.records import Article, derived_id

# Longest id that a record may bring, in characters: room for any URL in use, none for a text in the wrong field.
MAX_ID = 300
# Longest text of an article, in characters: thousands of pages. It is cut, encoded and committed as a whole.
MAX_TEXT = 4_000_000
# Longest headline, outlet, address, and list of authors, in characters: they stand beside each passage of the text.
MAX_FIELD = 5_000

_TEXTS = ("text", "content", "body", "article", "maintext", "articlebody", "content_html", "content_text")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BYLINE = re.compile(r"(?i)\Aby\s+")
_AUTHOR_ENDS = re.compile(r";|\n|\band\b|&")


def _name(value: object) -> object:
    """The name in ``{"name": …}``, as schema.org and news services write outlets and authors."""
    return value.get("name") if isinstance(value, Mapping) else value


def _rendered(value: object) -> object:
    """The text in ``{"rendered": …}``, as WordPress writes titles and texts."""
    return value.get("rendered") if isinstance(value, Mapping) and "rendered" in value else value


def _names(value: object) -> object:
    if value is None or isinstance(value, int):  # a number is no name: WordPress gives the author's
        return ()
    if isinstance(value, str) and len(value) > MAX_FIELD:
        return (value,)  # too long to be used: not taken apart
    if isinstance(value, str):
        return tuple(_AUTHOR_ENDS.split(_BYLINE.sub("", value.strip())))
    if isinstance(value, list | tuple):
        return tuple(name for item in value if (name := _name(item)))
    return (_name(value),)


def _number(value: object) -> object:
    """Ids are often numbers; a bool is none."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Record(BaseModel):
    """The fields of a record, under every name that they are read from (in lower case)."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    text: Annotated[str, BeforeValidator(_rendered)] = Field(validation_alias=AliasChoices(*_TEXTS))
    title: Annotated[str | None, BeforeValidator(_rendered)] = Field(
        None, validation_alias=AliasChoices("title", "headline")
    )
    id: Annotated[str | None, BeforeValidator(_number)] = None
    published: Annotated[date | None, BeforeValidator(parse_day)] = Field(
        None,
        validation_alias=AliasChoices(
            "published",
            "publish_date",
            "date",
            "published_at",
            "publishedat",
            "published_raw",
            "published_date",
            "date_publish",
            "date_published",
            "datepublished",
            "pubdate",
        ),
    )
    outlet: Annotated[str | None, BeforeValidator(_name)] = Field(
        None, validation_alias=AliasChoices("outlet", "source", "publisher", "publication")
    )
    url: str | None = Field(None, validation_alias=AliasChoices("url", "link"))
    authors: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), validation_alias=AliasChoices("authors", "author", "byline")
    )


def has_text(record: Mapping[object, object]) -> bool:
    """Whether a record has a text, under any of its names."""
    return any(str(name).strip().lower() in _TEXTS and isinstance(value, str) for name, value in record.items())


def to_article(record: Mapping[object, object], source: str, *, alone: bool, markup: bool = False) -> Article:
    """Validates and cleans a record.

    Args:
        record: field names in any case; an empty value counts as absent.
        source: absolute path of the file it stands in.
        alone: whether the file holds this record only. One of several without id and address is identified by its
            headline and text.
        markup: whether its text may be HTML, as programs export it; of HTML only what a reader sees is kept.

    Raises:
        InputError: the record cannot be used; says which field and what was found.
    """
    fields = {
        str(name).strip().lower(): value
        for name, value in record.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
    try:
        read = Record.model_validate(fields)
    except ValidationError as exc:
        raise InputError(_reason(exc, fields), "Correct the record; its other fields are not looked at.") from exc
    _within(read)
    html = markup and is_html(read.text)
    text = normalise(prose(read.text) if html else read.text)
    if not text:
        msg = "field 'text' holds nothing that can be read"
        raise InputError(msg, "Give the article a body.")
    title = one_line(without_tags(read.title or "") if html else read.title or "")
    url = canonical_url(read.url or "") or None
    digest = hashlib.blake2b(f"{title}\n{text}".encode(), digest_size=8).hexdigest()
    place = source if alone else f"{source}#{digest}"
    return Article(
        id=_checked_id(read.id) or derived_id(url or place),
        title=title,
        text=text,
        outlet=clean_outlet(read.outlet or "") or None,
        published=read.published,
        url=url,
        authors=tuple(name for author in read.authors if (name := one_line(author))),
        source=source,
    )


def _within(read: Record) -> None:
    """Refuses a record that is too long to be one article.

    Raises:
        InputError: names the field.
    """
    if len(read.text) > MAX_TEXT:
        msg = f"field 'text' has {len(read.text):,} characters; {MAX_TEXT:,} are the most"
        raise InputError(msg, "Is it one article? Split it, best into .jsonl files.")
    authors = "".join(name or " " for name in read.authors)  # many empty ones are many, too
    others = {"title": read.title, "outlet": read.outlet, "url": read.url, "authors": authors}
    for name, value in others.items():
        if len(value or "") > MAX_FIELD:
            msg = f"field {name!r} has {len(value or ''):,} characters; {MAX_FIELD:,} are the most"
            raise InputError(msg, "Is that the right field?")


def _checked_id(value: str | None) -> str:
    found = (value or "").strip()
    if len(found) > MAX_ID:
        msg = f"field 'id' has {len(found)} characters"
        raise InputError(msg, f"An id has at most {MAX_ID}; without one it is made from the address.")
    if _CONTROL.search(found):
        msg = "field 'id' has a control character in it"
        raise InputError(msg, "Remove it, or leave the id out: one is then made from the address.")
    return found


def _reason(error: ValidationError, fields: Mapping[str, object]) -> str:
    """The first thing that is wrong, in words, without repeating the value; a field has the name it was found under."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = str(first["loc"][0])
    if first["type"] == "missing":
        there = one_line(", ".join(sorted(fields))[:200]) or "none"
        return f"no field 'text' (nor content, body, article, maintext); there are: {there}"
    wanted = "a list of names" if name in ("authors", "author", "byline") else "text"
    return f"field {name!r} must be {wanted}, found {type(fields.get(name)).__name__}"
