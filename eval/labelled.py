"""Summaries of articles that people called consistent with the article or not, found through DATELINE_BENCH."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from index.errors import InputError
from index.sentences import cut_sentences
from rag.terms import words

FOLDER = Path("faithfulness")
FIT, DATA = "frank_valid.jsonl", "cliff.jsonl"

_GLUED = re.compile(r"(?<=[a-z)\d]{2})([.!?][\"”']?)(?=[A-Z“\"][A-Za-z])")
_APART = re.compile(r"(?<= [.!?])\s+(?=\S)")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Labelled(BaseModel):
    """One summary.

    Attributes:
        id: as in the file.
        origin: collection that the article is from; figures are never pooled over origins.
        system: what wrote the summary.
        source: the article.
        summary: may be several sentences.
        consistent: whether people found all of it in the article.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Text
    origin: Text
    system: str
    source: Text
    summary: Text
    consistent: bool

    def sentences(self) -> list[str]:
        """The article, cut. Full stops that lost the space behind them ("conflict.The") end a sentence, too."""
        return _cut(_GLUED.sub(r"\1 ", self.source))

    def claims(self) -> list[str]:
        """The summary, cut; also where it is in lower case and its signs stand apart ("… on sunday . he …")."""
        pieces = [piece for sentence in _cut(self.summary) for piece in _APART.split(sentence)]
        return [piece for piece in pieces if len(words(piece)) > 1] or [self.summary]


def _cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in cut_sentences(text)]


def bench_file(name: str) -> Path:
    """Where a file of labelled summaries lies: in the working folder, or under ``$DATELINE_BENCH/faithfulness``."""
    here = Path(name)
    bench = Path(os.environ.get("DATELINE_BENCH") or "../shared/bench")
    return here if here.exists() else bench / FOLDER / name


def read_labelled(path: Path) -> list[Labelled]:
    """The summaries of a file.

    Raises:
        InputError: the file is missing or empty, or a line is no labelled summary.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as exc:
        msg = f"{path} cannot be read: {exc.strerror}."
        raise InputError(msg, "Give the path of a .jsonl file, or set DATELINE_BENCH to the folder of them.") from exc
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Labelled.model_validate_json(line))
        except ValidationError as exc:
            fault = exc.errors(include_url=False, include_input=False)[0]
            msg = f"{path}:{number} is no labelled summary: {'.'.join(map(str, fault['loc']))}: {fault['msg']}."
            raise InputError(msg, "Each line needs id, origin, system, source, summary and consistent.") from exc
    if not found:
        msg = f"{path} holds no summaries."
        raise InputError(msg, "Each line is one labelled summary, a JSON object.")
    return found
