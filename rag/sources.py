"""What an answer's sources are to its reader: which sentence rests on which, who is independent, what changed since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from index.history import standing
from index.records import StoredArticle
from index.store import Store
from rag.types import AnswerSentence, Citation

Since = Literal["changed", "removed"]


def cited_by(sentences: Iterable[AnswerSentence]) -> dict[int, tuple[int, ...]]:
    """The sentences, counted from 1, that cite each citation, by its number."""
    found: dict[int, list[int]] = {}
    for number, sentence in enumerate(sentences, 1):
        for n in sentence.citations:
            found.setdefault(n, []).append(number)
    return {n: tuple(numbers) for n, numbers in found.items()}


def independent_outlets(citations: Iterable[Citation]) -> tuple[str, ...]:
    """Outlets that reported by themselves, in order: one story counts once, however many reprinted it.

    An article whose outlet is unknown speaks for itself and is named by its headline.
    """
    stories: dict[int, str] = {}
    for citation in citations:
        article = citation.article.article
        stories.setdefault(citation.article.story, article.outlet or article.title or article.id)
    return tuple(dict.fromkeys(stories.values()))


def since(citations: Iterable[Citation], store: Store) -> dict[int, Since]:
    """What became of the cited sentences after the answer was given, by citation; those that stand are left out.

    Changed: the article says it in other words now, or not any more. Removed: the article is gone.
    """
    found: dict[int, Since] = {}
    for c in citations:
        now = standing(store, c.article.article.id, c.article.version, c.sentence.text)
        if now.state != "stands":
            found[c.n] = "removed" if now.state == "gone" else "changed"
    return found


def stands(citation: Citation, current: StoredArticle) -> bool:
    """Whether the cited sentence still is where it was in the article."""
    sentence = citation.sentence
    return current.article.text[sentence.start : sentence.end] == sentence.text
