"""Renders docs/img/report*.png: the report of `make eval`, in Debian's Chromium. Run by `make screenshots`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page
from rich.console import Console

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from e2e.browser import CHROMIUM, MISSING, chromium  # noqa: E402

from eval.job import Job, written  # noqa: E402
from eval.questions import QUESTIONS  # noqa: E402
from eval.report import REPORT  # noqa: E402
from rag.config import read_config  # noqa: E402

QUESTION = "q040"


def save(page: Page, name: str) -> None:
    target = ROOT / "docs" / "img" / f"{name}.png"
    page.screenshot(path=target)
    print(target.relative_to(ROOT))


def main() -> None:
    if not CHROMIUM:
        sys.exit(MISSING)
    job = Job(QUESTIONS, None, None, None, "overlap")
    written(*job.run(read_config({"llm": "none"}), Console(stderr=True)), job.out)
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": 1100, "height": 900},
            color_scheme="light",
            reduced_motion="reduce",
            device_scale_factor=1,
        )
        page = context.new_page()
        page.goto((job.out / REPORT).resolve().as_uri())
        save(page, "report")
        opened = page.locator("details.question").filter(has_text=QUESTION).first
        opened.locator("summary").click()
        opened.evaluate("element => element.scrollIntoView()")
        save(page, "report-question")


if __name__ == "__main__":
    main()
