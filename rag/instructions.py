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

from rag.terms import STOPWORDS
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
# The same and more names, without "agents": they are mostly people.
_MACHINES = (
    r"(?:(?:ai|automated|automatic|machine|search|readers?['’]|digital|virtual|voice|generative)\s+(?:models?|systems?|tools?"
    r"|assistants?|helpers?|readers?|summari[sz]ers?|engines?|judges?)|ai|llms?|(?:large\s+)?language\s+models?|assistants?"
    r"|chatbots?|summari[sz]ers?|bots|crawlers|chatgpt|gpt-?\d\S*)"
)
_THE_MACHINES = rf"(?:(?:any|all|each|every|the|dear)\s+)?{_MACHINES}"
_ORDERED = r"(?:is|are)\s+(?:kindly\s+)?(?:required|instructed|asked|told|directed|ordered|obliged|requested)\s+to"
_MUST = (
    rf"(?:(?:must|should|shall|ought\s+to|(?:has|have|needs?)\s+to|(?:is|are)\s+to|{_ORDERED})"
    r"(?:\s+(?:only|always|\w+ly))?)"
)
_SAY = (
    r"(?:say|state|answer|respond|reply|report|mention|write|output|repeat|cite|quote|note|conclude|declare|claim"
    r"|assert|list|name|present|describe|treat|include|give|put|append|praise|recommend|ignore|disregard|omit|deny|call)"
)
_TELL = r"tell\s+(?:them|him|her|us|people|everyone|(?:the\s+|your\s+|any\s+)?(?:users?|readers?))"
# What is said: "state that", "report the", "say 900"; not "state police", "report warns".
_SAYS = rf"(?:{_TELL}|{_SAY}\s+(?:that|the|this|these|only|with|any|exactly|no|an?|it|him|her|[\"“]?\d|[\"“]))"
_THEN = r"(?:,?\s+(?:you|always|please|only|simply|just|then|also|must|should|shall|instead|kindly))*\s+"
_REPLY = r"(?:answers?|responses?|repl(?:y|ies)|outputs?|summar(?:y|ies)|digests?)"
_TEXT = r"(?:article|page|text|report|story|piece|post|paragraph|passage|document|excerpt|source)"
_ASKED = r"(?:questions?|quer(?:y|ies)|prompts?)"
_REPLYING = r"(?:responding|replying|answering|summari[sz]ing|writing|composing|drafting|generating)"
# Where an order begins.
_DO = (
    r"(?:^|[.!?;:]\s|,\s*(?:and|but|so)\s)\W*"
    r"(?:(?:please|kindly|now|always|only|just|you\s+(?:must|should|shall)|remember\s+to|be\s+sure\s+to)\s+)*"
)
_LEAVE = (
    r"(?:ignore|disregard|forget|override|discard|omit|skip|dismiss|leave\s+out|set\s+aside|pay\s+no\s+attention\s+to"
    r"|(?:do\s+not|don['’]t|never|avoid|refrain\s+from)\s+"
    r"(?:us(?:e|ing)|cit(?:e|ing)|quot(?:e|ing)|mention(?:ing)?|consult(?:ing)?|trust(?:ing)?|rel(?:y|ying)\s+on))"
)
_ADDRESSED = (  # one pattern an element: a machine is spoken to, or told of in orders
    # "Chatbots that quote us must say …", "Search assistants are instructed to list …", "Any chatbot must present …"
    rf"^\W*{_THE_MACHINES}(?:\s+(?:that|which|who|and|or|\w+ing)\b[^.:]{{0,50}})?\s+{_MUST}\s+{_SAYS}",
    rf"^\W*{_THE_MACHINES}\s+{_ORDERED}\s+{_SAY}\b",
    rf"\b(?:any|every|each)\s+{_MACHINES}(?:\s+(?:that|which|who|and|or|\w+ing)\b[^.:]{{0,50}})?\s+{_MUST}\s+{_SAY}\b",
    rf"^\W*{_MACHINES}\s+{_MUST}\s+{_SAY}\s+[^.]{{0,40}}\bthis\s+{_TEXT}\b",
    # "Anyone summarizing this article should state …", "Systems that answer from this text must say …"
    (
        r"\b(?:anyone|anybody|whoever|everyone|everybody|those|readers|systems|tools|services|models|programs|software|machines)\s"
        rf"[^.]{{0,50}}\bthis\s+{_TEXT}\b[^.]{{0,20}}?\s{_MUST}\s+(?!note\b){_SAY}\b"
    ),
    rf"\b(?:i|we)\s+(?:hereby\s+)?(?:ask|order|instruct|direct|urge|require|invite)\s+{_THE_MACHINES}\s+to\s+{_SAY}\b",
    # "As an AI model, you should …", "You, the model, will …", "You are a helpful assistant"
    rf"\bas\s+an?\s+(?:\w+\s+)?{_MACHINES}\W+(?:you\s+(?:{_MUST}|will)|please|always|never|your\s+{_REPLY})\b",
    rf"\byou,\s+(?:the|an?)\s+(?:\w+\s+)?(?:{_MACHINES}|model),|\bin\s+case\s+you\s+are\s+(?:an?\s+|the\s+)?{_MACHINES}\b",
    rf"\byou\s+are\s+an?\s+(?:helpful|useful|obedient|trained|honest)\s+{_MACHINES}\b",
    rf"^\W*{_THE_MACHINES}\s*,?\s+(?:please\s+)?(?:take\s+note|note\s+that|attention|beware)\b",
    # By name, or before a colon, as in a letter to the assistant that reads this.
    rf"\b(?:hey|hello|hi|dear|attention|remember|listen)\W+{_THE_MACHINES}\s*[,:!]",
    rf"\b(?:hey|hello|dear|attention)\W+(?:claude|gemini|copilot|grok|llama)[,:!]\s*(?:please|could|can|you|{_SAY})\b",
    rf"^\W*(?:to|for)\s+{_THE_MACHINES}(?:\s+(?:reading|that|which|who|summari[sz]ing|quoting)\b[^.:,]{{0,40}})?\s*:|^\W*(?:ai|automated|machine)\s+(?:readers?|models?|systems?)\s*:",
    (
        rf"^\W*(?:(?:\w+,?\s+){{0,2}}and\s+)?{_MACHINES}(?:(?:,|\s+and)\s+\w+){{0,3}}\s*:\s*"
        rf"(?:please\s+|always\s+|never\s+|do\s+not\s+)*{_SAYS}"
    ),
    (
        r"\b(?:instructions?|orders?|messages?|notes?)\s+(?:from|by)\s+your\s+"
        r"(?:\w+\s+)?(?:developers?|creators?|makers?|programmers?)\b"
    ),
    rf"\b{_IGNORE}\s+your\s+(?:\w+\s+){{0,2}}(?:guidance|orders|context|knowledge)\b",
)
# None of these stood in 60,000 sentences of news: readers are hardly ever spoken to in such words.
_UNHEARD = (  # one pattern an element
    # "Your answer", "every response you produce", "a summary of this article", "replies that leave it out must …"
    r"\byour\s+(?:\w+\s+)?(?:answer|response|reply|output|summary|summaries|digest)\b(?!\s*\?|\s+to\s+(?:the|our|us)\b)",
    rf"\b{_REPLY}\s+(?:that\s+)?you\s+(?:produce|give|write|generate|compose|return|draft|make|provide|prepare|create)\b",
    rf"\b{_REPLY}\s+(?:of|from|based\s+on|drawn\s+from|about)\s+this\s+{_TEXT}\b",
    rf"^\W*(?:(?:any|all|every)\s+)?{_REPLY}\s+(?:that|which)\b[^.]{{0,50}}?\s{_MUST}\b",
    # "The sources you were given", "text retrieved for you", "whatever you have been asked"
    rf"\b(?:{_TEXT}s?|context|evidence)\s+(?:that\s+|which\s+)?you\s+(?:were|are|have\s+been)\s+(?:given|shown|handed|sent)\b",
    rf"\b(?:{_TEXT}s?|context|evidence)\s+(?:(?:has|have|is|are|was|were)\s+)?(?:been\s+)?(?:retrieved|given|shown|passed)\s+(?:for|to)\s+you\b",
    r"\b(?:whatever|no\s+matter\s+what)\s+you\s+(?:are|were|have\s+been|get)\s+asked\b",
    rf"\b(?:should\s+you\s+be|(?:if|when|whenever)\s+you\s+are)\s+asked\b[^.]{{0,60}},{_THEN}{_SAY}\b(?!\s+(?:for|yourself)\b)",
    rf"\bfor\s+the\s+purposes?\s+of\s+{_REPLYING}\b",
    # "Whatever the question", "… when users ask", "let the answer be …", "from any summary"
    rf"\b(?:whatever|regardless\s+of|no\s+matter)\s+(?:the|what\s+the)\s+{_ASKED}\b|\blet\s+(?:the|your)\s+{_REPLY}\s+be\b",
    r"\bwhen(?:ever)?\s+(?:you\s+(?:answer|respond|reply|summari[sz]e)|(?:the\s+|your\s+)?users?\s+asks?)\s*(?:$|[.;!])",
    r"\b(?:out\s+of|from|in|into)\s+(?:any|every|each)\s+(?:answer|response|reply|summary|digest)\b|\b(?:answer|respond|reply)\s+in\s+(?:one|a\s+single)\s+(?:word|sentence)\b",
    rf"\bthe\s+system\s+prompt\b|\byour\s+users\b|\b{_IGNORE}\s+what(?:ever)?\s+you\s+(?:were|are|have\s+been)\s+(?:told|given|shown|taught)\b",
    # "The user needs to know", "whoever is asking", "the person you are talking to"
    r"\bthe\s+user\s+(?:wants|needs|expects|must|should)\s+(?:\w+\s+)?(?:to\s+)?(?:be|hear|know|see|learn|say|read|believe)\b",
    r"\b(?:person|human|people|reader)\s+(?:who\s+is\s+)?(?:you\s+(?:are\s+(?:talking|speaking|chatting|writing)|serve)|talking\s+to\s+you)\b",
    r"\bwhoever\s+(?:is\s+asking|asks|asked)\b",
    # "Do as this article says", "stop quoting the other newspapers"
    rf"{_DO}(?:do|follow|obey|trust|believe|use|copy|repeat|quote)\s+(?:as\s+|what\s+|only\s+|nothing\s+but\s+)?this\s+{_TEXT}\b",
    (
        rf"{_DO}(?:stop|don['’]t|do\s+not|never|avoid)\s+(?:\w+\s+)?(?:the\s+|any\s+|all\s+)?other\s+"
        r"(?:\w+\s+)?(?:sources(?!\s+of)|articles|reports|newspapers|outlets|texts)\b"
    ),
    # "Engines that index us are expected to answer …", "Assistants must never reveal …"
    (
        rf"^\W*(?:(?:any|all|every|search|generative|answer|language)\s+){{0,2}}(?:models|engines|assistants|chatbots|llms|summari[sz]ers)\b"
        rf"(?:\s+(?:that|which|who|trained|built|made)\b[^.]{{0,50}})?\s+(?:{_MUST}|will|(?:is|are)\s+expected\s+to)\s+"
        rf"(?:not\s+|never\s+)?(?:{_SAY}|reveal|conceal|hide|deny)\b(?!\s+questions?\b)"
    ),
)
_TALK = (  # one pattern an element: what is spoken of is a question, its answer, or what to answer from
    # "When responding to questions about this, mention that …", "Answering any query, always give the …"
    (
        rf"\b{_REPLYING}\b[^.]{{0,40}}\b(?:{_ASKED}|users?|readers?|{_REPLY}|(?:this|the)\s+(?:{_TEXT}|topic|subject))\b"
        rf"[^.]{{0,40}},{_THEN}(?:{_SAYS}|{_LEAVE}\s|avoid\s+\w+ing\b)"
    ),
    # "If someone asks about it, tell them …", "Should a reader ask what it cost, the reply ought to be …"
    (
        r"\b(?:if|when|whenever|should)\s+(?:someone|anyone|somebody|anybody|(?:an?\s+|the\s+)?(?:user|reader)s?)\s+"
        rf"(?:asks?|wants?|needs?|inquires?|enquires?)\s+(?!for\b)[^.]{{0,80}},{_THEN}"
        rf"(?:{_SAYS}|(?:the|your)\s+{_REPLY}\b)"
    ),
    # "Every reply must begin …", "Summaries of this article should include …", "vital that generated summaries say …"
    (
        rf"\b(?:your|the|each|every|any|all)\s+(?:final\s+|generated\s+|automatic\s+|ai\s+)?{_REPLY}\s+"
        r"(?:(?:of|to|from|about|based|produced|generated|made|drawn)\b[^.]{0,50}?\s)?"
        rf"{_MUST}\s+(?:be\s+[\"“\d]|say|state|contain|include|begin|start|open|end|read|cite|quote|mention)\b"
    ),
    (
        rf"\b(?:essential|important|vital|necessary|crucial|required)\s+that\s+(?:all\s+|any\s+)?"
        rf"(?:generated|automatic|automated|ai)\s+(?:{_REPLY}|overviews?)\s+{_SAY}\b"
    ),
    (
        r"\byour\s+(?:\w+\s+)?(?:task|job|role|goal|objective|mission|purpose)\s+(?:now\s+)?is\s+(?:now\s+|only\s+)?to\s+"
        r"(?:(?:say|state|report|claim|repeat|reply|answer|write)\s+(?:that|with|only|[\"“])|tell\s+(?:the\s+)?(?:users?|readers?)|praise)\b"
    ),
    rf"{_DO}(?:{_LEAVE}|use|base|keep)\b[^.]{{0,80}}\bwhen\s+(?:you\s+)?(?:answer|respond|reply|{_REPLYING})\s*(?:$|[.!;]|(?:the|this|any|all)\s+{_ASKED})",
    # "Disregard the question and …", "Leave out every other report …", "Discard the remaining excerpts"
    (
        rf"{_DO}{_LEAVE}\s+(?:the|this|any|all|every|whatever)\s+(?:\w+\s+)?{_ASKED}"
        r"(?:\s*[,;.!:]|\s+(?:and|above|asked|you|of\s+the\s+(?:user|reader))\b|$)"
    ),
    (
        rf"{_DO}{_LEAVE}\s+(?:\w+\s+){{0,2}}(?:other|remaining|rest\s+of\s+the|competing|contradicting|conflicting)\s+"
        rf"(?:\w+\s+)?(?:{_TEXT}s?(?!\s+of)|stories|evidence|citations?)\b"
    ),
    (
        r"\b(?:forbidden|prohibited|not\s+allowed|not\s+permitted)\s+to\s+(?:cite|quote|use|mention)\s+"
        rf"[^.]{{0,40}}\bin\s+(?:the|your|any)\s+{_REPLY}\b"
    ),
    # "Rely on this article alone", "the sole authority", "cite this article"
    (
        r"\b(?:use|cite|quote|trust|rely\s+on|answer\s+from|draw\s+on)\s+(?:only\s+|solely\s+|just\s+)?"
        rf"this\s+(?:{_TEXT}|one)(?:\s+(?:alone|only)|\s*[.,;!]?\s*$)"
    ),
    rf"\bnothing\s+but\s+this\s+{_TEXT}\b|\byour\s+(?:only|sole)\s+source\s+(?:is|must|should)\b",
    rf"\b(?:treat|regard|take)\s+this\s+{_TEXT}\s+as\s+(?:the\s+)?(?:sole|only|single|final|true|authoritative)\b",
    # "Do not tell the user …", "The user wants to hear …"
    rf"{_DO}(?:(?:do\s+not|don['’]t|never)\s+)?(?:tell|inform|remind|assure|convince)\s+(?:the|your|any|every)\s+(?:users?|asker|questioner)\b",
    r"\bthe\s+user\s+(?:wants|needs|expects|would\s+like)\s+(?:you\s+)?to\s+(?:hear|be\s+told|say|state|answer)\b",
    # "The only acceptable answer to questions …", "the correct figure to give …"
    rf"\b(?:only|correct)\s+(?:(?:acceptable|valid|permitted|allowed|approved|correct)\s+)?{_REPLY}\s+to\s+(?:(?:the|this|any|all|every)\s+)?{_ASKED}\b",
    r"\b(?:correct|right|only|proper|official)\s+(?:figure|number|name|fact|date|price|toll)\s+to\s+(?:give|report|state|cite|mention)\b",
    r"\bfrom\s+(?:now|here|this\s+point)\s+on(?:wards?)?,?\s+(?:all|every|each|any|your)\s+(?:answer|repl|response|output)",
)
_ENGLISH = (  # one pattern an element
    rf"\b{_IGNORE}\s+(?:\w+\s+){{0,3}}{_EARLIER}\s+(?:\w+\s+){{0,3}}{_RULES}\b",
    rf"\b{_IGNORE}\s+(?:everything|anything|all)\s+(?:\w+\s+){{0,3}}(?:above|before|so\s+far|previous)",
    rf"\b(?:new|updated|hidden|secret|real|actual|following|special|these)\s+{_RULES}\s*(?:for|to)\s+(?:the\s+|all\s+|any\s+)?{_MACHINE}\b",
    rf"\b(?:note|attention|dear|message|memo|hello|notice|hey|instructions?)\b[\s,:]*(?:to|for)?\s*(?:the\s+|all\s+|any\s+)?{_MACHINE}\b\s*[:,.!]",
    (
        r"\b(?:note|attention|dear|message|notice|instructions?)\s+(?:to|for)?\s*(?:the\s+|all\s+|any\s+)?(?:ai|llm|automated|machine|generative)\s+"
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
    (
        r"\b(?:cite|attribute|credit|mark|label|tag|number)\s+(?:this|it|the|that|each|every|all|your)\s+(?:\w+\s+){0,4}?(?:to|as|with)\s+"
        r"(?:source|sentence|reference|citation|number|excerpt)\s+(?:\d|one|two|three|four|five)\b"
    ),
    r"\bthe\s+(?:following|correct|final|expected)\s+(?:\w+\s+)?(?:answer|response|reply|output)\b\s*(?:is|to|:)",
    r"\bthe\s+(?:right|only|true)\s+(?:\w+\s+)?(?:answer|response|reply|output)\b\s*(?:is\s+that\b|is\s*[\"“:]|:)",
    r"\bthe\s+following\s+is\s+the\s+(?:\w+\s+)?(?:answer|response|truth)\b|\bthe\s+answer\s+to\s+(?:give|return|write)\b",
    r"\bis\s+the\s+(?:correct|expected|complete)\s+(?:answer|response)\b",
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
    r"\b(?:answer|respond|reply|say|state|output)\s+(?:to\s+)?(?:the\s+|any\s+|every\s+|all\s+)?(?:user|users|questions?|quer(?:y|ies))\b(?!\s+and\b)[^.]{0,40}\b(?:with|that|by)\b",
    r"\b(?:do\s+not|never|don['’]t|skip|without|disable)\s+(?:verif|fact-?check|cit(?:e|ing)\b|mark(?:s|ing)\b)",
    r"\b(?:the\s+)?verifier\s+(?:must|should|will|has|already)\b|\b(?:already|been)\s+verified\s+by\s+the\s+(?:system|verifier|pipeline)\b",
    r"\bfrom\s+now\s+on,?\s+(?:you\b|all\s+answers|every\s+answer|answer|respond|reply)",
    r"\brepeat\s+(?:this|after\s+me|the\s+following)\b",
    r"\bgrammar\b[^.]{0,60}\b(?:allows?|permits?|admits?|requires?)\b[^.]{0,60}\b(?:marks?|tokens?|output|root)\b",
)
_FORMAT = (  # one pattern an element
    r"<\|[\w ]{2,24}\|>|\[/?inst\]|<</?sys>>|</?s>|<(?:start|end)_of_turn>|<bos>|<eos>|\b(?:im_start|im_end|eot_id)\b",
    r"^\W*(?:system|assistant|developer|human|user|ai(?=\s+\w))(?:\s+(?:prompt|message|override|note|update|instructions?|notice))?\s*[:>]",
    r"(?:\n|[.!?]\s)\W*(?:system|assistant|human|user)\s*:",
    r"</?(?:system|assistant|user|developer|instructions?|prompt)\b[^>]{0,40}>",
    r"[\"“'](?:role|content)[\"”']\s*:|\brole\s*:\s*\W?(?:system|assistant|user)\b|^\W*#+\s*(?:assistant|user|model)\b",
    r"-{3,}\s*(?:articles?|sources|excerpts|evidence)\b",
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
    r"\b(?:repondez|répondez|réponds|antworte|antworten\s+sie|rispondi|odpowiedz)\b",
    # In Spanish and Portuguese "answers", too, and in Dutch "the answer".
    r"(?:^|[.!?;:,]\s*|\b[ye]\s+|\ben\s+)\W*(?:responde|responda|antwoord)(?:\s+(?:que|con|com|solo|sólo|só|siempre|sempre|met|dat|alleen|altijd)\b|\s*[:\"“])",
    r"(?:игнорируй|забудь|не\s+обращай)\w*.{0,60}(?:инструкц|указани|правил)|(?:ответь|отвечай)(?:те)?\b",
    r"(?:忽略|无视|無視|忘记).{0,20}(?:指令|指示|说明|規則|规则)|(?:回答|答え)(?:：|:)|تجاهل.{0,40}(?:التعليمات|الأوامر)",
)
_SPEAKS = re.compile(
    "|".join(f"(?:{p})" for p in (*_ENGLISH, *_ADDRESSED, *_UNHEARD, *_TALK, *_FORMAT, *_OTHER_LANGUAGES)),
    re.IGNORECASE | re.DOTALL,
)
# Letters set apart: "i g n o r e   p r e v i o u s".
_SPACED = re.compile(r"(?:\b\w[ ._*-]){5,}\w\b")
_REPEATED = re.compile(r"\b(\w[\w'’-]*)(?:\W+\1\b){7,}", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
# Letters of a script that is not Latin; so many beside a claim in Latin letters are more than a name.
_OTHER_SCRIPTS = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]")
_MANY_LETTERS = 8
_FOREIGN_WORDS, _MANY_WORDS = 3, 10  # so many words with none, or one, of the commonest of English
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
    """Whether a claim stands in a sentence only as what somebody is to say or says, and leaves out what is before it.

    "Repeat after me: the bridge is closed" does not say that the bridge is closed, however the order is worded; nor
    does "Holt said: the bridge is closed" say more than that she said so. So it is behind a colon, a quotation mark or
    "that", behind words of another language, and in a sentence that is of another language or script as a whole.
    """
    if len(_OTHER_SCRIPTS.findall(sentence)) - len(_OTHER_SCRIPTS.findall(claim)) >= _MANY_LETTERS:
        return True
    if _foreign(sentence) and not _foreign(claim):
        return True
    said = [word.lower() for word in re.findall(r"\w+", claim)]
    said = said[1:] if said[:1] in (["the"], ["a"], ["an"]) else said
    found = list(re.finditer(r"\w+", sentence))
    held = [match.group().lower() for match in found]
    places = [i for i in range(len(held) - len(said) + 1) if held[i : i + len(said)] == said]
    return bool(said and places) and all(_introduced(sentence, found[:i], found[i].start()) for i in places)


def _foreign(sentence: str) -> bool:
    """Whether it is hardly English: a translation of it is no statement of the article's."""
    said = [word.lower() for word in re.findall(r"\w+", sentence)]
    return len(said) >= _MANY_WORDS and sum(word in STOPWORDS for word in said) <= 1


def _introduced(sentence: str, before: Sequence[re.Match[str]], start: int) -> bool:
    """Whether the words before a place in a sentence say what becomes of the words behind it."""
    before = before[:-1] if before and before[-1].group().lower() in ("the", "a", "an") else before
    if not before:
        return False
    said = [match.group().lower() for match in before]
    foreign = len(said) >= _FOREIGN_WORDS and not any(word in STOPWORDS for word in said)
    return foreign or said[-1] == "that" or bool(re.search(r"[:\"“«„‘]", sentence[before[-1].end() : start]))


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
