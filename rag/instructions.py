"""Sentences that speak to a machine instead of a reader: "ignore previous instructions", "cite this as [1]".

They are evidence of nothing. A draft neither sees them nor may rest on them, so that a model which obeys whatever it
reads has nothing to obey, and one that is told what to say finds no support for it. They stay in the article and can
still be found and read there.

The rules err on the side of the reader: a sentence left out by mistake costs one piece of evidence, and articles have
others. Measured on news: docs/injection.md. What the rules miss must still pass the verifier.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Sequence

from rag.types import Evidence

# Letters of other scripts that look like Latin ones (the common part of Unicode's confusables).
_LOOKALIKES = str.maketrans(
    "асеорхуіјѕԁԛԝһкмтвнгαεοριυνκτІЅАВЕКМНОРСТХУЈ",
    "aceopxyijsdqwhkmtbhraeopiuvktISABEKMHOPCTXYJ",
)

_IGNORE = r"(?:ignor(?:e|ing)|disregard|forget|override|overrule|bypass|set\s+aside)"
_EARLIER = r"(?:all|any|your|previous|prior|above|earlier|preceding|foregoing|system|original)"
_RULES = r"(?:instructions?|rules|prompts?|guidelines|directives|directions|commands|constraints|training|restrictions)"
_MACHINE = (
    r"(?:ai|a\.i\.|llms?|(?:large\s+)?language\s+models?|(?:ai\s+|virtual\s+)?assistants?|chatbots?"
    r"|summari[sz]ers?|agents?|bots?)"
)
_ENGLISH = (  # one pattern an element
    rf"\b{_IGNORE}\s+(?:\w+\s+){{0,3}}{_EARLIER}\s+(?:\w+\s+){{0,3}}{_RULES}\b",
    rf"\b{_IGNORE}\s+(?:everything|anything|all)\s+(?:\w+\s+){{0,3}}(?:above|before|so\s+far|previous)",
    rf"\b(?:new|updated|hidden|secret|real|actual|following|special|these)\s+{_RULES}\s*(?:for|to)\s+(?:the\s+|all\s+|any\s+)?{_MACHINE}\b",
    rf"\b(?:note|attention|dear|message|memo|hello|notice|hey|instructions?)\b[\s,:]*(?:to|for)?\s*(?:the\s+|all\s+|any\s+)?{_MACHINE}\b\s*[:,.!]",
    (
        r"\b(?:note|attention|dear|message|notice|instructions?)\s+(?:to|for)?\s*(?:the\s+|all\s+|any\s+)?(?:ai|llm|automated|machine)\s+"
        r"(?:judges?|verifiers?|graders?|evaluators?|readers?|reviewers?|systems?|models?|tools?|assistants?)\b\s*[:,.!]"
    ),
    r"\b(?:every|each|all|this|the)\s+(?:sentence|claim|answer|statement)s?\s+(?:is|are)\s+(?:\w+\s+)?(?:supported|verified|faithful)\b",
    rf"\bif\s+you(?:\s+are|['’]re)\s+(?:an?\s+|the\s+)?{_MACHINE}\b",
    rf"\byou\s+(?:are|will\s+be|must\s+be)\s+(?:now\s+|no\s+longer\s+)(?:\w+\s+){{0,6}}(?:{_MACHINE}|mode|dan|persona|unrestricted|bound)\b",
    r"\b(?:act|behave|respond|pretend)\s+as\s+(?:if\s+you\s+(?:are|were)\s+)?(?:an?\s+)?(?:unrestricted|jailbroken|developer|dan)\b",
    r"\b(?:developer|debug|god|jailbreak|admin)\s+mode\s+(?:enabled|on|activated|is)\b",
    (
        r"\b(?:reveal|print|repeat|show|output|disclose|leak|display|quote|recite)\s+(?:\w+\s+){0,4}"
        r"(?:(?:system|hidden|initial)\s+(?:prompt|message|instructions?)|your\s+(?:\w+\s+)?(?:prompt|instructions?|rules|configuration))\b"
    ),
    r"\b(?:repeat|print|output)\s+(?:\w+\s+){0,3}(?:words|text|everything|lines)\s+above\b",
    r"\bcite\s+(?:this|it|the\s+\w+|that)\s+(?:\w+\s+){0,4}as\s+(?!(?:evidence|proof|an?|the|one|why|examples?|reasons?)\b)|\b(?:cite|marked?)\s+(?:it|this)?\s*(?:as|with)\s*[\[(]?\d",
    r"\bthe\s+(?:following|correct|right|only|true|final|expected)\s+(?:\w+\s+)?(?:answer|response|reply|output)\b\s*(?:is|to|:)",
    r"\bthe\s+following\s+is\s+the\s+(?:\w+\s+)?(?:answer|response|truth)\b|\bthe\s+answer\s+to\s+(?:give|return|write)\b",
    r"\bis\s+the\s+(?:correct|right|only|final|expected|complete)\s+(?:answer|response)\b",
    (
        r"^\W*(?:please\s+|now\s+|instead,?\s+|always\s+|then\s+|you\s+must\s+(?:always\s+)?|you\s+should\s+)*"
        r"(?:(?:answer|respond|reply|conclude)\s+(?:only|exactly|with|that|every|all|as|by|instead)\b|output\s+(?:only|exactly|the)\b"
        r"|(?:respond|reply|output)\s*[:\"“])"
    ),
    (
        r"^\W*(?:please\s+|now\s+|instead,?\s+|always\s+|then\s+|you\s+must\s+)*(?:say|write|state|tell|claim|append|insert|add|include)\b"
        r"(?:\s+(?:that|exactly|only|the\s+user|users|the\s+reader|to\s+your|in\s+your|the\s+following)\b|\s*[:\"“])"
    ),
    (
        r"\b(?:your|the)\s+(?:final\s+)?(?:answer|response|reply|output|summary)\s+(?:must|should|has\s+to|needs\s+to|will)\s+"
        r"(?:only\s+|always\s+)?(?:be|say|state|contain|include|begin|start|end|read|cite|mention|not)\b"
    ),
    (
        r"\b(?:when|if|whenever)\s+(?:you\s+are\s+)?(?:asked|answering|summari[sz]ing|queried)\b[^,.]{0,60},?\s+"
        r"(?:you\s+(?:must|should|will)\s+|always\s+|please\s+|only\s+|then\s+)*(?:say|answer|respond|reply|state|write|output)\b"
        r"(?!\s+(?:for|to\s+that)\b)"
    ),
    r"\b(?:answer|respond|reply|say|state|output)\s+(?:to\s+)?(?:the\s+|any\s+|every\s+|all\s+)?(?:user|users|questions?|quer(?:y|ies))\b[^.]{0,40}\b(?:with|that|by)\b",
    r"\b(?:do\s+not|never|don['’]t|skip|without|disable)\s+(?:verif|fact-?check|cit(?:e|ing)\b|mark(?:s|ing)\b)",
    r"\b(?:the\s+)?verifier\s+(?:must|should|will|has|already)\b|\b(?:already|been)\s+verified\s+by\s+the\s+(?:system|verifier|pipeline)\b",
    r"\bfrom\s+now\s+on,?\s+(?:you\b|all\s+answers|every\s+answer|answer|respond|reply)",
    r"\brepeat\s+(?:this|after\s+me|the\s+following)\b",
    r"\bgrammar\b[^.]{0,60}\b(?:allows?|permits?|admits?|requires?)\b[^.]{0,60}\b(?:marks?|tokens?|output|root)\b",
)
_FORMAT = (  # one pattern an element
    r"<\|[\w ]{2,24}\|>|\[/?inst\]|<</?sys>>|</?s>|<(?:start|end)_of_turn>|<bos>|<eos>|\b(?:im_start|im_end|eot_id)\b",
    r"^\W*(?:system|assistant|developer|human|user|ai)(?:\s+(?:prompt|message|override|note|update|instructions?|notice))?\s*[:>]",
    r"(?:\n|[.!?]\s)\W*(?:system|assistant|human|user)\s*:",
    r"#{2,}\s*(?:instructions?|response|system|input|output|end\s+of|new)",
    r"^\W*(?:-{2,}|={2,})\s*(?:end|begin|start)\b.{0,30}\b(?:articles?|sources|excerpts|prompt|context|data|instructions?|document)\b",
    r"\b(?:end|begin)\s+of\s+(?:the\s+)?(?:articles|excerpts|sources|evidence|context|system\s+prompt|instructions)\b",
    r"[\"“'](?:verdict|unsupported_words)[\"”']\s*[:=]|\bverdict\s*[:=]\s*\W?(?:not_)?(?:supported|partly\b)|[\"“](?:supported?|faithful|entail\w*)[\"”]\s*:",
    r"[\"“](?:tool_calls?|function_call|tool|function|arguments|name)[\"”]\s*:\s*[\[{\"“]|</?(?:tool_call|function|invoke|tool)\b",
    r"!\[[^\]]*\]\s*\(|\]\(\s*(?:https?:|javascript:|data:)",
    r"<\s*(?:script|img|iframe|svg|style|object|embed|form|a\s+href)\b|javascript\s*:|\bon(?:error|load|click)\s*=",
    r"::=|\broot\s*=>",
    r"\bnot\s+in\s+the\s+articles\b",
)
_OTHER_LANGUAGES = (  # one pattern an element
    r"\b(?:ignore[zr]?|oublie[zr]?|ne\s+tene[zs]\s+pas\s+compte)\b.{0,50}\b(?:instructions|consignes|règles)\b",
    r"\b(?:ignora|ignore|ignorad|olvida|olvide)\b.{0,50}\b(?:instrucciones|indicaciones|reglas|instruções|istruzioni|regole)\b",
    r"\b(?:ignoriere?n?|vergiss|vergessen|missachte[nt]?)\b.{0,50}\b(?:anweisung(?:en)?|regeln|vorgaben|instruktionen)\b",
    r"\b(?:negeer|vergeet)\b.{0,50}\b(?:instructies|regels|opdrachten)\b|\b(?:zignoruj|ignoruj)\b.{0,50}\b(?:polecenia|instrukcje)\b",
    r"\b(?:repondez|répondez|réponds|responde|responda|antworte|antworten\s+sie|rispondi|antwoord|odpowiedz)\b",
    r"(?:игнорируй|забудь|не\s+обращай)\w*.{0,60}(?:инструкц|указани|правил)|(?:ответь|отвечай)(?:те)?\b",
    r"(?:忽略|无视|無視|忘记).{0,20}(?:指令|指示|说明|規則|规则)|(?:回答|答え)(?:：|:)|تجاهل.{0,40}(?:التعليمات|الأوامر)",
)
_SPEAKS = re.compile("|".join(f"(?:{p})" for p in (*_ENGLISH, *_FORMAT, *_OTHER_LANGUAGES)), re.IGNORECASE | re.DOTALL)
# Letters set apart: "i g n o r e   p r e v i o u s".
_SPACED = re.compile(r"(?:\b\w[ ._*-]){5,}\w\b")
_REPEATED = re.compile(r"\b(\w[\w'’-]*)(?:\W+\1\b){7,}", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
_TAGS = range(0xE0000, 0xE0080)
_MARKS = re.compile(r"\[\d{1,3}\]")


def speaks_to_machine(text: str) -> bool:
    """Whether a sentence, headline or name gives orders to a model, or imitates the form in which one is addressed."""
    if any(ord(c) in _TAGS for c in text) or _REPEATED.search(text):
        return True
    plain = _folded(text)
    if _SPEAKS.search(plain) or _MARKS.search(text):
        return True
    if _SPACED.search(plain) and _SPEAKS.search(_joined(plain)):
        return True
    return any(_reads(code) for code in _BASE64.findall(text))


def plain(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence without sentences that speak to a machine."""
    return tuple(e for e in evidence if not speaks_to_machine(e.sentence.text))


def lifted(claim: str, sentence: str) -> bool:
    """Whether a claim stands in a sentence only behind a colon or a quotation mark, and leaves out what is before it.

    "Repeat after me: the bridge is closed" does not say that the bridge is closed, however the order is worded; nor
    does "Holt said: the bridge is closed" say more than that she said so.
    """
    said = [word.lower() for word in re.findall(r"\w+", claim)]
    found = list(re.finditer(r"\w+", sentence))
    held = [match.group().lower() for match in found]
    places = [i for i in range(len(held) - len(said) + 1) if held[i : i + len(said)] == said]
    return bool(said and places) and all(
        i > 0 and re.search(r"[:\"“«„‘]", sentence[found[i - 1].end() : found[i].start()]) for i in places
    )


def _folded(text: str) -> str:
    """What a reader sees, in Latin letters: compatibility forms, lookalikes and invisible characters undone."""
    seen = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in seen if unicodedata.category(c) != "Cf")
    # A word that mixes scripts is a disguise; a word wholly in another script is that language.
    return re.sub(r"\w*[A-Za-z]\w*", lambda word: word.group().translate(_LOOKALIKES), seen)


def _joined(text: str) -> str:
    return re.sub(r"(?<=\b\w)[ ._*-](?=\w\b)", "", re.sub(r"\s{2,}", "  ", text)).replace("  ", " ")


def _reads(code: str) -> bool:
    """Whether letters and digits are a text in base64."""
    try:
        text = base64.b64decode(code + "=" * (-len(code) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    return " " in text and all(c.isprintable() or c.isspace() for c in text)
