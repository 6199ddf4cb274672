"""The chat window's manners: narrow and wide, dark and light, for screen readers, for many, behind a password."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from e2e import browser as chrome
from e2e.reading import KYIV, WAIT_MS, ask, finished, tab
from e2e.served import Serve, Server
from fakes import scripted
from playwright.sync_api import Page, expect

from rag.users import Users

pytest_plugins = ["e2e.served"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chrome.CHROMIUM, reason=chrome.MISSING)]

FIRST = "The EU approved a loan package of $106 billion for Kyiv [1]."
# What Gradio draws itself and cannot be told otherwise from outside.
GRADIOS = {"region", "landmark-one-main", "page-has-heading-one", "aria-allowed-role"}


def serious(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical, with the element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['html'][:200]}"
        for violation in found
        if violation["impact"] in {"serious", "critical"} and violation["id"] not in GRADIOS
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_page(
    quoting: Server, open_page: Callable[..., Page], width: int, scheme: str
) -> None:
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(quoting.address)
    expect(page.locator(".dl-example").first).to_be_visible(timeout=WAIT_MS)
    found = serious(page)
    ask(page, KYIV)
    answer = finished(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    expect(page.get_by_label("Your question")).to_be_in_viewport()
    expect(page.locator(".dl-q")).to_be_in_viewport()
    found += serious(page)
    answer.get_by_role("link", name="Source 1").click()
    expect(page.locator("#dl-cited")).to_be_in_viewport()
    found += serious(page)
    page.get_by_role("button", name="Close the source").click()
    answer.get_by_role("button", name="Edit").click()
    found += serious(page)
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    for name, part in (("History", "#dl-history li"), ("Collection", "#dl-collection li"), ("Evaluation", "#dl-run")):
        tab(page, name)
        expect(page.locator(part).first).to_be_visible(timeout=WAIT_MS)
        found += serious(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert found == []


def test_the_first_paint_is_quick(quoting: Server, open_page: Callable[..., Page]) -> None:
    paints = []
    for _ in range(3):  # a busy machine may be slow once
        page = open_page()
        page.goto(quoting.address)
        paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        page.wait_for_function(paint)
        paints.append(page.evaluate(paint))
    assert min(paints) < 2000, paints


def test_eight_at_once_do_not_wait_for_each_other_and_the_ninth_is_told(
    serve: Serve, open_page: Callable[..., Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(scripted, "time", SimpleNamespace(sleep=lambda _: gate.wait(WAIT_MS / 1000)))
    scripted.install(tmp_path, monkeypatch, *[FIRST] * 9)
    server = serve(llm="scripted")
    pages = [open_page() for _ in range(9)]
    for page in pages:
        page.goto(server.address)
        ask(page, KYIV)
    for page in pages[:8]:  # the models of all eight have begun, and none can end
        expect(page.locator("#dl-chat")).to_contain_text("Writing with scripted", timeout=WAIT_MS)
    expect(pages[8].locator("#dl-chat")).to_contain_text("Waiting: 1 question before yours", timeout=WAIT_MS)
    gate.set()
    for page in pages:
        expect(page.locator(".dl-foot")).to_have_count(1, timeout=WAIT_MS)


def test_a_page_that_is_left_stops_its_model(
    serve: Serve, open_page: Callable[..., Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.install(tmp_path, monkeypatch, [FIRST, " Then", *[" word"] * 2000], delay_s=0.2)
    server = serve(llm="scripted")
    page = open_page()
    page.goto(server.address)
    ask(page, KYIV)
    expect(page.locator(".dl-sentence").first).to_contain_text("$106 billion", timeout=WAIT_MS)
    assert len(server.window.newsroom.line) == 1
    page.close()
    until = time.monotonic() + 20
    while len(server.window.newsroom.line) and time.monotonic() < until:
        time.sleep(0.2)
    assert len(server.window.newsroom.line) == 0


def log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("username").fill(name)
    page.get_by_label("password").fill(password)
    page.get_by_role("button", name="Login").click()


def test_only_users_get_in_and_each_has_a_history_of_their_own(
    serve: Serve, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    users = Users(tmp_path / "users")
    users.add("ann", "correct horse")
    users.add("bob", "battery staple")
    server = serve(options={"auth": users.path})
    page = open_page()
    for path in ("config", "gradio_api/queue/data?session_hash=x", "gradio_api/info"):
        assert page.request.get(f"{server.address}/{path}").status == 401, path
    join = page.request.post(
        f"{server.address}/gradio_api/queue/join", data={"fn_index": 0, "data": [], "session_hash": "x"}
    )
    assert join.status == 401
    page.goto(server.address)
    log_in(page, "ann", "battery staple")
    expect(page.get_by_text("Incorrect")).to_be_visible()
    log_in(page, "ann", "correct horse")
    expect(page.locator("#dl-head")).to_contain_text("ann", timeout=WAIT_MS)
    ask(page, KYIV)
    finished(page)
    elsewhere = open_page()  # the same user in another browser
    for name, password, count in (("ann", "correct horse", 1), ("bob", "battery staple", 0)):
        elsewhere.context.clear_cookies()
        elsewhere.goto(server.address)
        log_in(elsewhere, name, password)
        tab(elsewhere, "History")
        expect(elsewhere.locator("#dl-history .dl")).to_be_visible()
        expect(elsewhere.locator("#dl-history li")).to_have_count(count)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the kernel's list of sockets is needed")
def test_it_listens_on_this_machine_alone_and_serves_below_a_path(serve: Serve, page: Page) -> None:
    server = serve(options={"root_path": "/dateline"})
    assert page.request.get(f"{server.address}/config").json()["root"].endswith("/dateline")
    port = int(server.address.rsplit(":", 1)[1])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
