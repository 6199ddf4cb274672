"""An answer with everything that led to it, as JSON and back: what the history and the feedback keep.

The texts of whole articles are left out. They stay in the index, where an article can be removed for good; the
sentences that were offered and cited are kept.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from rag.types import Answer, Limits

_ANSWER = TypeAdapter(Answer)
_LIMITS = TypeAdapter(Limits)
_COMPACT: TypeAdapter[object] = TypeAdapter(object)


def dumped(answer: Answer) -> str:
    """The answer as one JSON document, without the texts of articles."""
    document = _ANSWER.dump_python(answer, mode="json")
    for part in (*document["evidence"], *document["citations"]):
        part["article"]["article"]["text"] = ""
    return _COMPACT.dump_json(document).decode()


def loaded(document: str) -> Answer | None:
    """The answer, or None where another version of the program wrote what this one cannot read."""
    try:
        return _ANSWER.validate_json(document)
    except ValidationError:
        return None


def dumped_limits(limits: Limits) -> str:
    """What was set by hand, as JSON."""
    return _LIMITS.dump_json(limits).decode()


def loaded_limits(document: str) -> Limits:
    """The same; nothing set where another version of the program wrote what this one cannot read."""
    try:
        return _LIMITS.validate_json(document)
    except ValidationError:
        return Limits()
