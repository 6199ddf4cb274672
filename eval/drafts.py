"""Questions proposed from articles by rule, for a person to rewrite: a gap where a name, a number or a date stood.

A gap question is a poor question to ask, for it gives away the words of its answer's sentence; what is proposed is the
gold sentence, the answer and the day. So every draft is marked as one, and a set that holds drafts is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from eval.matching import holds
from eval.questions import EvalQuestion, Gold, Tag
from index.store import Store

PER_ARTICLE = 2
_LENGTHS = range(50, 300)  # characters of a sentence that says something and can be asked about
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_NAME = r"[A-Z][\w’'-]+(?: (?:[A-Z][\w’'-]+|[A-Z]\.)){0,3}"
_SCALE = r"(?: (?:hundred|thousand|million|billion|trillion))?"
_RULES: tuple[tuple[Tag, str, re.Pattern[str]], ...] = (
    (
        "who-said-what",
        "Who",
        re.compile(rf"(?:^|[,;:] )({_NAME})(?:,[^,]{{1,60}},)? (?:said|told|warned|announced|argued)\b"),
    ),
    ("date", "When", re.compile(rf"\b((?:{_MONTH}) \d{{1,2}}(?:, \d{{4}})?|\d{{1,2}} (?:{_MONTH})(?: \d{{4}})?)\b")),
    ("number", "How much", re.compile(rf"((?:US)?[$€£]\d[\d,.]*\d?{_SCALE}|\d[\d,.]*(?: ?%| percent| per cent))")),
    ("number", "How many", re.compile(rf"\b(\d[\d,]*(?:\.\d+)?{_SCALE})\b(?= [a-z]{{3,}})")),
)
_DATED = re.compile(rf"(?:{_MONTH}) $")  # what follows is a day, not a count
_LEANS = re.compile(r"^(?:he|she|it|they|this|that|these|those|his|her|their|but|and|however)\b", re.IGNORECASE)
_NAMED = re.compile(r"(?<!^)(?<![.!?“\"] )\b[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class _Gap:
    tag: Tag
    question: str
    answer: str
    sentence: str
    worth: int


def drafts(
    store: Store, names: Mapping[str, str], today: date, per_article: int = PER_ARTICLE
) -> Iterator[EvalQuestion]:
    """Proposes questions about every article of an index, newest first.

    Args:
        store: the index.
        names: article id to handle.
        today: the day on which questions about undated articles are asked.
        per_article: at most so many an article, of different kinds.
    """
    number = 0
    articles = store.article_ids()
    for article_id in articles:
        found = store.articles([article_id]).get(article_id)
        if found is None:  # another process may just have removed it
            continue
        sentences = [sentence.text for sentence in store.sentences(article_id)]
        for gap in _chosen(_gaps(sentences), per_article):
            number += 1
            yield EvalQuestion(
                id=f"d{number:03}",
                question=gap.question,
                as_of=found.article.published or today,
                answer=gap.answer,
                evidence=(Gold(article=names[article_id], sentence=gap.sentence),),
                tags=(gap.tag,),
                answerable=True,
                draft=True,
            )


def _gaps(sentences: Iterable[str]) -> Iterator[_Gap]:
    """Every gap that a rule finds in a sentence that can be understood alone."""
    for sentence in sentences:
        plain = " ".join(sentence.split())
        if len(plain) not in _LENGTHS or plain.endswith("?") or _LEANS.match(plain):
            continue
        for tag, asks, pattern in _RULES:
            match = pattern.search(plain)
            dated = match and tag == "number" and _DATED.search(plain[: match.start(1)])
            if match and not dated and plain.count(match[1]) == 1 and holds([plain], [match[1]]):
                gapped = f"{plain[: match.start(1)]}___{plain[match.end(1) :]}"
                # Names make clear what is asked about.
                worth = len(set(_NAMED.findall(gapped)))
                yield _Gap(tag, f"{asks}: “{gapped}”?", match[1], sentence, worth)


def _chosen(gaps: Iterable[_Gap], most: int) -> Sequence[_Gap]:
    """The best of each kind, from different sentences, best first."""
    kinds: set[Tag] = set()
    used: set[str] = set()
    chosen: list[_Gap] = []
    for gap in sorted(gaps, key=lambda gap: -gap.worth):
        if gap.tag not in kinds and gap.sentence not in used:
            kinds.add(gap.tag)
            used.add(gap.sentence)
            chosen.append(gap)
    return chosen[:most]
