"""Loaders: every format, every alias, every kind of damage."""

from __future__ import annotations

import gzip
import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from index.errors import InputError
from index.load import load, scan, survey
from index.loaders import common, rows
from index.records import Article, derived_id
from index.sources import Loaded, Refused

TEXT = "It rained all day. Streets were flooded."


def articles(*paths: Path) -> list[Article]:
    found = list(load(paths))
    assert [item for item in found if isinstance(item, Refused)] == []
    return [item for item in found if isinstance(item, Article)]


def refusals(*paths: Path) -> list[Refused]:
    return [item for item in load(paths) if isinstance(item, Refused)]


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def record(**fields: object) -> str:
    return json.dumps({"title": "Storm", "text": TEXT, **fields})


# --- records --------------------------------------------------------------------------------------------------------


def test_a_whole_record(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.json",
        record(
            id=" x-1 ",
            published="2025-12-21",
            outlet=" The  Post ",
            url="https://Example.com/a/?utm_source=b#c",
            authors=["Ann Lee", "Bo Ek"],
        ),
    )
    assert articles(path) == [
        Article(
            id="x-1",
            title="Storm",
            text=TEXT,
            outlet="The Post",
            published=date(2025, 12, 21),
            url="https://example.com/a",
            authors=("Ann Lee", "Bo Ek"),
            source=str(path),
        )
    ]


@pytest.mark.parametrize(
    ("alias", "value", "field", "wanted"),
    [
        *((alias, "Storm hits", "title", "Storm hits") for alias in ("title", "headline", "Headline")),
        *(
            (alias, "It snowed.", "text", "It snowed.")
            for alias in ("content", "body", "article", "maintext", "articleBody")
        ),
        *(
            (alias, "2025-12-21", "published", date(2025, 12, 21))
            for alias in (
                "publish_date",
                "date",
                "published_at",
                "publishedAt",
                "published_raw",
                "pubDate",
                "datePublished",
                "date_published",
            )
        ),
        ("published_raw", "26-FEB-1987 15:01:01.79", "published", date(1987, 2, 26)),
        ("date", 1766311200, "published", date(2025, 12, 21)),
        ("date", "03/04/2024", "published", None),
        *((alias, "The Post", "outlet", "The Post") for alias in ("source", "publisher")),
        ("source", {"id": None, "name": "The Post"}, "outlet", "The Post"),
        ("publication", "The Post", "outlet", "The Post"),
        ("title", {"rendered": "Storm"}, "title", "Storm"),
        ("author", 3, "authors", ()),
        ("link", "http://a.com/x", "url", "http://a.com/x"),
        ("link", "javascript:alert(1)", "url", None),
        ("byline", "By Ann Lee and Bo Ek", "authors", ("Ann Lee", "Bo Ek")),
        ("author", "Martin Luther King, Jr.", "authors", ("Martin Luther King, Jr.",)),
        ("author", [{"name": "Ann Lee"}, {"name": "Bo Ek"}], "authors", ("Ann Lee", "Bo Ek")),
        ("authors", None, "authors", ()),
        ("id", 7, "id", "7"),
    ],
)
def test_names_of_fields(tmp_path: Path, alias: str, value: object, field: str, wanted: object) -> None:
    fields = {alias: value} if field == "text" else {"text": TEXT, alias: value}
    (found,) = articles(written(tmp_path / "a.json", json.dumps(fields)))
    assert getattr(found, field) == wanted


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "Only"}, "no field 'text' (nor content, body, article, maintext); there are: title"),
        ({"text": " \u200b "}, "field 'text' holds nothing that can be read"),
        ({"text": ["a"]}, "field 'text' must be text, found list"),
        ({"text": TEXT, "headline": 3}, "field 'headline' must be text, found int"),
        ({"text": TEXT, "authors": [["a"]]}, "field 'authors' must be a list of names, found list"),
        ({"text": TEXT, "id": True}, "field 'id' must be text, found bool"),
        ({"text": TEXT, "id": "a\u0007b"}, "field 'id' has a control character in it"),
        ({"text": TEXT, "id": "a" * 301}, "field 'id' has 301 characters"),
    ],
)
def test_a_record_that_is_refused_says_why(tmp_path: Path, fields: dict[str, object], reason: str) -> None:
    path = written(tmp_path / "a.jsonl", json.dumps(fields))
    (found,) = refusals(path)
    assert (found.source, found.reason) == (f"{path}:1", reason)
    assert found.advice


# --- identity -------------------------------------------------------------------------------------------------------


def test_an_id_is_made_from_the_address_else_the_place(tmp_path: Path) -> None:
    with_url = written(tmp_path / "a.json", record(url="http://a.com/x?fbclid=1"))
    alone = written(tmp_path / "b.json", record())
    several = written(tmp_path / "c.jsonl", "\n".join([record(), record(title="Flood"), record()]))
    assert articles(with_url)[0].id == derived_id("http://a.com/x")
    assert articles(alone)[0].id == derived_id(str(alone))
    one, two, three = (article.id for article in articles(several))
    assert one == three != two
    written(several, "\n".join(["", record(title="New"), record(title="Flood")]))
    assert articles(several)[1].id == two, "the id of a record does not hang on its line"


# --- formats --------------------------------------------------------------------------------------------------------


def test_json_lists_objects_and_single_records(tmp_path: Path) -> None:
    two = [{"text": "One."}, {"text": "Two."}]
    for content in (two, {"articles": two}, {"status": "ok", "articles": two}):
        path = written(tmp_path / "a.json", json.dumps(content))
        assert [article.text for article in articles(path)] == ["One.", "Two."]
    assert articles(written(tmp_path / "b.json", '{"text": "One."}'))[0].text == "One."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"articles": []}'),
        ("a.json", "[]"),
        ("a.csv", "title,text\n"),
        ("a.jsonl", ""),
        ("a.jsonl.gz", "\n"),
    ],
)
def test_a_file_without_an_article_is_said(tmp_path: Path, name: str, content: str) -> None:
    path = written(tmp_path / name, content)
    assert [(item.source, item.reason) for item in refusals(path)] == [(str(path), "there is no article in it")]


def test_a_record_with_a_text_is_an_article_whatever_stands_beside_it(tmp_path: Path) -> None:
    (found,) = articles(written(tmp_path / "a.json", record(articles=[])))
    assert (found.title, found.text) == ("Storm", TEXT)


@pytest.mark.parametrize("names", [["results"], ["response", "docs"], ["data", "items"], ["articles"]])
def test_json_as_services_answer(tmp_path: Path, names: list[str]) -> None:
    answer: object = [{"title": "Storm", "text": TEXT}, {"title": "Flood", "text": "It was deep."}]
    for name in reversed(names):
        answer = {"status": "ok", name: answer}
    assert [found.title for found in articles(written(tmp_path / "a.json", json.dumps(answer)))] == ["Storm", "Flood"]


def test_the_items_of_an_article_are_no_articles(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", json.dumps({"title": "Storm", "items": [{"text": "One."}, {"text": "Two."}]}))
    assert "no field 'text'" in refusals(path)[0].reason


def test_what_wordpress_answers(tmp_path: Path) -> None:
    post = {
        "id": 7,
        "date": "2025-12-21T08:00:00",
        "link": "https://e.org/storm",
        "title": {"rendered": "Storm &#8216;Ana&#8217;"},
        "content": {"rendered": f"<p>{TEXT}</p>\n", "protected": False},
        "author": 3,
    }
    (found,) = articles(written(tmp_path / "a.json", json.dumps([post])))
    assert (found.id, found.title, found.text, found.published, found.url, found.authors) == (
        *("7", "Storm ‘Ana’", TEXT, date(2025, 12, 21)),
        *("https://e.org/storm", ()),
    )


def test_a_bad_record_of_a_list_is_refused_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", json.dumps([{"text": "One."}, 3, {"title": "x"}, {"text": "Two."}]))
    assert [item.text if isinstance(item, Article) else item.reason for item in load([path])] == [
        "One.",
        "record 2: expected an object, found int",
        "record 3: no field 'text' (nor content, body, article, maintext); there are: title",
        "Two.",
    ]


def test_a_bad_line_is_refused_alone_with_its_number(tmp_path: Path) -> None:
    lines = [
        b"\xef\xbb\xbf" + record().encode(),
        b"",
        b"{broken",
        b'{"text": "caf\xe9"}',
        b"[1]",
        record(title="Last").encode(),
    ]
    path = written(tmp_path / "a.jsonl.gz", b"\r\n".join(lines))
    found = list(load([path]))
    assert [item.title for item in found if isinstance(item, Article)] == ["Storm", "Last"]
    assert [(item.source, item.reason) for item in found if isinstance(item, Refused)] == [
        (f"{path}:3", "not JSON: Expecting property name enclosed in double quotes"),
        (f"{path}:4", "not UTF-8"),
        (f"{path}:5", "expected an object, found list"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lines_in_utf16(tmp_path: Path, encoding: str) -> None:
    """As PowerShell writes what a program prints."""
    lines = f"{record(text='It rained in Málaga.')}\r\n{{broken\r\n{record(title='Last')}\r\n"
    path = written(tmp_path / "a.jsonl.gz", f"\ufeff{lines}".encode(encoding))
    found = list(load([path]))
    assert [item.text for item in found if isinstance(item, Article)] == ["It rained in Málaga.", TEXT]
    assert [item.source for item in found if isinstance(item, Refused)] == [f"{path}:2"]


HTML = (
    "<!-- wp:paragraph --><p>It rained &amp; hailed.</p>\n"
    "<p>Streets were <a href='/x'>flooded</a>.</p><script>x()</script>"
)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv"])
def test_html_in_a_record_is_read_as_its_reader_sees_it(tmp_path: Path, name: str) -> None:
    content = f'title,body\nSturm &#038; Drang,"{HTML}"\n'
    if name != "a.csv":
        content = json.dumps({"title": "Sturm &#038; Drang", "body": HTML})
    (found,) = articles(written(tmp_path / name, content))
    assert found.title == "Sturm & Drang"
    assert found.text.split("\n\n") == ["It rained & hailed.", "Streets were flooded."]


def test_a_record_that_mentions_a_tag_stays_as_it_is(tmp_path: Path) -> None:
    text = "The <p> tag &amp; its like begin paragraphs."
    (found,) = articles(written(tmp_path / "a.json", record(text=text, title="On <p>")))
    assert (found.title, found.text) == ("On <p>", text)


def test_a_jsonl_that_is_none_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_BAD_START", 3)
    path = written(tmp_path / "a.jsonl", "a,b\n" * 100)
    found = refusals(path)
    assert len(found) == 4
    assert found[-1] == Refused(
        str(path), "no article in its first 3 lines; the rest was not read", "Is it another kind of file?"
    )


def test_limits_are_kept_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_RECORD", 200)
    lines = written(tmp_path / "a.jsonl.gz", "\n".join([record(), record(text="x" * 1000), record(title="Last")]))
    found = list(load([lines]))
    assert [type(item).__name__ for item in found] == ["Article", "Refused", "Article"]
    assert isinstance(found[1], Refused)
    assert found[1].source == f"{lines}:2"
    monkeypatch.setattr(rows, "MAX_BYTES", 1000)
    found = list(load([written(tmp_path / "b.jsonl.gz", f"{record()}\n" * 100)]))
    assert isinstance(found[-1], Refused)
    assert "MiB" in found[-1].reason
    assert 1 <= len(found) < 100
    monkeypatch.setattr(common, "MAX_WHOLE", 100)
    assert "MiB" in refusals(written(tmp_path / "c.json.gz", "a" * 10_000))[0].reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": "Yes. " * 800_001}, "field 'text' has 4,000,005 characters; 4,000,000 are the most"),
        ({"title": "x" * 5_001}, "field 'title' has 5,001 characters; 5,000 are the most"),
        ({"outlet": "x" * 5_001}, "field 'outlet' has 5,001 characters; 5,000 are the most"),
        ({"url": "https://example.org/" + "x" * 5_000}, "field 'url' has 5,020 characters; 5,000 are the most"),
        ({"authors": ["Ann Lee"] * 1_000}, "field 'authors' has 7,000 characters; 5,000 are the most"),
    ],
)
def test_an_article_is_no_library(tmp_path: Path, fields: dict[str, object], reason: str) -> None:
    (found,) = refusals(written(tmp_path / "a.jsonl", f"{record(**fields)}\n"))
    assert found.reason == reason
    assert found.advice


@pytest.mark.parametrize("suffix", ["txt", "md"])
def test_a_file_of_one_article_is_not_read_beyond_its_limit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}.gz"
    path.write_bytes(gzip.compress(b"Yes. " * 7_000_000, 1))
    (found,) = refusals(path)
    assert found.reason == "more than 32 MiB when decompressed; the rest was not read"


def test_damaged_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    whole = gzip.compress(
        "\n".join(record(title=str(number), pad=os.urandom(50).hex()) for number in range(2000)).encode()
    )
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    found = list(load([path]))
    assert len(found) > 100
    assert isinstance(found[-1], Refused)
    assert found[-1].reason.startswith("damaged gzip")
    path.write_bytes(b"no gzip at all")
    assert refusals(path)[0].reason.startswith("damaged gzip")


def test_markdown(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.md",
        "---\nTitle: Storm hits\ndate: 2025-12-21\noutlet: The Post\nurl: http://a.com/x\nauthors: [Ann Lee]\n---\n"
        "# Storm hits\n\nIt *rained* [all day](http://b.com) in the\n**city** &amp; beyond.<br>![a map](m.png)\n\n"
        "## What next\n\n- `First` point\n- Second\n\n3. Third\n\n<div>Ad <script>x()</script>here</div>\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n***\n\n> Quoted.\n",
    )
    (found,) = articles(path)
    assert found.title == "Storm hits"
    assert found.published == date(2025, 12, 21)
    assert (found.outlet, found.url, found.authors) == ("The Post", "http://a.com/x", ("Ann Lee",))
    assert found.text.split("\n\n") == [
        "It rained all day in the city & beyond.",
        "What next",
        "- First point",
        "- Second",
        "3. Third",
        "Ad here",
        "a | b",
        "1 | 2",
        "Quoted.",
    ]


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("# Heading\n\nBody.", "Heading", "Body."),
        ("Body alone.", "My file", "Body alone."),
        ("---\ntitle: Stated\n---\n# Other\n\nBody.", "Stated", "Other\n\nBody."),
        ("---\nheadline: Stated\n---\nBody.", "Stated", "Body."),
        ("---\n---\n# Heading\n\nBody.", "Heading", "Body."),
        ("---\n\nProse between rules.\n\n---\n\nBody.", "My file", "Prose between rules.\n\nBody."),
    ],
)
def test_markdown_headlines(tmp_path: Path, content: str, title: str, text: str) -> None:
    (found,) = articles(written(tmp_path / "my-file.md", content))
    assert (found.title, found.text) == (title, text)


def test_front_matter_in_toml(tmp_path: Path) -> None:
    text = f'+++\ntitle = "Storm"\ndate = 2025-12-21T08:00:00Z\nauthors = ["Ann Lee"]\n+++\n\n{TEXT}\n'
    (found,) = articles(written(tmp_path / "a.md", text))
    assert (found.title, found.published, found.authors, found.text) == (
        *("Storm", date(2025, 12, 21), ("Ann Lee",)),
        TEXT,
    )
    assert refusals(written(tmp_path / "b.md", f"+++\ntitle = Storm\n+++\n{TEXT}"))[0].reason.startswith("broken front")
    (found,) = articles(written(tmp_path / "c.md", f"+++\n\n{TEXT}"))
    assert TEXT in found.text


def test_broken_front_matter_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.md", "---\ntitle: a\nurl: [b\n---\nBody.")
    (found,) = refusals(path)
    assert found.source == f"{path}:4"
    assert found.reason.startswith("broken front matter")
    (found,) = refusals(written(tmp_path / "b.md", "---\nx: !!python/object:os.system {}\n---\nBody."))
    assert found.reason.startswith("broken front matter")
    (found,) = refusals(written(tmp_path / "c.md", "---\ndate: 2024-13-45\n---\nBody."))
    assert found.reason.startswith("broken front matter")


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("Storm hits coast\n\nIt rained.", "Storm hits coast", "It rained."),
        ("Storm hits\nIt rained all day long.", "Storm hits", "It rained all day long."),
        (
            "It rained all day.\n\nStreets were flooded.",
            "2025-12 storm hits",
            "It rained all day.\n\nStreets were flooded.",
        ),
        ("Just one line", "2025-12 storm hits", "Just one line"),
        ("A long first line of wrapped prose that\ngoes on below.", "2025-12 storm hits", None),
        ("x" * 151 + "\n\nBody.", "2025-12 storm hits", None),
        ("Dec. 21, 2025\n\nBody.", "2025-12 storm hits", "Dec. 21, 2025\n\nBody."),
    ],
)
def test_text_headlines(tmp_path: Path, content: str, title: str, text: str | None) -> None:
    (found,) = articles(written(tmp_path / "2025-12_storm-hits.txt", content.replace("\n", "\r\n")))
    assert (found.title, found.text) == (title, content if text is None else text)


def test_text_states_its_date(tmp_path: Path) -> None:
    (found,) = articles(written(tmp_path / "a.txt.gz", "Storm hits\n\nMOSCOW, Dec. 21, 2025 — It rained."))
    assert found.published == date(2025, 12, 21)
    (found,) = articles(written(tmp_path / "b.txt", "Storm hits\n\nIt rained on Dec. 21, 2025, in Moscow."))
    assert found.published is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "cp1251"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = {
        "cp1251": "Сегодня в городе прошёл сильный дождь, и улицы были затоплены водой. Жители остались дома до утра. "
        * 3
    }.get(
        encoding,
        "The café’s owner said it was “a façade”. Señor Muñoz and Zoë agreed with the naïve élite of Málaga. " * 3,
    )
    (found,) = articles(written(tmp_path / "a.txt", text.encode(encoding)))
    assert found.text == text.strip()


def test_utf8_with_some_damage_stays_utf8(tmp_path: Path) -> None:
    (found,) = articles(written(tmp_path / "a.txt", "“Ünïcödé” ’tis hére to stäy.".encode() + b"\xff end."))
    assert found.text == "“Ünïcödé” ’tis hére to stäy.\ufffd end."


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", "{\\rtf1\\ansi\\cocoartf2639 It rained.}", "a rich text document (RTF)"),
        ("a.md", "{\\rtf1\\ansi\\cocoartf2639 It rained.}", "a rich text document (RTF)"),
        ("a.txt", "%PDF-1.4\n%âãÏÓ\n1 0 obj", "a PDF under another name"),
        (
            "a.txt",
            f"<!DOCTYPE html><html><body><p>{TEXT}</p></body></html>",
            "a page or another file of tags, not plain text",
        ),
        ("a.txt", f"<?xml version='1.0'?><nitf>{TEXT}</nitf>", "a page or another file of tags, not plain text"),
        ("a.txt", json.dumps({"text": TEXT}, indent=1), "JSON, not plain text"),
        ("a.txt", f"{record()}\n{record()}\n", "JSON, not plain text"),
        ("a.txt", "", "there is no text in it"),
        ("a.md", "---\ntitle: Storm\n---\n \n", "there is no text in it"),
    ],
)
def test_what_is_something_else_is_not_half_read(tmp_path: Path, name: str, content: str, reason: str) -> None:
    (found,) = refusals(written(tmp_path / name, content))
    assert found.reason == reason
    assert found.advice


@pytest.mark.parametrize("text", ["[Editor's note] It rained.", "{It rained.} It snowed.", "<b>It</b> rained."])
def test_a_text_may_begin_with_a_bracket(tmp_path: Path, text: str) -> None:
    assert articles(written(tmp_path / "a.txt", text))[0].text == text


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        ("{} of 2 DOCUMENTS", "1 of 2 DOCUMENTS"),
        ("Document {} of 2", "Document 1 of 2"),
        ("Document NYTF00002025122{}elcl0005x", "Document NYTF000020251221elcl0005x"),
        ("End of Document", "End of Document"),
    ],
)
def test_several_articles_in_one_text_are_not_one(tmp_path: Path, mark: str, shown: str) -> None:
    text = "".join(f"{mark.format(n)}\r\n\r\nStorm {n}\r\n\r\n{TEXT}\r\n\r\n" for n in (1, 2))
    (found,) = refusals(written(tmp_path / "a.txt", text))
    assert found.reason == f"2 articles in one file (“{shown}”)"
    assert articles(written(tmp_path / "b.txt", text[: len(text) // 2]))


def test_a_picture_is_refused(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8
    assert len(refusals(written(tmp_path / "a.txt", picture), written(tmp_path / "b.md", picture))) == 2


# --- folders --------------------------------------------------------------------------------------------------------


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    root = tmp_path / "news"
    for name in (
        "b.txt",
        "a.MD",
        "z/c.json",
        "k/README.md",
        "readme.md",
        ".hidden.txt",
        ".git/x.txt",
        "p.png",
        "q.png",
        "n",
    ):
        written(root / name, TEXT)
    outside = written(tmp_path / "outside.txt", TEXT)
    (root / "link.txt").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "dangling.txt").symlink_to(root / "gone.txt")
    (root / "again.txt").symlink_to(root / "b.txt")
    found = survey([root, root / "b.txt"])
    assert [str(path.relative_to(root)) for path in found.files] == ["a.MD", "b.txt", "z/c.json"]
    assert found.skipped == {".png": 2, "": 1}
    assert found.refused == ()
    assert scan([root]) == list(found.files)


def test_what_a_browser_saved_beside_a_page_is_no_article(tmp_path: Path) -> None:
    page = f"<html><body><article><h1>Storm</h1><p>{TEXT * 3}</p></article></body></html>"
    for name in ("Storm.html", "Storm_files/ad.html", "Flood_files/real.html", "Storm_2025/real.html"):
        written(tmp_path / name, page)
    found = [str(path.relative_to(tmp_path)) for path in scan([tmp_path])]
    assert found == ["Storm.html", "Flood_files/real.html", "Storm_2025/real.html"]


def test_a_file_that_is_named(tmp_path: Path) -> None:
    readme = written(tmp_path / "README.md", "# News\n\nIt rained.")
    assert articles(readme)[0].title == "News"
    picture = written(tmp_path / "a.png", b"x")
    assert scan([picture]) == []
    (found,) = refusals(picture)
    assert (found.source, found.reason) == (str(picture), "unknown kind of file: .png")
    assert ".jsonl" in found.advice


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    for missing in (tmp_path / "gone", Path("a\0b")):
        with pytest.raises(InputError, match="nothing that can be read"):
            load([missing])


def test_a_file_that_goes_between_scan_and_read(tmp_path: Path) -> None:
    one, two = written(tmp_path / "a.txt", TEXT), written(tmp_path / "b.txt", TEXT)
    running = load([tmp_path])
    one.unlink()
    first, second = running
    assert isinstance(first, Refused)
    assert (first.source, first.reason) == (str(one), "cannot be read: No such file or directory")
    assert isinstance(second, Article)
    assert second.source == str(two)


def test_a_link_to_itself_is_refused_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "a.txt")
    written(tmp_path / "b.txt", TEXT)
    first, second = load([tmp_path])
    assert isinstance(first, Refused)
    assert (first.source, first.reason) == (
        str(tmp_path / "a.txt"),
        "cannot be read: Too many levels of symbolic links",
    )
    assert isinstance(second, Article)


@pytest.mark.skipif(os.geteuid() == 0, reason="every folder is open to root")
def test_a_folder_that_may_be_listed_but_not_entered(tmp_path: Path) -> None:
    written(tmp_path / "sub" / "a.txt", TEXT)
    written(tmp_path / "z.txt", TEXT)
    (tmp_path / "sub").chmod(0o444)
    try:
        found = list(load([tmp_path]))
    finally:
        (tmp_path / "sub").chmod(0o755)
    assert [(item.source, item.reason) for item in found if isinstance(item, Refused)] == [
        (str(tmp_path / "sub" / "a.txt"), "cannot be read: Permission denied")
    ]
    assert [item.source for item in found if isinstance(item, Article)] == [str(tmp_path / "z.txt")]


def test_a_reader_that_fails_refuses_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path / "a.json", record())
    written(tmp_path / "b.txt", TEXT)
    monkeypatch.setattr(rows.json, "loads", lambda _: 1 // 0)
    first, second = load([tmp_path])
    assert isinstance(first, Refused)
    assert (first.source, first.reason) == (str(tmp_path / "a.json"), "its reader failed: ZeroDivisionError")
    assert isinstance(second, Article)
    assert "ZeroDivisionError" in caplog.text, "the log tells where"


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).write_text(TEXT)
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    (found,) = load([tmp_path])
    assert isinstance(found, Refused)
    assert found.reason == "the name of the file is not Unicode"


def test_names_of_fields_are_told_as_text(tmp_path: Path) -> None:
    (found,) = refusals(written(tmp_path / "a.json", '{"\\ud800\\u001b[1mheading": "Storm"}'))
    assert found.reason.endswith("there are: \ufffd[1mheading")


# --- anything -------------------------------------------------------------------------------------------------------

SUFFIXES = [f"{suffix}{gz}" for suffix in (".md", ".txt", ".json", ".jsonl") for gz in ("", ".gz")]


def check(found: list[Loaded]) -> None:
    for item in found:
        if isinstance(item, Article):
            assert item.text.strip()
            assert item.id
            assert item.content_hash
        else:
            assert item.reason


@given(
    st.sampled_from(SUFFIXES),
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(str.encode),
        st.text(alphabet="-\n#:*[]{}!&ab\"' |`>", max_size=80).map(
            lambda text: f"---\n{text}\n---\nBody {text}".encode()
        ),
    ),
    st.booleans(),
)
@example(".json", b"[" * 100_000, False)
@example(".jsonl", b'{"text":' * 100_000, False)
@example(".md", b"---\n" + b"[" * 20_000 + b"\n---\nBody", False)
@example(".md", b"---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\ntitle: [*b,*b,*b]\n---\nBody", False)
@example(".json", b'{"text": "a", "date": 1' + b"0" * 4000 + b"}", False)
@example(".json", b'{"text": "\\ud800", "id": "\\ud800"}', False)
@example(".json", b'{"text": "a", "title": "\\ud800", "date": NaN}', False)
@example(".json", b'{"text": "a", "url": "http://a.com/\\ud800"}', False)
@example(".jsonl", b'{"text": "a", "url": "http://a.com/\\ud800"}', False)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_no_bytes_break_a_loader(tmp_path: Path, suffix: str, content: bytes, raw: bool) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content if raw or not suffix.endswith(".gz") else gzip.compress(content))
    check(list(load([path])))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["id", "title", "text", "body", "date", "published", "outlet", "source", "url", "authors", "byline", "x"]
)


@given(st.lists(st.dictionaries(NAMES, JSON, max_size=6), max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_record_breaks_a_loader(tmp_path: Path, records: list[dict[str, object]]) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps(records))
    found = list(load([path]))
    assert len(found) == max(1, len(records))  # of a file without a record that is said
    check(found)
