"""What a judge behind the fake Ollama says: by the words that sentence and excerpts share, so it can be foretold."""

from __future__ import annotations

import json
import re
from typing import Any


def by_words(body: dict[str, Any]) -> str:
    """The filled-in form for a chat request: supported from all words on, partly from half of them on."""
    blocks = dict(re.findall(r"^--- (\w+) \w+ ---\n(.*)$", body["messages"][1]["content"], re.MULTILINE))
    wanted, held = (re.findall(r"\w+", blocks[name].lower()) for name in ("sentence", "excerpts"))
    absent = [word for word in wanted if word not in held]
    share = 1 - len(absent) / len(wanted)
    verdict = "supported" if share == 1 else "partly" if share >= 0.5 else "not_supported"
    return json.dumps({"unsupported_words": absent[:12], "reason": "Counted.", "verdict": verdict})
