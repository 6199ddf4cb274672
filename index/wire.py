"""Records as JSON and back, for processes that share no memory: text stays data, types are checked on arrival."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from index.records import Article, Cut
from index.sources import Left, Refused, Seen, Unchanged

Sent = Article | Cut | Refused | Seen | Unchanged | Left

_KINDS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind) for kind in (Article, Cut, Refused, Seen, Unchanged, Left)
}


def packed(item: Sent) -> str:
    """An ASCII line. Values of a refused record that JSON does not know become text, as in the file of refused ones."""
    name = type(item).__name__
    return json.dumps([name, _KINDS[name].dump_python(item, mode="json", fallback=str)])


def unpacked(line: str, *kinds: type) -> Any:
    """What was packed.

    Args:
        line: as it arrived.
        kinds: the records that are expected there.

    Raises:
        ValueError: it is something else.
    """
    name, fields = json.loads(line)
    if name not in {kind.__name__ for kind in kinds}:
        msg = f"no record {name!r} is expected here"
        raise ValueError(msg)
    return _KINDS[name].validate_python(fields)
