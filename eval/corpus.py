"""The articles that questions are asked about: their index, and the names that the question set gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from rich.console import Console

from eval.questions import EvalQuestion, check_against
from index.build import Builder
from index.embed import embedder
from index.errors import InputError
from index.formats import suffix_of
from index.report import Progress
from index.store import Store
from rag.cli_print import ingest_progress

SEEDS = Path(__file__).parents[1] / "seeds"
_SHOWN = 5


def default_index(articles: Path) -> Path:
    """Where the index of a folder of articles is kept: each folder has one of its own under ``var/eval``."""
    where = articles.resolve()
    return Path("var/eval") / f"index-{where.name}-{blake2b(str(where).encode(), digest_size=4).hexdigest()}"


def build(articles: Path, place: Path, encoder: str, notify: Callable[[Progress], None] = lambda _: None) -> None:
    """Brings the index at `place` up to date with the articles.

    Raises:
        InputError: no article could be read, or one was refused: a set is measured over all its articles or not at all.
        IndexBusy, IndexMismatch, StoreError: see `index.build.Builder.ingest`.
    """
    report = Builder(place, embedder(encoder)).ingest([articles], notify)
    if report.refused:
        first = report.refused[0]
        msg = f"{len(report.refused)} articles under {articles} were refused, first {first.source}: {first.reason}."
        raise InputError(msg, first.advice)


def placed(articles: Path | None, place: Path | None, encoder: str, console: Console) -> Path:
    """The index to ask: the one at `place` as it is, or one of the articles (by default the seeds), brought up to date.

    Raises:
        DatelineError: see `build`.
    """
    if place and not articles:
        return place
    articles = articles or SEEDS
    place = place or default_index(articles)
    with ingest_progress(console) as notify:
        build(articles, place, encoder, notify)
    return place


def handles(store: Store) -> dict[str, str]:
    """Article id to handle: the file name without suffix where a file holds one article, else the id itself."""
    found: dict[str, str] = {}
    for source, ids in store.sources().items():
        for article_id in ids:
            found[article_id] = _stem(source) if len(ids) == 1 else article_id
    # Two files of the same name in different folders: neither can go by it.
    times = Counter(found.values())
    return {article_id: name if times[name] == 1 else article_id for article_id, name in found.items()}


def require(questions: Sequence[EvalQuestion], store: Store, names: dict[str, str]) -> None:
    """Makes sure that the articles hold the gold sentences: over other articles every figure would be wrong.

    Raises:
        InputError: naming the first of those that they do not hold.
    """
    wanted = {gold.article for question in questions for gold in question.evidence}
    sentences = {
        name: {sentence.text for sentence in store.sentences(article_id)}
        for article_id, name in names.items()
        if name in wanted
    }
    problems = check_against(questions, sentences)
    if problems:
        more = f" And {len(problems) - _SHOWN} more." if len(problems) > _SHOWN else ""
        msg = f"The questions do not fit the articles. {' '.join(problems[:_SHOWN])}{more}"
        raise InputError(msg, "Give the articles that the questions were written for with --articles or --index.")


def _stem(source: str) -> str:
    path = Path(source)
    suffix = suffix_of(path)
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return name[: -len(suffix)] if suffix else name
