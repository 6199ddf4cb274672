"""Past forms that no ending tells: "sold" is of "sell". All forms of a verb are compared by one stem.

Only verbs that news tell things with, and no form that is another word more often ("wound", "ground", "bore").
"""

from __future__ import annotations

from rag.terms import stem

_VERBS = """
beat beat beaten, become became, begin began begun, bite bit bitten, blow blew blown, break broke broken, bring
brought, build built, burn burnt, buy bought, catch caught, choose chose chosen, come came come, cut cut, deal dealt,
dig dug, draw drew drawn, drive drove driven, eat ate eaten, fall fell fallen, feel felt, fight fought, find found,
flee fled, fly flew flown, forbid forbade forbidden, forgive forgave forgiven, freeze froze frozen, get got, give gave
given, go went gone, grow grew grown, hang hung, hide hid hidden, hit hit, hold held, hurt hurt, keep kept, know knew
known, lead led, leave left, lend lent, lose lost, make made, mean meant, meet met, overthrow overthrew overthrown,
pay paid, put put, quit quit, ride rode ridden, rise rose risen, run ran, see saw seen, seek sought, sell sold, send
sent, set set, shake shook shaken, shoot shot, shrink shrank shrunk, shut shut, sing sang sung, sink sank sunk, sleep
slept, speak spoke spoken, spend spent, stand stood, steal stole stolen, strike struck, swear swore sworn, swim swam
swum, take took taken, teach taught, tear tore torn, think thought, throw threw thrown, understand understood, win
won, withdraw withdrew withdrawn, write wrote written
"""
_FORMS = {verb: forms for verb, *forms in (entry.split() for entry in _VERBS.split(","))}
_ROOTS = {form: stem(verb) for verb, forms in _FORMS.items() for form in forms}

# Forms that stand behind a noun as "held" does in "the summit held": the last one of each verb.
PARTICIPLES = frozenset({forms[-1] for forms in _FORMS.values()} | {"born"})
# Forms that can be nothing but past: "sank", "won"; not "cut".
PASTS = frozenset(form for verb, forms in _FORMS.items() for form in forms if form != verb)


def root(word: str) -> str:
    """The stem of a lower-case word, and of its verb where it is an irregular past form."""
    return _ROOTS.get(word) or stem(word)
