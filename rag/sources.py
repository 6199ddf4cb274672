"""What an answer's sources are to its reader: which sentence rests on which, who is independent, what changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from index.history import Standing, standing
from index.records import StoredArticle
from index.store import Store
from rag.history import Cited
from rag.types import AnswerSentence, Citation


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


def since(citations: Iterable[Citation], store: Store) -> dict[int, Standing]:
    """What became of the cited sentences after the answer was given, by citation; those that stand are left out."""
    found = {c.n: standing(store, c.article.article.id, c.article.version, c.sentence.text) for c in citations}
    return {n: now for n, now in found.items() if now.state != "stands"}


def outdated(cited: Sequence[Cited], store: Store) -> list[Cited]:
    """Those of the cited sentences that do not stand any more. Quick where no article has changed."""
    current = store.articles(list({c.article for c in cited}))
    return [
        c
        for c in cited
        if (c.article not in current or current[c.article].version != c.version)
        and standing(store, c.article, c.version, c.sentence).state != "stands"
    ]


def stands(citation: Citation, current: StoredArticle) -> bool:
    """Whether the cited sentence still is where it was in the article."""
    sentence = citation.sentence
    return current.article.text[sentence.start : sentence.end] == sentence.text
