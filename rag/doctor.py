"""Looks at every part and says in words what it found and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Literal

from index.embed import embedder
from index.errors import DatelineError, IndexMissing
from index.manifest import Manifest
from index.records import Article, StoredArticle
from index.repair import FILES
from index.repair import examine as damage
from index.stores import EMBEDDED
from rag.config import Config
from rag.llm import AUTO, make
from rag.model_settings import ModelStatus
from rag.rerank import reranker
from rag.selector import AnswerSelector
from rag.types import Found, Question
from rag.verifiers import looked_at, verifier

# Less free space than this and the next large ingest may fail: 1 GB holds some 50,000 articles.
LOW_DISK = 1 << 30

# What the parts that judge are asked. Words alone do not decide it, so the networks must.
_QUESTION = "What has the rain closed?"
_CLAIM, _EVIDENCE = "Rain closed the old bridge.", "Heavy rain has closed the bridge."

State = Literal["good", "note", "broken"]
Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part. A note is worth knowing; only broken needs mending.

    Attributes:
        facts: what the message tells, for programs; docs/json.md lists the names.
    """

    part: str
    state: State
    message: str
    advice: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)


def examine(config: Config) -> list[Finding]:
    """Looks at the index, the models, the networks and the disk. Raises nothing that it can report."""
    parts: tuple[tuple[str, Callable[[Config], Iterator[Finding]]], ...] = (
        ("index", _index),
        ("encoder", _encoder),
        ("embedded model", _embedded),
        ("Ollama", _ollama),
        ("language model", _other_model),
        ("verifier", _verifier),
        ("selector", _selector),
        ("reranker", _reranker),
        ("disk", _disk),
    )
    found: list[Finding] = []
    for name, look in parts:
        try:
            found.extend(look(config))
        except DatelineError as exc:
            found.append(Finding(name, "broken", exc.message, exc.advice))
    return found


def _index(config: Config) -> Iterator[Finding]:
    with config.place.open() as store:
        stats = store.stats()
        newest = f", the newest of {stats.newest}" if stats.newest else ""
        yield Finding(
            "index",
            "good",
            f"{stats.articles} articles in {stats.passages} passages at {config.place}{newest}",
            facts={
                "place": str(config.place),
                "articles": stats.articles,
                "passages": stats.passages,
                "newest": stats.newest.isoformat() if stats.newest else None,
            },
        )
    if config.store != EMBEDDED:
        return  # Milvus looks after its own files
    problems = damage(config.index)
    for problem in problems:
        # What is derived from the database alone is made anew at the next opening anyway.
        state: State = "note" if problem.part in FILES.values() else "broken"
        yield Finding(problem.part, state, problem.message, "`dateline doctor --repair` mends what can be mended.")
    if not problems:
        yield Finding("database", "good", "its pages and texts are sound; passages, vectors and words match")


def _encoder(config: Config) -> Iterator[Finding]:
    model = embedder(config.embedder)
    size = int(model.encode(["a test"]).shape[1])
    message = f"{model.name} loads, {size} dimensions, {model.max_tokens} tokens"
    facts: dict[str, Fact] = {"encoder": model.name, "dimension": size, "max_tokens": model.max_tokens}
    yield Finding("encoder", "good", message, facts=facts)
    with suppress(IndexMissing), config.place.open() as store:  # that there is none was said of the index
        wanted = Manifest(model.name, size, store.manifest.chunking)
        store.manifest.require(wanted, str(config.place))


def _embedded(config: Config) -> Iterator[Finding]:
    status = make("embedded", config.model_settings).check()
    message = f"{status.label} ({status.detail}), context {status.context_window} tokens"
    yield _model("embedded model", status, message, needed=config.llm.startswith("embedded"))


def _ollama(config: Config) -> Iterator[Finding]:
    named = config.llm.startswith("ollama")
    status = make(config.llm if named else "ollama", config.model_settings).check()
    # Without Ollama answers come from the embedded model, unless it was asked for by name.
    yield _model("Ollama", status, _described(status), needed=named)


def _other_model(config: Config) -> Iterator[Finding]:
    """The configured model, where it is neither of the two above."""
    if config.llm in ("auto", "none") or config.llm.partition("/")[0] in AUTO:
        return
    status = make(config.llm, config.model_settings).check()
    yield _model("language model", status, _described(status), needed=True)


def _described(status: ModelStatus) -> str:
    return f"{status.label}, context {status.context_window} tokens. {status.detail}".strip()


def _model(part: str, status: ModelStatus, message: str, *, needed: bool) -> Finding:
    facts = _facts(status)
    if status.error:
        return Finding(part, "broken" if needed else "note", status.error.message, status.advice, facts)
    return Finding(part, "note" if status.note else "good", message, status.note, facts)


def _facts(status: ModelStatus) -> dict[str, Fact]:
    return {
        "model": status.label,
        "reachable": status.reachable,
        "pulled": status.present,
        "context": status.context_window,
        "loaded_context": status.loaded_context,
    }


def _verifier(config: Config) -> Iterator[Finding]:
    made = verifier(config.verifier, config.model_settings)
    status = looked_at(made)
    if status is None:  # no language model, which could take minutes to load: it judges here and now
        support = made.verify(_CLAIM, [_EVIDENCE]).support
        if not 0 <= support <= 1:
            yield _noise("verifier", support)
            return
    label = f"{config.verifier} ({status.label})" if status else config.verifier
    message = f"{label} is ready; a sentence counts as supported from {made.threshold:g}"
    facts = {"verifier": config.verifier, "threshold": made.threshold, **(_facts(status) if status else {})}
    yield Finding("verifier", "good", message, facts=facts)


def _selector(_: Config) -> Iterator[Finding]:
    (score,) = AnswerSelector().scores(_QUESTION, [("", _EVIDENCE)])
    if isfinite(score):
        yield Finding("selector", "good", "the network that picks the sentences that answer loads and scores")
    else:
        yield _noise("selector", score)


def _reranker(config: Config) -> Iterator[Finding]:
    made = reranker(config.reranker)
    if made is None:
        message = "none is set: articles stay in the order in which the search found them"
        yield Finding("reranker", "good", message, facts={"reranker": None})
        return
    article = StoredArticle(Article("test", "", _EVIDENCE), version=1, story=1, added_at="")
    made.rerank(Question(_QUESTION, _QUESTION, date.min), [Found(article, 1.0)])
    yield Finding("reranker", "good", f"{config.reranker} loads and scores", facts={"reranker": config.reranker})


def _noise(part: str, score: float) -> Finding:
    return Finding(part, "broken", f"Its network gave {score} for a test sentence.", "Install Dateline again.")


def _disk(config: Config) -> Iterator[Finding]:
    place = config.index if config.index.exists() else Path()
    free = shutil.disk_usage(place).free
    low = free < LOW_DISK
    yield Finding(
        "disk",
        "broken" if low else "good",
        f"{free / 1e9:.1f} GB free",
        "Make room before you ingest more." if low else "",
        {"free_bytes": free, "needed_bytes": LOW_DISK},
    )
