"""Days and months that a text names, and those that it means: "on Saturday" in an article of Monday, 5 May 2025."""

from __future__ import annotations

import re

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
# As news abbreviates them, with a capital: "sat", "sun" and "dec" in small letters are other words or none.
_SHORT = {
    **{name[:3]: name for name in (*WEEKDAYS, *MONTHS)},
    "tues": "tuesday", "thur": "thursday", "thurs": "thursday", "sept": "september",
}  # fmt: skip
_FULL = {form: name for name in (*WEEKDAYS, *MONTHS) for form in (name, f"{name}s")}
_WORD = re.compile(r"(?<![\w'’])(?:[Tt]he\s+)?([A-Za-z]{3,10})\b")
# May and march are verbs, too: they are months behind a word or beside a figure that tells so.
_WORDS_TOO = frozenset({"may", "march"})
_SURE = re.compile(
    r"(?:\b(?:in|of|since|until|till|by|from|last|next|this|early|late|mid|during|through)[\s-]+|\d(?:st|nd|rd|th)?\s+)"
    r"(May|March)\b(?!\s+[A-Z])|\b(May|March)\s+\d"
)


def named(text: str) -> set[str]:
    """Days of the week and months that the text may name, in full and in small letters; "Sept." is September."""
    found = set()
    for match in _WORD.finditer(text):
        word = match[1]
        name = _FULL.get(word.lower())
        # "The Sun" is a newspaper, or the star.
        if name is None and word[0].isupper() and not match[0].lower().startswith("the "):
            name = _SHORT.get(word.lower())
        if name and (word[0].isupper() or name not in _WORDS_TOO):
            found.add(name)
    return found


def surely_named(text: str) -> set[str]:
    """Those of `named` that stand there in full, and are no other word."""
    words = {_FULL[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _FULL} - _WORDS_TOO
    return words | {name.lower() for pair in _SURE.findall(text) for name in pair if name}
