"""A question may take for granted what the articles deny: "When did she resign?" where she refused to.

What it takes for granted is read off its form: who is asked about, and what is said to have happened. A sentence of
the evidence that denies this of the same person or thing, or tells the opposite, is shown with a notice. What is in
doubt is left alone: a denial about somebody else, one that holds for a time only, one that another report contradicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from rag.name_words import TITLES
from rag.names import Name, names
from rag.terms import STOPWORDS, words
from rag.types import Evidence
from rag.verbs import PARTICIPLES, root

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
# What they mean is told by what follows: who does not want one thing may want another.
_EMPTY = frozenset(root(w) for w in "want think believe know feel say get do need try mean look see like work".split())
_PASSIVE = re.compile(r"\s+be(?:en|ing)?\b")
_DEGREES = frozenset("so too very more most less as".split())
# What somebody said about a thing, or said that it is, is not taken for granted.
_SAID = re.compile(
    r"\b(?:say|said|says|think|tell|told|claim|claimed|write|wrote|report|reported|suggest|suggested)\b.*?\b(?:about|that)\b",
    re.IGNORECASE,
)
_SHOWN = 12  # words of what happened that a notice repeats

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_IN = "about after as at before by for from in into of on over to with"
_NO_VERB_BEHIND = frozenset(f"a an the his her its their this that these those no any some {_IN}".split())
_OBJECT = re.compile(rf"\b(?:{'|'.join(_IN.split())})\s+(?:the\s+)?$", re.IGNORECASE)
_DONE_TO = re.compile(r"\s+(?:the|his|her|its|their|an?)\s+([a-z]+)\b")
_PRONOUN = re.compile(r"\b(?:he|she|they|it|i|we)\b", re.IGNORECASE)
# Where a clause of its own begins within a question: "What did Holt say when she resigned?"
_CLAUSE = re.compile(r"\b(?:when|while|after|before|because|since|once|until|whether|where|why|how)\s+", re.IGNORECASE)
# What may stand between whom it is said of and the verb: "the mayor being sued", "Iran ever built".
_BETWEEN = frozenset(
    """be been being is are was were has have had will would ever also finally first last already again only still just
    really actually""".split()
)
_BARE = frozenset("did do does will would".split())
# Surely no more than who or what it is; N stands for a name.
_THE = "the|an?|his|her|its|their|this|that|these|those"
_ONE = (
    rf"(?:(?:(?:{_THE}) )?(?:(?:{'|'.join(TITLES)}) )?N(?:['’]s? [a-z-]+)?|(?:{_THE}) [\w-]+(?: [a-z-]+)?"
    r"|(?:[A-Z]\w+ )?[\w-]+)"
)
_WHO = re.compile(rf"{_ONE}(?: (?:of|in|for|and) {_ONE})*", re.IGNORECASE)
_LINKS = frozenset(f"{_THE.replace('an?', 'a|an')}|of|in|for|and".split("|"))

_DENIALS = frozenset("not never nobody neither nor none no cannot".split())
_NOBODY = frozenset("nobody neither none no".split())
_HAS = frozenset("have has had".split())
_REFUSALS = frozenset(
    root(w)
    for w in """denied denies refused rejected dismissed declined ruled dropped resisted cancelled canceled scrapped
    postponed failed""".split()
)
# What may stand between a denial and what it denies: "has not yet been sold", "denied reports that he had resigned".
_PASSED = frozenset(
    """a an the be been being have has had do does did to he she it they him her them his their its that going planning
    plan plans intention intending considering one of yet ever even also any actually""".split()
)
_HEARSAY = frozenset(
    """reports report rumours rumors claims claim allegations speculation suggestions calls call demands pressure
    requests request out of for by was were is are would will""".split()
)
_REACH = 10
_BY = re.compile(r"\b(?:by|from|in)\s+$")  # "denied a report by Alpha News that"
# With these a denial says less than it seems to: "will not resign until May", "not only resigned", "if she does not".
_ONLY = frozenset("only just merely simply necessarily".split())
_LIMITS = frozenset(
    """until till before unless because immediately voluntarily willingly alone lightly by time since during
    while""".split()
)
# "had not erupted in almost four decades"
_FOR_LONG = re.compile(
    r"\b(?:in|for)\s+(?:[\w’'-]+\s+){1,4}(?:years?|decades?|months?|weeks?|days?|seasons?)\b", re.IGNORECASE
)
_FIGURE = re.compile(r"(?<![\w.,])\d[\d.,]*(?<![.,])(?![\w-])")
_NOT_FIGURE = re.compile(rf"\bnot\s+(?P<figure>{_FIGURE.pattern})")
_NOT_NAME = re.compile(r",\s+(?:and\s+)?not\s+(?:by\s+)?(?:the\s+)?(?P<who>[A-Z][^,.;]*)")
_MODALS = frozenset("should could may might must would to".split())
_NO_DEED = ("ion", "ions", "ment", "ments", "ly")  # "denied the accusations" does not deny that she was accused
_NEAR = 3  # words at most between a pronoun and the denial of what it did
_CONDITIONS = frozenset("if unless whether".split())
_NO_STATEMENT = _DENIALS | _CONDITIONS | frozenset("to would will could should may might must".split())

_OFFICE = r"in (?:office|power|(?:his|her|their|the) (?:post|job|role|position))"
_ROLE = f"{'|'.join(TITLES)}|prime minister|leader|director|head|chief|chair".lower()
_STAYED = (
    r"(?:(?:stay(?:s|ed|ing)? on(?=\s+(?:as|in|at|despite)\b|\s*[.,;]|\s*$)"
    rf"|(?:remain(?:s|ed|ing)?|stay(?:s|ed|ing)?|(?:is|are) still) {_OFFICE}"
    rf"|(?:remain(?:s|ed|ing)?|(?:is|are) still) (?:the )?(?:{_ROLE})"
    r"|(?:vow|pledg|promis|decid|intend|insist|chose)\w* (?:to (?:stay|remain)|on (?:staying|remaining))"
    rf" (?:on|{_OFFICE}))\b"
    rf"|sa(?:id|ys) (?:that )?(?:he|she|they) (?:would|will) (?:remain|stay) {_OFFICE}\b)"
    r"(?!(?:\s+[\w’'-]+){0,3}\s+(?:until|till|before|for)\b)"  # who stayed for a time has left since
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
    "reject": r"passed|approved|adopted|ratified",
    "oppose": r"backed|supported|championed",
    "support back": r"opposed|voted against",
    "withdraw": r"(?:stayed|stays|remains?|remained) in the race",
}
_OPPOSITE = {
    root(word): re.compile(rf"\b(?:{told})\b", re.IGNORECASE)
    for many, told in _OPPOSITES.items()
    for word in many.split()
}
# These happen more than once, and to many things: what denies them tells of the same thing, and nothing tells of both.
_EVENTS = frozenset(root(word) for word in "approve pass reject oppose support back".split())
_SAME_THING = 0.75
_OFFICES = frozenset(root(word) for word in "office post job role position power".split())
_SYNONYMS = ("resign quit step", "fire sack dismiss oust", "buy acquire purchase", "join move sign", "accept take")
_LIKE = {root(word): frozenset(root(other) for other in group.split()) for group in _SYNONYMS for word in group.split()}
# At least this share of the question's content must stand in the sentence or its headline.
_ABOUT = 0.5


@dataclass(frozen=True, slots=True)
class Denial:
    """A sentence that denies what a question takes for granted; `premise` is that in its words, or empty."""

    evidence: Evidence
    premise: str

    @property
    def text(self) -> str:
        """ "The question takes for granted that Ida Holt did resign. The articles say otherwise." """
        if not self.premise:
            return "The question takes for granted what the articles contradict."
        return f"The question takes for granted that {self.premise}. The articles say otherwise."


@dataclass(frozen=True, slots=True)
class Premise:
    """What a question takes for granted.

    Attributes:
        subject: names of whom or what it is said of.
        nouns: roots of the other words that say so ("the mayor").
        anybody: whether it is asked who it was.
        action: root of what happened.
        of: root of what it was done to or left: "the party".
        to_something: whether it is said what it was done to.
        places: last words of names behind a preposition: where to, of what.
        needed: roots that must stand in the sentence or its headline.
        text: "Ida Holt did resign"; empty where the question's words do not tell it in good English.
    """

    subject: tuple[Name, ...]
    nouns: frozenset[str]
    anybody: bool
    action: str
    of: str
    to_something: bool
    places: frozenset[str]
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
    wanted = _roots(question)
    for premise in premises(question):
        for e in evidence:
            held = _held(e) | {premise.action}
            about = premise.needed <= held and len(wanted & held) >= _ABOUT * max(len(wanted), 1)
            rest = wanted - {premise.action}
            share = len(rest & held) / max(len(rest), 1)
            if (
                about
                and _denies(e.sentence.text, premise, share)
                and not any(_affirms(o, premise, e) for o in evidence)
            ):
                return Denial(e, premise.text)
    wrong = (e for e in evidence if len(wanted & _held(e)) >= _ABOUT * max(len(wanted), 1) and _corrects(e, question))
    return next((Denial(e, "") for e in wrong), None)


def _corrects(e: Evidence, question: str) -> bool:
    """ "The crowd was 38,450, not 41,200", where the question speaks of 41,200."""
    asked = set(_FIGURE.findall(question))
    denied = {match["figure"] for match in _NOT_FIGURE.finditer(e.sentence.text)}
    others = set(_FIGURE.findall(_NOT_FIGURE.sub("", e.sentence.text)))
    return bool(asked & denied and others - denied) and not asked & others


def _held(e: Evidence) -> set[str]:
    text = f"{e.article.article.title} {e.sentence.text}"
    return _roots(text) | {root(name.last.lower()) for name in names(text)}


def _roots(text: str) -> set[str]:
    return {root(word) for word in words(text) if word not in STOPWORDS}


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
        if word.group() in STOPWORDS or behind in _NO_VERB_BEHIND | _DEGREES or behind.endswith(("'s", "’s")):
            continue
        if _PASSIVE.match(rest[word.end() :]):  # "will the vape ban be extended"
            continue
        if root(word.group()) in _EMPTY or word.group().endswith("ly") or _SAID.search(rest[: word.start()]):
            continue
        subject = " ".join(before) if aux or asks not in _SOMEBODY else ""
        if not subject and asks in ("when", "where", "why", "how"):
            continue
        yield _premise(rest, word, subject, aux, asks)


def _premise(rest: str, word: re.Match[str], before: str, aux: str, asks: str) -> Premise:
    subject, told = _subject(before, aux) if before else ("", "")
    named = names(subject or rest)
    # Whoever stands behind a preposition ("chair of the Fed") may be left out; whom it was done to may not.
    behind = [n for n in names(rest) if n.start > word.end()]
    objects = [n for n in behind if not _OBJECT.search(rest[: n.start])]
    inside = {part for name in named for part in name.text.split()}
    common = [w.lower() for w in _WORD.findall(subject) if w not in inside]
    nouns = frozenset(
        root(word)
        for word, after in pairwise([*common, ""])
        if word not in STOPWORDS | _BETWEEN and not (after and _describes(word))
    )
    needed = nouns | {root(name.last.lower()) for name in chain(named, objects)}
    start = word.start() if before else 0
    happened = " ".join(rest[start:].split()[:_SHOWN]).rstrip(" .,;:!")
    if not before:
        told = " ".join(part for part in (_SOMEBODY.get(asks, "somebody"), aux) if part)
    elif aux in _BARE and told.endswith(f" {aux}") and word.group().endswith(("ed", "ing")):
        told = ""  # another verb stands before it: "the mayor announce she resigned"
    done_to = _DONE_TO.match(rest[word.end() :])
    return Premise(
        subject=tuple(named),
        nouns=nouns,
        anybody=not before,
        action=root(word.group()),
        of=root(done_to[1]) if done_to else "",
        to_something=bool(done_to or objects),
        places=frozenset(n.last.lower() for n in behind if n not in objects),
        needed=frozenset(needed),
        text=f"{told} {happened}" if told else "",
    )


def _describes(word: str) -> bool:
    """Whether it only says of the noun behind it what became of that: "the stolen boxes" are "the boxes"."""
    return word in PARTICIPLES or (word.endswith("ed") and len(word) > len("need"))


def _subject(before: str, aux: str) -> tuple[str, str]:
    """Whom or what it is said of, by the words before the verb; and these as a sentence begins with them, or ""."""
    *main, own = _CLAUSE.split(before)
    if not any(main):
        return before, _begun(before, aux)
    if _PRONOUN.fullmatch(own.strip()):  # "Holt say when she"
        named = names(" ".join(main))
        return " ".join(main), named[0].text if len(named) == 1 else ""
    return own, _begun(own, "")


def _begun(subject: str, aux: str) -> str:
    """ "Iran ever", "has" → "Iran has ever"; empty where the words are more than a subject: "Holt make Powell"."""
    said = subject.split()
    at = len(said)
    while at > 1 and said[at - 1] in _BETWEEN:
        at -= 1
    who = " ".join(said[:at])
    shape = who
    for name in reversed(names(who)):
        shape = f"{shape[: name.start]}N{shape[name.end :]}"
    common = set(shape.lower().split()) - _LINKS
    if not _WHO.fullmatch(shape) or common & STOPWORDS:
        return ""
    return " ".join(part for part in (who, aux, *said[at:]) if part)


# --- what the sentence says -------------------------------------------------------------------------------------------


def _denies(sentence: str, premise: Premise, share: float = 1.0) -> bool:
    """Whether the sentence denies it, or tells the opposite; `share`: how much else of the question it holds."""
    if _not_by(sentence, premise):
        return True
    # Who remains mayor may have left the party.
    about = premise.of in _OFFICES | _roots(sentence) | {""}
    if premise.action in _EVENTS:
        about = premise.to_something and about and share >= _SAME_THING
    opposite = _OPPOSITE.get(premise.action) if about else None
    told = (
        match.start()
        for match in (opposite.finditer(sentence) if opposite else ())
        if not _NO_STATEMENT & set(_words(sentence[: match.start()])[-4:])
    )
    return any(_said_of(premise, sentence[:at], "") for at in told) or any(
        _said_of(premise, sentence[:start], sentence[start:end], nobody=nobody)
        for start, end, nobody in _denials(sentence, premise)
    )


def _not_by(sentence: str, premise: Premise) -> bool:
    """ "The goal was scored by Hale, not by Lund", where it is taken for granted that Lund scored."""
    return any(
        _same(name, other)
        for match in _NOT_NAME.finditer(sentence)
        if premise.action in _roots(sentence[: match.start()])
        for name in names(match["who"])[:1]
        for other in premise.subject
        if not premise.anybody
    )


def _denials(sentence: str, premise: Premise) -> Iterator[tuple[int, int, bool]]:
    """Where what happened is denied: from the denial to what it denies, and whether it is denied of everybody."""
    tokens = list(_WORD.finditer(sentence))
    said = [token.group().lower() for token in tokens]
    same = [name for name in names(sentence) if any(_same(name, other) for other in premise.subject)]
    subject = {part.lower() for name in same for part in name.text.split()}
    by = [name for name in names(sentence) if _BY.search(sentence[: name.start])]
    lent = {i for i, token in enumerate(tokens) if any(name.start <= token.start() < name.end for name in by)}
    for i, word in enumerate(said):
        refusal = root(word) in _REFUSALS
        if not (refusal or word in _DENIALS or re.fullmatch(r"\w+n['’]t", word)):
            continue
        if _CONDITIONS & set(said[max(i - 8, 0) : i]) or (refusal and _negated(said[max(i - 3, 0) : i])):
            continue
        if (refusal and _MODALS & set(said[max(i - 2, 0) : i])) or _unreal(said, i):
            continue
        passed = _PASSED | (_HEARSAY | subject if refusal else set())
        if refusal and said[i + 1 : i + 2] == ["that"]:  # "denied that the ban would be extended"
            passed = passed | {word for word in said[i:] if root(word) in premise.nouns}
        reach = range(i + 1, min(i + 1 + _REACH, len(said)))
        at = next((j for j in reach if said[j] not in passed and not (refusal and j in lent)), None)
        if at is None or not _is(premise.action, said[at]) or _LIMITS & set(said[at + 1 : at + 5]):
            continue
        if said[at].endswith(_NO_DEED) or _FOR_LONG.search(sentence[tokens[at].end() :]):
            continue
        if _of_another(premise, sentence[tokens[at].end() :]):
            continue
        obliged = "to" in said[i:at] and (_HAS | {"need"}) & set(said[i:at])
        if not obliged and not (_ONLY & set(said[i + 1 : at])):
            of_all = word in _NOBODY and not _HAS & set(said[max(i - 1, 0) : i])  # not "Holt has no plans"
            yield tokens[i].start(), tokens[at].start(), of_all


def _is(action: str, word: str) -> bool:
    """Whether a word tells of what happened, perhaps by another verb that says the same."""
    return root(word) == action or root(word) in _LIKE.get(action, ())


def _unreal(said: Sequence[str], at: int) -> bool:
    """ "would not have bought it" tells nothing of whether it was bought."""
    return (
        bool({"would", "wouldn't", "wouldn’t"} & set(said[max(at - 1, 0) : at + 1])) and "have" in said[at + 1 : at + 2]
    )


def _of_another(premise: Premise, behind: str) -> bool:
    """Whether it is denied of another place or thing than the question's: "did not move to Rome", asked of Paris."""
    done_to = _DONE_TO.match(behind)
    if premise.of and done_to and premise.of not in {root(done_to[1]), *_roots(behind)}:
        return True
    told = names(behind)
    asked = set(premise.places)
    return bool(asked and told) and not any(name.last.lower() in asked for name in told)


def _negated(said: Iterable[str]) -> bool:
    return any(word in _DENIALS or word.endswith(("n't", "n’t")) for word in said)


def _said_of(premise: Premise, before: str, between: str, *, nobody: bool = False) -> bool:
    """Whether what stands behind these words is said of the premise's subject, and of nobody else."""
    if premise.anybody and nobody:
        return True
    if any(_same(name, other) for name in premise.subject for other in names(between)):
        return True  # "denied reports that Holt had resigned"
    if premise.nouns and (premise.nouns <= _roots(before) or premise.nouns & _told(between)):
        return True
    return _speaks_of(premise, before)


def _told(between: str) -> set[str]:
    """What a denial says something of: "denied that the ban would be"."""
    _, that, clause = between.partition(" that ")
    return _roots(clause) if that else set()


def _speaks_of(premise: Premise, before: str) -> bool:
    """Whether the words in front of a denial end with the premise's subject, or with a pronoun that can mean it."""
    named = [name for name in names(before) if not _OBJECT.search(before[: name.start])]
    if not named:
        near = " ".join(_words(before)[-_NEAR:])
        return bool(premise.subject) and not premise.anybody and bool(_PRONOUN.search(near))
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
    said = name.text.split()
    titles = [i for i, word in enumerate(said) if word.rstrip(".") in TITLES]
    return [word.lower() for word in said[titles[-1] + 1 if titles else 0 :]]


def _affirms(e: Evidence, premise: Premise, denial: Evidence) -> bool:
    """Whether a report that is not older than the denial tells that it happened after all."""
    day, denied = e.article.article.published, denial.article.article.published
    same = e.article.article.id == denial.article.article.id and _PRONOUN.match(e.sentence.text)
    if premise.action in _EVENTS:
        day = None  # whenever it was
    if e is denial or not (same or premise.needed <= _held(e)) or (day and denied and day < denied):
        return False
    said = _words(e.sentence.text)
    stated = any(
        _is(premise.action, word)
        and not word.endswith(("ing", "ion", "ment"))
        and not (_NO_STATEMENT | _NO_VERB_BEHIND) & set(said[max(i - 1, 0) : i])
        for i, word in enumerate(said)
    )
    return stated and not _denies(e.sentence.text, premise) and not _CONDITIONS & set(said)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
