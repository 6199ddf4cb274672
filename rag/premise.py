"""A question may take for granted what the articles deny: "When did she resign?" where she refused to.

What it takes for granted is read off its form: who is asked about, and what is said to have happened. A sentence of
the evidence that denies this of the same person or thing, or tells the opposite, is shown with a notice. What is in
doubt is left alone: a denial about somebody else, one that holds for a time only, one that another report contradicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from rag.name_words import TITLES
from rag.names import Name, names
from rag.terms import STOPWORDS, stem, stems
from rag.types import Evidence

# Questions that ask whether, not when or why, take nothing for granted.
_WHETHER = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b|\bwhether\b|\b(?:not|never)\b|n['’]t\b",
    re.IGNORECASE,
)
_FORMS = (  # "When did she resign", "Tell me when she resigned", "Who bought it"
    re.compile(
        r"\b(?P<asks>who|whom|what|when|where|why|how|(?:which|whose|what|how)(?:\s+[\w’'-]+){1,3}?)\s+"
        r"(?P<aux>did|does|do|was|were|is|are|has|have|had|will|would)\s+(?P<rest>[^?]+)",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?P<asks>when|where|why|how)\s+(?P<aux>)(?P<rest>[^?]+)", re.IGNORECASE),
    re.compile(r"\b(?P<asks>who|what|which)\s+(?P<aux>)(?P<rest>[^?]+)", re.IGNORECASE),
)
_SOMEBODY = {"who": "somebody", "whom": "somebody", "what": "something", "which": "some"}
_SHOWN = 12  # words of what happened that a notice repeats

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_IN = "about after as at before by for from in into of on over to with"
_NO_VERB_BEHIND = frozenset(f"a an the his her its their this that these those no any some {_IN}".split())
_OBJECT = re.compile(rf"\b(?:{'|'.join(_IN.split())})\s+(?:the\s+)?$", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:he|she|they|it|i|we)\b", re.IGNORECASE)

_DENIALS = frozenset("not never nobody neither nor none no cannot".split())
_NOBODY = frozenset("nobody neither none no".split())
_REFUSALS = frozenset(
    stem(w)
    for w in """denied denies refused rejected dismissed declined ruled dropped resisted cancelled canceled scrapped
    postponed""".split()
)
# What may stand between a denial and what it denies: "has not yet been sold", "denied reports that he had resigned".
_PASSED = frozenset(
    """a an the be been being have has had do does did to he she it they him her them his their its that going planning
    plan plans intention intending considering one yet ever even also any actually""".split()
)
_HEARSAY = frozenset(
    """reports report rumours rumors claims claim allegations speculation suggestions calls call demands pressure
    requests request out of for by was were is are would will""".split()
)
_REACH = 8
# With these a denial says less than it seems to: "will not resign until May", "not only resigned", "if she does not".
_ONLY = frozenset("only just merely simply necessarily".split())
_LIMITS = frozenset("until till before unless because immediately voluntarily willingly alone lightly".split())
_CONDITIONS = frozenset("if unless whether".split())
_NO_STATEMENT = _DENIALS | _CONDITIONS | frozenset("to would will could should may might must".split())

_STAYED = (
    r"stay(?:s|ed|ing)? on(?=\s+(?:as|in|at|despite|until)\b|\s*[.,;]|\s*$)"
    r"|(?:remain(?:s|ed|ing)?|stay(?:s|ed|ing)?) in (?:office|power|(?:his|her|their|the) (?:post|job|role|position))"
)
_FIRED = (
    r"(?:was|were|has been|have been|had been) (?:fired|sacked|dismissed|ousted|removed from (?:office|his|her|the))"
)
_OPPOSITES = {  # what is said to have happened, and what is told where it did not
    "resign quit step": f"{_STAYED}|{_FIRED}",
    "leave depart": _STAYED,
    "fire sack dismiss oust remove": rf"{_STAYED}|resigned|stepped down|quit",
    "die": r"(?:is|was) (?:still )?alive",
    "convict": r"(?:was|were) (?:acquitted|cleared|found not guilty)",
    "acquit": r"(?:was|were) (?:convicted|found guilty)",
    "arrest capture": r"remains? (?:at large|on the run)",
    "cancel": r"(?:went|goes|will go) ahead",
    "approve pass": r"rejected|vetoed|voted (?:down|against)",
    "withdraw": r"(?:stayed|stays|remains?|remained) in the race",
}
_OPPOSITE = {
    stem(word): re.compile(rf"\b(?:{told})\b", re.IGNORECASE)
    for many, told in _OPPOSITES.items()
    for word in many.split()
}
# At least this share of the question's content must stand in the sentence or its headline.
_ABOUT = 0.5


@dataclass(frozen=True, slots=True)
class Denial:
    """A sentence that denies what a question takes for granted; `premise` is that, in the question's words."""

    evidence: Evidence
    premise: str

    @property
    def text(self) -> str:
        """ "The question takes for granted that Ida Holt did resign. The articles say otherwise." """
        return f"The question takes for granted that {self.premise}. The articles say otherwise."


@dataclass(frozen=True, slots=True)
class Premise:
    """What a question takes for granted.

    Attributes:
        subject: names of whom or what it is said of.
        nouns: stems of the other words that say so ("the mayor").
        anybody: whether it is asked who it was.
        action: stem of what happened.
        needed: stems that must stand in the sentence or its headline.
        text: "Ida Holt did resign".
    """

    subject: tuple[Name, ...]
    nouns: frozenset[str]
    anybody: bool
    action: str
    needed: frozenset[str]
    text: str


def denying(question: str, evidence: Sequence[Evidence]) -> Denial | None:
    """The first sentence that denies what the question takes for granted, or None.

    Args:
        question: standalone.
        evidence: sentences that bear on it, best first.
    """
    if _WHETHER.search(question):
        return None
    wanted = set(stems(question))
    for premise in premises(question):
        for e in evidence:
            held = _held(e) | {premise.action}
            about = premise.needed <= held and len(wanted & held) >= _ABOUT * max(len(wanted), 1)
            if about and _denies(e.sentence.text, premise) and not any(_affirms(o, premise, e) for o in evidence):
                return Denial(e, premise.text)
    return None


def _held(e: Evidence) -> set[str]:
    text = f"{e.article.article.title} {e.sentence.text}"
    return {*stems(text), *(stem(name.last.lower()) for name in names(text))}


# --- what the question says -------------------------------------------------------------------------------------------


def premises(question: str) -> Iterator[Premise]:
    """For each word that can be what happened, what is then taken for granted."""
    asked = next((found for form in _FORMS if (found := form.search(question))), None)
    if not asked:
        return
    rest, aux, asks = asked["rest"].strip(), asked["aux"].lower(), asked["asks"].lower()
    for word in re.finditer(r"\b[a-z][a-z'-]+\b", rest):
        before = rest[: word.start()].split()
        behind = before[-1].lower() if before else ""
        if word.group() in STOPWORDS or behind in _NO_VERB_BEHIND or behind.endswith(("'s", "’s")):
            continue
        subject = " ".join(before) if aux or asks not in _SOMEBODY else ""
        if not subject and asks in ("when", "where", "why", "how"):
            continue
        yield _premise(rest, word, subject, aux, asks)


def _premise(rest: str, word: re.Match[str], subject: str, aux: str, asks: str) -> Premise:
    named = names(subject or rest)
    # Whoever stands behind a preposition ("chair of the Fed") may be left out; whom it was done to may not.
    objects = [n for n in names(rest) if n.start > word.end() and not _OBJECT.search(rest[: n.start])]
    inside = {part for name in named for part in name.text.split()}
    nouns = frozenset(stem(w.lower()) for w in _WORD.findall(subject) if w not in inside and w.lower() not in STOPWORDS)
    needed = nouns | {stem(name.last.lower()) for name in chain(named, objects)}
    start = word.start() if subject else 0
    happened = " ".join(rest[start:].split()[:_SHOWN]).rstrip(" .,;:!")
    who = subject or _SOMEBODY.get(asks, "somebody")
    text = " ".join(part for part in (who, aux, happened) if part)
    return Premise(tuple(named), nouns, not subject, stem(word.group()), frozenset(needed), text)


# --- what the sentence says -------------------------------------------------------------------------------------------


def _denies(sentence: str, premise: Premise) -> bool:
    opposite = _OPPOSITE.get(premise.action)
    told = (
        match.start()
        for match in (opposite.finditer(sentence) if opposite else ())
        if not _NO_STATEMENT & set(_words(sentence[: match.start()])[-4:])
    )
    return any(_said_of(premise, sentence[:at], "") for at in told) or any(
        _said_of(premise, sentence[:start], sentence[start:end], nobody=nobody)
        for start, end, nobody in _denials(sentence, premise)
    )


def _denials(sentence: str, premise: Premise) -> Iterator[tuple[int, int, bool]]:
    """Where what happened is denied: from the denial to what it denies, and whether it is denied of everybody."""
    tokens = list(_WORD.finditer(sentence))
    said = [token.group().lower() for token in tokens]
    same = [name for name in names(sentence) if any(_same(name, other) for other in premise.subject)]
    subject = {part.lower() for name in same for part in name.text.split()}
    for i, word in enumerate(said):
        refusal = stem(word) in _REFUSALS
        if not (refusal or word in _DENIALS or re.fullmatch(r"\w+n['’]t", word)):
            continue
        if _CONDITIONS & set(said[max(i - 8, 0) : i]) or (refusal and _negated(said[max(i - 3, 0) : i])):
            continue
        passed = _PASSED | (_HEARSAY | subject if refusal else set())
        at = next((j for j in range(i + 1, min(i + 1 + _REACH, len(said))) if said[j] not in passed), None)
        if at is None or stem(said[at]) != premise.action or _LIMITS & set(said[at + 1 : at + 5]):
            continue
        obliged = "to" in said[i:at] and {"have", "has", "had", "need"} & set(said[i:at])
        if not obliged and not (_ONLY & set(said[i + 1 : at])):
            yield tokens[i].start(), tokens[at].start(), word in _NOBODY


def _negated(said: Iterable[str]) -> bool:
    return any(word in _DENIALS or word.endswith(("n't", "n’t")) for word in said)


def _said_of(premise: Premise, before: str, between: str, *, nobody: bool = False) -> bool:
    """Whether what stands behind these words is said of the premise's subject, and of nobody else."""
    if premise.anybody and nobody:
        return True
    if any(_same(name, other) for name in premise.subject for other in names(between)):
        return True  # "denied reports that Holt had resigned"
    if premise.nouns and premise.nouns <= set(stems(before)):
        return True
    return _speaks_of(premise, before)


def _speaks_of(premise: Premise, before: str) -> bool:
    """Whether the words in front of a denial end with the premise's subject, or with a pronoun that can mean it."""
    named = [name for name in names(before) if not _OBJECT.search(before[: name.start])]
    if not named:
        return bool(premise.subject) and not premise.anybody and bool(_PRONOUN.search(before))
    nearest = named[-1]
    behind = before[nearest.end :]
    if behind.startswith(("'s", "’s")):
        return False  # it is said of somebody of hers
    # "Holt told Alpha News that she would not resign"
    meant = named if _PRONOUN.search(behind) else [nearest]
    return any(_same(name, other) for name in premise.subject for other in meant)


def _same(one: Name, other: Name) -> bool:
    """Whether two names can be one: "Holt" and "Ida Holt", not "Ida Holt" and "Peter Holt"."""
    short, long = sorted((_bare(one), _bare(other)), key=len)
    return one.last.lower() == other.last.lower() and set(short) <= set(long)


def _bare(name: Name) -> list[str]:
    """The words of a name without titles."""
    return [word.lower() for word in name.text.split() if word.rstrip(".") not in TITLES]


def _affirms(e: Evidence, premise: Premise, denial: Evidence) -> bool:
    """Whether a report that is not older than the denial tells that it happened after all."""
    day, denied = e.article.article.published, denial.article.article.published
    if e is denial or not premise.needed <= _held(e) or (day and denied and day < denied):
        return False
    said = _words(e.sentence.text)
    stated = any(
        stem(word) == premise.action
        and not word.endswith(("ing", "ion", "ment"))
        and not (_NO_STATEMENT | _NO_VERB_BEHIND) & set(said[max(i - 1, 0) : i])
        for i, word in enumerate(said)
    )
    return stated and not _denies(e.sentence.text, premise) and not _CONDITIONS & set(said)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
