"""What the tabs share: the newsroom, and the conversation that each open page shows."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import gradio as gr

from index.errors import DatelineError, InputError
from rag.collection import Collection
from rag.conversation import Conversation, Exchange, Newsroom
from rag.feedback import Feedback, Rating
from rag.sources import cited_by, since
from rag.types import NO_LIMITS, Limits
from window.answer import View
from window.documents import conversation_html, conversation_markdown
from window.reader import owner
from window.source import Highlight, article, cited

log = logging.getLogger(__name__)

PAGES = 2000
"""Open pages that are remembered; of those beyond, the one unused longest begins anew when it is used again."""

QUICK: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
"""For events that are over at once: they wait in no line, and nothing spins."""

UNFORESEEN = ("Something went wrong.", "The log of the program says what; the question can be asked again.")


@dataclass(slots=True)
class Page:
    """One open page: its conversation, and how each answer is drawn."""

    talk: Conversation
    views: list[View] = field(default_factory=list)

    def messages(self) -> list[dict[str, str]]:
        """The conversation as Gradio's chat takes it."""
        return [
            {"role": role, "content": content}
            for view in self.views
            for role, content in (("user", view.user()), ("assistant", view.html()))
        ]

    def exchange(self, at: int) -> Exchange:
        """The question at a place, with its answer.

        Raises:
            InputError: there is none.
        """
        if not 0 <= at < len(self.talk.exchanges):
            msg = "That question is not on this page any more."
            raise InputError(msg, "Ask it below.")
        return self.talk.exchanges[at]


class Desk:
    """Conversations by open page. Thread-safe."""

    def __init__(self, newsroom: Newsroom, feedback: Feedback, collection: Collection) -> None:
        self.newsroom = newsroom
        self.feedback = feedback
        self.collection = collection
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, request: gr.Request) -> Page:
        """The page that a request comes from; a new one where its reader has changed."""
        key, who = str(request.session_hash), owner(request)
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.talk.owner != who:
                page = self._pages[key] = Page(Conversation(who))
            self._pages.move_to_end(key)
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)[1].talk.cancel.set()
            return page

    def shows(self, request: gr.Request, page: Page) -> bool:
        """Whether that is still what the request's page shows."""
        return self._pages.get(str(request.session_hash)) is page

    def leave(self, request: gr.Request) -> None:
        """Forgets what a page shows, and stops what is being written for it."""
        with self._lock:
            page = self._pages.pop(str(request.session_hash), None)
        if page:
            page.talk.cancel.set()

    def open(self, request: gr.Request, conversation: str) -> Page:
        """Shows a conversation from the history on a page.

        Raises:
            InputError: the reader has no such conversation.
        """
        talk = self.newsroom.open(owner(request), conversation)
        self.leave(request)
        views = [View.of(at, exchange) for at, exchange in enumerate(talk.exchanges)]
        ratings = self.feedback.ratings(talk.owner, [e.turn for e in talk.exchanges if e.turn is not None])
        for view, exchange in zip(views, talk.exchanges, strict=True):
            view.since = since(view.citations.values(), self.newsroom.pipeline.store)
            view.ratings = {n: rating for (turn, n), rating in ratings.items() if turn == exchange.turn}
        page = Page(talk, views)
        with self._lock:
            self._pages[str(request.session_hash)] = page
        return page

    def answers(self, page: Page, text: str, limits: Limits = NO_LIMITS, at: int | None = None) -> Iterator[None]:
        """Asks, and draws the answer into the page; yields whenever it is drawn anew.

        Raises:
            InputError: an answer is being written on this page.
        """
        if page.talk.busy.locked():
            msg = "An answer is still being written."
            raise InputError(msg, "Wait for it or stop it, then ask again.")
        place = len(page.views) if at is None else at
        view = View(place, text)
        page.views[place : place + 1] = [view]
        yield
        try:
            for event in self.newsroom.ask(page.talk, text, limits, at):
                view.stopped = page.talk.exchanges[place].stopped
                if view.take(event):
                    yield
            if not view.answer:
                view.fault = ("This question was stopped before its turn came.", "Ask it again when you like.")
                yield
        except DatelineError as exc:
            view.fault = (exc.message, exc.advice)
            yield
        except Exception:  # the last line: whatever it is, the window stays open
            log.exception("A question could not be answered")
            view.fault = UNFORESEEN
            yield

    def rate(self, request: gr.Request, at: int, n: int | None, rating: Rating, comment: str) -> None:
        """Keeps what the reader says of an answer on the page, or of one of its citations.

        Raises:
            InputError: there is no such answer or citation.
            StoreError: the disk refused.
        """
        page = self.page(request)
        exchange = page.exchange(at)
        if exchange.answer is None or exchange.turn is None:
            msg = "That answer is not in the history."
            raise InputError(msg, "Ask the question again, then rate its answer.")
        history = page.talk.before(at)
        self.feedback.give(
            page.talk.owner, exchange.turn, exchange.answer, rating, citation=n, comment=comment, history=history
        )
        page.views[at].ratings = {**page.views[at].ratings, n: rating}

    def source(self, request: gr.Request, sent: dict[str, Any]) -> str | None:
        """The panel for a citation of an answer on the page, or for a sentence that came near; None for neither.

        Args:
            request: of the page.
            sent: `at`, the answer's place; `n`, the number of the citation or of the evidence; `kind`.
        """
        page, store = self.page(request), self.newsroom.pipeline.store
        at, n = sent.get("at"), sent.get("n")
        if not isinstance(at, int) or not isinstance(n, int) or not 0 <= at < len(page.views):
            return None
        view = page.views[at]
        if sent.get("kind") == "near":
            near = [e for e in view.answer.evidence if e.n == n] if view.answer else []
            current = store.articles([e.article.article.id for e in near])
            return next(
                (article(c, [Highlight(near[0].sentence.start, near[0].sentence.end)]) for c in current.values()), None
            )
        if n not in view.citations:
            return None
        article_id = view.citations[n].article.article.id
        sentences = cited_by(view.shown)
        return cited(
            at, n, view.citations, store.articles([article_id]).get(article_id), sentences, view.ratings.get(n)
        )

    def document(self, request: gr.Request, kind: str) -> dict[str, str] | None:
        """The page's conversation as a file, for the browser to save; None where nothing was answered."""
        exchanges = [exchange for exchange in self.page(request).talk.exchanges if exchange.text]
        today = date.today()  # noqa: DTZ011 - the reader's calendar day
        name = f"dateline-{today.isoformat()}"
        if not exchanges:
            return None
        if kind == "html":
            return {"name": f"{name}.html", "type": "text/html", "text": conversation_html(exchanges, today)}
        return {"name": f"{name}.md", "type": "text/markdown", "text": conversation_markdown(exchanges, today)}


def payload(event: gr.EventData) -> dict[str, Any]:
    """What the page's script sent with an event; a page may send anything."""
    sent = getattr(event, "_data", None)
    return dict(sent) if isinstance(sent, dict) else {}
