"""The chat window: opens what `window` draws over one pipeline, and serves it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr
from starlette.middleware import Middleware

from index.errors import InputError
from rag.collection import Collection
from rag.conversation import Newsroom
from rag.feedback import Feedback
from rag.history import History
from rag.journal import FILE, Journal
from rag.pipeline import Pipeline
from rag.suggest import Suggester
from rag.users import Users
from window.desk import Desk
from window.page import CSS, JS, THEME, build
from window.reader import ReaderCookie

QUESTIONS_AT_ONCE = 8
THREADS = 100
"""More than `window.ask.WAITING`: those who wait must not keep others from reading."""
UPLOAD = "200mb"


class Window:
    """A window that is being served, from threads of its own; `close` ends that."""

    def __init__(self, blocks: gr.Blocks, newsroom: Newsroom, journal: Journal) -> None:
        self.newsroom = newsroom
        self._blocks, self._journal = blocks, journal

    def close(self) -> None:
        """Stops serving; the pipeline stays open."""
        self._blocks.close(verbose=False)
        self._journal.close()


def start(
    pipeline: Pipeline,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: Path | None = None,
    root_path: str = "",
    open_browser: bool = False,
    at_once: int = QUESTIONS_AT_ONCE,
) -> Window:
    """Serves the window.

    Args:
        pipeline: answers.
        host: where to listen.
        port: likewise.
        auth: file of users, see `rag.users`; without it whoever reaches the address may ask, add and remove.
        root_path: under which a proxy shows the window, such as ``/dateline``.
        open_browser: whether to open it in the browser of this machine.
        at_once: questions answered at a time; further ones wait in line.

    Raises:
        InputError: the port is taken or may not be used, or the file of users cannot be read.
        StoreError: the history cannot be opened.
    """
    check = _login(auth) if auth else None
    journal = Journal(pipeline.config.index / FILE)
    newsroom = Newsroom(pipeline, History(journal), Suggester(pipeline), at_once)
    collection = Collection(pipeline.store, pipeline.config.place, pipeline.embedder)
    blocks = build(Desk(newsroom, Feedback(journal), collection))
    try:
        blocks.queue(api_open=False).launch(
            server_name=host,
            server_port=port,
            auth=check,
            root_path=root_path or None,
            app_kwargs={"middleware": [Middleware(ReaderCookie)]},
            inbrowser=open_browser,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            ssr_mode=False,
            run_history=False,
            enable_monitoring=False,
            max_threads=THREADS,
            max_file_size=UPLOAD,
            footer_links=[],
            theme=THEME,
            css_paths=CSS,
            js=JS.read_text(encoding="utf-8"),
        )
    except OSError as exc:
        journal.close()
        msg = f"The window cannot be opened at {host}:{port}; another program may be using that port."
        raise InputError(msg, f"Close it, or choose another port, for example --port {port + 1}.") from exc
    return Window(blocks, newsroom, journal)


def serve(
    pipeline: Pipeline,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: Path | None = None,
    root_path: str = "",
    open_browser: bool = False,
) -> None:
    """Opens the window, prints its address and stays until interrupted; the pipeline stays open.

    Raises:
        InputError, StoreError: see `start`.
    """
    window = start(pipeline, host=host, port=port, auth=auth, root_path=root_path, open_browser=open_browser)
    print(f"Dateline is at http://{host}:{port}", flush=True)  # noqa: T201 - what the command is run for
    if not auth and host not in {"127.0.0.1", "localhost", "::1"}:
        print("Whoever reaches that address may ask, add and remove; --auth FILE asks for a password.", flush=True)  # noqa: T201
    try:
        threading.Event().wait()
    finally:
        window.close()


def _login(path: Path) -> Callable[[str, str], bool]:
    users = Users(path)
    if not users.names():
        msg = f"{path} holds no user."
        raise InputError(msg, f"Add one with `dateline user add NAME --file {path}`.")
    return users.may
