"""Evidence from a few words, for tests of what reads it."""

from __future__ import annotations

from datetime import date

from index.records import Article, Sentence, StoredArticle
from rag.types import Evidence


def evidence(
    n: int,
    text: str,
    *,
    outlet: str | None = "The Example",
    day: str | None = "2025-05-03",
    title: str = "",
    story: int | None = None,
    score: float = 10.0,
    answers: float = 0.9,
) -> Evidence:
    """The n-th sentence on offer: the whole text of an article of its own."""
    published = date.fromisoformat(day) if day else None
    article = Article(f"a{n}", title, text, outlet, published, None, (), f"/a{n}")
    stored = StoredArticle(article, 1, n if story is None else story, "2025-05-04T00:00:00+00:00")
    sentence = Sentence(100 + n, article.id, 0, 0, len(text), text)
    return Evidence(n, sentence, stored, score, (outlet,) if outlet else (), answers=answers)
