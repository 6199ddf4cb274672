"""The chat window in a real browser, over a real server, index and encoder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from e2e import browser as chrome
from fakes import scripted
from playwright.sync_api import Browser, Locator, Page, expect

import app
from index.build import Builder
from index.clean import canonical_url
from index.embed import embedder
from index.errors import InputError
from rag.config import Config
from rag.pipeline import Pipeline

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chrome.CHROMIUM, reason=chrome.MISSING)]

SEEDS = Path(__file__).parents[2] / "seeds"
HOSTILE = {
    "id": "hostile",
    "title": "<img src=x onerror=alert(1)> **Harbour** [council](javascript:alert(2))",
    "outlet": "<script>alert(3)</script>The `Example`",
    "published": "2025-06-01",
    "text": "The Zorvian harbour council voted for <script>alert(4)</script> a bridge of **412 million** euros"
    " <img src=x onerror='document.title=1'> [click](javascript:alert(5)) and `${alert(6)}` {{7*7}} $$x^2$$ <b>now</b>",
}
FIRST = "The EU approved a loan package of $106 billion for Kyiv [1]."
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place, articles = tmp_path_factory.mktemp("window") / "index", tmp_path_factory.mktemp("articles")
    (articles / "hostile.jsonl").write_text(json.dumps(HOSTILE), encoding="utf-8")
    report = Builder(place, embedder()).ingest([*sorted(SEEDS.glob("2025-*.md")), articles])
    assert "hostile" in report.added, report.refused
    return place


@pytest.fixture
def serve(index: Path) -> Iterator[Callable[..., str]]:
    """Starts a server with these settings; its address."""
    opened = []

    def start(**settings: str) -> str:
        pipeline = Pipeline.open(Config(index=index, **settings))  # type: ignore[arg-type]
        port = chrome.free_port()
        opened.append((app.start(pipeline, port=port), pipeline))
        return f"http://127.0.0.1:{port}"

    yield start
    for window, pipeline in opened:
        window.close(verbose=False)
        pipeline.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chrome.chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that fails the test for a dialog, a script error or a request to another machine."""
    context = chromium.new_context(reduced_motion="reduce")
    found = context.new_page()
    wrong: list[str] = []
    found.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    found.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
    found.on("request", lambda request: wrong.append(request.url) if _elsewhere(request.url) else None)
    yield found
    context.close()
    assert not wrong


def _elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob", "about"} and parts.hostname != "127.0.0.1"


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


def answers(page: Page) -> Locator:
    return page.locator("#dl-chat .dl")


def finished(page: Page, number: int = 1) -> Locator:
    """The answer of that number, once it is complete."""
    answer = answers(page).nth(number - 1)
    expect(answer.locator(".dl-foot, .dl-error")).to_have_count(1, timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    return answer


def test_an_answer_cites_the_sentence_that_it_links_to(serve: Callable[..., str], page: Page) -> None:
    page.goto(serve(llm="none"))
    expect(page.locator("#dl-head")).to_contain_text("newest 22 December 2025")
    ask(page, "How much did the EU approve for Kyiv?")
    answer = finished(page)
    source = answer.locator(".dl-sources > li").first
    expect(source).to_contain_text("[1]")
    expect(source).to_contain_text("Radio Free Europe/Radio Liberty · 22 December 2025")
    expect(source.locator("blockquote")).to_contain_text("$106 billion")
    expect(answer.locator(".dl-sentence").first.locator(".dl-state")).to_have_text("quoted")
    answer.get_by_role("link", name="[1]").first.click()
    expect(page).to_have_url(re.compile(r"#source-\d+-1$"))
    expect(source).to_have_css("background-color", "rgb(246, 244, 240)")  # the source is marked as the link's target
    # What a screen reader is told is the text, not its HTML.
    expect(page.locator("#dl-chat [aria-label*='<']")).to_have_count(0)


def test_an_example_is_asked_with_a_click_and_titles_link_to_the_original(
    serve: Callable[..., str], page: Page
) -> None:
    page.goto(serve(llm="none"))
    examples = page.locator("#dl-chat .example")
    expect(examples).to_have_count(2)  # the other examples' articles are not in this index
    examples.nth(1).click()
    answer = finished(page)
    expect(page.locator(".dl-q")).to_have_text(app.EXAMPLES[1][0])
    link = answer.get_by_role("link", name="Australian ban on social media for under-16s comes into force").first
    expect(link).to_have_attribute("href", canonical_url(app.EXAMPLES[1][1]))
    page.get_by_role("button", name="New conversation").click()
    expect(answers(page)).to_have_count(0)
    expect(examples).to_have_count(2)


def test_the_day_of_the_question_hides_later_articles(serve: Callable[..., str], page: Page) -> None:
    page.goto(serve(llm="none"))
    page.get_by_role("button", name="Dates").click()
    page.get_by_label("As of").fill("2025-06-30")
    ask(page, "How much did the EU approve for Kyiv?")
    answer = finished(page)
    expect(answer.locator(".dl-foot")).to_contain_text("As of 30 June 2025")
    expect(answer).not_to_contain_text("$106 billion")


def test_an_empty_question_gets_a_hint(serve: Callable[..., str], page: Page) -> None:
    page.goto(serve(llm="none"))
    ask(page, "   ")
    expect(page.get_by_text("Type a question first")).to_be_visible()
    expect(answers(page)).to_have_count(0)
    ask(page, "How much did the EU approve for Kyiv?")
    finished(page)
    expect(page.get_by_text("Type a question first")).to_have_count(0)


def test_articles_and_questions_show_as_the_text_they_are(serve: Callable[..., str], page: Page) -> None:
    page.goto(serve(llm="none"))
    question = "What did the Zorvian harbour council vote on? <img src=x onerror=alert(9)> **a** [x](javascript:x)"
    ask(page, question)
    answer = finished(page)
    expect(page.locator(".dl-q")).to_have_text(question)
    source = answer.locator(".dl-sources > li").first
    expect(source.locator("blockquote")).to_have_text(HOSTILE["text"])
    expect(source.locator(".dl-title")).to_have_text(HOSTILE["title"])
    expect(source.locator(".dl-by")).to_contain_text(HOSTILE["outlet"])
    for made in ("script", "img", "strong", "em", "b", "code", ".katex", "a[href^=javascript]"):
        expect(page.locator(f"#dl-chat .dl {made}, #dl-chat .dl-q {made}")).to_have_count(0)
    expect(source.locator("a")).to_have_count(0)  # its address is no web address
    expect(page).to_have_title("Dateline")


def test_a_model_that_cannot_be_reached_gives_advice_and_the_window_lives_on(
    serve: Callable[..., str], page: Page
) -> None:
    page.goto(serve(llm="ollama/nope", ollama_host=f"http://127.0.0.1:{chrome.free_port()}"))
    for number in (1, 2):
        ask(page, "How much did the EU approve for Kyiv?")
        error = finished(page, number).locator(".dl-error")
        expect(error).to_contain_text("Ollama")
        expect(error).not_to_contain_text("Traceback")
        expect(error.locator("p").nth(1)).not_to_be_empty()


def test_an_unforeseen_error_is_told_and_not_explained(
    serve: Callable[..., str], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        message = "secret detail"
        raise ZeroDivisionError(message)

    page.goto(serve(llm="none"))
    monkeypatch.setattr(Pipeline, "stream", broken)
    ask(page, "How much did the EU approve for Kyiv?")
    answer = finished(page)
    expect(answer).to_contain_text("Something went wrong.")
    expect(page.locator("body")).not_to_contain_text("secret detail")


def test_stop_ends_the_model_and_keeps_what_has_settled(
    serve: Callable[..., str], page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = [FIRST, " Then", *(f" word{n}" for n in range(400))]
    llm = scripted.install(tmp_path, monkeypatch, draft, delay_s=0.2)  # 80 s, were it not stopped
    page.goto(serve(llm="scripted"))
    ask(page, "How much did the EU approve for Kyiv?")
    answer = answers(page).first
    expect(answer).to_contain_text("Writing with scripted", timeout=WAIT_MS)
    expect(answer.locator(".dl-sentence").first).to_contain_text("$106 billion", timeout=WAIT_MS)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(answer.locator(".dl-foot")).to_have_count(1, timeout=10_000)
    expect(answer).not_to_contain_text("word3")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert len(llm.prompts) == 1


def test_sentences_tell_their_state_in_words_and_removed_ones_are_listed_apart(
    serve: Callable[..., str], page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.install(tmp_path, monkeypatch, f"{FIRST} Norway paid $900 billion of it in gold coins [1].")
    page.goto(serve(llm="scripted"))
    ask(page, "How much did the EU approve for Kyiv?")
    answer = finished(page)
    first = answer.locator(".dl-sentence").first
    expect(first).to_contain_text("$106 billion")
    expect(first.locator(".dl-state")).to_have_text("verified")
    summary = answer.locator("summary")
    expect(summary).to_have_text("1 sentence removed: not supported")
    expect(answer.get_by_text("gold coins")).to_be_hidden()
    summary.click()
    expect(answer.get_by_text("gold coins")).to_be_visible()


def test_it_fits_a_phone(serve: Callable[..., str], page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 667})
    page.goto(serve(llm="none"))
    ask(page, "How much did the EU approve for Kyiv?")
    finished(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    expect(page.get_by_label("Your question")).to_be_in_viewport()
    expect(page.locator(".dl-q")).to_be_in_viewport()


def test_a_taken_port_is_an_error_with_advice(index: Path) -> None:
    port = chrome.free_port()
    pipeline = Pipeline.open(Config(index=index, llm="none"))
    window = app.start(pipeline, port=port)
    try:
        with pytest.raises(InputError, match=f"127.0.0.1:{port}") as caught:
            app.start(pipeline, port=port)
        assert f"--port {port + 1}" in caught.value.advice
    finally:
        window.close(verbose=False)
        pipeline.close()
