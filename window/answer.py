"""An answer as it grows, and as it stands at the end, in HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.history import Standing
from rag import extract
from rag.conversation import Exchange, Suggested, Unkept, Waiting
from rag.feedback import Rating
from rag.sources import cited_by, independent_outlets
from rag.types import (
    Answer,
    AnswerDone,
    AnswerSentence,
    Citation,
    Drafting,
    Event,
    Evidence,
    EvidenceFound,
    Question,
    SentenceSettled,
    Understood,
)
from rag.wording import spoken
from window.documents import NOTICES, answer_markdown
from window.html import byline, count, data, days, error, kept, listed, original, safe

NEAREST = 3
"""Sentences shown when there is no answer: as many as an answer without a language model may quote."""

SIGNS = {"verified": "✓", "repaired": "↻", "quoted": "❞", "removed": "✕"}
"""A sentence's state is told by a sign and a word, never by colour."""

SINCE = {
    "changed": "This sentence was changed after the answer was given. It now reads:",
    "removed": "The article does not say this any more: it was changed after the answer was given.",
    "gone": "This article was removed after the answer was given.",
}


@dataclass(slots=True)
class View:
    """One question and what has become known of its answer; `at`, its place, tells its links from those of others."""

    at: int
    asked: str
    question: Question | None = None
    status: str = "Searching…"
    sentences: list[AnswerSentence] = field(default_factory=list)
    citations: dict[int, Citation] = field(default_factory=dict)
    answer: Answer | None = None
    old: str = ""
    stopped: bool = False
    unkept: str = ""
    fault: tuple[str, str] | None = None
    suggested: tuple[str, ...] = ()
    ratings: Mapping[int | None, Rating] = field(default_factory=dict)
    since: Mapping[int, Standing] = field(default_factory=dict)

    @classmethod
    def of(cls, at: int, exchange: Exchange) -> View:
        """What the history holds."""
        view = cls(at, exchange.question, old=exchange.text, stopped=exchange.stopped)
        if exchange.answer:
            view.take(AnswerDone(exchange.answer))
        return view

    def take(self, event: Event | Waiting | Suggested | Unkept) -> bool:
        """Notes an event; whether it changes what is drawn."""
        match event:
            case Waiting(ahead):
                self.status = f"Waiting: {count(ahead, 'question')} before yours…"
            case Understood(question):
                self.question, self.status = question, "Searching…"
            case EvidenceFound(evidence):
                articles = len({e.article.article.id for e in evidence})
                self.status = f"Evidence from {count(articles, 'article')}…" if articles else "No evidence found…"
            case Drafting(model, _):
                self.status = "Quoting the articles…" if model == extract.NAME else f"Writing with {model}…"
                self.sentences.clear()  # another model begins anew when the first one failed midway
                self.citations.clear()
            case SentenceSettled(sentence, citations):
                self.sentences.append(sentence)
                self.citations |= {c.n: c for c in citations}
            case AnswerDone(answer):
                self.answer, self.question = answer, answer.question
                self.citations = {c.n: c for c in answer.citations}
            case Suggested(questions):
                self.suggested = questions
            case Unkept(reason):
                self.unkept = reason
            case _:
                return False
        return True

    @property
    def shown(self) -> Sequence[AnswerSentence]:
        """The sentences that stand in the answer so far."""
        return self.answer.sentences if self.answer else [s for s in self.sentences if s.supported]

    def user(self) -> str:
        """The question, as HTML."""
        return f'<div class="dl-q" id="question-{self.at}">{safe(self.asked)}</div>'

    def html(self) -> str:
        """Everything known so far, as one HTML block."""
        answer = self.answer
        if self.fault:
            return error(*self.fault)
        if answer is None and self.old:
            lost = "Only the text of this answer is left; another version of Dateline gave it."
            return f'<div class="dl"><p>{safe(self.old)}</p><p class="dl-small">{lost}</p></div>'
        parts = [self._understood()]
        shown = self.shown
        refused = answer if answer and not answer.answered else None
        if refused:
            parts.append(f'<p class="dl-none">{safe(refused.reason or "")}</p>')
        parts += [self._outdated(), self._notices(answer) if answer else "", self._sentences(shown)]
        if shown or (refused and refused.citations):
            parts.append(self._sources(tuple(self.citations.values())))
        if refused:
            parts.append(self._nearest(refused.evidence))
        parts.append(self._end(answer) if answer else f'<p class="dl-status">{safe(self.status)}</p>')
        return f'<div class="dl" id="answer-{self.at}">{"".join(parts)}</div>'

    # --- what was understood -----------------------------------------------------------------------------------------

    def _understood(self) -> str:
        if not (q := self.question):
            return ""
        searched = f'<p class="dl-small">Searched for: {safe(q.standalone)}</p>' if q.standalone != q.text else ""
        window = "Any time"
        if q.window:
            words = f" · “{q.window.words}”" if q.window.words else ""
            window = f"{'Only' if q.window.firm else 'Mainly'} {days(q.window.since, q.window.until)}{words}"
        chips = [
            self._chip("window", window, removable=bool(q.window)),
            self._chip(
                "outlets", f"Only {listed(q.outlets)}" if q.outlets else "All outlets", removable=bool(q.outlets)
            ),
            self._chip("as_of", f"As of {spoken(q.as_of)}"),
        ]
        facts = {
            "question": self.asked,
            "since": q.window.since.isoformat() if q.window.since else "",
            "until": q.window.until.isoformat() if q.window.until else "",
            "as_of": q.as_of.isoformat(),
            "outlets": q.outlets,
        }
        return f'{searched}<div class="dl-chips">{"".join(chips)}</div>{data(facts)}'

    def _chip(self, name: str, words: str, *, removable: bool = False) -> str:
        change = f'<button class="dl-chip" name="change" value="{self.at}/{name}">{safe(words)}</button>'
        if not removable:
            return change
        without = f'<button class="dl-x" name="without" value="{self.at}/{name}" title="Without">×</button>'
        return f'<span class="dl-pair">{change}{without}</span>'

    # --- the answer --------------------------------------------------------------------------------------------------

    def _notices(self, answer: Answer) -> str:
        return "".join(
            f'<p class="dl-notice"><b>{NOTICES[notice.kind]}</b> {safe(notice.text)}&#8288;'
            f'<span class="dl-marks">{self._marks(f"n{number}", notice.citations)}</span></p>'
            for number, notice in enumerate(answer.notices, 1)
        )

    def _sentences(self, shown: Sequence[AnswerSentence]) -> str:
        items = "".join(self._sentence(number, s) for number, s in enumerate(shown, 1))
        alone = " dl-alone" if len(shown) == 1 else ""
        return f'<ol class="dl-sentences{alone}">{items}</ol>' if items else ""

    def _sentence(self, number: int, s: AnswerSentence) -> str:
        marks = self._marks(number, s.citations)
        state = f"{SIGNS[s.state]}&#160;{s.state}"
        if s.reasons:
            why = safe("; ".join(s.reasons))
            told = f'<details class="dl-state"><summary>{state}</summary><span>{why}</span></details>'
        else:
            told = f'<span class="dl-state">{state}</span>'
        # The mark must not be torn from the last word.
        return f'<li class="dl-sentence">{safe(s.text)}&#8288;<span class="dl-marks">{marks}</span> {told}</li>'

    def _marks(self, place: int | str, citations: Sequence[int]) -> str:
        return "".join(
            f'<a class="dl-mark" id="mark-{self.at}-{place}-{n}" href="#{self._anchor(n)}">{n}</a>' for n in citations
        )

    def _sources(self, citations: Sequence[Citation]) -> str:
        cited = cited_by(self.shown)
        items = "".join(self._source(c, cited.get(c.n, ())) for c in citations)
        return f'<p class="dl-label">Sources</p><ul class="dl-sources">{items}</ul>'

    def _source(self, c: Citation, sentences: Sequence[int]) -> str:
        a = c.article.article
        also = f'<p class="dl-small">Also carried by {safe(listed(c.outlets[1:]))}</p>' if c.outlets[1:] else ""
        by = f" · cited by {sentence_numbers(sentences)}" if sentences and len(self.shown) > 1 else ""
        return (
            f'<li id="{self._anchor(c.n)}"><span class="dl-n">{c.n}</span><div>'
            f'<p class="dl-by">{byline(a)}{by} {original(a.url)}</p>'
            f'<p class="dl-title"><a href="#{self._anchor(c.n)}" class="dl-open">{safe(a.title or a.id)}</a></p>'
            f"<blockquote>{safe(c.sentence.text)}</blockquote>{also}{self._became(c.n)}</div></li>"
        )

    def _became(self, n: int) -> str:
        """What became of a cited sentence since."""
        if n not in self.since:
            return ""
        now = self.since[n].now
        reads = f"<blockquote>{safe(now)}</blockquote>" if now else ""
        return f'<p class="dl-small dl-since">{SINCE[self.since[n].state]}</p>{reads}'

    def _outdated(self) -> str:
        if not self.since:
            return ""
        numbers = listed([str(n) for n in sorted(self.since)])
        return (
            f'<p class="dl-notice"><b>Changed since.</b> The articles no longer say what is cited here as {numbers}. '
            "What they say now stands with the sources; ask again for an answer from it.</p>"
        )

    def _nearest(self, evidence: Sequence[Evidence]) -> str:
        nearest = sorted(evidence, key=lambda e: -e.score)[:NEAREST]
        items = "".join(
            f'<li><div><p class="dl-by">{byline(e.article.article)} {original(e.article.article.url)}</p>'
            f'<p class="dl-title"><a href="#near-{self.at}-{e.n}" class="dl-open">'
            f"{safe(e.article.article.title or e.article.article.id)}</a></p>"
            f"<blockquote>{safe(e.sentence.text)}</blockquote></div></li>"
            for e in nearest
        )
        return f'<p class="dl-label">Nearest in the articles</p><ul class="dl-sources">{items}</ul>' if items else ""

    def _anchor(self, n: int) -> str:
        return f"source-{self.at}-{n}"

    # --- beneath it --------------------------------------------------------------------------------------------------

    def _end(self, a: Answer) -> str:
        removed = ""
        if a.removed:
            items = "".join(
                f'<li><span class="dl-state">{SIGNS["removed"]}&#160;removed</span> <s>{safe(s.text)}</s>'
                f'<p class="dl-small">{safe("; ".join(s.reasons))}</p></li>'
                for s in a.removed
            )
            head = f"{count(len(a.removed), 'sentence')} removed: not supported"
            removed = f'<details class="dl-removed"><summary>{head}</summary><ul>{items}</ul></details>'
        facts = [f"As of {spoken(a.question.as_of)}"]
        if a.newest_evidence:
            facts.append(f"newest evidence {spoken(a.newest_evidence)}")
        if outlets := independent_outlets(a.citations):
            facts.append(count(len(outlets), "independent outlet"))
        if a.model not in {extract.NAME, "none"}:
            facts.append(safe(a.model))
        more = [safe(a.note)] if a.note else []
        more += ["You stopped this answer; it holds what had settled by then."] if self.stopped else []
        more += [safe(self.unkept)] if self.unkept else []
        foot = f'<p class="dl-small dl-foot">{"<br>".join([" · ".join(facts), *more])}</p>'
        return f"{removed}{foot}{self._actions(a)}{self._next()}"

    def _actions(self, a: Answer) -> str:
        up, down = (" dl-on" if self.ratings.get(None) == way else "" for way in ("up", "down"))
        buttons = (
            f'<button name="copy" value="{self.at}">Copy</button>',
            f'<button name="retry" value="{self.at}">Ask again</button>',
            f'<button name="change" value="{self.at}/question">Edit</button>',
            f'<button class="dl-rate dl-up{up}" name="rate" value="{self.at}//up" title="Good answer"></button>',
            f'<button class="dl-rate dl-down{down}" name="rate" value="{self.at}//down" title="Bad answer"></button>',
        )
        return f'<div class="dl-actions">{"".join(buttons)}</div><div class="dl-md">{kept(answer_markdown(a))}</div>'

    def _next(self) -> str:
        items = "".join(
            f'<li><button name="suggest" value="{self.at}">{safe(question)}</button></li>'
            for question in self.suggested
        )
        return f'<p class="dl-label">Ask next</p><ul class="dl-next">{items}</ul>' if items else ""


def sentence_numbers(numbers: Sequence[int]) -> str:
    """ "sentence 2", "sentences 1 and 3"."""
    return f"{'sentence' if len(numbers) == 1 else 'sentences'} {listed(map(str, numbers))}"
