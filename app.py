"""The chat window: draws what `rag` returns and holds no logic of its own.

Whatever comes from an article, a question or a model passes `_safe` before it stands in HTML: it is escaped for HTML
and for Markdown, since Gradio reads chat messages as Markdown. Gradio's own sanitiser comes after that, a second fence.
"""

from __future__ import annotations

import html
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr

from index.clean import canonical_url
from index.errors import DatelineError, InputError
from index.records import Sentence, StoredArticle
from rag import extract
from rag.pipeline import Pipeline
from rag.prompt import spoken
from rag.types import (
    Answer,
    AnswerDone,
    AnswerSentence,
    Citation,
    Drafting,
    Event,
    EvidenceFound,
    Question,
    SentenceSettled,
    Turn,
    Understood,
    Window,
)

log = logging.getLogger(__name__)

QUESTIONS_AT_ONCE = 8
NEAREST = 3
"""Sentences shown when there is no answer: as many as an answer without a language model may quote."""

EXAMPLES = (
    ("How much did the EU approve for Kyiv?", "2025-12-22-eu-loan-and-the-20-point-plan"),
    (
        "When did Australia's social media ban for under-16s take effect?",
        "https://www.usatoday.com/story/life/health-wellness/2025/12/09/australia-bans-social-media-teens/87683609007/",
    ),
    (
        "How many people watched the Nebraska volleyball match?",
        "https://www.usatoday.com/story/sports/college/volleyball/2023/08/30/nebraska-volleyball-womens-sports-attendance-record/70723628007/",
    ),
    (
        "Who won the Booker Prize in 2023?",
        "https://www.usatoday.com/story/entertainment/books/2023/11/26/paul-lynch-wins-2023-booker-prize-prophet-song/71713225007/",
    ),
)
"""Questions with the id or address of an article that answers them; shown only where that article is in the index."""

HINT = '<p role="alert">Type a question first, for example “What happened in Kyiv this week?”</p>'
_MARKS = {ord(char): f"&#{ord(char)};" for char in "\"'\\`*_{}[]()#+-.!|~$:@="}
"""Quotation marks, which end an attribute, and every character that Markdown, LaTeX or a template gives a meaning."""


# --- drawing ------------------------------------------------------------------------------------------------------


def _safe(text: str) -> str:
    """Text that shows as it is, whether it is read as HTML or as Markdown; on one line, so it ends no HTML block."""
    return html.escape(" ".join(text.split()), quote=False).translate(_MARKS)


def _link(url: str | None) -> str | None:
    """The address if a browser may follow it: http and https alone."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _source(article: StoredArticle, sentence: Sentence, outlets: Sequence[str] = ()) -> str:
    """An article's outlet, day and title, and the sentence taken from it."""
    a = article.article
    byline = " · ".join(_safe(part) for part in (a.outlet, spoken(a.published) if a.published else "") if part)
    title, url = _safe(a.title or a.id), _link(a.url)
    headline = f'<a href="{_safe(url)}" target="_blank" rel="noopener noreferrer">{title}</a>' if url else title
    others = f'<p class="dl-small">Also carried by {_safe(", ".join(outlets[1:]))}</p>' if outlets[1:] else ""
    return (
        f'<p class="dl-by">{byline}</p><p class="dl-title">{headline}</p>'
        f"<blockquote>{_safe(sentence.text)}</blockquote>{others}"
    )


@dataclass(slots=True)
class _Exchange:
    """One question and what has become known of its answer; `number` tells its links from those of others."""

    number: int
    question: Question | None = None
    status: str = "Searching…"
    sentences: list[AnswerSentence] = field(default_factory=list)
    citations: dict[int, Citation] = field(default_factory=dict)
    answer: Answer | None = None

    def take(self, event: Event) -> bool:
        """Notes an event; whether it changes what is drawn."""
        if isinstance(event, Understood):
            self.question = event.question
        elif isinstance(event, EvidenceFound):
            articles = len({e.article.article.id for e in event.evidence})
            self.status = f"Evidence from {_count(articles, 'article')}…" if articles else "No evidence found…"
        elif isinstance(event, Drafting):
            self.status = "Quoting the articles…" if event.model == extract.NAME else f"Writing with {event.model}…"
            self.sentences.clear()  # another model begins anew when the first one failed midway
            self.citations.clear()
        elif isinstance(event, SentenceSettled):
            self.sentences.append(event.sentence)
            self.citations |= {c.n: c for c in event.citations}
        elif isinstance(event, AnswerDone):
            self.answer = event.answer
        else:
            return False
        return True

    def html(self) -> str:
        """Everything known so far, as one HTML block."""
        parts = [self._understood()]
        shown = self.answer.sentences if self.answer else [s for s in self.sentences if s.supported]
        if self.answer and not self.answer.answered:
            parts.append(f'<p class="dl-none">{_safe(self.answer.reason or "")}</p>')
            nearest = sorted(self.answer.evidence, key=lambda e: -e.score)[:NEAREST]
            items = "".join(f"<li><div>{_source(e.article, e.sentence)}</div></li>" for e in nearest)
            if items:
                parts.append(f'<p class="dl-label">Nearest in the articles</p><ul class="dl-sources">{items}</ul>')
        parts += [self._sentence(s) for s in shown]
        if shown:
            parts.append(self._sources(self.answer.citations if self.answer else tuple(self.citations.values())))
        parts.append(self._foot(self.answer) if self.answer else f'<p class="dl-status">{_safe(self.status)}</p>')
        return f'<div class="dl">{"".join(parts)}</div>'

    def _understood(self) -> str:
        if not (q := self.question):
            return ""
        lines = [f"Searched for: {_safe(q.standalone)}"] if q.standalone != q.text else []
        if q.window:
            since = f"from {spoken(q.window.since)} " if q.window.since else ""
            lines.append(f"Articles {since}to {spoken(q.window.until or q.as_of)}")
        if q.outlets:
            lines.append(f"Articles by {_safe(', '.join(q.outlets))}")
        return f'<p class="dl-small">{"<br>".join(lines)}</p>' if lines else ""

    def _sentence(self, s: AnswerSentence) -> str:
        marks = "".join(f'<a class="dl-mark" href="#{self._anchor(n)}">[{n}]</a>' for n in s.citations)
        why = f' title="{_safe("; ".join(s.reasons))}"' if s.reasons else ""
        state = f'<span class="dl-state"{why}>{s.state}</span>'
        return f'<p class="dl-sentence">{_safe(s.text)} <span class="dl-marks">{marks} {state}</span></p>'

    def _sources(self, citations: Sequence[Citation]) -> str:
        items = "".join(
            f'<li id="{self._anchor(c.n)}"><span class="dl-n">[{c.n}]</span>'
            f"<div>{_source(c.article, c.sentence, c.outlets)}</div></li>"
            for c in citations
        )
        return f'<p class="dl-label">Sources</p><ul class="dl-sources">{items}</ul>'

    def _anchor(self, n: int) -> str:
        return f"source-{self.number}-{n}"

    def _foot(self, a: Answer) -> str:
        removed = ""
        if a.removed:
            items = "".join(
                f'<li>{_safe(s.text)}<p class="dl-small">{_safe("; ".join(s.reasons))}</p></li>' for s in a.removed
            )
            head = f"{_count(len(a.removed), 'sentence')} removed: not supported"
            removed = f'<details class="dl-removed"><summary>{head}</summary><ul>{items}</ul></details>'
        facts = [f"As of {spoken(a.question.as_of)}"]
        if a.newest_evidence:
            facts.append(f"newest evidence {spoken(a.newest_evidence)}")
        if a.model not in {extract.NAME, "none"}:
            facts.append(_safe(a.model))
        note = f"<br>{_safe(a.note)}" if a.note else ""
        return f'{removed}<p class="dl-small dl-foot">{" · ".join(facts)}{note}</p>'


def _error(message: str, advice: str) -> str:
    return f'<div class="dl"><div class="dl-error"><p><b>{_safe(message)}</b></p><p>{_safe(advice)}</p></div></div>'


def _header(pipeline: Pipeline) -> str:
    stats = pipeline.store.stats()
    held = "No articles yet: take some in with “dateline ingest”."
    if stats.articles:
        newest = f", newest {spoken(stats.newest)}" if stats.newest else ""
        outlets = f", {_count(len(stats.outlets), 'outlet')}" if stats.outlets else ""
        held = f"{_count(stats.articles, 'article')}{outlets}{newest}. Every sentence of an answer cites its source."
    return f'<header class="dl-head"><h1>Dateline</h1><p>{held}</p></header>'


def _examples(pipeline: Pipeline) -> Any:
    store = pipeline.store
    return [{"text": q} for q, key in EXAMPLES if store.articles([key]) or store.by_url(canonical_url(key))]


# --- conversation -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Talk:
    """One browser tab's conversation. It lives in memory and ends with the tab."""

    messages: list[dict[str, str]] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)

    def show(self, answer: str) -> list[dict[str, str]]:
        """All messages, the last one being the answer as it stands."""
        self.messages[-1] = {"role": "assistant", "content": answer}
        return list(self.messages)


def _day(label: str, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10]) if value and value.strip() else None
    except ValueError as exc:
        msg = f"{label}: “{value}” is no date."
        raise InputError(msg, "Write it as 2025-12-21, or leave it empty.") from exc


def _window(since: str | None, until: str | None) -> Window | None:
    first, last = _day("From", since), _day("To", until)
    if first and last and last < first:
        msg = f"The time span ends ({spoken(last)}) before it begins ({spoken(first)})."
        raise InputError(msg, "Swap the two dates, or leave one empty.")
    return Window(first, last) if first or last else None


def _answers(
    pipeline: Pipeline, talk: _Talk, text: str, as_of: str | None, since: str | None, until: str | None
) -> Iterator[str]:
    """The answer as HTML, again and again while it grows."""
    exchange = _Exchange(len(talk.messages))
    yield exchange.html()
    try:
        day, window = _day("As of", as_of), _window(since, until)
        events = pipeline.stream(text, as_of=day, history=talk.turns, window=window, cancel=talk.cancel)
        for event in events:
            if exchange.take(event):
                yield exchange.html()
        if exchange.answer:
            talk.turns.append(Turn.of(exchange.answer))
    except DatelineError as exc:
        yield _error(exc.message, exc.advice)
    except Exception:  # the last line: whatever it is, the window stays open
        log.exception("A question could not be answered")
        yield _error("Something went wrong.", "The log of the program says what; the question can be asked again.")


# --- the window ---------------------------------------------------------------------------------------------------

THEME = gr.themes.Base(
    primary_hue="blue",
    neutral_hue="stone",
    font=["-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
)

CSS = """
.gradio-container { --dl-measure: 820px; --dl-serif: "Iowan Old Style", Charter, Georgia, "Times New Roman", serif;
  --dl-quiet: #6b645d; --dl-rule: #e4e0da; --dl-tint: #f6f4f0; --dl-link: #1d4f91; --dl-paper: #fdfcfa;
  --dl-ink: #1f1c19;
  background: var(--dl-paper) !important; color: var(--dl-ink); }
.dark .gradio-container, .gradio-container.dark { --dl-quiet: #a8a29a; --dl-rule: #3a3632; --dl-tint: #26231f;
  --dl-link: #9cc3f5; --dl-paper: #181614; --dl-ink: #ece8e2; }
.gradio-container .main { padding: 0 !important; }
main.contain > .column { gap: 0 !important; height: 100vh; height: 100dvh; flex-wrap: nowrap; }
#dl-head, #dl-ask { width: 100%; max-width: var(--dl-measure); margin: 0 auto !important; padding: 0 20px !important;
  box-sizing: border-box; background: none !important; border: 0 !important; }
#dl-head .html-container { padding: 28px 0 14px !important; }
#dl-head h1 { margin: 0 0 4px; font: 600 26px/1.2 var(--dl-serif); letter-spacing: -.01em; color: var(--dl-ink); }
#dl-head p { margin: 0; font-size: 14px; line-height: 1.5; color: var(--dl-quiet); }
#dl-chat { border: 0 !important; border-radius: 0 !important; background: none !important;
  flex: 1 1 0 !important; height: auto !important; min-height: 0; overflow: hidden !important; }
#dl-chat .wrapper { height: 100%; min-height: 0; }
#dl-chat .icon-button-wrapper { display: none; }
#dl-chat .bubble-wrap { padding: 0; background: none; height: 100%; overflow-y: auto; }
#dl-chat .message-wrap, #dl-chat .placeholder-content { max-width: var(--dl-measure); width: 100%; margin: 0 auto;
  padding: 8px 20px 24px; box-sizing: border-box; gap: 0; align-items: stretch; justify-content: flex-start; }
#dl-chat .message-row { max-width: none; width: 100%; margin: 0; }
#dl-chat .flex-wrap { width: 100%; max-width: none; }
#dl-chat .message { max-width: none; width: 100%; padding: 0; margin: 0; border: 0; background: none;
  box-shadow: none;
  color: var(--dl-ink); font-size: 16px; }
#dl-chat .md { opacity: 1; color: inherit; }
#dl-chat .placeholder-content { align-items: stretch; }
#dl-chat .examples { display: block; margin: 18px 0 0; padding: 0; max-width: none; width: 100%; }
#dl-chat .examples::before { content: "For example"; display: block; font-size: 13px; font-weight: 600;
  color: var(--dl-quiet);
  padding-bottom: 10px; border-bottom: 1px solid var(--dl-rule); }
#dl-chat .example { display: block; width: 100%; padding: 15px 0; border: 0; border-bottom: 1px solid var(--dl-rule);
  border-radius: 0; background: none; box-shadow: none; text-align: left; transform: none; }
#dl-chat .example-text { font: 18px/1.4 var(--dl-serif); color: var(--dl-link); }
#dl-chat .example:hover .example-text { text-decoration: underline; text-underline-offset: 3px; }
#dl-chat .bot-row:last-of-type { min-height: 60vh; }
#dl-chat .user-row { margin-top: 26px; }
#dl-chat .user-row ~ .user-row { margin-top: 34px; padding-top: 30px; border-top: 1px solid var(--dl-rule); }
.dl-q { font: 600 21px/1.35 var(--dl-serif); color: var(--dl-ink); overflow-wrap: anywhere; }
.dl { margin-top: 12px; line-height: 1.6; overflow-wrap: anywhere; color: var(--dl-ink); }
.dl p, .dl ul, .dl li, .dl blockquote { margin: 0; padding: 0; color: inherit; }
.dl a { color: var(--dl-link); text-decoration: none; }
.dl a:hover { text-decoration: underline; text-underline-offset: 3px; }
.dl :focus-visible, #dl-ask :focus-visible, #dl-chat .example:focus-visible { outline: 2px solid var(--dl-link);
  outline-offset: 2px; }
.dl p.dl-sentence { font-size: 17px; line-height: 1.65; margin-bottom: 10px; }
.dl .dl-marks { white-space: nowrap; }
.dl .dl-mark { font-size: 13px; padding: 0 1px; font-variant-numeric: tabular-nums; }
.dl .dl-state { font-size: 11.5px; line-height: 1; color: var(--dl-quiet); white-space: nowrap;
  padding: 1px 6px 2px; border: 1px solid var(--dl-rule); border-radius: 4px; vertical-align: 1px; }
.dl p.dl-label { margin: 22px 0 8px; font-size: 13px; font-weight: 600; color: var(--dl-quiet); }
.dl ul.dl-sources { list-style: none; border-top: 1px solid var(--dl-rule); }
.dl .dl-sources > li { display: flex; gap: 12px; padding: 12px 0; border-bottom: 1px solid var(--dl-rule);
  scroll-margin: 40px; }
.dl .dl-sources > li:target { background: var(--dl-tint);
  box-shadow: -10px 0 0 var(--dl-tint), 10px 0 0 var(--dl-tint); }
.dl .dl-sources > li > div { min-width: 0; }
.dl .dl-n { flex: none; width: 22px; font-size: 13px; line-height: 21px; color: var(--dl-quiet);
  font-variant-numeric: tabular-nums; }
.dl p.dl-by { font-size: 13px; line-height: 21px; color: var(--dl-quiet); }
.dl p.dl-title { font-size: 15px; line-height: 1.45; }
.dl blockquote { border: 0; font: 15px/1.55 var(--dl-serif); margin-top: 4px !important; }
.dl p.dl-small, .dl p.dl-status, .dl .dl-removed { font-size: 13px; line-height: 1.55; color: var(--dl-quiet); }
.dl p.dl-small + p { margin-top: 8px; }
.dl p.dl-foot { margin-top: 14px; }
.dl p.dl-none { font-size: 17px; }
.dl .dl-removed { margin-top: 14px; }
.dl .dl-removed summary { cursor: pointer; width: fit-content; }
.dl .dl-removed ul { margin: 6px 0 0; padding-left: 18px; list-style: disc; }
.dl .dl-removed li { margin: 6px 0; }
.dl .dl-removed li p { display: block; }
.dl .dl-error { border-left: 3px solid #b3261e; padding: 2px 0 2px 14px; }
.dark .dl .dl-error { border-color: #f2867d; }
#dl-ask { gap: 8px !important; padding-top: 10px !important; padding-bottom: 14px !important; }
#dl-hint { border: 0 !important; background: none !important; }
#dl-hint .html-container { padding: 0 !important; }
#dl-hint p { margin: 0; font-size: 14px; color: var(--dl-ink); }
#dl-box { gap: 8px; align-items: stretch; flex-wrap: nowrap; }
#dl-box .block { border: 0; background: none; min-width: 0 !important; }
#dl-box textarea { min-height: 46px; padding: 11px 14px; font-size: 16px; line-height: 22px; color: var(--dl-ink);
  border: 1px solid #8d857c; border-radius: 8px; background: var(--dl-paper); box-shadow: none; }
#dl-box textarea:focus { border-color: var(--dl-link); box-shadow: inset 0 0 0 1px var(--dl-link); outline: none; }
#dl-box textarea::placeholder { color: var(--dl-quiet); opacity: 1; }
#dl-box button { height: 46px; border-radius: 8px; font-size: 15px; font-weight: 600; box-shadow: none; }
#dl-box button.primary { background: var(--dl-link); border: 1px solid var(--dl-link); color: var(--dl-paper); }
#dl-box button.stop { background: none; border: 1px solid #8d857c; color: var(--dl-ink); }
#dl-more { position: relative; display: block; }
#dl-dates { border: 0 !important; background: none !important; padding: 0 !important; box-shadow: none !important; }
#dl-dates > .label-wrap { width: fit-content; align-items: center; gap: 0; padding: 4px 0; font-size: 13px;
  color: var(--dl-quiet); }
#dl-dates > .label-wrap .icon { font-size: 9px; margin-left: 6px; }
#dl-dates > .label-wrap .icon[style*="90deg"] { transform: rotate(-90deg) !important; }
#dl-dates .row { gap: 12px; padding: 8px 0 4px; flex-wrap: nowrap; }
#dl-dates .form, #dl-dates .row .block { border: 0; background: none; padding: 0; box-shadow: none;
  overflow: visible; }
#dl-dates .form { display: flex; flex-wrap: wrap; gap: 12px; max-width: 520px; }
#dl-dates .form .block { flex: 1 1 130px; min-width: 0 !important; }
#dl-dates [data-testid="block-info"] { margin-bottom: 3px; font-size: 13px; color: var(--dl-quiet); }
#dl-dates input { height: 36px; padding: 4px 10px; font-size: 14px; color: var(--dl-ink); background: var(--dl-paper);
  border: 1px solid #8d857c; border-radius: 6px; box-shadow: none; color-scheme: light; }
.dark #dl-dates input { color-scheme: dark; }
#dl-again { position: absolute; top: 0; right: 0; width: max-content !important; flex: none; white-space: nowrap;
  min-width: 0; background: none;
  border: 0; box-shadow: none; padding: 4px 0; font-size: 13px;
  font-weight: 400; color: var(--dl-quiet); }
#dl-again:hover, #dl-dates > .label-wrap:hover { color: var(--dl-ink); }
@media (max-width: 480px) {
  #dl-head .html-container { padding: 18px 0 8px !important; }
  #dl-head h1 { font-size: 22px; }
  #dl-head, #dl-ask, #dl-chat .message-wrap, #dl-chat .placeholder-content { padding-left: 16px !important;
  padding-right: 16px !important; }
  .dl-q { font-size: 19px; }
  .dl p.dl-sentence { font-size: 16px; }
  .dl .dl-sources > li { gap: 6px; }
}
"""

# Gradio labels each message with its source, HTML and all; without that label a screen reader reads what is shown.
# The date fields become the browser's own, with its calendar; they hold ISO text either way.
# A new question moves to the top, so that its answer begins in view; scrolling to the end would show the last source.
JS = """() => {
  let asked = 0;
  const tidy = () => {
    document.querySelectorAll('#dl-chat [data-testid][aria-label]').forEach((m) => m.removeAttribute('aria-label'));
    document.querySelectorAll('#dl-dates input[type=text]').forEach((day) => { day.type = 'date'; });
    const questions = document.querySelectorAll('#dl-chat .user-row');
    if (questions.length > asked) questions[questions.length - 1].scrollIntoView({block: 'start'});
    asked = questions.length;
  };
  new MutationObserver(tidy).observe(document.body, {subtree: true, childList: true, attributeFilter: ['aria-label']});
}"""


def build(pipeline: Pipeline) -> gr.Blocks:
    """The window over one pipeline, not yet served."""
    talks: dict[str, _Talk] = {}

    window = gr.Blocks(title="Dateline", analytics_enabled=False, fill_height=True, fill_width=True)
    with window:
        gr.HTML(lambda: _header(pipeline), elem_id="dl-head")
        chat = gr.Chatbot(
            elem_id="dl-chat",
            label="Conversation",
            show_label=False,
            container=False,
            autoscroll=False,
            scale=1,
            height="100%",
            layout="bubble",
            buttons=[],
            feedback_options=None,
            latex_delimiters=[],
            examples=_examples(pipeline) or None,
        )
        with gr.Column(elem_id="dl-ask", scale=0):
            hint = gr.HTML(elem_id="dl-hint")
            with gr.Row(elem_id="dl-box"):
                box = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    container=False,
                    placeholder="Ask about the articles",
                    lines=1,
                    max_lines=5,
                    scale=1,
                    autofocus=True,
                )
                send = gr.Button("Ask", variant="primary", scale=0, min_width=88)
                stop = gr.Button("Stop", variant="stop", scale=0, min_width=88, visible=False)
            with gr.Row(elem_id="dl-more"):
                with gr.Accordion("Dates", open=False, elem_id="dl-dates"), gr.Row():
                    day: dict[str, Any] = {"lines": 1, "max_lines": 1, "placeholder": "2025-12-21", "min_width": 130}
                    as_of = gr.Textbox(label="As of (today if empty)", **day)
                    since = gr.Textbox(label="Articles from", **day)
                    until = gr.Textbox(label="Articles to", **day)
                again = gr.Button("New conversation", size="sm", scale=0, elem_id="dl-again", visible=False)

        def ask(
            text: str, asked: str | None, since: str | None, until: str | None, request: gr.Request
        ) -> Iterator[Any]:
            if not text.strip():
                yield {hint: HINT}
                return
            talk = talks.setdefault(request.session_hash or "", _Talk())
            talk.cancel = threading.Event()
            talk.messages += [{"role": "user", "content": f'<div class="dl-q">{_safe(text)}</div>'}, {}]
            busy = {box: "", hint: "", send: gr.Button(visible=False), stop: gr.Button(visible=True)}
            for answer in _answers(pipeline, talk, text, asked, since, until):
                if talks.get(request.session_hash or "") is not talk:
                    return  # another conversation was begun meanwhile
                yield {chat: talk.show(answer), **busy}
                busy = {}
            yield {send: gr.Button(visible=True), stop: gr.Button(visible=False), again: gr.Button(visible=True)}

        def leave(request: gr.Request) -> None:
            if talk := talks.get(request.session_hash or ""):
                talk.cancel.set()

        def begin_anew(request: gr.Request) -> Any:
            close(request)
            return [], "", gr.Button(visible=True), gr.Button(visible=False), gr.Button(visible=False)

        def close(request: gr.Request) -> None:
            leave(request)
            talks.pop(request.session_hash or "", None)

        def chosen(event: gr.SelectData) -> str:
            return str(event.value["text"])

        asking: dict[str, Any] = {
            "fn": ask,
            "inputs": [box, as_of, since, until],
            "outputs": [chat, box, hint, send, stop, again],
            "show_progress": "hidden",
            "concurrency_limit": QUESTIONS_AT_ONCE,
            "concurrency_id": "questions",
            "api_visibility": "private",
        }
        quick: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
        gr.on([send.click, box.submit], **asking)
        chat.example_select(chosen, None, box, **quick).then(**asking)
        stop.click(leave, **quick)
        again.click(begin_anew, None, [chat, hint, send, stop, again], **quick)
        window.unload(close)
    return window


def start(pipeline: Pipeline, *, host: str = "127.0.0.1", port: int = 7860, open_browser: bool = False) -> gr.Blocks:
    """Serves the window from threads of its own and returns it; its `close` ends that.

    Raises:
        InputError: the port is taken or may not be used.
    """
    window = build(pipeline)
    try:
        window.queue(api_open=False).launch(
            server_name=host,
            server_port=port,
            inbrowser=open_browser,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            ssr_mode=False,
            run_history=False,
            footer_links=[],
            theme=THEME,
            css=CSS,
            js=JS,
        )
    except OSError as exc:
        msg = f"The window cannot be opened at {host}:{port}; another program may be using that port."
        raise InputError(msg, f"Close it, or choose another port, for example --port {port + 1}.") from exc
    return window


def serve(pipeline: Pipeline, *, host: str = "127.0.0.1", port: int = 7860, open_browser: bool = False) -> None:
    """Opens the window, prints its address and stays until interrupted.

    Raises:
        InputError: the port is taken or may not be used.
    """
    window = start(pipeline, host=host, port=port, open_browser=open_browser)
    print(f"Dateline is at http://{host}:{port}", flush=True)  # noqa: T201 - what the command is run for
    try:
        threading.Event().wait()
    finally:
        window.close(verbose=False)
        pipeline.close()
