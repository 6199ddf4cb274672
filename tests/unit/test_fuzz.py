"""The fuzzer: an input that hangs becomes a row, good input passes every reader."""

from __future__ import annotations

import random
import re
import time
from io import BytesIO

import pytest
from torture import fuzz

from index.clean import normalise
from index.errors import InputError
from index.incoming import to_article
from index.loaders.common import UnreadableError
from index.loaders.mail import read_message
from index.loaders.page import page_record
from index.markup import is_html, prose, without_tags

MANY = fuzz.REPEATED
# Seconds of the processor for a character; by the square, fifty thousand take a minute and more.
EACH_S = 40e-6


@pytest.mark.parametrize(
    "endless",
    [
        lambda _: [None for _ in iter(int, 1)],
        lambda _: re.match(r"(a+)+$", "a" * 60 + "b"),
        lambda _: time.sleep(60),
    ],
)
def test_an_input_that_does_not_end_becomes_a_row(endless: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "DEADLINE_S", 0.2)
    monkeypatch.setattr(fuzz, "targets", lambda _: [("endless", b"x", endless)])
    row = fuzz.run(0.05, seed=1)
    assert row.tried == 1
    assert row.broken[0].startswith("endless: still at it after 0.2 s: b")


def test_readers_do_not_swallow_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def catches_all(_: bytes) -> None:
        try:
            time.sleep(60)
        except Exception:
            return

    monkeypatch.setattr(fuzz, "DEADLINE_S", 0.2)
    monkeypatch.setattr(fuzz, "targets", lambda _: [("deaf", b"x", catches_all)])
    assert len(fuzz.run(0.05, seed=1).broken) == 1


def test_every_reader_reads_its_good_input() -> None:
    known = fuzz.targets(random.Random(1))
    assert {"word", "message of parts", "front matter", "zip members"} <= {name for name, _, _ in known}
    for _, good, target in known:
        target(good)


def test_what_is_packed_reaches_its_reader() -> None:
    """Else the damage would only be looked at by the unpacking."""
    (article,) = fuzz.loader(".md")("/a.md", fuzz.io.BytesIO(b"---\n" + fuzz._YAML + b"---\nIt rained.\n"))
    assert (article.title, article.outlet, article.id) == ("Storm: a report", "12", "17")
    (article,) = fuzz.loader(".eml")("/a.eml", fuzz.io.BytesIO(fuzz._PARTS))
    assert article.text == "It rained. “Why?” he said."
    assert "Mr. Smith said" in fuzz.documents.word(fuzz._zip(fuzz._word_members()))["text"]


def of_many_names(author: str) -> None:
    with pytest.raises(InputError, match="field 'authors' has"):
        to_article({"text": "Rain fell.", "author": author}, "/a.json", alone=True)


def as_message(charset: str, text: str) -> None:
    message = f"Content-Type: text/plain; charset={charset}\n\n{text}".encode()
    (article,) = read_message("/a.eml", BytesIO(message))
    assert article.text == text


def as_page(text: str) -> None:
    page = f"<html><meta charset=punycode><body><p>{text}".encode() + b"\xff"
    with pytest.raises(UnreadableError, match="its encoding could not be found"):
        page_record(page)


def under_a_long_header(value: str) -> None:
    with pytest.raises(UnreadableError, match="a header 'From' of more than 5,000"):
        list(read_message("/a.eml", BytesIO(f"From: {value}\n\nRain fell.".encode())))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a" + " " * MANY + "b", normalise),
        ("a" + " " * MANY + "b", of_many_names),
        (";" * MANY, of_many_names),
        ("<div>\n" + "<a " * MANY, without_tags),
        ("<div>\n" + "<!-- >" * MANY, without_tags),
        ("<" + "a" * MANY, without_tags),
        ("<p " * MANY, is_html),
        ("<br>" + " " * MANY, is_html),
        ("<br " * MANY, is_html),
        ("</td>" + " " * MANY, prose),
        ("<p>" * MANY, prose),
        ("9a" * MANY, lambda text: as_message("punycode", text)),
        ("9a" * MANY, as_page),
        ('"' * MANY, under_a_long_header),
    ],
)
def test_one_thing_again_and_again_takes_time_in_proportion(text: str, read: object) -> None:
    assert callable(read)
    begun = time.process_time()
    with fuzz.deadline(fuzz.DEADLINE_S):
        read(text)
    assert time.process_time() - begun < EACH_S * len(text)


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "rot13"])
def test_an_encoding_that_is_none_of_mail_is_not_used(charset: str) -> None:
    as_message(charset, "It rained all day \\u0041 in the bay.")


def test_repeated_lies_within_the_good_input() -> None:
    found = fuzz.repeated(b"<p></p>", "<a ", 3)
    assert (found[:7], found[-5:], len(found)) == (b"<p>a<a ", b"b</p>", 9 + 3 * MANY)
