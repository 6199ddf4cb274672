"""The chat window in a real browser, over a real server, index and encoder: asking and reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e import browser as chrome
from e2e.reading import KYIV, WAIT_MS, answers, ask, finished
from e2e.served import HOSTILE, Serve, Server
from fakes import scripted
from playwright.sync_api import Page, expect

import app
from index.errors import InputError
from rag.config import Config
from rag.pipeline import Pipeline

pytest_plugins = ["e2e.served"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chrome.CHROMIUM, reason=chrome.MISSING)]

FIRST = "The EU approved a loan package of $106 billion for Kyiv [1]."


def test_a_mark_opens_the_article_with_the_cited_sentence_highlighted(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    expect(page.locator("#dl-head")).to_contain_text("newest 22 December 2025")
    ask(page, KYIV)
    answer = finished(page)
    expect(answer.locator(".dl-state").first).to_have_text("❞ quoted")
    expect(answer.locator(".dl-foot")).to_contain_text("newest evidence 22 December 2025 · 1 independent outlet")
    source = answer.locator(".dl-sources > li").first
    expect(source).to_contain_text("Radio Free Europe/Radio Liberty · 22 December 2025")
    mark = answer.get_by_role("link", name="Source 1")
    mark.hover()
    card = page.locator("#dl-card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("Radio Free Europe/Radio Liberty · 22 December 2025")
    expect(card).to_contain_text("The EU approved a loan package of $106 billion")
    mark.click()
    panel = page.get_by_role("region", name="Source 1")
    expect(panel).to_contain_text("Cited by sentence 1.")
    expect(panel).to_contain_text("The war has cost tens of thousands of lives")  # the whole article is there
    expect(panel.locator("#dl-cited")).to_contain_text("The EU approved a loan package of $106 billion")
    expect(panel.locator("#dl-cited")).to_be_in_viewport()
    expect(panel).to_be_focused()
    # What a screen reader is told is the text, not its HTML.
    expect(page.locator("#dl-chat [aria-label*='<']")).to_have_count(0)


def test_the_source_opens_and_closes_by_keyboard_alone(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("When did Australia’s social media ban for under-16s take effect?")
    page.keyboard.press("Enter")
    answer = finished(page)
    mark = answer.get_by_role("link", name="Source 1").first
    mark.focus()
    expect(page.locator("#dl-card")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#dl-card")).to_be_hidden()
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Source 1")
    expect(panel).to_be_focused()
    expect(panel.locator("#dl-cited")).to_be_in_viewport()
    expect(panel.get_by_role("link", name="Read the original")).to_have_attribute(
        "href", re.compile("^https://www.usatoday.com/")
    )
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(mark).to_be_focused()


def test_an_example_is_asked_with_a_click_and_answered(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    examples = page.locator(".dl-example")
    expect(examples).to_have_count(4, timeout=WAIT_MS)
    question = examples.first.inner_text()
    examples.first.click()
    answer = finished(page)
    expect(page.locator(".dl-q")).to_have_text(question)
    expect(answer.locator(".dl-sentence").first).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    expect(answers(page)).to_have_count(0)
    expect(examples).to_have_count(4)


def test_what_was_understood_is_shown_and_can_be_changed(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    ask(page, "What did USA TODAY report about Australia’s social media ban in November 2024?")
    answer = finished(page)
    chips = answer.locator(".dl-chip")
    expect(chips.nth(0)).to_contain_text("1 November 2024 to")
    expect(chips.nth(1)).to_have_text("Only USA TODAY")
    chips.nth(2).click()  # as of today
    dialog = page.get_by_role("dialog", name="Ask again")
    expect(dialog.get_by_label("As of")).to_be_focused()
    dialog.get_by_label("As of").fill("2024-11-30")
    dialog.get_by_role("button", name="Ask again").click()
    expect(chips.nth(2)).to_have_text("As of 30 November 2024", timeout=WAIT_MS)
    finished(page)
    expect(chips.nth(0)).to_contain_text("1 November 2024 to")  # what was not changed stays
    answer.get_by_role("button", name="Without: Only USA TODAY").click()
    expect(chips.nth(1)).to_have_text("All outlets", timeout=WAIT_MS)
    finished(page)
    expect(chips.nth(2)).to_have_text("As of 30 November 2024")
    expect(page.locator(".dl-q")).to_have_count(1)  # asked anew in its place


def test_the_limits_of_the_next_question_are_set_below_the_box(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    page.get_by_role("button", name="As of today").click()
    dialog = page.get_by_role("dialog", name="The next question")
    expect(dialog.get_by_label("Question")).to_be_hidden()
    dialog.get_by_label("As of").fill("2025-06-30")
    dialog.get_by_label("From").fill("2025-07-01")
    dialog.get_by_label("To", exact=True).fill("2025-06-01")
    dialog.get_by_role("button", name="Set").click()
    expect(page.get_by_role("alert")).to_contain_text("The time span ends (1 June 2025) before it begins")
    page.get_by_role("button", name="As of today").click()
    dialog.get_by_label("As of").fill("2025-06-30")
    dialog.get_by_role("button", name="Set").click()
    expect(page.get_by_role("button", name="As of 30 June 2025")).to_be_visible()
    ask(page, KYIV)
    answer = finished(page)
    expect(answer.locator(".dl-foot")).to_contain_text("As of 30 June 2025")
    expect(answer).not_to_contain_text("$106 billion")  # it was reported later


def test_a_follow_up_says_what_was_searched_for_and_suggestions_can_be_asked(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    ask(page, "What did Yuri Ushakov say?")
    suggested = finished(page).locator(".dl-next button")
    expect(suggested.first).to_be_visible()
    ask(page, "And why was he unimpressed?")
    answer = finished(page, 2)
    expect(answer).to_contain_text(re.compile("Searched for: .*Ushakov"))
    words = suggested.first.inner_text()
    suggested.first.click()
    expect(page.locator(".dl-q").nth(2)).to_have_text(words)
    expect(finished(page, 3).locator(".dl-sentence").first).to_be_visible()


def test_a_question_is_edited_and_asked_again_in_its_place(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    ask(page, "Who won?")
    finished(page)
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Ask again")
    expect(dialog.get_by_label("Question")).to_have_value("Who won?")
    dialog.get_by_label("Question").fill(KYIV)
    dialog.get_by_role("button", name="Ask again").click()
    expect(page.locator(".dl-q")).to_have_text([KYIV], timeout=WAIT_MS)
    answer = finished(page)
    expect(answer).to_contain_text("$106 billion")
    answer.get_by_role("button", name="Ask again").click()
    expect(finished(page)).to_contain_text("$106 billion")
    expect(page.locator(".dl-q")).to_have_count(1)


def test_an_answer_is_copied_and_a_conversation_saved(
    quoting: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"], accept_downloads=True)
    page.goto(quoting.address)
    ask(page, KYIV)
    answer = finished(page)
    answer.get_by_role("button", name="Copy").click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "war against Ukraine.[^1]\n" in copied
    assert "\n[^1]: Radio Free Europe/Radio Liberty, 22 December 2025, EU loan for Kyiv" in copied
    with page.expect_download() as started:
        page.get_by_role("button", name="Save as HTML").click()
    started.value.save_as(tmp_path / "talk.html")
    assert re.fullmatch(r"dateline-\d{4}-\d\d-\d\d\.html", started.value.suggested_filename)
    saved = (tmp_path / "talk.html").read_text(encoding="utf-8")
    assert not re.findall(r"<script|src=|@import|url\(", saved)
    page.goto((tmp_path / "talk.html").as_uri().replace("file://", "about:blank#"))  # read below, as text
    page.set_content(saved)
    expect(page.get_by_role("heading", name=KYIV)).to_be_visible()
    expect(page.locator("#s1-1 blockquote")).to_contain_text("$106 billion")


def test_an_empty_question_gets_a_hint(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    ask(page, "   ")
    expect(page.get_by_role("alert")).to_have_text("Type a question first.")
    expect(answers(page)).to_have_count(0)
    ask(page, KYIV)
    finished(page)
    expect(page.get_by_text("Type a question first")).to_have_count(0)


def test_articles_and_questions_show_as_the_text_they_are(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    ask(page, "What did the Zorvian harbour council vote for?")
    answer = finished(page)
    source = answer.locator(".dl-sources > li").filter(has_text="Zorvian").first
    expect(source.locator("blockquote")).to_contain_text("a bridge of 412 million euros")
    expect(source.locator(".dl-title")).to_have_text(HOSTILE["title"])
    expect(source.locator(".dl-by")).to_contain_text(HOSTILE["outlet"])
    made = ("script", "img", "strong", "em", "b", "code", ".katex", "a[href^=javascript]")
    for name in made:
        expect(page.locator(f"#dl-chat .dl {name}, #dl-chat .dl-q {name}")).to_have_count(0)
    expect(source.locator("a[target]")).to_have_count(0)  # its address is no web address
    source.locator(".dl-open").click()
    panel = page.get_by_role("region", name="Source")
    expect(panel.locator("h2")).to_have_text(HOSTILE["title"])
    expect(panel.locator("#dl-cited")).to_contain_text("a bridge of 412 million euros")
    expect(panel.locator(".dl-text")).to_contain_text(HOSTILE["text"].partition("Sunday. ")[2])
    for name in made:
        expect(panel.locator(name)).to_have_count(0)
    expect(page).to_have_title("Dateline")
    page.get_by_role("button", name="Close the source").click()
    question = "What? <img src=x onerror=alert(9)> **a** [x](javascript:alert(8)) `${y}` <script>alert(7)</script>"
    ask(page, question)
    finished(page, 2)
    expect(page.locator(".dl-q").nth(1)).to_have_text(question)
    for name in made:
        expect(page.locator(f"#dl-chat .dl-q {name}")).to_have_count(0)
    page.get_by_role("button", name="Edit").last.click()
    expect(page.get_by_role("dialog").get_by_label("Question")).to_have_value(question)


def test_a_model_that_cannot_be_reached_is_told_and_another_answers(serve: Serve, page: Page) -> None:
    nowhere = f"http://127.0.0.1:{chrome.free_port()}"
    page.goto(serve(llm="ollama/nope", ollama_host=nowhere, max_answer_tokens=40).address)
    for number in (1, 2):
        ask(page, KYIV)
        answer = finished(page, number)
        expect(answer.locator(".dl-error")).to_have_count(0)
        expect(answer).to_contain_text("$106 billion")
        expect(answer).to_contain_text("The model ollama/nope cannot be used: Ollama at")
        expect(answer).to_contain_text("ollama serve")
        expect(answer).not_to_contain_text("Traceback")


def test_an_unforeseen_error_is_told_and_not_explained(
    quoting: Server, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        message = "secret detail"
        raise ZeroDivisionError(message)

    page.goto(quoting.address)
    expect(page.locator(".dl-example").first).to_be_visible(timeout=WAIT_MS)
    monkeypatch.setattr(Pipeline, "stream", broken)
    ask(page, KYIV)
    answer = finished(page)
    expect(answer).to_contain_text("Something went wrong.")
    expect(page.locator("body")).not_to_contain_text("secret detail")


def test_stop_ends_the_model_and_keeps_what_has_settled(
    serve: Serve, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = [FIRST, " Then", *(f" word{n}" for n in range(400))]
    llm = scripted.install(tmp_path, monkeypatch, draft, delay_s=0.2)  # 80 s, were it not stopped
    page.goto(serve(llm="scripted").address)
    ask(page, KYIV)
    answer = answers(page).first
    expect(answer).to_contain_text("Writing with scripted", timeout=WAIT_MS)
    expect(answer.locator(".dl-sentence").first).to_contain_text("$106 billion", timeout=WAIT_MS)  # streamed
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(answer.locator(".dl-foot")).to_contain_text("You stopped this answer", timeout=10_000)
    expect(answer).not_to_contain_text("word3")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert len(llm.prompts) == 1


def test_sentences_tell_their_state_in_words_and_removed_ones_are_listed_apart(
    serve: Serve, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.install(tmp_path, monkeypatch, f"{FIRST} Norway paid $900 billion of it in gold coins [1].")
    page.goto(serve(llm="scripted").address)
    ask(page, KYIV)
    answer = finished(page)
    first = answer.locator(".dl-sentence").first
    expect(first).to_contain_text("$106 billion")
    expect(first.locator(".dl-state")).to_have_text("✓ verified")
    summary = answer.locator(".dl-removed > summary")
    expect(summary).to_have_text("1 sentence removed: not supported")
    expect(answer.get_by_text("gold coins")).to_be_hidden()
    summary.click()
    expect(answer.get_by_text("gold coins")).to_be_visible()
    expect(answer.locator(".dl-removed .dl-state")).to_have_text("✕ removed")


def test_a_taken_port_is_an_error_with_advice(quoting: Server, window_index: Path) -> None:
    port = int(quoting.address.rsplit(":", 1)[1])
    pipeline = Pipeline.open(Config(index=window_index, llm="none"))
    try:
        with pytest.raises(InputError, match=f"127.0.0.1:{port}") as caught:
            app.start(pipeline, port=port)
        assert f"--port {port + 1}" in caught.value.advice
    finally:
        pipeline.close()
