"""What shaped an answer or a score, as a short digest: what has the same one need not be made again."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path

import eval as here  # the package, not the builtin
import index
import rag
from eval.judging import Judge
from rag.pipeline import Pipeline

# Settings that shape no answer, or do so through what is named in their place.
_ELSEWHERE = frozenset({"index", "llm", "embedder", "ollama_host", "ollama_model", "timeout_s", "keep_alive"})
SCORING = ("judging.py", "matching.py", "record.py", "scores.py", "stats.py")


def configuration(pipeline: Pipeline) -> dict[str, str | int | float]:
    """Everything that shapes the answers of a pipeline, readable; its articles and its code as digests.

    Raises:
        ModelError: the configured language model cannot be used.
    """
    config, model, verifier = pipeline.config, pipeline.chosen.model, pipeline.verifier
    hashes = pipeline.store.hashes(pipeline.store.article_ids())
    return {
        **{f.name: getattr(config, f.name) for f in fields(config) if f.name not in _ELSEWHERE},
        "llm": model.name if model else "none",
        "verified_by": f"{type(verifier).__name__} at {verifier.threshold:g}",
        "embedder": pipeline.embedder.name,
        "articles": len(hashes),
        "articles_digest": digest(hashes),
        "code_digest": digest(_sources(*(path for package in (index, rag) for path in _modules(package.__file__)))),
    }


def scoring(judge: Judge) -> str:
    """Digest of the judge and of the code that scores."""
    folder = Path(here.__file__).parent
    sources = _sources(*(folder / name for name in SCORING))
    return digest({"judge": judge.spec, "threshold": judge.threshold, "code": judge_code(judge), **sources})


def judge_code(judge: Judge) -> str:
    """Digest of the module that defines the judge's verifier, and of its weights where it has any (an attribute
    ``fingerprint``): agreement measured before they changed is out of date.
    """  # fmt: skip
    path = inspect.getsourcefile(type(judge.verifier))
    weights = getattr(judge.verifier, "fingerprint", None)
    return digest({**_sources(Path(path)), **({"weights": weights} if weights else {})}) if path else ""


def digest(values: Mapping[str, object]) -> str:
    """16 hex digits that stand for the values, in whatever order they come."""
    text = json.dumps(dict(values), sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _modules(init: str | None) -> list[Path]:
    return sorted(Path(init or "").parent.rglob("*.py"))


def _sources(*paths: Path) -> dict[str, str]:
    return {f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8") for path in paths}
