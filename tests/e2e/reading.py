"""What a reader does in the window, in few words."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

WAIT_MS = 60_000
KYIV = "How much did the EU approve for Kyiv?"


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question", exact=True).fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


def answers(page: Page) -> Locator:
    return page.locator("#dl-chat .dl[id^=answer-], #dl-chat .dl:has(.dl-error)")


def finished(page: Page, number: int = 1) -> Locator:
    """The answer of that number, once it is complete."""
    answer = answers(page).nth(number - 1)
    expect(answer.locator(".dl-foot, .dl-error")).to_have_count(1, timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=WAIT_MS)
    return answer


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
