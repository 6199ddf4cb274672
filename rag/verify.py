"""Is this sentence supported by these cited sentences? One interface, used by the chat and by the evaluation.

The default reads no model: it aligns the claim's content words with the evidence and looks for what changes a meaning
though the words stay alike: numbers, names, negation, hedging, speakers, quotes. Each check can only lower the score.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, combinations, pairwise
from typing import Protocol, cast

from rag.amounts import amounts
from rag.days import MONTHS, WEEKDAYS, beside, named, surely_named
from rag.hedges import hedging
from rag.name_words import NOT_NAMES
from rag.opposites import opposites
from rag.order import order
from rag.parties import parties
from rag.quantities import missing_quantities, quantities
from rag.speakers import speakers, without_source
from rag.terms import STOPWORDS, stem, stems, words


@dataclass(frozen=True, slots=True)
class Verdict:
    """`support` in [0, 1], and in words what lowered it."""

    support: float
    reasons: tuple[str, ...] = ()


class Verifier(Protocol):
    """Judges one claim."""

    threshold: float
    """Support from which a claim counts as supported."""

    def verify(self, claim: str, evidence: Sequence[str], context: str = "") -> Verdict:
        """How far the evidence sentences together support the claim.

        Args:
            claim: one sentence, without marks.
            evidence: the sentences it cites.
            context: what the reader sees beside each cited sentence: headlines, outlets, dates.
        """


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence that a claim is judged against, and what the reader sees beside it."""

    evidence: tuple[str, ...]
    context: str = ""


# A claim that fails a check is below any threshold, however many of its words occur.
FAILED = 0.2
_REFUSALS = frozenset("denied denies deny rejected refused".split())
_NEGATORS = _REFUSALS | frozenset("no not never none nobody nothing neither nor without cannot".split())
_NEGATED = re.compile(r"\b\w+n['’]t\b")
# Words that may stand between a negation and what it denies.
_BETWEEN = frozenset("yet already even ever always actually necessarily".split())
_REACH = 60  # characters behind such a word
_PAUSE = re.compile(r"[,;:—()]\s")
# What else tells that something is not so: a claim may put it as a negation.
_IMPLIED = re.compile(
    r"\b(?:fail\w*|impossible|unable|lack\w*|un(?!it|der|til|ion|iv|iq|less)[a-z]{4,}|hardly|barely|rarely|stop\w*|declin\w+"
    r"|in(?:adequate|complete|sufficient|eligible|valid|capable)\w*|refus\w+|ban(?:s|ned)?|bar(?:s|red)|prohibit\w*|block\w*"
    r"|avoid\w*|absen\w+|only|first time|instead|rather than|except|free of)\b",
    re.IGNORECASE,
)
# "An earlier version said …": what follows is withdrawn.
_CORRECTED = re.compile(r"\b(?:an?|the) (?:earlier|previous) version of th(?:is|e)\b", re.IGNORECASE)
_QUOTE = re.compile(r"[\"“]([^\"“”]+)[\"”]")
# Single quotes that are surely no apostrophes: not "the '90s", "the owners' plan", nor "the owner 's plan".
_SINGLE_QUOTE = re.compile(
    r"(?<![\w'’‘`\\])[‘'](?![\d\s]|n['’]|(?:s|m|d|t|re|ve|ll|til|em|cause|twas|tis|round)\b)"
    r"((?:[^‘’'\"“”`\\]|(?<=\w)['’](?=\w))+)(?<!\s)(?:(?<!s)[’'](?!\w)|[’'](?=\s*(?:[,.;:!?)]|$)))",
    re.IGNORECASE,
)
_TITLE_WORD = re.compile(r"[A-Z][\w’'&-]*")
_LONG_NAME = re.compile(r"[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)+")
_COUNTRIES = (
    (re.compile(r"\bU\.S\.(?:A\.)?(?!\w)|\bUSA\b|\bUS\b"), "United States"),
    (re.compile(r"\bU\.K\.(?!\w)|\bUK\b"), "United Kingdom"),
)
_MUTUAL = frozenset("meet met marri join talk".split())  # stems of what two do with each other, whoever is named first
# Words that begin a sentence and name nobody; a number does not either, and has a rule of its own.
_OPENERS = frozenset(
    """additionally earlier overall finally initially currently previously recently today yesterday officially
    approximately roughly nearly almost around altogether dozens scores hundreds thousands millions billions
    furthermore moreover therefore thus hence consequently nevertheless nonetheless otherwise likewise similarly
    instead despite although though since because unlike besides still yet even later eventually subsequently
    afterwards afterward ultimately originally elsewhere separately together overnight""".split()
)


def verdicts(verifier: Verifier, asked: Sequence[tuple[str, Case]]) -> list[Verdict]:
    """One verdict a claim, in order; in one go where the verifier has a method ``verify_all``, which takes them all."""
    together = getattr(verifier, "verify_all", None)
    if together is not None:
        return list(together(asked))
    return [verifier.verify(claim, case.evidence, case.context) for claim, case in asked]


def until(verifier: Verifier, cancel: threading.Event) -> Verifier:
    """The verifier for one answer, which a stop reaches where the verifier has a method ``until``."""
    stoppable = getattr(verifier, "until", None)
    return cast("Verifier", stoppable(cancel)) if stoppable else verifier


class OverlapVerifier:
    """The embedded default: a fraction of a millisecond a claim, no model."""

    threshold = 0.6

    def __init__(self, argument: str = "") -> None:
        if argument:
            self.threshold = float(argument)

    def verify(self, claim: str, evidence: Sequence[str], context: str = "") -> Verdict:
        if not evidence:
            return Verdict(0.0, ("it cites nothing",))
        claim, evidence, context = spelled_out(claim), [spelled_out(one) for one in evidence], spelled_out(context)
        joined = " ".join(evidence)
        if verbatim(claim, evidence, context):
            return Verdict(1.0)
        wanted = stems(claim)
        if not wanted:
            return Verdict(0.0, ("it says nothing that could be checked",))
        held = set(stems(joined))
        held |= set(stems(beside(claim, evidence, context)))
        coverage = sum(stem in held for stem in wanted) / len(wanted)
        failed = failures(claim, evidence, context)
        if failed:
            return Verdict(min(FAILED, coverage), tuple(reason for found in failed.values() for reason in found))
        absent = missing_words(claim, held)
        return Verdict(round(coverage, 3), (f"not in the evidence: {', '.join(absent)}",) if absent else ())


def failures(claim: str, evidence: Sequence[str], context: str = "") -> dict[str, list[str]]:
    """What each rule says against the claim, by the rule's name; only rules that say something."""
    joined = " ".join(evidence)
    everything = f"{joined} {beside(claim, evidence, context)}"
    found = {
        "numbers": _numbers(claim, everything),
        "dates": _dates(claim, everything),
        "names": _names(claim, everything),
        "quotes": _quotes(claim, joined),
        "negation": _negation(claim, evidence),
        "hedging": hedging(claim, evidence),
        "speakers": speakers(claim, evidence, context),
        "roles": _roles(claim, evidence),
        "opposites": opposites(claim, evidence),
        "order": order(claim, evidence),
        "amounts": amounts(claim, evidence),
        "parties": parties(claim, evidence),
    }
    return {rule: reasons for rule, reasons in found.items() if reasons}


def spelled_out(text: str) -> str:
    """The text with the two countries in full that news mostly abbreviates."""
    for pattern, name in _COUNTRIES:
        text = pattern.sub(name, text)
    return text


def verbatim(claim: str, evidence: Sequence[str], context: str = "") -> bool:
    """Whether the claim is a whole sentence of the evidence, word for word; behind the name of its source, as quoted.

    A part of a sentence is not enough: "He denied that the bill passed" does not say that the bill passed. Nor are the
    words alone: "$5", "€5", "5%" and "−5" are one word.
    """
    whole = [*evidence, " ".join(evidence)]
    said = {claim, without_source(claim, context)}
    return any(_same(one, sentence) for one in said if words(one) for sentence in whole)


def _same(claim: str, sentence: str) -> bool:
    return _flat(claim) == _flat(sentence) and not missing_quantities(claim, sentence)


def missing_words(claim: str, held: AbstractSet[str]) -> list[str]:
    """The claim's content words whose stems are not among `held`, each once, in order."""
    return [w for w in dict.fromkeys(words(claim)) if w not in STOPWORDS and not (set(stems(w)) & held)]


def _numbers(claim: str, evidence: str) -> list[str]:
    missing = missing_quantities(claim, evidence)
    return [f"the evidence does not state {', '.join(missing)}"] if missing else []


def _dates(claim: str, evidence: str) -> list[str]:
    """Days of the week and months that the evidence does not name; "Sept." is September."""
    sure = surely_named(claim)
    absent = sure - named(evidence) if sure else sure
    missing = [name.title() for name in (*WEEKDAYS, *MONTHS) if name in absent]
    return [f"the evidence does not say {', '.join(missing)}"] if missing else []


def _names(claim: str, evidence: str) -> list[str]:
    """Capitalised words that the evidence lacks, the claim's first word among them."""
    held = set(words(evidence))
    held |= {part for word in held for part in re.split(r"['’.-]", word)}
    stemmed = set(stems(evidence))
    missing = []
    for i, match in enumerate(_TITLE_WORD.finditer(claim)):
        first = match.start() == 0 or (i == 0 and not claim[: match.start()].strip(" \"'“‘("))
        parts = [p for word in words(match.group()) for p in re.split(r"['’-]", word) if p]
        # A sentence begins with a capital whatever its first word is; but that word is mostly who did it, and a claim
        # whose subject the evidence does not mention is not supported by it. Its stem is enough.
        if first and (set(stems(match.group())) <= stemmed or parts[0] in _OPENERS or quantities(match.group())):
            continue
        if any(part not in held and part not in NOT_NAMES and part not in STOPWORDS for part in parts):
            missing.append(match.group())
    missing += [name for name in _LONG_NAME.findall(claim) if not _together(words(name), words(evidence))]
    return [f"the evidence does not name {', '.join(missing)}"] if missing else []


def _together(name: Sequence[str], evidence: Sequence[str]) -> bool:
    """Whether the words of a name stand in the evidence in that order and near each other.

    "Mayor Holt" is in "Mayor Ida Holt"; "Lincoln Stadium" is not in "Memorial Stadium in Lincoln".
    """
    parts = [part for part in name if part not in STOPWORDS and part not in _OPENERS]
    for one, two in pairwise(parts):
        places = [i for i, word in enumerate(evidence) if word == one]
        if places and two in evidence and not any(two in evidence[i + 1 : i + 4] for i in places):
            return False
    return True


def _quotes(claim: str, evidence: str) -> list[str]:
    flat = _flat(evidence)
    said = [*_QUOTE.findall(claim), *_SINGLE_QUOTE.findall(claim)]
    wrong = [quote for quote in said if len(words(quote)) > 1 and _flat(quote) not in flat]
    return [f"nobody is quoted as saying “{quote.strip()}”" for quote in wrong]


def _negation(claim: str, evidence: Sequence[str]) -> list[str]:
    best = max(evidence, key=lambda sentence: len(set(stems(claim)) & set(stems(sentence))))
    said, held = _denied(claim), [_denied(sentence) for sentence in evidence]
    if said and not any(held) and not any(_implied(said, sentence) for sentence in evidence):
        return ["the claim denies what the evidence does not deny"]
    if _CORRECTED.search(best) and not _CORRECTED.search(claim):
        return ["the evidence corrects it"]
    wanted = set(stems(claim))
    denied = [heads for heads in chain.from_iterable(held) if heads and wanted.issuperset(heads)]
    if not said:
        # Only a negation beside the words that the claim shares counts; elsewhere it is about something else. What
        # another sentence denies counts where no sentence states it.
        near = any(heads in denied for heads in _denied(best))
        return ["the evidence denies it"] if near or any(_only_denied(heads, evidence) for heads in denied) else []
    stated = wanted - set(chain.from_iterable(said))
    if not _REFUSALS.isdisjoint(words(claim)):  # "refused by the board" tells who refused, and not what
        return []
    if any(heads and stated.issuperset(heads) and _only_denied(heads, evidence) for heads in denied) and all(
        heads and not any(set(heads) & set(other) for other in chain.from_iterable(held)) for heads in said
    ):
        return ["the evidence denies something else"]
    return []


def _denied(text: str) -> list[list[str]]:
    """For each negation the first stems behind it, two at most: what it denies."""
    return [
        stems(" ".join(word for word in tokens[i + 1 : i + 6] if word not in _BETWEEN))[:2]
        for tokens in map(words, _PAUSE.split(text))
        for i, word in enumerate(tokens)
        if word in _NEGATORS or _NEGATED.fullmatch(word)
    ]


def _implied(said: Sequence[Sequence[str]], sentence: str) -> bool:
    """Whether the sentence denies in other words what these negations deny: "failed to start", "unlicensed"."""
    denied = set(chain.from_iterable(said))
    for match in _IMPLIED.finditer(sentence):
        word = match.group().lower()
        own = word.startswith("un") and word != "unable"
        if denied.intersection([stem(word[2:])] if own else stems(sentence[match.end() : match.end() + _REACH])):
            return True
    return False


def _only_denied(heads: Sequence[str], evidence: Sequence[str]) -> bool:
    """Whether what a negation denies stands nowhere else in the evidence."""
    held = [stem for sentence in evidence for stem in stems(sentence)]
    return any(held.count(head) == 1 for head in heads)


def _roles(claim: str, evidence: Sequence[str]) -> list[str]:
    """Two names that have changed places about the same words: "Bob hit Alice" of "Alice hit Bob"."""
    said = [(m.start(), m.end(), words(m.group())[0]) for m in _TITLE_WORD.finditer(claim) if words(m.group())]
    said = [name for name in said if name[2] not in NOT_NAMES and name[2] not in STOPWORDS]
    for (_, end, one), (start, _, two) in combinations(said[:12], 2):
        between = words(claim[end:start])
        wanted = set(stems(" ".join(between)))
        if one == two or not wanted - _MUTUAL:
            continue
        for sentence in evidence:
            tokens = words(sentence)
            if one not in tokens or two not in tokens:
                continue
            i, j = tokens.index(one), tokens.index(two)
            if tokens.count(one) > 1 or tokens.count(two) > 1 or j > i:
                continue
            held = tokens[j + 1 : i]
            # "Alice was hit by Bob" turns the names round and says the same.
            if wanted == set(stems(" ".join(held))) and ("by" in between) == ("by" in held):
                return [f"the evidence says it of {two.title()} and {one.title()} the other way round"]
    return []


def _flat(text: str) -> str:
    return " ".join(words(text.replace("’", "'")))
