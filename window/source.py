"""The panel beside an answer: an article's text with the cited sentences highlighted in their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.records import StoredArticle
from rag.feedback import Rating
from rag.sources import stands
from rag.types import Citation
from window.answer import SINCE, sentence_numbers
from window.html import byline, link, listed, original, safe


@dataclass(frozen=True, slots=True)
class Highlight:
    """A span of the text; `n` is the number of the citation that it belongs to, 0 for none."""

    start: int
    end: int
    n: int = 0


def cited(
    at: int,
    n: int,
    citations: Mapping[int, Citation],
    current: StoredArticle | None,
    sentences: Mapping[int, Sequence[int]],
    rating: Rating | None = None,
) -> str:
    """The panel for one citation of an answer.

    Args:
        at: place of the answer in its conversation.
        n: number of the citation.
        citations: all of the answer, by number.
        current: the article as the index holds it now; None where it is gone.
        sentences: numbers of the answer's sentences that cite each citation.
        rating: what the reader said of this citation.
    """
    c = citations[n]
    whole = current is not None and stands(c, current)
    notes = [f"Cited by {sentence_numbers(sentences[n])}"] if sentences.get(n) else []
    if c.outlets[1:]:
        notes.append(f"also carried by {listed(c.outlets[1:])}")
    pager = "".join(
        f'<button name="cite" value="{at}/{other}"{" aria-current=true" if other == n else ""}'
        f' aria-label="Source {other}">{other}</button>'
        for other in citations
    )
    top = f'<nav class="dl-pager" aria-label="Sources of this answer">{pager}</nav>' if len(citations) > 1 else ""
    if current is not None and whole:
        same = [
            Highlight(o.sentence.start, o.sentence.end, o.n)
            for o in citations.values()
            if o.article.article.id == current.article.id and stands(o, current)
        ]
        body = f'<div class="dl-text">{text(current.article.text, same, n)}</div>'
    else:
        lost = "This article was changed after the answer was given." if current else SINCE["gone"]
        body = f'<p class="dl-notice"><b>Note</b> {lost} It said:</p>'
        body += f'<div class="dl-text"><p><mark id="dl-cited">{safe(c.sentence.text)}</mark></p></div>'
        if current is not None:
            body += f'<p class="dl-label">As it is now</p><div class="dl-text">{text(current.article.text)}</div>'
    return _panel(current if whole and current else c.article, notes, f"{top}", f"{body}{_rate(at, n, rating)}", n)


def article(stored: StoredArticle, highlights: Sequence[Highlight] = (), notes: Sequence[str] = ()) -> str:
    """The panel for an article that is read by itself."""
    body = f'<div class="dl-text">{text(stored.article.text, highlights, highlights[0].n if highlights else 0)}</div>'
    return _panel(stored, notes, "", body)


def text(whole: str, highlights: Sequence[Highlight] = (), chosen: int = 0) -> str:
    """A text in paragraphs, with spans of it highlighted; the chosen one gets the id that is scrolled to."""
    parts, at = [], 0
    for line in whole.split("\n"):
        if line.strip():
            parts.append(f"<p>{''.join(_pieces(whole, at, at + len(line), highlights, chosen))}</p>")
        at += len(line) + 1
    return "".join(parts)


def _pieces(whole: str, start: int, end: int, highlights: Sequence[Highlight], chosen: int) -> Iterator[str]:
    at = start
    for h in sorted(highlights, key=lambda h: h.start):
        first, last = max(h.start, at), min(h.end, end)
        if first >= last:
            continue
        yield _spaced(whole[at:first])
        name = ' id="dl-cited"' if h.n == chosen and h.start == first else ""
        number = f'<sup class="dl-n">{h.n}</sup>' if h.n else ""
        kind = "dl-chosen" if h.n == chosen else "dl-also"
        yield f'<mark class="{kind}"{name}>{safe(whole[first:last])}{number}</mark>'
        at = last
    yield _spaced(whole[at:end])


def _spaced(piece: str) -> str:
    """Escaped, with the white space at its ends that parts it from its neighbours."""
    if not piece.strip():
        return " " if piece else ""
    return f"{' ' if piece[0].isspace() else ''}{safe(piece)}{' ' if piece[-1].isspace() else ''}"


def _panel(stored: StoredArticle, notes: Sequence[str], top: str, body: str, n: int = 0) -> str:
    a = stored.article
    version = f"version {stored.version}" if stored.version > 1 else ""
    said = f'<p class="dl-small">{safe(". ".join(notes))}.</p>' if notes else ""
    label = f"Source {n}" if n else "Article"
    address = f'<p class="dl-small">{original(a.url, "Read the original")}</p>' if link(a.url) else ""
    return (
        f'<section class="dl dl-panel" aria-label="{label}" tabindex="-1">'
        f'<header><p class="dl-label">{label}</p>{top}'
        '<button class="dl-close" name="close" aria-label="Close the source">×</button></header>'
        f'<p class="dl-by">{byline(a, version, *a.authors)}</p><h2>{safe(a.title or a.id)}</h2>'
        f"{address}{said}{body}</section>"
    )


def _rate(at: int, n: int, rating: Rating | None) -> str:
    buttons = "".join(
        f'<button class="dl-rate dl-{way}{" dl-on" if rating == way else ""}" name="rate" value="{at}/{n}/{way}"'
        f' aria-pressed="{str(rating == way).lower()}">{words}</button>'
        for way, words in (("up", "It does"), ("down", "It does not"))
    )
    return f'<div class="dl-actions"><span class="dl-small">Does it support the answer?</span>{buttons}</div>'
