"""Loaders of pages, messages, documents, tables and archives: what is read, what is refused, within which limits."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import stat
import zipfile
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from fakes.pdf import pdf_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.errors import DependencyError

from index import formats, plugins
from index.load import file_of, load, survey
from index.loaders import apart, archive, documents, page, rows
from index.loaders.common import UnreadableError
from index.records import Article
from index.sources import Refused

STORY = "It rained all day on Saturday. Streets in the old town were flooded, officials said on Sunday evening."
MORE = "Nobody was hurt, the mayor told reporters. Repairs will cost 4 million euros by the first estimate."
PAGE = f"""<!doctype html><html><head><title>Storm hits coast - The Post</title>
<meta property="og:site_name" content="The Post"><meta property="og:title" content="Storm hits coast">
<link rel="canonical" href="https://example.org/news/storm?utm_source=x">
<meta property="article:published_time" content="2025-12-21T08:00:00+01:00">
<meta name="author" content="Ann Lee"></head><body><nav><a href="/">Home</a></nav>
<article><h1>Storm hits coast</h1><p>{STORY}</p><script>alert("x")</script>
<p onclick="evil()">{MORE} &lt;b&gt;</p></article>
<footer>Copyright</footer></body></html>"""


def one(path: Path) -> Article:
    (found,) = load([path])
    assert isinstance(found, Article), found
    return found


def why(path: Path) -> str:
    (found,) = load([path])
    assert isinstance(found, Refused), found
    assert found.advice
    return found.reason


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class TestPages:
    def test_the_article_and_what_the_page_says_of_it(self, tmp_path: Path) -> None:
        found = one(written(tmp_path / "a.html", PAGE))
        assert found.title == "Storm hits coast"
        assert found.text.split("\n\n") == [STORY, f"{MORE} <b>"]
        assert (found.outlet, found.published, found.authors) == ("The Post", date(2025, 12, 21), ("Ann Lee",))
        assert found.url == "https://example.org/news/storm"

    def test_no_script_no_handler_no_tag_is_left(self, tmp_path: Path) -> None:
        found = one(written(tmp_path / "a.htm", PAGE))
        assert not [mark for mark in ("alert", "evil", "<p", "<script", "Home", "Copyright") if mark in found.text]

    def test_what_was_taken_back_or_is_not_seen_is_no_text(self, tmp_path: Path) -> None:
        """As in a correction, or in an order to a machine."""
        more = (
            "<p>The flood killed <del>40</del> <s>30</s> <strike>20</strike> 12 people in the town, officials said.</p>"
            "<p hidden>It killed 77 people in the town.</p>"
            "<p style='color: red; Display: None'>It killed 99 people in the town.</p>"
            "<p style='visibility:hidden'>It killed 88 people in the town.</p>"
        )
        found = one(written(tmp_path / "a.html", PAGE.replace("<script>", f"{more}<script>")))
        assert " ".join(found.text.split()) == (
            f"{STORY} The flood killed 12 people in the town, officials said. {MORE} <b>"
        )

    def test_rows_of_a_table_have_no_frame(self, tmp_path: Path) -> None:
        table = "<table><tr><th>City</th><th>Dead</th></tr><tr><td>Lorca</td><td>12</td></tr></table>"
        found = one(written(tmp_path / "a.html", PAGE.replace("<script>", f"{table}<script>")))
        assert found.text.split("\n\n") == [STORY, "City | Dead", "Lorca | 12", f"{MORE} <b>"]

    @pytest.mark.parametrize(
        ("own", "url"),
        [
            ("https://example.org", "https://example.org/news/42"),
            ("https://www.example.org/", "https://example.org/news/42"),
            ("https://example.org/?p=42", "https://example.org?p=42"),
            ("https://www.example.org/?p=42", "https://www.example.org?p=42"),
        ],
    )
    def test_the_home_page_is_no_address_of_an_article(self, tmp_path: Path, own: str, url: str) -> None:
        content = PAGE.replace("https://example.org/news/storm?utm_source=x", own)
        assert page.page_record(content.encode(), "https://example.org/news/42")["url"] == url
        saved = one(written(tmp_path / "a.html", content))
        assert saved.url == (url if "?" in url else None)

    def test_a_page_of_another_site_is_not_its_own(self) -> None:
        elsewhere = page.page_record(PAGE.encode(), "https://evil.example/storm")
        assert elsewhere["url"] == "https://evil.example/storm"
        assert page.page_record(PAGE.encode(), "https://www.example.org/x")["url"] == "https://example.org/news/storm"

    def test_encodings(self) -> None:
        russian = PAGE.replace(
            STORY, "Сильный дождь шёл весь день. Улицы старого города затопило, сообщили власти. " * 2
        )
        named = russian.replace("<head>", '<head><meta charset="windows-1251">')
        for content, charset in (
            (russian.encode(), ""),
            (russian.encode("cp1251"), "windows-1251"),
            (named.encode("cp1251"), ""),
            (named.encode("cp1251"), "no-such-charset"),
        ):
            assert "Улицы старого города" in str(page.page_record(content, charset=charset)["text"])

    @pytest.mark.parametrize(
        "content", ["", "<html></html>", "<html><body><div id=app></div></body></html>", "\0" * 99]
    )
    def test_a_page_without_an_article(self, tmp_path: Path, content: str) -> None:
        assert why(written(tmp_path / "a.html", content))

    def test_limits(self, tmp_path: Path) -> None:
        assert "tags" in why(written(tmp_path / "a.html", "<b>a</b>" * page.MAX_TAGS))
        assert "MiB" in why(written(tmp_path / "b.html", "a" * (page.MAX_PAGE + 1)))
        assert why(written(tmp_path / "c.html", "<div>" * 90_000))

    def test_a_page_that_takes_for_ever_is_refused_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        odd = PAGE.replace("2025-12-21T", "2025-12-21T" + "<!--" * 50_000)  # what strips tags starts anew at each
        monkeypatch.setattr(page, "SECONDS", 2)
        with pytest.raises(UnreadableError, match="more than 2 s"):
            page.page_record(odd.encode())
        monkeypatch.setattr(page, "SECONDS", 30)
        assert page.page_record(PAGE.encode())["title"] == "Storm hits coast"


class TestMessages:
    def message(self, **body: str) -> EmailMessage:
        message = EmailMessage()
        message["Subject"], message["From"] = "Storm hits coast", '"Ann Lee, The Post" <ann@example.org>'
        message["Date"] = "Sun, 21 Dec 2025 08:00:00 +0100"
        if "plain" in body:
            message.set_content(body["plain"])
        if "html" in body:
            message.add_alternative(body["html"], subtype="html")
        message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="../../x.exe")
        return message

    def test_plain_text(self, tmp_path: Path) -> None:
        found = one(written(tmp_path / "a.eml", self.message(plain=STORY, html=PAGE).as_bytes()))
        assert (found.title, found.text, found.published) == ("Storm hits coast", STORY, date(2025, 12, 21))
        assert found.authors == ("Ann Lee, The Post",)

    def test_html_alone(self, tmp_path: Path) -> None:
        found = one(written(tmp_path / "a.eml", self.message(html=PAGE).as_bytes()))
        assert found.text.split("\n\n") == [STORY, f"{MORE} <b>"]

    def test_a_note_to_open_the_html_is_not_the_article(self, tmp_path: Path) -> None:
        message = self.message(plain="View this message in your browser: https://e.org/1", html=PAGE)
        found = one(written(tmp_path / "a.eml", message.as_bytes()))
        assert found.text.split("\n\n") == [STORY, f"{MORE} <b>"]
        nothing = self.message(plain="It rained.", html="<html><body></body></html>")
        assert one(written(tmp_path / "b.eml", nothing.as_bytes())).text == "It rained."

    def test_a_mailbox_is_not_one_message(self, tmp_path: Path) -> None:
        """Else the second message would be part of the first."""
        one_message = b"From x@e.org Sun Dec 21 08:00:00 2025\n" + self.message(plain=STORY).as_bytes() + b"\n"
        assert one(written(tmp_path / "a.eml", one_message)).text == STORY
        assert why(written(tmp_path / "b.eml", one_message * 2)) == "a mailbox of several messages (mbox)"

    def test_no_text(self, tmp_path: Path) -> None:
        assert why(written(tmp_path / "a.eml", self.message().as_bytes())) == "a message without text"

    def test_messages_within_messages_without_end(self, tmp_path: Path) -> None:
        nested = b"Content-Type: message/rfc822\n\n" * 3000
        assert why(written(tmp_path / "a.eml", nested)) == "a damaged message: RecursionError"

    def test_a_day_of_a_hundred_digits(self, tmp_path: Path) -> None:
        dated = f"Subject: Storm\nDate: Thu, 0{'20' * 50} Jan 2025 08:00:00 +0100\n\nIt rained all day.".encode()
        assert why(written(tmp_path / "a.eml", dated)) == "a damaged message: OverflowError"


class TestPdf:
    def test_text_title_and_author(self, tmp_path: Path) -> None:
        lines = [
            "Storm hits coast",
            "MOSCOW, Dec. 21, 2025 - It rained all day. Streets in the old town were flo-",
            "oded.",
        ]
        found = one(written(tmp_path / "storm-report.pdf", pdf_of(lines, title="Storm hits coast", author="Ann Lee")))
        assert (found.title, found.authors) == ("Storm hits coast", ("Ann Lee",))
        assert "Streets in the old town were flooded." in found.text
        assert found.published == date(2025, 12, 21)
        assert one(written(tmp_path / "storm-report.pdf", pdf_of(lines))).title == "Storm report"

    def test_what_is_none_or_damaged_or_a_picture(self, tmp_path: Path) -> None:
        assert why(written(tmp_path / "a.pdf", b"not a pdf")).startswith("a damaged PDF")
        assert why(written(tmp_path / "b.pdf", pdf_of([]))) == "a PDF without text: its pages are pictures"
        assert why(written(tmp_path / "c.pdf", pdf_of(["a"])[:200])).startswith("a damaged PDF")

    def test_encryption(self, tmp_path: Path) -> None:
        """One that anybody may read is read, also if it is encrypted against changes, as ministries like to do."""
        for name, password in (("a.pdf", ""), ("b.pdf", "secret")):
            writer = PdfWriter(clone_from=BytesIO(pdf_of([STORY])))
            writer.encrypt(password, "owner", algorithm="AES-256")
            with (tmp_path / name).open("wb") as target:
                writer.write(target)
        assert one(tmp_path / "a.pdf").text == STORY
        assert why(tmp_path / "b.pdf") == "an encrypted PDF"

    def test_a_package_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def reader(_: object) -> None:
            msg = "cryptography>=3.1 is required for AES algorithm"
            raise DependencyError(msg)

        monkeypatch.setattr("pypdf.PdfReader", reader)
        with pytest.raises(UnreadableError, match="cannot be read here: cryptography") as refused:
            documents.pdf(b"")
        assert refused.value.advice.startswith("Install")

    def test_a_reader_that_does_not_finish_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        with pytest.raises(UnreadableError, match="more than 1 s"):
            apart.apart("fakes.stuck:for_ever", b"", seconds=1)
        with pytest.raises(UnreadableError, match="too much memory or time"):
            apart.apart("fakes.stuck:greedy", b"")
        with pytest.raises(UnreadableError, match="too much memory or time"):
            apart.apart("fakes.stuck:falls", b"")
        with pytest.raises(UnreadableError, match="too much memory or time"):
            apart.apart("fakes.stuck:writes", b"")

    def test_a_kept_process_reads_the_next_document_and_another_one_comes_after_a_fault(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        apart._end_all()  # those of other tests do not know where the fakes are

        def who(*, keep: bool = True) -> str:
            return apart.apart("fakes.stuck:who", b"x", keep=keep)["process"]

        first = who()
        assert who() == first
        assert who(keep=False) != first
        with pytest.raises(UnreadableError, match="more than 1 s"):
            apart.apart("fakes.stuck:for_ever", b"", seconds=1, keep=True)
        second = who()
        assert second != first
        os.kill(int(second), signal.SIGKILL)
        assert who() != second
        with pytest.raises(UnreadableError, match="too much memory or time"):
            apart.apart("fakes.stuck:falls", b"", keep=True)
        assert who()

    def test_a_kept_process_is_not_shared_with_a_fork_and_does_not_read_for_ever(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        monkeypatch.setattr(apart, "READ_AT_MOST", 2)
        apart._end_all()
        first, second, third = (apart.apart("fakes.stuck:who", b"", keep=True)["process"] for _ in range(3))
        assert first == second != third
        monkeypatch.setattr(os, "getpid", lambda: -1)  # as in a process that was forked
        assert apart.apart("fakes.stuck:who", b"", keep=True)["process"] != third

    def test_a_reader_that_writes_too_much_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        with pytest.raises(UnreadableError, match="a document of more than 64 MiB of text"):
            apart.apart("fakes.stuck:wordy", b"")

    def test_a_reader_knows_no_keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        monkeypatch.setenv("DATELINE_OPENAI_KEY", "secret")
        found = apart.apart("fakes.stuck:tells", b"x" * 10_000_000)
        assert set(found) <= {"PYTHONPATH", *apart._NEEDED}
        assert "PATH" in found

    def test_a_reader_takes_no_module_of_the_current_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written(tmp_path / "pypdf.py", "raise SystemExit('run')")
        monkeypatch.chdir(tmp_path)
        assert one(written(tmp_path / "a.pdf", pdf_of(["It rained all day."]))).text == "It rained all day."


class TestWord:
    def document(self) -> bytes:
        made, buffer = Document(), BytesIO()
        made.core_properties.title, made.core_properties.author = "Storm hits coast", "Ann Lee"
        made.add_paragraph(STORY)
        table = made.add_table(1, 2)
        table.cell(0, 0).text, table.cell(0, 1).text = "a", "1"
        made.add_paragraph(MORE)
        made.save(buffer)
        return buffer.getvalue()

    def test_paragraphs_and_tables_in_order(self, tmp_path: Path) -> None:
        found = one(written(tmp_path / "a.docx", self.document()))
        assert (found.title, found.authors) == ("Storm hits coast", ("Ann Lee",))
        assert found.text.split("\n\n") == [STORY, "a | 1", MORE]

    def test_tracked_changes_and_content_controls(self, tmp_path: Path) -> None:
        """As it reads with all changes accepted."""

        def run(text: str, tag: str = "t") -> str:
            return f"<w:r><w:{tag} xml:space='preserve'>{text}</w:{tag}></w:r>"

        def control(inner: str) -> str:
            return f"<w:sdt><w:sdtPr><w:alias w:val='Unseen'/></w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>"

        first = (
            f"{run('It rained ')}<w:del>{run('a little ', 'delText')}</w:del><w:ins>{run('all day ')}</w:ins>"
            f"<w:moveFrom>{run('Moved. ')}</w:moveFrom>{control(run('in Lorca'))}"
            f"<w:hyperlink>{run(', officials')}</w:hyperlink><w:fldSimple w:instr='DATE'>{run(' said')}</w:fldSimple>."
        )
        row = f"<w:tr><w:tc><w:p>{run('Dead')}</w:p></w:tc>{control(f'<w:tc><w:p>{run(str(12))}</w:p></w:tc>')}</w:tr>"
        body = f"<w:p>{first}</w:p>{control(f'<w:p>{run(MORE)}</w:p>')}<w:tbl>{row}{control(row)}</w:tbl>"
        document, target = Document(), BytesIO()
        document.save(target)
        changed = BytesIO()
        with zipfile.ZipFile(target) as old, zipfile.ZipFile(changed, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name == "word/document.xml":
                    content = content.replace(b"<w:body>", f"<w:body>{body}".encode())
                new.writestr(name, content)
        found = one(written(tmp_path / "a.docx", changed.getvalue()))
        assert found.text.split("\n\n") == [
            "It rained all day in Lorca, officials said",
            MORE,
            "Dead | 12\nDead | 12",
        ]

    def test_a_cell_over_two_columns_is_read_once(self, tmp_path: Path) -> None:
        document, target = Document(), BytesIO()
        table = document.add_table(1, 3)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "Total"
        table.cell(0, 2).text = "12"
        document.add_paragraph(STORY)
        document.save(target)
        assert one(written(tmp_path / "a.docx", target.getvalue())).text.split("\n\n") == ["Total | 12", STORY]

    def test_bombs_and_entities(self, tmp_path: Path) -> None:
        assert why(written(tmp_path / "a.docx", b"old")).startswith("no Word document")
        laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
        target = BytesIO()
        with zipfile.ZipFile(BytesIO(self.document())) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name == "word/document.xml":
                    head, _, tail = content.partition(b"?>")
                    content = head + b"?>" + laughs.encode() + tail.replace(b"It rained", b"It &b; rained")
                new.writestr(name, content)
        (found,) = load([written(tmp_path / "b.docx", target.getvalue())])
        assert isinstance(found, Refused) or "haha" not in found.text
        bomb = BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("word/document.xml", b"\0" * 50_000_000)
        assert "packed more than" in why(written(tmp_path / "c.docx", bomb.getvalue()))


class TestTables:
    @pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
    def test_rows_are_records(self, tmp_path: Path, mark: str) -> None:
        rows = [
            ["Headline", "body", "date"],
            ["Storm", f'"It rained{mark} all\nday."', "2025-12-21"],
            ["Flood", "Deep.", ""],
        ]
        path = written(tmp_path / "a.csv", "\ufeff" + "\r\n".join(mark.join(row) for row in rows))
        found = [item for item in load([path]) if isinstance(item, Article)]
        assert [(item.title, item.text, item.published) for item in found] == [
            ("Storm", f"It rained{mark} all\nday.".replace("\t", "    "), date(2025, 12, 21)),
            ("Flood", "Deep.", None),
        ]

    def test_a_bad_row_is_refused_alone_and_can_be_mended(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", "title,text\nStorm,It rained.\nFlood,\nHail,It, hailed.\nSnow,It snowed.\n")
        found = list(load([path]))
        assert [item.title for item in found if isinstance(item, Article)] == ["Storm", "Snow"]
        refused = [item for item in found if isinstance(item, Refused)]
        assert [item.source for item in refused] == [f"{path}:3", f"{path}:4"]
        assert refused[0].record == {"title": "Flood", "text": ""}

    def test_a_table_in_an_old_encoding(self, tmp_path: Path) -> None:
        text = "The café’s owner said it was “a façade”. Señor Muñoz and Zoë agreed with the élite of Málaga. " * 3
        found = one(written(tmp_path / "a.csv", f"title;text\nOld;{text}\n".encode("cp1252")))
        assert found.text == text.strip()

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
    def test_the_first_accent_comes_late(self, tmp_path: Path, encoding: str) -> None:
        plain = "".join(f"Story {n},{MORE}\n" for n in range(10_000))
        late = "The café’s owner, Señor Muñoz, said it was “a façade”."
        path = written(tmp_path / "a.csv", f'title,text\n{plain}Late,"{late}"\n'.encode(encoding))
        assert path.stat().st_size > 1024**2
        found = list(load([path]))
        assert len(found) == 10_001
        assert isinstance(found[-1], Article)
        assert found[-1].text == late

    def test_damage_in_a_long_table_of_utf8_costs_its_letter_alone(self, tmp_path: Path) -> None:
        text = "The café’s owner, Señor Muñoz, said it was “a façade”. "
        plain = "".join(f'Story {n},"{text}"\n' for n in range(20_000))
        path = written(tmp_path / "a.csv", f"title,text\n{plain}".encode() + b"Late,Caf\xc3 was closed.\n")
        found = list(load([path]))
        assert [item.text for item in found[-2:] if isinstance(item, Article)] == [
            text.strip(),
            "Caf\ufffd was closed.",
        ]

    @pytest.mark.parametrize("first", ["sep=;\r\n", "\r\n", ";;\r\n\r\n", '"sep=;"\r\n', "SEP=;\n\n"])
    def test_what_excel_writes_in_front(self, tmp_path: Path, first: str) -> None:
        path = written(
            tmp_path / "a.csv", f"\ufeff{first}title;text;date\r\nStorm, late;It rained, hard.;2025-12-21\r\n"
        )
        found = one(path)
        assert (found.title, found.text, found.published) == ("Storm, late", "It rained, hard.", date(2025, 12, 21))

    def test_a_separator_that_the_first_line_says(self, tmp_path: Path) -> None:
        found = one(written(tmp_path / "a.csv", "sep=^\ntitle^text\nStorm^It rained, hard; long.\n"))
        assert found.text == "It rained, hard; long."

    def test_a_quotation_mark_that_is_not_closed_costs_its_row_and_no_other(self, tmp_path: Path) -> None:
        rows = 'A,It rained.\nB,"It snowed.\nC,"It hailed."\nD,It thawed.\nE,"He said "no", she said."\nF,"Dry."\n'
        path = written(tmp_path / "a.csv", f"title,text\n{rows}")
        found = list(load([path]))
        assert [item.title for item in found if isinstance(item, Article)] == ["A", "D", "F"]
        refused = [item for item in found if isinstance(item, Refused)]
        assert [(item.source, item.reason) for item in refused] == [
            (f"{path}:3", "quotation marks that do not match, from line 3 to line 4"),
            (f"{path}:6", "quotation marks that do not match, from line 6 to line 6"),
        ]
        assert refused[0].record == {"_line": 'B,"It snowed.\nC,"It hailed."'}

    def test_a_quotation_mark_that_is_never_closed_does_not_swallow_what_follows(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", 'title,text\nA,It rained.\nB,"It snowed.\nC,It hailed.\nD,It thawed.\n')
        kept, refused = load([path])
        assert isinstance(kept, Article)
        assert isinstance(refused, Refused)
        assert kept.title == "A"
        assert refused.reason == "quotation marks that do not match, from line 3 to the end of the file"

    def test_a_table_without_a_column_for_the_text_is_refused_once(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", "\nTitel;Inhalt\nSturm;Es regnete.\nFlut;Sie war tief.\n")
        assert why(path) == (
            "its first row names no column for the text (text, content, body, article, maintext): Titel, Inhalt"
        )

    def test_two_columns_for_the_text_of_one_name(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", "title,text,Text\nStorm,It rained.,It snowed.\n")
        assert why(path) == "its first row names two columns alike: text, text"
        assert one(written(tmp_path / "b.csv", "text,body\nIt rained.,It snowed.\n")).text == "It rained."

    def test_quotation_marks_in_a_table_with_tabs_are_text(self, tmp_path: Path) -> None:
        path = written(
            tmp_path / "a.tsv", 'title\ttext\nA\t"It rained," he said.\nB\t"It\tsnowed."\nC\t"It ""hailed""."\n'
        )
        found = [item.text for item in load([path]) if isinstance(item, Article)]
        assert found == ['"It rained," he said.', "It    snowed.", 'It "hailed".']

    def test_a_space_before_a_quotation_mark(self, tmp_path: Path) -> None:
        found = one(written(tmp_path / "a.csv", 'title, text, outlet\n"Storm", "It rained, and hailed.", "The Post"\n'))
        assert (found.text, found.outlet) == ("It rained, and hailed.", "The Post")


class TestArchives:
    def packed(self, path: Path, fill: Callable[[zipfile.ZipFile], None]) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            fill(target)
        return path

    def test_members_are_read_by_their_suffix(self, tmp_path: Path) -> None:
        def fill(target: zipfile.ZipFile) -> None:
            target.writestr("in/a.txt", f"Storm hits\n\n{STORY}")
            target.writestr("in/b.html", PAGE)
            target.writestr("c.jsonl", '{"title": "Flood", "text": "Deep."}\n{broken\n')
            target.writestr("picture.png", b"x")
            target.writestr("__MACOSX/._a.txt", b"x")
            target.writestr(".hidden.txt", b"x")
            target.writestr("README.md", b"x")

        path = self.packed(tmp_path / "a.zip", fill)
        found = list(load([tmp_path]))
        assert [item.source for item in found] == [
            f"{path}!/in/a.txt",
            f"{path}!/in/b.html",
            f"{path}!/c.jsonl",
            f"{path}!/c.jsonl:2",
        ]
        assert {file_of(item.source) for item in found} == {str(path)}

    def test_what_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fill(target: zipfile.ZipFile) -> None:
            for name in ("../slip.txt", "/etc/slip.txt", "C:/slip.txt", "a/../../slip.txt", "..\\slip.txt"):
                target.writestr(name, STORY)
            link = zipfile.ZipInfo("link.txt")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            target.writestr(link, "/etc/passwd")
            target.writestr("inner.zip", b"PK")
            target.writestr("inner.txt.gz", b"x")
            target.writestr("bomb.txt", b"a" * 3_000_000)
            target.writestr("good.txt", f"Storm hits\n\n{STORY}")

        path = self.packed(tmp_path / "a.zip", fill)
        found = list(load([path]))
        assert [item.title for item in found if isinstance(item, Article)] == ["Storm hits"]
        reasons = [item.reason for item in found if isinstance(item, Refused)]
        assert reasons == [
            *["a member whose path leads out of the archive"] * 5,
            "a member that is a link",
            *["an archive within an archive"] * 2,
            "a member packed more than 200:1, as no text is",
        ]
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"], "nothing is unpacked"
        monkeypatch.setattr(archive, "MAX_MEMBERS", 5)
        assert why(path) == "an archive of 10 members"

    def test_sizes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self.packed(tmp_path / "a.zip", lambda z: [z.writestr(f"{i}.txt", STORY) for i in range(9)] and None)
        with zipfile.ZipFile(path) as packed, pytest.raises(UnreadableError, match="unpacks to more than"):
            list(archive.checked(packed, within=500))
        monkeypatch.setattr(archive, "MAX_WHOLE", 50)
        assert all("unpacks to more than" in item.reason for item in load([path]) if isinstance(item, Refused))

    def test_a_member_that_lies_about_its_size(self, tmp_path: Path) -> None:
        path = self.packed(tmp_path / "a.zip", lambda z: z.writestr("a.txt", STORY * 1000))
        real, small = (len(STORY) * 1000).to_bytes(4, "little"), (40).to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(real, small))
        assert why(path).startswith("damaged")

    def test_an_archive_in_a_gzip_file_is_not_unpacked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = written(tmp_path / "a.zip.gz", gzip.compress(b"\0" * 2**26, 1) * 40)  # 2.5 GiB

        def unpacked(*_: object) -> int:
            pytest.fail("it is decompressed")

        monkeypatch.setattr(gzip.GzipFile, "read", unpacked)
        monkeypatch.setattr(gzip.GzipFile, "seek", unpacked)
        assert why(path) == "a zip archive within a gzip file"

    def test_damage(self, tmp_path: Path) -> None:
        assert why(written(tmp_path / "a.zip", b"no zip")).startswith("damaged or no zip")
        path = self.packed(tmp_path / "b.zip", lambda z: z.writestr("a.txt", STORY))
        content = bytearray(path.read_bytes())
        content[45] ^= 255
        assert why(written(path, bytes(content))).startswith("damaged")

    def test_a_reader_that_fails_refuses_its_member_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
            packed.writestr("a.json", "{}")
            packed.writestr("b.txt", STORY)
        monkeypatch.setattr(rows.json, "loads", lambda _: {}[1])
        refused, kept = load([tmp_path / "a.zip"])
        assert isinstance(refused, Refused)
        assert (refused.source, refused.reason) == (f"{tmp_path}/a.zip!/a.json", "its reader failed: KeyError")
        assert isinstance(kept, Article)

    def test_a_damaged_lzma_member_is_refused_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as packed:
            packed.writestr("a.txt", STORY * 50)
            packed.writestr("b.txt", STORY)
        content = bytearray(path.read_bytes())
        content[50:60] = b"\xff" * 10
        path.write_bytes(content)
        first, second = load([path])
        assert isinstance(first, Refused)
        assert (first.source, first.reason[:9]) == (f"{path}!/a.txt", "damaged: ")
        assert isinstance(second, Article)

    def test_a_member_without_a_name(self, tmp_path: Path) -> None:
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive_of_one:
            archive_of_one.writestr("x.txt", STORY)
        assert why(written(tmp_path / "a.zip", packed.getvalue().replace(b"x.txt", b"\0.txt"))) == (
            "a member without a name"
        )


class TestFormats:
    def test_every_registered_loader_loads(self) -> None:
        assert {".csv", ".docx", ".eml", ".html", ".json", ".jsonl", ".md", ".pdf", ".txt", ".zip"} <= set(
            formats.suffixes()
        )
        assert all(callable(formats.loader(suffix)) for suffix in formats.suffixes())

    @pytest.mark.parametrize(
        ("content_type", "suffix"),
        [("text/html; charset=utf-8", ".html"), ("application/PDF", ".pdf"), ("text/csv", ".csv"), ("x/y", "")],
    )
    def test_content_types(self, content_type: str, suffix: str) -> None:
        assert formats.suffix_of_type(content_type) == suffix

    def test_a_format_of_another_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from fakes.plugin_dist import install

        folder = tmp_path / "dist"
        folder.mkdir()
        install(folder, monkeypatch, formats.GROUP, {"shout": "fakes.shout:read_shout"})
        formats.suffixes.cache_clear()
        try:
            assert ".shout" in plugins.available(formats.GROUP) or ".shout" in formats.suffixes()
            assert one(written(tmp_path / "a.shout", "it rained.")).text == "IT RAINED."
        finally:
            formats.suffixes.cache_clear()

    def test_a_missing_extra_is_a_refusal_that_names_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from fakes.plugin_dist import install

        folder = tmp_path / "dist"
        folder.mkdir()
        install(folder, monkeypatch, formats.GROUP, {"odt": "fakes.no_such_module:read [odt]"})
        formats.suffixes.cache_clear()
        try:
            (found,) = load([written(tmp_path / "a.odt", "x")])
            assert isinstance(found, Refused)
            assert "pip install 'dateline[odt]'" in found.advice
        finally:
            formats.suffixes.cache_clear()

    def test_no_path_in_an_article_is_followed(self, tmp_path: Path) -> None:
        secret = written(tmp_path / "secret.txt", "The password is swordfish.")
        fields = {"source": str(secret), "url": f"file://{secret}", "file": str(secret), "include": str(secret)}
        matter = "\n".join(f"{name}: {value}" for name, value in fields.items())
        (tmp_path / "in").mkdir()
        written(tmp_path / "in" / "a.md", f"---\ntitle: A\n{matter}\n---\n![x]({secret}) Body.\n\n![[{secret}]]\n")
        written(tmp_path / "in" / "b.json", json.dumps({"text": "Body.", **fields}))
        (tmp_path / "in" / "link.txt").symlink_to(secret)
        found = list(load([tmp_path / "in"]))
        assert len(found) == 2
        assert all(isinstance(item, Article) and "swordfish" not in item.text and item.url is None for item in found)
        assert survey([tmp_path / "in"]).refused == ()


@given(
    st.sampled_from([".html", ".csv", ".eml", ".zip"]), st.binary(max_size=400) | st.text(max_size=300).map(str.encode)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_no_bytes_break_a_loader(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = written(tmp_path / f"any{suffix}", content)
    for item in load([path]):
        assert item.text.strip() if isinstance(item, Article) else item.reason


MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<div>", "</table>", "<tr><td>", "<article>", "<!--", "-->", "<![CDATA[", "&#x110000;"]
    )
    | st.text(max_size=30),
    max_size=30,
).map("".join)


@given(MARKUP)
@settings(max_examples=100)
def test_no_markup_breaks_the_page_loader(markup: str) -> None:
    with contextlib.suppress(UnreadableError):
        record = page.page_record(f"<html><body><article>{markup}".encode("utf-8", "replace"))
        assert str(record["text"]).strip()


def test_the_child_side_refuses_in_words() -> None:
    with pytest.raises(UnreadableError, match="damaged PDF"):
        documents.pdf(b"%PDF-1.4 nothing")
