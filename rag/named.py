"""Whom a question names must be named by an article that answers: what another did is no answer about them.

Sentences that say "she" read as if they were about whoever was asked about. An article that names none of the people
and companies of the question is left out where another that was found names one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.names import Name, names
from rag.types import Found

_QUALIFIES = re.compile(r"\ban?\s+$", re.IGNORECASE)  # "a Sydney student" is about no Sydney


def of_the_named(question: str, found: Sequence[Found]) -> list[Found]:
    """Of the articles found, in order, those that name somebody whom the question names; all where none does.

    Args:
        question: standalone.
        found: articles, best first.
    """
    named = [name for name in names(question) if not _QUALIFIES.search(question[: name.start])]
    if not any(map(_one_name, named)):
        return list(found)
    called = {word for name in named for word in ([name.last] if name.kind == "person" else name.text.split())}
    # As names are written, or in capitals: "paper" is no Paper Lantern.
    spelt = "|".join(re.escape(word) for word in sorted({*called, *(word.upper() for word in called)}))
    one = re.compile(rf"(?<!\w)(?:{spelt})(?:['’]?[sS])?(?!\w)")
    return [f for f in found if one.search(_whole(f))] or list(found)


def _one_name(name: Name) -> bool:
    """Whether it goes by this name alone; places and institutions have many: "the Fed", "the US", "America"."""
    return name.kind == "person" or (name.kind == "other" and not name.sure)


def _whole(found: Found) -> str:
    article = found.article.article
    return f"{article.title}\n{article.outlet}\n{article.text}"
