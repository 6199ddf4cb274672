"""Records of evaluation runs made from a few words, and judges with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from eval.judging import Judge
from eval.questions import EvalQuestion
from eval.record import Cited, Offered, Record, Sentence
from eval.scores import scored
from rag.verify import Verdict

AS_OF = date(2025, 5, 10)


def question(
    text: str = "How much did the bridge cost?",
    answer: str | None = "412 million",
    *,
    gold: Sequence[tuple[str, str]] = (("bridge", "It cost 412 million euros."),),
    tags: Sequence[str] = ("fact",),
    **more: Any,
) -> EvalQuestion:
    """A question; without an answer it is an unanswerable one."""
    return EvalQuestion.model_validate(
        {
            "id": more.pop("id", "q1"),
            "question": text,
            "as_of": AS_OF,
            "answer": answer,
            "evidence": [{"article": a, "sentence": s} for a, s in gold] if answer else [],
            "tags": tags if answer else [*tags, "unanswerable"],
            "answerable": answer is not None,
            **more,
        }
    )


def source(sentence: str, article: str = "bridge", published: date | None = AS_OF) -> dict[str, Any]:
    """The fields of a source."""
    return {
        "article": article,
        "article_id": article,
        "title": "",
        "outlet": None,
        "published": published,
        "url": None,
        "sentence": sentence,
        "start": 0,
        "end": len(sentence),
        "context": "",
        "name": "",
    }


def record(
    asked: EvalQuestion | None = None,
    answer: Sequence[tuple[str, Sequence[int]]] = (),
    *,
    cited: Sequence[str | dict[str, Any]] = (),
    offered: Sequence[str | dict[str, Any]] = (),
    ranking: Sequence[Sequence[str]] = (),
    **more: Any,
) -> Record:
    """A record, not judged or scored. `answer` is sentences with the numbers they cite; none is a refusal."""
    dressed = [source(s) if isinstance(s, str) else s for s in cited]
    shown = [source(s) if isinstance(s, str) else s for s in offered]
    return Record(
        fingerprint=more.pop("fingerprint", "f"),
        question=asked or question(),
        standalone="",
        answered=bool(answer),
        model="fake",
        sentences=tuple(
            Sentence(text=text, said=text, citations=tuple(marks), support=1.0, state="verified", reasons=())
            for text, marks in answer
        ),
        citations=tuple(Cited(n=n, **fields) for n, fields in enumerate(dressed, 1)),
        evidence=tuple(Offered(n=n, score=1.0, **fields) for n, fields in enumerate(shown, 1)),
        ranking=tuple(tuple(story) for story in ranking),
        **more,
    )


def judged(found: Record, judge: Judge) -> Record:
    """The record with verdicts and scores."""
    found = found.model_copy(update={"verdicts": judge.verdicts(found)})
    return found.model_copy(update={"scores": scored(found)})


@dataclass
class SetVerifier:
    """Supports a claim if all of its words stand in the evidence; or whatever it is told."""

    threshold: float = 0.5
    always: bool | None = None

    def verify(self, claim: str, evidence: Sequence[str], context: str = "") -> Verdict:
        held = set(" ".join([*evidence, context]).lower().replace(".", "").split())
        good = set(claim.lower().replace(".", "").split()) <= held if self.always is None else self.always
        return Verdict(1.0) if good else Verdict(0.0, ("words are missing",))


SETS = Judge("sets", SetVerifier())
