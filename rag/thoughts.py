"""Keeps a model's thoughts out of its answer.

Some models write their reasoning into the text between ``<think>`` and ``</think>`` (DeepSeek-R1 began it, Qwen and
others took it over). The marks may be cut anywhere by streaming, so a tail that could still become one is held back.

Some of them open no thought and close it all the same (Qwen3, told not to think). What came before is then a thought
that was given out as the answer: `AFRESH` takes it back.
"""

from __future__ import annotations

OPEN = ("<think>", "<thinking>", "<thought>", "<reasoning>")
CLOSE = ("</think>", "</thinking>", "</thought>", "</reasoning>")
AFRESH = "\x18"
"""Unicode's CANCEL, in a stream: whatever came before it is no part of the answer, which begins here."""


class ThoughtFilter:
    """Feed it the stream's pieces; it returns what belongs to the answer.

    Args:
        inside: True when the model's template has already opened a thought at the end of the prompt.

    Attributes:
        thought: whether there were any thoughts.
        given: whether any of the answer was given out, and not taken back.
    """

    def __init__(self, *, inside: bool = False) -> None:
        self._inside = inside
        self._held = ""
        self.thought = self.given = False

    def feed(self, piece: str) -> str:
        """Return the part of `piece`, and of what was held back before it, that is answer; see `AFRESH`."""
        text, answer = self._held + piece, ""
        while text:
            before, mark, after = _first_mark(text)
            if not mark:
                keep = _held_back(text)
                self._held = text[len(text) - keep :]
                return answer + self._take(text[: len(text) - keep])
            answer += self._take(before)
            if mark in CLOSE and not self._inside and self.given:
                answer, self.thought, self.given = AFRESH, True, False
            self._inside = mark in OPEN
            text = after
        self._held = ""
        return answer

    def finish(self) -> str:
        """Return what was held back and proved to be no mark: call it once, at the end of the stream."""
        rest, self._held = self._held, ""
        return self._take(rest)

    def _take(self, text: str) -> str:
        said = bool(text.strip())
        if self._inside:
            self.thought = self.thought or said
            return ""
        self.given = self.given or said
        return text.replace(AFRESH, "")


def _first_mark(text: str) -> tuple[str, str, str]:
    """Split at the first mark, as str.partition does; the mark is empty when there is none."""
    at, mark = min(((text.find(m), m) for m in OPEN + CLOSE if m in text), default=(len(text), ""))
    return text[:at], mark, text[at + len(mark) :]


def _held_back(text: str) -> int:
    """Length of the longest tail of `text` that begins a mark."""
    tail = text[-(max(map(len, OPEN + CLOSE)) - 1) :]
    at = tail.rfind("<")
    return len(tail) - at if at >= 0 and any(m.startswith(tail[at:]) for m in OPEN + CLOSE) else 0
