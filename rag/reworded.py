"""A claim in the words of its evidence, where it says the same in others: "on 10 March" of an article's "on Monday".

The network was trained on claims near their evidence, and takes distance for doubt. What is changed here keeps the
meaning: a day, who said it, who did it, and the name behind a title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from rag.days import as_told
from rag.terms import stem, words
from rag.verbs import root

# Words that news uses for one another.
_SYNONYMS = """
cut reduce, free release, buy purchase acquire, begin start, end finish, halt stop, build construct, permit allow,
ban prohibit outlaw, require need, get receive, choose select pick, nearly almost, approximately about around roughly,
child kid, film movie, physician doctor, attorney lawyer, pupil student, vessel ship, firm company, blaze fire,
inquiry probe investigation, remain stay, sick ill, region area, nation country, deal agreement accord pact,
survey poll, rise increase climb, fall drop decline, wound injure hurt, quit resign, huge enormous, assist help,
mislead deceive, postpone delay, scrap abolish, prison jail, demonstrator protester, rebel insurgent
"""
_UNCHANGED = frozenset("cut hit put set quit hurt shut".split())
_NAME = r"[A-Z][\w’'-]+(?:\s(?:[A-Z]\.|[A-Z][\w’'-]+))+"
# "Director Helene Vogt", "the owner, Miriam Costa,".
_TITLED = re.compile(rf"\b(?P<title>[A-Za-z][a-z]+)(?P<comma>,)?\s(?P<name>{_NAME})(?(comma),)")
_ACCORDING = (
    re.compile(r"^(?P<said>.+), according to (?P<who>[^,.]+)\.?$"),
    re.compile(r"^According to (?P<who>[^,.]+), (?P<said>.+?)\.?$"),
)
_SAYING = frozenset(
    map(root, "say said tell told add warn argue claim insist report announce write state note believe".split())
)
_PASSIVE = re.compile(
    r"^(?P<whom>.+?) (?P<aux>was|were|has been|have been|had been|will be) (?P<done>[a-z]+) by (?P<who>[^,]+?)"
    r"(?P<rest>,.*?| (?:on|in|at|for|after|because|from|to|of|since|during|over)\b.*?)?\.?$"
)
_QUOTED = re.compile(r"[\"“”«»‘]|(?<!\w)'")
# What stands before the verb in the active, by what stands before it in the passive.
_ACTIVE = {
    "was": ("", "has", "have", "had"), "were": ("", "has", "have", "had"), "has been": ("has", "have", ""),
    "have been": ("has", "have", ""), "had been": ("had", ""), "will be": ("will",),
}  # fmt: skip


def reworded(claim: str, evidence: Sequence[str], context: str) -> str:
    """The claim, said as the evidence says it; as it is where nothing can be put in other words safely."""
    if _QUOTED.search(claim):  # what somebody is quoted as saying is theirs
        return claim
    claim = as_told(claim, evidence, context)
    for change in (_same, _named, _said, _active):
        claim = change(claim, evidence)
    return claim


def _same(claim: str, evidence: Sequence[str]) -> str:
    """With the evidence's word where the claim has another for the same, in the same form."""
    held = dict.fromkeys(word for sentence in evidence for word in words(sentence))
    said = words(claim)
    for word in dict.fromkeys(said):
        if word in held or not (group := _groups().get(root(word))):
            continue
        alike = [other for other in held if root(other) in group and other not in said and _form(other) == _form(word)]
        if alike and root(word) not in map(root, held):
            claim = re.sub(rf"\b{re.escape(word)}\b", alike[0], claim)
    return claim


@cache
def _groups() -> dict[str, frozenset[str]]:
    groups = [frozenset(map(root, group.split())) for group in _SYNONYMS.split(",")]
    return {word: group for group in groups for word in group}


def _form(word: str) -> str:
    """Which form of its verb or noun it is, by its ending."""
    if word in _UNCHANGED or word.endswith("ed") or root(word) != stem(word):
        return "past"
    return next((ending for ending in ("ing", "s") if word.endswith(ending)), "")


def _named(claim: str, evidence: Sequence[str]) -> str:
    """With the name behind a title: "the owner Miriam Costa" for "the owner"."""
    joined = " ".join(evidence)
    found = {match["title"].lower(): match["name"] for match in _TITLED.finditer(joined)}
    for title, name in found.items():
        if words(name)[-1] not in words(claim) and len(re.findall(rf"\b{title}\b", joined, re.IGNORECASE)) == 1:
            claim = re.sub(
                rf"\b([Tt]he (?:[\w’'-]+ ){{0,4}}{title})\b(?!\s[A-Z]|\sof\b)", rf"\1 {name}", claim, count=1
            )
    return claim


def _said(claim: str, evidence: Sequence[str]) -> str:
    """ "Holt said it rained" for "it rained, according to Holt", where she says it."""
    found = next((match for form in _ACCORDING if (match := form.match(claim))), None)
    if not found:
        return claim
    speaker = words(found["who"])[-1:]
    for sentence in evidence:
        tokens = words(sentence)
        for i, word in enumerate(tokens):
            if [word] == speaker and any(root(near) in _SAYING for near in tokens[i + 1 : i + 4]):
                return f"{_first(found['who'])} said {_inside(found['said'], evidence)}."
    return claim


def _active(claim: str, evidence: Sequence[str]) -> str:
    """ "The jury cleared Holt" for "Holt was cleared by the jury", where the evidence tells it so."""
    found = _PASSIVE.match(claim)
    if not found:
        return claim
    who = words(found["who"])[-1:]
    for sentence in evidence:
        tokens = words(sentence)
        for i, word in enumerate(tokens):
            if root(word) != root(found["done"]) or "by" in tokens[i + 1 : i + 3]:
                continue
            aux = tokens[i - 1] if i and tokens[i - 1] in ("has", "have", "had", "will") else ""
            if aux in _ACTIVE[found["aux"]] and who and who[0] in tokens[max(i - 4, 0) : i]:
                verb = f"{aux} {word}".strip()
                return f"{_first(found['who'])} {verb} {_inside(found['whom'], evidence)}{found['rest'] or ''}."
    return claim


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _inside(text: str, evidence: Sequence[str]) -> str:
    """The words as they stand within a sentence: with a small letter unless they begin with a name."""
    first = text.split(maxsplit=1)[0] if text else ""
    small = first.lower()
    common = small in ("the", "a", "an") or any(f" {small} " in f" {sentence} " for sentence in evidence)
    return small + text[len(first) :] if common else text
