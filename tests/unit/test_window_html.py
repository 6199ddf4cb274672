"""What the window draws: everything escaped, whoever reads it, and the documents that are saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import get_args

import pytest
from fakes.answers import answer, stored
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from index.history import Standing
from index.records import Filter
from index.report import Item
from rag.collection import Page
from rag.conversation import Exchange, Waiting
from rag.history import Listed
from rag.types import AnswerDone, Notice, NoticeKind, Window
from window.answer import View
from window.collection import drawn, timeline, words
from window.documents import NOTICES, answer_markdown, conversation_html, conversation_markdown
from window.history import drawn as conversations_drawn
from window.html import count, days, kept, link, listed, safe
from window.limits import Asked, limit_chips
from window.source import Highlight, article, cited, text

TRICKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "**bold** _it_ `code`",
    "# head", "1. one", "- two", "&lt;b&gt; &amp;", "' onmouseover='x", '" autofocus="', "{{7*7}} ${x} $$x^2$$",
    "![a](http://evil.example/x.png)", "a\n\n<b>", "| a | b |\n|---|---|", "~~gone~~", "<http://evil.example>",
]  # fmt: skip


class Tags(HTMLParser):
    """The tags of a piece of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.one_of(st.text(), st.sampled_from(TRICKS)))
def test_safe_text_is_the_same_text_as_html_and_as_markdown(given_text: str) -> None:
    shown = " ".join(given_text.split()).replace("\0", "�")
    found = Tags(f"<p>{safe(given_text)}</p>")
    assert found.tags == ["p"]
    if not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in given_text):
        assert found.text == shown
        rendered = Tags(MarkdownIt("gfm-like", {"linkify": False}).render(f"<p>{safe(given_text)}</p>"))
        assert (rendered.tags, rendered.text.strip("\n")) == (["p"], shown)
    inside = Tags(f'<i title="{safe(given_text)}">')
    assert [name for name, _ in inside.attributes] == ["title"]


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\x7f"), max_size=80))
def test_kept_text_comes_out_of_the_page_as_it_went_in(given_text: str) -> None:
    lines = given_text.replace("\x85", "")
    if any(0x80 <= ord(c) < 0xA0 for c in lines):
        return  # HTML reads those references as other characters
    assert Tags(f"<p>{kept(lines + chr(10) + ' x')}</p>").text == lines + "\n x"


@pytest.mark.parametrize(
    ("url", "followed"),
    [("https://example.org/a?b=c", True), ("http://example.org", True), ("javascript:alert(1)", False), (None, False),
     ("java\nscript:alert(1)", False), ("https://", False), ("//example.org", False), ("data:text/html,x", False),
     ("https://[bad", False), ("https://example.org/ x", False)],
)  # fmt: skip
def test_only_web_addresses_become_links(url: str | None, followed: bool) -> None:
    assert (link(url) == url) is followed if url else link(url) is None


def test_words() -> None:
    assert (count(1, "story", "stories"), count(1200, "story", "stories")) == ("1 story", "1,200 stories")
    assert [listed([]), listed("a"), listed("ab"), listed("abc")] == ["", "a", "a and b", "a, b and c"]
    assert days(date(2025, 6, 1), None) == "from 1 June 2025"
    assert days(date(2025, 6, 1), date(2025, 6, 1)) == "1 June 2025"


# --- answers and sources ------------------------------------------------------------------------------------------


def hostile_answer():
    return answer(*TRICKS[:3], question=TRICKS[1], note=TRICKS[0])


def test_an_answer_of_tricks_makes_no_tag_of_its_own() -> None:
    view = View(0, TRICKS[1])
    plain = Tags(View.of(0, Exchange("Q", answer=answer("a", "b", "c", question="Q", note="n"))).html())
    view.take(AnswerDone(hostile_answer()))
    found = Tags(view.html())
    assert found.tags == plain.tags
    assert {name for name, _ in found.attributes} == {name for name, _ in plain.attributes}
    assert TRICKS[0] in found.text


def test_an_answer_names_what_it_rests_on() -> None:
    given_answer = replace(
        answer("It rained.", "It snowed.", state="verified"),
        notices=(Notice("conflict", "CNN says rain; BBC says snow.", (1, 2)),),
    )
    shown = Tags(View.of(3, Exchange("What?", answer=given_answer)).html()).text
    assert "Sources differ. CNN says rain; BBC says snow." in shown
    assert "✓\xa0verified" in shown
    assert "As of 2 June 2025 · newest evidence 1 June 2025 · 1 independent outlet" in shown
    assert "cited by sentence 2" in shown


def test_every_kind_of_notice_has_its_words() -> None:
    assert set(NOTICES) == set(get_args(NoticeKind))
    doubtful = replace(answer("It rained."), notices=(Notice("doubt", "This may not answer it.", ()),))
    shown = Tags(View.of(0, Exchange("What?", answer=doubtful)).html()).text
    assert "In doubt. This may not answer it." in shown
    assert answer_markdown(doubtful).startswith("> **In doubt.** This may not answer it.\n\nIt rained.[^1]")
    saved = conversation_html([Exchange("What?", answer=doubtful)], date(2025, 6, 2))
    assert "<b>In doubt.</b> This may not answer it." in saved


def test_an_answer_from_the_history_says_what_was_corrected_since() -> None:
    view = View.of(0, Exchange("What?", answer=answer("It rained.", "It snowed.", "It hailed.")))
    assert "Changed since" not in view.html()
    view.since = {1: Standing("changed", "It <b>poured</b>.", 2), 3: Standing("gone")}
    shown = Tags(view.html()).text
    assert "Changed since. The articles no longer say what is cited here as 1 and 3." in shown
    assert "It now reads:It <b>poured</b>." in shown
    assert "This article was removed after the answer was given." in shown
    assert shown.count("after the answer was given") == 2


def test_the_list_of_conversations_flags_what_was_corrected_since() -> None:
    whole = Listed("key", "What rained?", "2025-06-01T00:00:00+00:00", 2)
    assert "changed since" not in conversations_drawn([whole])
    one = replace(whole, outdated=1)
    assert "2 questions · 1 cited sentence changed since" in Tags(conversations_drawn([one])).text


def test_waiting_says_how_many_are_first() -> None:
    view = View(0, "Q")
    assert view.take(Waiting(2))
    assert "Waiting: 2 questions before yours…" in Tags(view.html()).text


def test_the_panel_highlights_exactly_the_cited_sentences() -> None:
    given_answer = answer(
        "It rained.", "It snowed.", text="First. It rained.\n\nThen <b>it</b> hailed. It snowed. End."
    )
    current = given_answer.citations[0].article
    html = cited(0, 2, {c.n: c for c in given_answer.citations}, current, {1: (1,), 2: (2, 4)})
    assert '<mark class="dl-also">It rained&#46;<sup class="dl-n">1</sup></mark>' in html
    assert '<mark class="dl-chosen" id="dl-cited">It snowed&#46;<sup class="dl-n">2</sup></mark>' in html
    assert html.count("<mark") == 2
    assert "Cited by sentences 2 and 4" in Tags(html).text
    assert "<b>" not in html


def test_the_panel_says_what_became_of_an_article() -> None:
    c = answer("It rained.").citations
    changed = cited(0, 1, {1: c[0]}, stored("It hailed.", version=2), {1: (1,)})
    assert "was changed after the answer was given" in changed
    assert "It rained" in changed
    assert "It hailed" in changed
    gone = cited(0, 1, {1: c[0]}, None, {})
    assert "was removed after the answer was given" in gone
    assert "It rained" in gone


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_highlights_lose_no_words(whole: str, start: int, end: int) -> None:
    spans = [Highlight(min(start, end), max(start, end), 1)]
    found = "".join(Tags(text(whole, spans, 1)).text.split())
    expected = "".join(Tags(safe(whole)).text.split())
    assert found.replace("1", "") == expected.replace("1", "")


# --- documents ----------------------------------------------------------------------------------------------------


def test_markdown_has_footnotes() -> None:
    assert answer_markdown(answer("It rained.", "It snowed.")) == (
        "It rained.[^1] It snowed.[^2]\n\n"
        "*As of 2 June 2025; newest evidence 1 June 2025; 1 independent outlet.*\n\n"
        "[^1]: CNN, 1 June 2025, [Weather](<https://example.org/weather>): “It rained.”\n"
        "[^2]: CNN, 1 June 2025, [Weather](<https://example.org/weather>): “It snowed.”\n"
    )
    assert answer_markdown(answer()) == "The answer is not in these articles.\n"


@pytest.mark.parametrize("trick", TRICKS)
def test_markdown_shows_tricks_as_text(trick: str) -> None:
    one = [Exchange(trick, answer=answer(f"x {trick}", question=trick))]
    rendered = Tags(MarkdownIt("gfm-like", {"linkify": False}).render(conversation_markdown(one, date(2025, 6, 2))))
    assert not set(rendered.tags) - {"h1", "h2", "p", "em", "a"}
    assert " ".join(trick.split()) in " ".join(rendered.text.split())
    assert [value for name, value in rendered.attributes if name == "href"] == ["https://example.org/weather"]


def test_a_saved_page_needs_nothing_else_and_runs_nothing() -> None:
    page = conversation_html(
        [Exchange(TRICKS[0], answer=hostile_answer()), Exchange("Old?", text=TRICKS[1])], date(2025, 6, 2)
    )
    found = Tags(page)
    assert not {"script", "img", "link", "iframe", "b"} & set(found.tags)
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert not [value for name, value in found.attributes if name in {"src", "onerror", "onclick"}]
    assert {v for n, v in found.attributes if n == "href" and v and not v.startswith("#")} == {
        "https://example.org/weather"
    }
    assert page.count('<a href="#s1-1">') == 1


# --- limits and lists ---------------------------------------------------------------------------------------------


def test_limits_change_only_where_they_were_changed() -> None:
    former = Asked(changed=("window", "outlets"), since="2025-06-01", outlets=("CNN",)).limits(Exchange("Q").limits)
    assert (former.window, former.outlets, former.as_of) == (Window(date(2025, 6, 1), None), ("CNN",), None)
    later = Asked(changed=("as_of", "outlets"), as_of="2025-07-01").limits(former)
    assert (later.window, later.outlets, later.as_of) == (former.window, (), date(2025, 7, 1))
    assert "Only from 1 June 2025" in Tags(limit_chips(former)).text


def test_the_timeline_sums_weeks_when_there_are_many() -> None:
    week = date(2025, 6, 2)
    assert timeline({week: 3}) == ""
    two = timeline({week: 3, date(2025, 6, 16): 1})
    assert two.count("<rect") == 2
    assert "Articles a week, 2 June 2025 to 22 June 2025; at most 3" in two
    long = timeline({date.fromordinal(week.toordinal() + 7 * n): 1 for n in range(400)})
    assert long.count("<rect") <= 110
    assert "per 4 weeks" in long


def test_an_empty_list_says_why() -> None:
    assert "No article fits." in drawn(Page((), 0, {}), 0, filtered=True)
    assert "No articles yet" in drawn(Page((), 0, {}), 0, filtered=False)


def test_what_became_of_an_item_in_words(store, entry) -> None:
    store.put([entry("a", "It rained.", title="Weather", outlet="CNN", day="2025-06-01")])
    assert store.counted(Filter()) == 1
    said = {
        words(Item("near-duplicate", "/x", "b", near="a"), store),
        words(Item("refused", "/x", reason="it is empty.", advice="Fill it."), store),
        words(Item("updated", "/x", "a"), store),
    }
    assert said == {
        "Added as a near-duplicate of “Weather” (CNN, 1 June 2025).",
        "Refused because: it is empty. Fill it.",
        "Updated: this is version 1.",
    }


def test_an_article_alone_shows_its_original_only_if_it_may_be_followed() -> None:
    assert 'href="https&#58;//example&#46;org/weather"' in article(stored("It rained."))
    assert "<a " not in article(stored("It rained.", url="javascript:alert(1)"))
