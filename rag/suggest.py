"""Questions that the articles answer: examples to begin with, and what to ask next.

They are made from sentences by rule, and each is put to the pipeline before it is shown: it must find the article that
it was made from and judge that its evidence holds an answer. Nothing is drafted for that.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from index.errors import DatelineError
from index.records import Sentence, StoredArticle
from rag.pipeline import Pipeline
from rag.types import Answer, AnswerDone, Drafting, EvidenceFound

EXAMPLES, FOLLOW_UPS = 4, 3
ARTICLES, TRIES = 40, 12
"""Newest articles that examples are made from; questions put to the pipeline before it is left at what was found."""

_NAME = r"[A-Z][\w’'-]+(?: (?:[A-Z][\w’'-]+|[A-Z]\.|de|van|von|al|bin)){0,3} [A-Z][\w’'-]+"
_SUBJECT = r"(?:The )?[A-Z][\w’'&.-]*(?: [A-Z][\w’'&.-]*){0,3}"
_SAID = re.compile(rf"(?:^|[,;:] |\b(?:adviser|minister|president|secretary|spokesman|spokeswoman|chief|judge) )"
                   rf"(?P<who>{_NAME})(?:,[^,]{{1,60}},|,)? (?:said|told|warned|announced|argued|added)\b")  # fmt: skip
_VERBS = {"approved": "approve", "pledged": "pledge", "paid": "pay", "raised": "raise", "spent": "spend",
          "lost": "lose", "donated": "donate", "invested": "invest", "earned": "earn"}  # fmt: skip
_MONEY = re.compile(
    rf"^(?P<who>{_SUBJECT}) (?:has |have )?(?P<verb>{'|'.join(_VERBS)})\b[^.;]*?[$€£]\d(?P<rest>[^.;]*)"
)
_FOR = re.compile(rf"\bfor (?P<what>{_SUBJECT})")
_HARM = r"killed|wounded|injured|arrested|evacuated|displaced|detained"
_PEOPLE = re.compile(
    rf"\b\d[\d,]* (?P<whom>people|soldiers|civilians|children|workers|passengers|protesters|students)"
    rf" (?:were |have been |had been )?(?P<what>{_HARM})\b"
)
_ENTITY = re.compile(r"\b(?:[A-Z][\w’'-]+(?: (?:of |the )?[A-Z][\w’'-]+)+|[A-Z]{2,6})\b")
_NO_NAME = frozenset(
    "The A An In On At He She It They We I But And For His Her Their This That January February March April May June"
    " July August September October November December Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question and the article it was made from."""

    question: str
    article_id: str


def proposals(stored: StoredArticle, sentences: Sequence[Sentence]) -> Iterator[Proposal]:
    """Questions about one article, the likeliest to be worth asking first, each once."""
    article = stored.article
    topics = [name for name in _named(article.title, article.text) if name not in (article.outlet or "")]
    found: dict[str, None] = {}
    for make in (_how_much, _how_many, _who_said):
        for sentence in sentences:
            for question in make(" ".join(sentence.text.split()), topics):
                found[question] = None
    for topic in topics:
        found[f"What is reported about {topic}?"] = None
    yield from (Proposal(question, article.id) for question in found)


def _how_much(text: str, _topics: Sequence[str]) -> Iterator[str]:
    if match := _MONEY.search(text):
        meant = _FOR.search(match["rest"])
        what = f" for {meant['what']}" if meant else ""
        yield f"How much did {_within(match['who'])} {_VERBS[match['verb']]}{what}?"


def _how_many(text: str, topics: Sequence[str]) -> Iterator[str]:
    if (match := _PEOPLE.search(text)) and topics:
        yield f"How many {match['whom']} were {match['what']} in {topics[0]}?"


def _who_said(text: str, topics: Sequence[str]) -> Iterator[str]:
    if match := _SAID.search(text):
        who = match["who"]
        if who.split()[0] in _NO_NAME:
            return
        others = [name for name in (*_named(text[match.end() :], text), *topics) if name not in who and who not in name]
        yield f"What did {who} say about {others[0]}?" if others else f"What did {who} say?"


def _named(text: str, usage: str) -> list[str]:
    """Names of several words and acronyms in a text, in order; with "the" where `usage` has it before them."""
    found = dict.fromkeys(match.group() for match in _ENTITY.finditer(text))
    names = [name for name in found if not set(name.split()) & _NO_NAME]
    return [f"the {name}" if re.search(rf"\b[Tt]he {re.escape(name)}\b", usage) else name for name in names]


def _within(subject: str) -> str:
    """A subject as it stands inside a sentence."""
    return re.sub(r"^The ", "the ", subject)


class Suggester:
    """Makes suggestions over one pipeline. Thread-safe."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._newest: list[str] = []
        self._examples: tuple[str, ...] = ()

    def examples(self) -> tuple[str, ...]:
        """Questions about the newest articles, one an article; worked out anew only when there are other articles."""
        with self._lock:
            newest = self._pipeline.store.article_ids()[:ARTICLES]
            if newest != self._newest:
                self._examples = tuple(self._answerable(self._alternating(newest), EXAMPLES, TRIES, None))
                self._newest = newest
            return self._examples

    def follow_ups(
        self, answer: Answer, asked: Iterable[str] = (), cancel: threading.Event | None = None
    ) -> tuple[str, ...]:
        """Questions about the articles that an answer rests on, or came near to.

        Args:
            answer: the one that was given.
            asked: questions that were asked already.
            cancel: when set, no more are looked for.
        """
        cited = [c.article.article.id for c in answer.citations]
        near = [e.article.article.id for e in sorted(answer.evidence, key=lambda e: -e.score)]
        known = {_folded(question) for question in asked}
        proposed = (
            p for p in self._alternating(list(dict.fromkeys([*cited, *near]))) if _folded(p.question) not in known
        )
        return tuple(self._answerable(proposed, FOLLOW_UPS, TRIES // 2, answer.question.as_of, cancel))

    def _alternating(self, article_ids: Sequence[str]) -> Iterator[Proposal]:
        """The best proposal of each article, then the second of each, and so on; one article a story."""
        store = self._pipeline.store
        found = store.articles(article_ids)
        stories: dict[int, StoredArticle] = {}
        for stored in (found[i] for i in article_ids if i in found):
            stories.setdefault(stored.story, stored)
        queues = [proposals(stored, store.sentences(stored.article.id)) for stored in stories.values()]
        while queues:
            left = []
            for queue in queues:
                if proposal := next(queue, None):
                    yield proposal
                    left.append(queue)
            queues = left

    def _answerable(
        self,
        proposed: Iterable[Proposal],
        wanted: int,
        tries: int,
        as_of: date | None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        found = 0
        for _, proposal in zip(range(tries), proposed, strict=False):
            if found == wanted or (cancel and cancel.is_set()):
                return
            if self._finds(proposal, as_of):
                found += 1
                yield proposal.question

    def _finds(self, proposal: Proposal, as_of: date | None) -> bool:
        """Whether the pipeline would draft an answer, its best evidence being of the proposal's article."""
        try:
            for event in self._pipeline.stream(proposal.question, as_of=as_of, about={"purpose": "suggestion"}):
                if isinstance(event, EvidenceFound):
                    best = max(event.evidence, key=lambda e: e.score, default=None)
                    if best is None or best.article.article.id != proposal.article_id:
                        return False
                elif isinstance(event, Drafting | AnswerDone):
                    return isinstance(event, Drafting) or event.answer.answered
        except DatelineError:  # a model that cannot be used is told when a question is asked
            return False
        return False


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())
