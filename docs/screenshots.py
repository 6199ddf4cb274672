"""Renders docs/img/*.png: a real answer over seeds/, in Debian's Chromium. Run by `make screenshots`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, expect

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from e2e.browser import CHROMIUM, MISSING, chromium, free_port  # noqa: E402

import app  # noqa: E402
from index.build import Builder  # noqa: E402
from index.embed import embedder  # noqa: E402
from rag.config import Config  # noqa: E402
from rag.pipeline import Pipeline  # noqa: E402

QUESTION = "How much did the EU approve for Kyiv?"
AS_OF = "2025-12-22"
PICTURES: tuple[tuple[str, int, int, Literal["light", "dark"]], ...] = (
    ("chat", 1440, 900, "light"),
    ("chat-dark", 1440, 900, "dark"),
    ("chat-375", 375, 812, "light"),
)


def render(
    browser: Browser, address: str, name: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> None:
    """Asks the question in a fresh page and saves what a reader then sees."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", device_scale_factor=1
    )
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Dates").click()
    page.get_by_label("As of").fill(AS_OF)
    page.get_by_role("button", name="Dates").click()
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".dl-foot")).to_have_count(1, timeout=300_000)
    page.locator(".dl-foot").click()  # the cursor leaves the box
    page.wait_for_timeout(500)
    target = ROOT / "docs" / "img" / f"{name}.png"
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
            for picture in PICTURES:
                render(browser, f"http://127.0.0.1:{port}", *picture)
        finally:
            window.close(verbose=False)
            pipeline.close()


if __name__ == "__main__":
    main()
