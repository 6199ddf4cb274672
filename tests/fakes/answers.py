"""Answers made by hand, for tests of what is done with one."""

from __future__ import annotations

from datetime import date
from typing import Any

from index.records import Article, Sentence, StoredArticle
from rag.types import Answer, AnswerSentence, Citation, Evidence, Question, State


def stored(text: str, *, key: str = "weather", story: int = 1, version: int = 1, **fields: Any) -> StoredArticle:
    """An article as a store would hold it."""
    known = {"title": "Weather", "outlet": "CNN", "published": date(2025, 6, 1), "url": "https://example.org/weather"}
    return StoredArticle(Article(key, text=text, **(known | fields)), version, story, "2025-06-01T00:00:00+00:00")


def answer(
    *sentences: str, text: str = "", state: State = "quoted", question: str = "What rained?", **fields: Any
) -> Answer:
    """An answer that quotes these sentences of one article, each with a citation of its own; none means a refusal."""
    whole = text or " ".join(sentences)
    article = stored(whole)
    cited = []
    for n, sentence in enumerate(sentences, 1):
        start = whole.index(sentence)
        cited.append(Sentence(n, article.article.id, n - 1, start, start + len(sentence), sentence))
    known: dict[str, Any] = {
        "question": Question(question, question, date(2025, 6, 2)),
        "answered": bool(sentences),
        "reason": None if sentences else "The answer is not in these articles.",
        "model": "extractive",
        "note": "",
        "sentences": tuple(AnswerSentence(s.text, (s.id,), 1.0, state) for s in cited),
        "removed": (),
        "citations": tuple(Citation(s.id, s, article, ("CNN",)) for s in cited),
        "evidence": tuple(Evidence(s.id, s, article, 1.0, ("CNN",)) for s in cited),
        "timings_ms": {"total": 1},
    }
    return Answer(**(known | fields))
