"""The same said otherwise: rewordings and parts of a sentence that stay true where the sentence is."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from eval.opposites import MONTHS, WEEKDAYS

_PARAPHRASES = (
        ("said", "stated"), ("said", "says"), ("began", "started"), ("started", "began"), ("about", "around"),
        ("around", "about"), ("more than", "over"), ("nearly", "almost"), ("almost", "nearly"), ("children", "kids"),
        ("buy", "purchase"), ("bought", "purchased"), ("help", "assist"), ("helped", "assisted"), ("big", "large"),
        ("large", "big"), ("ended", "finished"), ("U.S.", "United States"), ("United States", "U.S."),
        ("U.S.", "American"), ("United Kingdom", "Britain"), ("percent", "%"), ("per cent", "%"), ("%", " percent"),
        ("pct", "percent"), ("mln", "million"), ("dlrs", "dollars"), ("bln", "billion"), ("show", "reveal"),
        ("shows", "reveals"), ("showed", "revealed"), ("need", "require"), ("needs", "requires"), ("got", "received"),
        ("attempted", "tried"), ("quickly", "rapidly"), ("approximately", "about"), ("home", "house"),
        ("huge", "enormous"), ("important", "significant"), ("hit", "struck"), ("struck", "hit"), ("job", "position"),
        ("film", "movie"), ("movie", "film"), ("company", "firm"), ("firm", "company"), ("officials", "authorities"),
        ("authorities", "officials"), ("injured", "hurt"), ("hurt", "injured"), ("wounded", "injured"),
        ("revealed", "disclosed"), ("disclosed", "revealed"), ("urged", "called on"), ("plans to", "intends to"),
        ("intends to", "plans to"), ("fell", "dropped"), ("dropped", "fell"), ("rose", "climbed"),
        ("climbed", "rose"), ("increased", "grew"), ("grew", "increased"), ("declined", "fell"), ("prison", "jail"),
        ("jail", "prison"), ("lawyer", "attorney"), ("attorney", "lawyer"), ("probe", "investigation"),
        ("investigation", "probe"), ("game", "match"), ("match", "game"), ("beat", "defeated"), ("defeated", "beat"),
        ("many", "numerous"), ("several", "a number of"), ("annual", "yearly"), ("each", "every"),
        ("entire", "whole"), ("however", "but"), ("told reporters", "said"), ("added", "said"), ("noted", "said"),
        ("explained", "said"), ("wrote", "said"), ("decided", "chose"), ("built", "constructed"),
        ("cars", "vehicles"), ("car", "vehicle"), ("doctors", "physicians"), ("fire", "blaze"), ("blaze", "fire"),
        ("while", "as"), ("because", "since"), ("although", "though"), ("is", "was"),
        ("are", "were"), ("has", "had"), ("has been", "was"), ("have been", "were"), ("will", "would"),
        ("is going to", "will"), ("will", "is to"), ("teenager", "youth"), ("mother", "mum"), ("father", "dad"),
        ("purchase", "buy"), ("residents", "people"), ("citizens", "people"), ("boss", "manager"),
        ("manager", "boss"), ("striker", "forward"), ("hospitalized", "taken to hospital"), ("former", "ex"),
        ("ill", "sick"), ("sick", "ill"), ("near", "close to"), ("close to", "near"), ("allow", "let"),
        ("must", "has to"), ("last month", "a month ago"), ("can", "is able to"), ("spoke", "talked"),
)  # fmt: skip
_DIGITS = dict(zip("two three four five six seven eight nine ten eleven twelve".split(), range(2, 13), strict=True))
_SPELLED = {str(v): k for k, v in _DIGITS.items()}


def reword(sentence: str, rng: random.Random) -> str:
    """The sentence, or a part of it, said otherwise; at least 25 characters.

    Args:
        sentence: with its capitals.
        rng: draws which changes are made.
    """
    for change, share in _CHANGES:
        if rng.random() < share:
            new = " ".join(change(sentence, rng).split())
            if len(new) >= 25:
                sentence = new
    return sentence


def _without_aside(sentence: str, rng: random.Random) -> str:
    del rng
    return re.sub(r"\s*(?:\([^)]*\)|, (?:who|which|a|an|the) [^,]{5,80},(?= [a-z]))", "", sentence, count=1)


def _without_opening(sentence: str, rng: random.Random) -> str:
    del rng
    cut = re.sub(r"^(?:On|In|At|After|Earlier|Meanwhile|However|But|And|Still|Also)\b[^,]{0,40}, (?=\w)", "", sentence)
    return cut[:1].upper() + cut[1:]


def _attribution_first(sentence: str, rng: random.Random) -> str:
    del rng
    found = re.fullmatch(r"([A-Z][^“”\"]{20,}), ((?:[A-Za-z.]+ ){1,4})(said|says)\.", sentence)
    if not found:
        return sentence
    what, who, said = found.groups()
    lead = what.split()[0]
    what = (
        what[:1].lower() + what[1:] if lead in ("The", "A", "An", "It", "He", "She", "They", "This", "There") else what
    )
    return f"{who[:1].upper()}{who[1:]}{said} {what}."


def _head(sentence: str, rng: random.Random) -> str:
    """Up to a comma, or to a phrase that adds when, where or how."""
    if re.search(r"[“”\"]", sentence):
        return sentence
    cuts = [
        m.start()
        for m in re.finditer(r",? (?:after|in|on|at|from|with|as|while|who|which|following|during)\b", sentence)
    ]
    cuts = [c for c in cuts if c > 45]
    return f"{sentence[: rng.choice(cuts)]}." if cuts else sentence


def _without_day(sentence: str, rng: random.Random) -> str:
    del rng
    return re.sub(
        rf",? (?:on |last |late |early )?(?:{'|'.join(WEEKDAYS)})(?: (?:morning|evening|night|afternoon))?\b(?!['’,])",
        "",
        sentence,
        count=1,
    )


# Adverbs without which a sentence says more than it did, or something else; and words that only end like adverbs.
_KEPT = frozenset(
    """allegedly reportedly apparently possibly probably likely unlikely potentially supposedly purportedly presumably
    seemingly arguably conceivably theoretically nearly hardly barely scarcely rarely narrowly partly mostly mainly
    largely roughly approximately virtually practically initially previously formerly temporarily tentatively falsely
    wrongly only early daily weekly monthly yearly quarterly family supply apply reply rely comply multiply imply
    italy july assembly anomaly elderly friendly deadly costly monopoly""".split()
)


def _without_adverb(sentence: str, rng: random.Random) -> str:
    """Without an adverb that only colours; one that hedges or limits stays."""
    del rng
    for found in re.finditer(r" (very|also|just|really|already|\w{4,}ly)(?= [a-z])", sentence):
        if found.group(1).lower() not in _KEPT:
            return sentence[: found.start()] + sentence[found.end() :]
    return sentence


def _short_name(sentence: str, rng: random.Random) -> str:
    """The family name alone."""
    found = list(
        re.finditer(
            r"\b[A-Z][a-z]+ ([A-Z][a-z]{3,})(?= (?:said|says|was|is|has|had|told|will|and|who|[a-z]+ed)\b)", sentence
        )
    )
    if not found:
        return sentence
    match = rng.choice(found)
    return f"{sentence[: match.start()]}{match.group(1)}{sentence[match.end() :]}"


def _other_words(sentence: str, rng: random.Random) -> str:
    for a, b in rng.sample(_PARAPHRASES, len(_PARAPHRASES)):
        pattern = rf"(?<![\w-]){re.escape(a)}(?![\w-])" if a != "%" else "%"
        if re.search(pattern, sentence) and rng.random() < 0.5:
            sentence = re.sub(pattern, b, sentence, count=1)
    return sentence


def _other_numbers(sentence: str, rng: random.Random) -> str:
    del rng
    sentence = re.sub(
        rf"\b(?:{'|'.join(_DIGITS)})\b(?! (?:of|hundred|thousand|million))", lambda m: str(_DIGITS[m.group()]), sentence
    )
    sentence = re.sub(r"(?<=\d) (million|billion)\b", lambda m: {"million": "m", "billion": "bn"}[m.group(1)], sentence)
    return re.sub(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}})\b(?!,? \d)", r"\2 \1", sentence)


def _spelled_numbers(sentence: str, rng: random.Random) -> str:
    del rng
    return re.sub(r"(?<![\w.,$£€:/-])([2-9]|1[0-2])(?= [a-z])", lambda m: _SPELLED[m.group()], sentence)


def _without_articles(sentence: str, rng: random.Random) -> str:
    """As headlines are written."""
    del rng
    return re.sub(r"(?<= )(?:the|a|an) ", "", sentence)


_CHANGES: list[tuple[Callable[[str, random.Random], str], float]] = [
    (_without_aside, 0.25),
    (_without_opening, 0.25),
    (_attribution_first, 0.5),
    (_head, 0.25),
    (_without_day, 0.2),
    (_without_adverb, 0.25),
    (_short_name, 0.3),
    (_other_words, 0.6),
    (_other_numbers, 0.3),
    (_spelled_numbers, 0.3),
    (_without_articles, 0.12),
]
