"""A peer's reply → the record that its answer would have been, had Dateline given it.

What a peer means is read as kindly as can be: every usual way to write a mark, every usual way to say that there is
no answer. Marks belong to the sentence in which, or right after which, they stand, as they do in Dateline's drafts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count

from eval.peers.wire import Reply, Source
from eval.questions import EvalQuestion
from eval.record import Cited, Offered, Record, Sentence, source_fields
from index import records
from index.records import StoredArticle
from index.sentences import cut_sentences
from index.store import Store
from rag.cite import DraftSentence, SentenceReader
from rag.types import Evidence

UNCHECKED = "unchecked"
"""The state of a peer's sentences: no verifier saw them before they were shown."""

_NUMBERS = r"\d{1,3}(?:\s*(?:,|;|&|and)\s*(?:sources?\s*)?\d{1,3})*"
_MARK = re.compile(rf"\[\s*(?:sources?:?\s*)?({_NUMBERS})\s*\]|\(\s*sources?:?\s*({_NUMBERS})\s*\)", re.IGNORECASE)
# "According to Source 2, it rained." and "Source 2: It rained." cite as well; the word after it holds the mark, so that
# it is not taken for one that closes the sentence before.
_NAMED = re.compile(
    rf"(?:\b(?:according to|as (?:stated|mentioned|reported|described) (?:in|by))\s+)?"
    rf"\bsources?\s+({_NUMBERS})\b[:,]?(\s*\w+)?",
    re.IGNORECASE,
)
_OURS = r"(?:sources?|contexts?|passages?|articles?|documents?|texts?|information)"
_NEGATED = r"(?:do|does|did|is|are|was|were|can|could)\s*(?:not|n['’]t)|cannot|never"
_REFUSES = re.compile(
    rf"""empty\ response
    | \b(?:i|we)\s+(?:{_NEGATED}|am\ not|['’]?m\ not|am\ unable|['’]m\ unable)\s*(?:able\ to|to)?\s*
      (?:know|answer|find|provide|determine|say|tell|have)
    | \b(?:i|we)['’]?(?:m|\ am)?\ sorry\b | ^sorry\b
    | \bnone\ of\ the\ (?:\w+\ )?{_OURS}
    | \bno\ (?:\w+\ )?{_OURS}\ (?:\w+\ ){{0,3}}(?:mention|contain|provid|includ|say|state|answer|about|on|is|was)
    | \b{_OURS}\b[^.]{{0,40}}?\ (?:{_NEGATED})\s*(?:\w+\ )?
      (?:mention|contain|provide|include|say|state|specify|give|indicate|answer|enough|helpful|available|have|address)
    | \bnot\ (?:\w+\ )?
      (?:mentioned|provided|stated|specified|given|included|available|found|answered|contained|possible\ to)
      [^.]{{0,30}}?(?:\b{_OURS}\b|\bto\ (?:answer|determine|say)\b)
    | \b(?:not\ enough|insufficient)\ {_OURS}
    | \bunable\ to\ (?:answer|find|provide|determine|say)
    | \bcannot\ be\ (?:answered|determined)
    | \bthere\ is\ no\ (?:\w+\ )?(?:information|mention|answer|evidence)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def refuses(answer: str) -> bool:
    """Whether an answer says that it has none: it is empty, or its first sentence says so."""
    sentences = _cut(answer)
    return not sentences or bool(_REFUSES.search(sentences[0].text))


def sentences_of(reply: Reply) -> list[DraftSentence]:
    """The sentences of an answer without marks, each with the numbers of the sources that it cites.

    A peer that names one source for the whole answer cites it in every sentence. A number that no source has is
    dropped.
    """
    offered = range(1, len(reply["sources"]) + 1)
    whole = reply.get("reference")
    if "reference" in reply:
        return [DraftSentence(s.text, (whole,) if whole in offered and whole else ()) for s in _cut(reply["answer"])]
    return [DraftSentence(s.text, tuple(n for n in s.marks if n in offered)) for s in _cut(reply["answer"])]


def recorded(
    question: EvalQuestion, asked: str, reply: Reply, peer: str, store: Store, handles: Mapping[str, str]
) -> Record:
    """The record of a reply, not yet judged or scored; its fingerprint is left empty.

    Args:
        question: as in the set.
        asked: the text that the peer was asked.
        reply: its reply.
        peer: its name.
        store: the articles.
        handles: article id to handle.
    """
    articles = store.articles([source["article"] for source in reply["sources"]])
    answered = not refuses(reply["answer"])
    said = sentences_of(reply) if answered else []
    cited = sorted({n for sentence in said for n in sentence.marks})
    numbers = count(1)
    return Record(
        fingerprint="",
        question=question,
        standalone=asked,
        answered=answered,
        reason=None if answered else reply["answer"],
        model=peer,
        sentences=tuple(
            Sentence(text=s.text, said=s.text, citations=s.marks, support=0.0, state=UNCHECKED, reasons=())
            for s in said
        ),
        citations=tuple(_cited(n, reply["sources"][n - 1], articles, handles) for n in cited),
        evidence=tuple(
            Offered(n=next(numbers), score=round(source["score"], 4), **source_fields(evidence, handles))
            for source in reply["sources"]
            for evidence in _sentences(source, articles[source["article"]], store)
        ),
        ranking=tuple(_stories(reply["ranking"], store, handles)),
        draft=reply["answer"],
        timings_ms={"total": reply["total_ms"]} | ({"first": reply["total_ms"]} if answered else {}),
        tokens=reply["tokens"],
    )


def _cut(answer: str) -> list[DraftSentence]:
    """Sentences with their marks, offered or not."""
    text = _MARK.sub(lambda found: _bracketed(found[1] or found[2]), answer)
    text = _NAMED.sub(lambda found: f"{(found[2] or '').lstrip()} {_bracketed(found[1])}", text)
    reader = SentenceReader()
    return [*reader.feed(text), *reader.end()]


def _bracketed(numbers: str) -> str:
    return f"[{', '.join(re.findall(r'[0-9]+', numbers))}]"


def _cited(n: int, source: Source, articles: Mapping[str, StoredArticle], handles: Mapping[str, str]) -> Cited:
    article, passage = articles[source["article"]], source["text"]
    start = max(article.article.text.find(passage), 0)
    sentence = records.Sentence(0, source["article"], 0, start, start + len(passage), passage)
    parts = tuple(passage[span.start : span.end] for span in cut_sentences(passage))
    return Cited(n=n, **source_fields(Evidence(n, sentence, article, 0.0), handles) | {"parts": parts})


def _sentences(source: Source, article: StoredArticle, store: Store) -> list[Evidence]:
    """The article's sentences that stand whole in the passage."""
    passage = _flat(source["text"])
    return [
        Evidence(0, sentence, article, source["score"])
        for sentence in store.sentences(source["article"])
        if _flat(sentence.text) in passage
    ]


def _stories(ranking: Sequence[str], store: Store, handles: Mapping[str, str]) -> list[tuple[str, ...]]:
    """For each article found the handles of its story; a reprint of what stands above it takes no place."""
    found = store.articles(ranking)
    stories: dict[int, tuple[str, ...]] = {}
    for article_id in ranking:
        one = found[article_id]
        reprints = store.story(one.story) if one.story else []
        names = {handles.get(each.article.id, each.article.id) for each in (one, *reprints)}
        stories.setdefault(one.story or -len(stories) - 1, tuple(sorted(names)))
    return list(stories.values())


def _flat(text: str) -> str:
    return " ".join(text.split())
