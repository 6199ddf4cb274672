"""The report: complete, self-contained, and whatever articles hold is text."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from fakes.runs import SETS, judged, question, record, source

from eval.agreement import Agreement, Interval
from eval.record import Record
from eval.report import _link, rendered
from eval.summary import JudgeFacts, Summary, summarised

EVIL = '</script><img src=x onerror="alert(1)">{{ 7 * 7 }}'
COST = "It cost 412 million euros."


def summary(records: list[Record], *agreement: Agreement, in_chat: bool = False) -> Summary:
    return summarised(
        records,
        made="2025-05-10",
        fingerprint="f",
        configuration={"llm": "none"},
        questions="q.jsonl",
        workers=1,
        judge=JudgeFacts(spec="sets", threshold=0.5, in_chat=in_chat, agreement=agreement),
    )


def page(*records: Record) -> str:
    done = [judged(each, SETS) for each in records]
    return rendered(summary(done), done)


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_everything_about_a_question_is_there() -> None:
    found = Reader(
        page(
            record(
                question(variants=["412m"]),
                [(COST, [1]), ("It is red.", [1])],
                cited=[COST],
                offered=[COST, "Offered alone."],
                timings_ms={"total": 250, "first": 100},
            )
        )
    )
    for words in ("How much did the bridge cost?", "412m", COST, "Offered alone.", "words are missing", "[1]", "right",
                  "unsupported (1)", "wrong (0)", "not measured", "Faithfulness", "0.500", "total 250 ms"):  # fmt: skip
        assert words in found.text, words
    assert found.tags.count("details") == 1
    assert found.tags.count("svg") == 3
    assert ("data-kinds", "all|right|unsupported") in found.attributes


def test_outcomes_can_be_filtered() -> None:
    nobody = question(answer=None)
    found = Reader(page(record(), record(nobody, [(COST, [1])], cited=[COST]), record(answer=[("It rained.", [])])))
    kinds = [value for name, value in found.attributes if name == "data-kinds"]
    assert kinds == ["all|wrongly refused", "all|wrongly answered", "all|wrong|unsupported"]
    for words in ("all (3)", "wrong (1)", "unsupported (1)", "wrongly answered (1)", "wrongly refused (1)"):
        assert words in found.text


def test_text_is_never_markup() -> None:
    evil = source(EVIL) | {"title": EVIL, "name": EVIL, "url": "javascript:alert(1)", "article": EVIL}
    html = page(
        record(
            question(EVIL, EVIL, gold=[(EVIL, EVIL)], variants=[EVIL + "2"], id=EVIL),
            [(EVIL, [1])],
            cited=[evil],
            offered=[evil],
        )
    )
    found = Reader(html)
    assert found.tags.count("script") == 1
    assert "img" not in found.tags
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert not [value for name, value in found.attributes if name == "href"]
    assert "{{ 7 * 7 }}" in found.text


def test_nothing_is_loaded_and_only_its_own_script_runs() -> None:
    html = page(record())
    found = Reader(html)
    assert not {"link", "img", "iframe", "object", "embed"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name == "src"]
    assert "@import" not in html
    assert "url(" not in html
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    policy = next(value for name, value in found.attributes if name == "content" and "default-src" in (value or ""))
    assert b64encode(sha256(script.encode()).digest()).decode() in (policy or "")
    assert "default-src 'none'" in (policy or "")


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("http://example.org", "http://example.org"),
        ("JAVASCRIPT:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_links(address: str | None, link: str | None) -> None:
    assert _link(address) == link


def test_the_judges_agreement() -> None:
    agreement = Agreement(
        judge="sets",
        origin="xsum",
        data="b.jsonl",
        n=10,
        consistent=4,
        auroc=Interval(0.75, 0.7, 0.8),
        threshold=0.5,
        balanced_accuracy=Interval(0.625, 0.6, 0.65),
        fitted_on="a.jsonl",
        fitted_threshold=0.4,
        fitted_balanced_accuracy=Interval(0.7, 0.6, 0.8),
        code="c",
    )
    done = [judged(record(), SETS)]
    text = Reader(rendered(summary(done, agreement, in_chat=True), done)).text
    for words in (
        "xsum (b.jsonl)",
        "0.750 [0.700, 0.800]",
        "0.625 [",
        "0.700 [0.600, 0.800] at 0.4 (a.jsonl)",
        "keeps its own promise",
    ):
        assert words in text
    assert "not measured" not in text
