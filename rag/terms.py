"""Words of a question or a claim that carry meaning, in the form in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from nltk.stem import SnowballStemmer

from index.store import Terms

STOPWORDS = frozenset(
    """a about after again all also am an and any are aren't as at be because been before being between both but by can
    could couldn't did didn't do does doesn't doing don't during each few for from further had hadn't has hasn't have
    haven't having he her here hers him himself his how i if in into is isn't it it's its itself just let's me more most
    my myself no nor not of off on once only or other our ours out over own s same she should so some such t than that
    the their theirs them themselves then there these they this those through to too under until up us very was wasn't
    we were weren't what when where which while who whom whose why will with won't would wouldn't you your yours
    according tell say says said many much happened happen latest recent recently reportedly
    following name named week weeks news article articles report reports
    please know""".split()
)  # fmt: skip

_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:['’]\w+)?(?:\.\w+)*", re.UNICODE)
_PHRASE = re.compile(r"[\"“”]([^\"“”]{2,120})[\"“”]")
_stem = lru_cache(maxsize=1 << 16)(SnowballStemmer("english").stem)


def stem(word: str) -> str:
    """Stem of a lower-case word (Porter 1980, in Snowball's revision)."""
    return str(_stem(word))


def words(text: str) -> list[str]:
    """Words in lower case, possessives cut, in order."""
    return [re.sub(r"['’]s$", "", word.lower()) for word in _WORD.findall(text)]


def stems(text: str) -> list[str]:
    """Stems of the content words, in order."""
    return [stem(word) for word in words(text) if word not in STOPWORDS]


def stem_set(texts: Iterable[str]) -> frozenset[str]:
    """The stems that occur in any of the texts."""
    return frozenset(stem for text in texts for stem in stems(text))


def phrases(question: str) -> tuple[str, ...]:
    """What stands in double quotes in the question: it must occur word for word.

    A single word in quotes is a nickname or a coinage ("so-called") and counts like any other word.
    """
    return tuple(" ".join(match.split()) for match in _PHRASE.findall(question) if len(match.split()) > 1)


def lexical_terms(question: str, required: tuple[str, ...] = ()) -> Terms:
    """The lexical query for a question: its content words, or all its words where none carries content."""
    found = [word for word in words(question) if word not in STOPWORDS] or words(question)
    return Terms(tuple(dict.fromkeys(found)), required)
