"""Words that cannot both be true of one thing: "rose" of what "fell", "convicted" of whom the article calls "charged".

A claim that puts such a word in place of the other keeps nearly all words of its evidence and turns its meaning round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache

from rag.terms import STOPWORDS, words
from rag.verbs import root

# One side | the other; a word of one side is no opposite of its neighbours.
_OPPOSITES = """
rise increase grow climb gain jump surge soar advance | fall decrease shrink drop decline slip plunge sink tumble
raise hike | lower cut reduce slash
accelerate quicken | slow
strengthen | weaken
widen expand extend lengthen broaden | narrow shrink shorten curtail
improve | worsen deteriorate
more | less fewer
higher | lower
highest | lowest
larger bigger greater | smaller
largest biggest | smallest
longer | shorter
older elder | younger
earlier sooner | later
faster quicker | slower
better | worse
best | worst
stronger | weaker
strong robust | weak sluggish
warmer hotter | colder cooler
hot warm | cold cool
early | late
first | last second third
maximum | minimum
majority | minority
approve accept adopt pass back grant | reject refuse deny veto block
support back favour endorse favor | oppose resist reject
agree | refuse decline disagree
allow permit legalise legalize authorise authorize | ban forbid prohibit outlaw bar
lift scrap abolish repeal | impose introduce
uphold affirm confirm | overturn quash strike block overrule reverse
begin start open resume launch | end finish close halt stop suspend cease
join enter | leave quit
arrive | depart leave
hire recruit appoint | fire dismiss sack
build construct | demolish
create add | eliminate lose
praise welcome hail applaud commend | criticise criticize condemn attack denounce blame
admit acknowledge concede confess | deny dispute
confirm | deny
accuse blame | clear exonerate
guilty | innocent
convict | acquit clear
release free | jail detain imprison
survive | die kill
win | lose loss
succeed | fail
success | failure
profit | loss
surplus | deficit
import | export
ally | enemy rival
critic opponent | supporter
optimistic confident hopeful | pessimistic
safe | dangerous unsafe
public | private
full | empty half
permanent | temporary
voluntary | mandatory compulsory
domestic | foreign
urban | rural
northern | southern
eastern | western
north | south
east | west
northeast | southwest
upper | lower
inside indoor | outside outdoor
man boy male | woman girl female
father | mother
son | daughter
brother | sister
husband | wife
present | absent
common | rare
easy | difficult hard
rich wealthy | poor
increase | decrease
heavy | light
deep | shallow
good | poor bad
true | false
up | down
hold | fail collapse
prevent avert | cause trigger
attack | defend
deploy send | withdraw recall
remain stay continue keep | end
reopen | close
unanimous | split divided
unchanged | changed
apologise apologize | defend
retain keep | lose
ahead | behind
above | below
"""
# Earlier or lesser | later or more: what was promised was not paid, who was charged was not convicted.
_STAGES = """
pledge promise offer propose request seek demand allocate earmark | pay spend donate
approve | pay
charge accuse arrest suspect indict question | convict sentence jail
back support endorse recommend introduce propose debate | pass enact ratify
damage | destroy
injure wound hurt | kill die
suspend | dismiss sack fire
postpone delay | cancel
consider weigh discuss mull | approve decide reject
seek request demand | receive win obtain award
sue | win
suspect believe | prove confirm
suggest indicate | prove
threaten warn | carry
shortlist nominate | win
negotiate | sign
attempt try | succeed manage
plan propose announce | complete finish
agree plan | complete finish
order | deliver
apply | receive
test | prove
borrow | repay
"""
_PREFIX = re.compile(r"^(?:un|in|il|ir|dis|im(?=[mp])|non-?)(?=[a-z]{4})(?!prison)")
_NOT = frozenset("not no never without nor neither nobody none cannot fail refus".split())
# What stands beside the word that was exchanged stays: so many words on either side are compared.
_BESIDE = 4


def opposites(claim: str, evidence: Sequence[str]) -> list[str]:
    """The word of the claim, if any, whose opposite the evidence says in the same place."""
    own, texts = words(claim), [words(sentence) for sentence in evidence]
    said = [root(word) for word in own]
    lines = [(plain, [root(word) for word in plain]) for plain in texts]
    held = {word for _, line in lines for word in line}
    for i, word in enumerate(said):
        if word in held:
            continue
        against = _against(word, held) - set(said)
        for plain, line in lines:
            for k, other in enumerate(line):
                if (other in against or _prefixed(own[i], plain[k])) and _alike(said, i, line, k):
                    return [f"the evidence says “{plain[k]}”, not “{own[i]}”"]
    return []


def _against(word: str, held: AbstractSet[str]) -> set[str]:
    """Opposites of a word; none where the evidence says the same in another word ("killed", "died")."""
    return {other for same, opposed in _table().get(word, ()) if not same & held for other in opposed}


def _prefixed(one: str, other: str) -> bool:
    """Whether the two differ by "un-" and the like alone."""
    long, short = sorted((one, other), key=len, reverse=True)
    bare = _PREFIX.sub("", long)
    return bare != long and root(bare) == root(short)


def _alike(said: Sequence[str], i: int, line: Sequence[str], k: int) -> bool:
    """Whether both words stand in like company, and neither is denied."""
    if any(
        word in _NOT or word.endswith(("n't", "n’t")) for word in (*said[max(i - 3, 0) : i], *line[max(k - 3, 0) : k])
    ):
        return False
    before, after = _company(said, i)
    ahead, behind = _company(line, k)
    return bool(before & ahead or after & behind) and not (before & behind or after & ahead)


def _company(line: Sequence[str], at: int) -> tuple[set[str], set[str]]:
    return (
        {word for word in line[max(at - _BESIDE, 0) : at] if word not in STOPWORDS},
        {word for word in line[at + 1 : at + 1 + _BESIDE] if word not in STOPWORDS},
    )


@cache
def _table() -> dict[str, list[tuple[frozenset[str], frozenset[str]]]]:
    """By root: the words that say the same, and those that say the opposite, once for each entry."""
    found: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
    for entry in filter(None, f"{_OPPOSITES}{_STAGES}".splitlines()):
        left, right = (frozenset(map(root, side.split())) for side in entry.split("|"))
        for same, opposed in ((left, right), (right, left)):
            for word in same:
                found.setdefault(word, []).append((same, opposed))
    return found
