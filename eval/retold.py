"""Claims that were written for this project about sentences of public articles, true and false, to train verifiers.

`retold_claims.jsonl` tells what up to three sentences of an article of a public collection say, in words of its own,
and tells it wrongly in one thing (docs/decisions/0016). It names the sentences by where they start; none stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.reader_questions import at
from eval.selector_pairs import starts
from eval.verifier_pairs import Pair

CLAIMS = Path(__file__).with_name("retold_claims.jsonl")


class RetoldClaim(BaseModel):
    """A claim about sentences of one article.

    Attributes:
        article: its id in the collection.
        sentences: where they start, in characters of the cleaned text.
        claim: one sentence.
        kind: "true", or what is wrong with it.
        wrong: character spans of the claim that the sentences do not support; none in a true one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    article: str
    sentences: tuple[int, ...]
    claim: str
    kind: str
    wrong: tuple[tuple[int, int], ...] = ()


def read(path: Path = CLAIMS) -> list[RetoldClaim]:
    """The claims of a file, in its order."""
    return [RetoldClaim.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def retold(claims: list[RetoldClaim], articles: Mapping[str, Mapping[str, str]]) -> Iterator[Pair]:
    """Each claim with its sentences; those of articles that are not there are left out."""
    for one in claims:
        if one.article not in articles:
            continue
        evidence = " ".join(at(starts(articles[one.article]["text"]), one.sentences))
        kind = "retold" if one.kind == "true" else f"retold-{one.kind}"
        yield Pair(one.claim, evidence, one.kind == "true", kind, list(one.wrong))
