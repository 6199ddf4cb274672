"""Renders docs/img/*.png: real answers over seeds/, in Debian's Chromium. Run by `make screenshots`.

Each picture is taken at both widths and in both themes: NAME, NAME-dark, NAME-375, NAME-375-dark.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from e2e.browser import CHROMIUM, MISSING, chromium, free_port  # noqa: E402

import app  # noqa: E402
from index.build import Builder  # noqa: E402
from index.embed import embedder  # noqa: E402
from rag.config import Config  # noqa: E402
from rag.pipeline import Pipeline  # noqa: E402

QUESTIONS = ("How much did the EU approve for Kyiv?", "What did Yuri Ushakov say about the peace plan?")
AS_OF = "2025-12-22"
WAIT_MS = 300_000
SIZES: tuple[tuple[int, int], ...] = ((1440, 900), (375, 812))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def begin(page: Page) -> None:
    """The window as it opens."""
    expect(page.locator(".dl-example").first).to_be_visible(timeout=WAIT_MS)


def chat(page: Page) -> None:
    """A question with its answer."""
    begin(page)
    page.get_by_role("button", name="As of today").click()
    page.get_by_label("As of").fill(AS_OF)
    page.get_by_role("button", name="Set").click()
    for number, question in enumerate(QUESTIONS, 1):
        page.get_by_label("Your question").fill(question)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator(".dl-foot")).to_have_count(number, timeout=WAIT_MS)
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=WAIT_MS)
    page.evaluate("document.activeElement.blur()")
    page.locator(".dl-q").last.evaluate("question => question.closest('.message-row').scrollIntoView()")


def source(page: Page) -> None:
    """The source beside its answer."""
    chat(page)
    page.locator(".dl-alone .dl-mark, .dl-sentence:last-child .dl-mark").last.click()
    expect(page.locator("#dl-cited")).to_be_in_viewport()


def collection(page: Page) -> None:
    """The articles."""
    page.get_by_role("tab", name="Collection").click()
    expect(page.locator("#dl-collection li").first).to_be_visible(timeout=WAIT_MS)


PICTURES: tuple[Callable[[Page], None], ...] = (begin, chat, source, collection)


def render(
    browser: Browser,
    address: str,
    picture: Callable[[Page], None],
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    """Does in a fresh page what the picture needs, and saves what a reader then sees."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", device_scale_factor=1
    )
    page = context.new_page()
    page.goto(address)
    picture(page)
    page.wait_for_timeout(800)
    narrow = "" if width == SIZES[0][0] else f"-{width}"
    dark = "-dark" if scheme == "dark" else ""
    target = ROOT / "docs" / "img" / f"{picture.__name__}{narrow}{dark}.png"
    page.screenshot(path=target)
    print(target.relative_to(ROOT))
    context.close()


def main() -> None:
    if not CHROMIUM:
        sys.exit(MISSING)
    (ROOT / "docs" / "img").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        Builder(Path(place), embedder()).ingest([ROOT / "seeds"])
        pipeline, port = Pipeline.open(Config(index=Path(place), llm="none")), free_port()
        window = app.start(pipeline, port=port)
        try:
            for picture, size, scheme in product(PICTURES, SIZES, SCHEMES):
                render(browser, f"http://127.0.0.1:{port}", picture, size, scheme)
        finally:
            window.close()
            pipeline.close()


if __name__ == "__main__":
    main()
