"""The chat window in a real browser: history, feedback, the collection, evaluation and status."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e import browser as chrome
from e2e.reading import KYIV, WAIT_MS, answers, ask, finished, tab
from e2e.served import Serve, Server
from playwright.sync_api import Page, Route, expect

import window.evaluation
from eval.feedback import export
from eval.questions import EvalQuestion
from index.build import Builder
from index.embed import Embedder
from index.records import Filter
from index.sqlite_faiss import SqliteFaissStore
from window.reader import browser

pytest_plugins = ["e2e.served"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chrome.CHROMIUM, reason=chrome.MISSING)]

BRIDGE = "The harbour council of Zorvia voted on Monday for a new bridge over the bay."


@pytest.fixture
def own_index(window_index: Path, tmp_path: Path) -> Path:
    """An index that the test may change."""
    return shutil.copytree(window_index, tmp_path / "own")


def correct(place: Path, encoder: Embedder, wrong: str, right: str) -> None:
    """Takes in a corrected version of every article that says what is wrong."""
    with SqliteFaissStore(place) as store:
        found = [s.article for s in store.articles(store.article_ids()).values() if wrong in s.article.text]
    assert found
    file = place.parent / "corrected.jsonl"
    records = [{"id": a.id, "title": a.title, "text": a.text.replace(wrong, right)} for a in found]
    file.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    assert len(Builder(place, encoder).ingest([file]).updated) == len(found)


def test_the_history_survives_a_restart_and_is_nobody_elses(
    serve: Serve, own_index: Path, open_page: Callable[..., Page], minilm: Embedder
) -> None:
    first = serve(own_index)
    ann, bob = open_page(), open_page()
    for page, question in ((ann, KYIV), (bob, "What did Yuri Ushakov say?")):
        page.goto(first.address)
        ask(page, question)
    for page in (ann, bob):  # two sessions side by side
        finished(page)
    expect(answers(ann)).to_have_count(1)
    expect(ann.locator(".dl-q")).to_have_text(KYIV)
    expect(bob.locator(".dl-q")).to_have_text("What did Yuri Ushakov say?")
    first.close()

    again = serve(own_index)
    ann.goto(again.address)
    tab(ann, "History")
    items = ann.locator("#dl-history .dl-list > li")
    expect(items).to_have_count(1)
    expect(items).to_contain_text(KYIV)
    expect(items).to_contain_text("1 question")
    ann.get_by_label("Search in your questions and their answers").fill("nothing like it")
    expect(ann.locator("#dl-history")).to_contain_text("No conversation holds “nothing like it”.")
    ann.get_by_label("Search in your questions and their answers").fill("loan package")
    ann.get_by_role("button", name=KYIV, exact=True).click()
    answer = finished(ann)
    expect(answer).to_contain_text("$106 billion")
    answer.get_by_role("link", name="Source 1").first.click()
    expect(ann.locator("#dl-cited")).to_contain_text("$106 billion")
    ask(ann, "And what else?")  # it goes on where it was
    finished(ann, 2)
    correct(own_index, minilm, "$106 billion", "$90 billion")
    tab(ann, "History")
    expect(items).to_contain_text("cited sentence changed since")
    ann.get_by_role("button", name=KYIV, exact=True).click()
    expect(answers(ann).first).to_contain_text("It now reads:")
    expect(answers(ann).first.locator(".dl-since + blockquote")).to_contain_text("$90 billion")
    # With another reader's cookie the same page shows nothing of it.
    cookies = ann.context.cookies()
    assert [(c["httpOnly"], c["sameSite"]) for c in cookies if c["name"] == "dateline_reader"] == [(True, "Lax")]
    bob.goto(again.address)
    tab(bob, "History")
    expect(bob.locator("#dl-history .dl-list > li")).to_have_count(1)
    expect(bob.locator("#dl-history")).not_to_contain_text("EU")
    (cookie,) = [c["value"] for c in cookies if c["name"] == "dateline_reader"]
    (stolen,) = [c.id for c in again.window.newsroom.history.conversations(browser(cookie))]
    bob.evaluate("id => window.dateline.send('talk', {id})", stolen)
    expect(bob.locator("#dl-history-said")).to_contain_text("There is no such conversation.")
    bob.evaluate("id => window.dateline.send('forget', {id})", stolen)
    expect(bob.locator("#dl-history-said")).to_contain_text("It was deleted before.")

    tab(ann, "History")
    forget = ann.get_by_role("button", name=f"Delete “{KYIV}”")
    forget.click()
    ann.get_by_role("button", name="press again to be sure").click()
    expect(ann.locator("#dl-history-said")).to_contain_text("Deleted.")
    tab(ann, "Ask")
    expect(answers(ann)).to_have_count(0)  # what was shown is gone as well


def test_boxes_that_hold_nothing_yet_are_empty_ones(serve: Serve, own_index: Path, page: Page) -> None:
    def nothing(route: Route) -> None:  # what Gradio sends for a box that is not drawn yet
        sent = route.request.post_data_json
        blank = [None if value == "" else value for value in sent["data"]]
        route.continue_(post_data=json.dumps({**sent, "data": blank}))

    page.goto(serve(own_index).address)
    ask(page, KYIV)
    finished(page)
    page.route("**/queue/join*", nothing)
    tab(page, "History")
    expect(page.locator("#dl-history .dl-list > li")).to_contain_text(KYIV)
    tab(page, "Collection")
    expect(page.locator("#dl-collection .dl-list > li")).not_to_have_count(0)
    page.get_by_text("Add articles").click()
    page.get_by_role("button", name="Add from there").click()
    expect(page.locator("#dl-results")).to_contain_text("There is no address.")
    tab(page, "Ask")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Type a question first.")).to_be_visible()


def test_thumbs_and_comments_are_kept_and_exported(serve: Serve, own_index: Path, page: Page, tmp_path: Path) -> None:
    page.goto(serve(own_index).address)
    ask(page, KYIV)
    answer = finished(page)
    answer.get_by_role("button", name="Bad answer").click()
    comment = page.get_by_role("dialog", name="What should we know?")
    comment.get_by_label("Your comment").fill("It was $105 billion.")
    comment.get_by_role("button", name="Send").click()
    expect(page.locator("#dl-hint")).to_contain_text("kept with the answer and its sources")
    expect(answer.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    answer.get_by_role("link", name="Source 1").first.click()
    page.get_by_role("button", name="It does", exact=True).click()
    comment.get_by_role("button", name="No comment").click()
    expect(page.locator("#dl-hint")).to_contain_text("Thank you.")
    assert export(own_index, tmp_path / "drafts.jsonl") == 1
    (line,) = (tmp_path / "drafts.jsonl").read_text().splitlines()
    draft = EvalQuestion.model_validate_json(line)
    assert (draft.question, draft.answer, draft.draft) == (KYIV, "It was $105 billion.", True)
    assert draft.evidence[0].article == "2025-12-22-eu-loan-and-the-20-point-plan"
    assert "$106 billion" in draft.evidence[0].sentence


def test_articles_are_uploaded_found_read_and_removed(
    serve: Serve, own_index: Path, page: Page, tmp_path: Path
) -> None:
    server = serve(own_index)
    page.goto(server.address)
    tab(page, "Collection")
    listed = page.locator("#dl-collection .dl-list > li")
    expect(listed).to_have_count(25)
    expect(page.locator(".dl-timeline")).to_contain_text("Articles")
    count = server.pipeline.store.counted(Filter())
    expect(page.locator("#dl-collection")).to_contain_text(f"1 to 25 of {count} articles")
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator("#dl-collection")).to_contain_text(f"26 to 50 of {count} articles")

    (tmp_path / "bridge.json").write_text(
        json.dumps(
            {
                "title": "A bridge for Zorvia",
                "outlet": "The Harbour Post",
                "published": "2025-12-23",
                "text": BRIDGE * 4,
            }
        )
    )
    (tmp_path / "copy.txt").write_text(f"A bridge, reprinted\n\n{BRIDGE * 4}")
    (tmp_path / "broken.json").write_text("{")
    page.get_by_role("button", name="Add articles").click()
    page.locator("#dl-files input[type=file]").set_input_files(
        [tmp_path / name for name in ("bridge.json", "copy.txt", "broken.json")]
    )
    expect(page.locator("#dl-files")).to_contain_text("bridge")
    page.get_by_role("button", name="Add these files").click()
    results = page.locator("#dl-results")
    expect(results).to_contain_text("A bridge for Zorvia", timeout=WAIT_MS)
    expect(results).to_contain_text("Added.")
    expect(results).to_contain_text(
        "Added as a near-duplicate of “A bridge for Zorvia” (The Harbour Post, 23 December 2025)."
    )
    expect(results.locator("li", has_text="broken.json")).to_contain_text("Refused because:")

    page.get_by_label("Address of a page, a feed or a sitemap").fill("http://127.0.0.1:9/feed")
    page.get_by_role("button", name="Add from there").click()
    expect(results).to_contain_text("Refused because:", timeout=WAIT_MS)

    page.get_by_label("Search in the articles").fill("Zorvia bridge")
    expect(listed).to_have_count(2)
    page.locator("#dl-find").get_by_label("From").fill("2025-12-23")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("The Harbour Post · 23 December 2025 · 1 near-duplicate")
    page.get_by_role("button", name="A bridge for Zorvia", exact=True).click()
    panel = page.get_by_role("region", name="Article")
    expect(panel).to_contain_text(BRIDGE)
    panel.get_by_role("button", name="Close the source").click()
    page.get_by_role("button", name="Remove “A bridge for Zorvia”").click()
    page.get_by_role("button", name="press again to be sure").click()
    expect(page.locator("#dl-collection-said")).to_contain_text("Removed, with everything that belongs to it.")
    expect(page.locator("#dl-collection")).to_contain_text("No article fits.")
    assert server.pipeline.store.counted(Filter()) == count + 1


def test_the_status_says_which_model_answers_and_what_to_do(quoting: Server, page: Page) -> None:
    page.goto(quoting.address)
    tab(page, "Status")
    shown = page.locator("#dl-status")
    expect(shown).to_contain_text("No language model is used", timeout=WAIT_MS)
    expect(shown).to_contain_text("22 December 2025")
    expect(shown.locator("li", has_text="database")).to_contain_text("✓")
    expect(shown.locator("li", has_text="Ollama")).to_contain_text("ollama pull llama3.2:3b")


def test_the_evaluation_runs_again_and_shows_its_figures(
    quoting: Server, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window.evaluation, "RUNS", tmp_path / "eval")
    monkeypatch.setitem(window.evaluation.SIZES, "30 questions, spread over the set", 2)
    page.goto(quoting.address)
    tab(page, "Evaluation")
    expect(page.locator("#dl-evaluation")).to_contain_text("No run yet.")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("#dl-evaluation .dl-table")).to_contain_text("Faithfulness", timeout=2 * WAIT_MS)
    expect(page.locator("#dl-evaluation")).to_contain_text("2 questions of questions.jsonl")
    with page.expect_download() as started:
        page.get_by_role("button", name="Save the whole report").click()
    assert "<html" in Path(started.value.path()).read_text(encoding="utf-8")
