"""Whether an answer says what was accepted as right: the measures of extractive question answering.

Reference: Rajpurkar et al. 2016, SQuAD (exact match and token F1, best over the accepted answers). Numbers are kept
whole, which SQuAD's normalisation does not do: in it "7.5" occurs in "7.52", and "500" in "16,500".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_MONTHS = "january february march april may june july august september october november december"
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTHS.replace(' ', '|')})\b")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_POSSESSIVE = re.compile(r"['’]s\b")
_PERCENT = re.compile(r"\s*(?:%|\bper ?cent\b|\bpct\b)")
_OTHER = re.compile(r"[^\w\s.%]|(?<!\d)\.|\.(?!\d)|_")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PLAIN = frozenset({"yes", "no"})


def normalised(text: str) -> str:
    """Lower case, without punctuation, a/an/the and thousands separators; days after months; single spaces."""
    text = _POSSESSIVE.sub("", _THOUSANDS.sub("", text.lower()))
    text = _OTHER.sub(" ", _PERCENT.sub(" % ", text))
    text = " ".join(_ARTICLES.sub(" ", text).split())
    return _DAY_FIRST.sub(r"\2 \1", text)


def exact(text: str, accepted: Sequence[str]) -> bool:
    """Whether the text is one of the accepted strings, normalised."""
    return normalised(text) in {normalised(string) for string in accepted}


def f1(text: str, accepted: Sequence[str]) -> float:
    """Harmonic mean of the precision and recall of the text's words, against the accepted string it fits best."""
    return max((_f1(normalised(text).split(), normalised(string).split()) for string in accepted), default=0.0)


def holds(sentences: Sequence[str], accepted: Sequence[str]) -> bool:
    """Whether a sentence says one of the accepted strings.

    It does if it contains it as whole words. A bare "yes" or "no" must begin the sentence: inside one, it is nearly
    always part of something else.
    """
    return any(_says(normalised(sentence), normalised(string)) for sentence in sentences for string in accepted)


def _says(sentence: str, wanted: str) -> bool:
    if wanted in _PLAIN:
        return f"{sentence} ".startswith(f"{wanted} ")
    return bool(wanted) and f" {wanted} " in f" {sentence} "


def _f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    common = sum((Counter(found) & Counter(wanted)).values())
    return 2 * common / (len(found) + len(wanted)) if common else 0.0
