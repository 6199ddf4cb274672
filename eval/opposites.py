"""Words that stand for one another in minimal corruptions: opposites, and others of the same sort."""

from __future__ import annotations

NUMBER_WORDS = (
    """two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand
    million billion"""
).split()
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
PLACES = (
    """Afghanistan Argentina Australia Austria Bangladesh Belgium Brazil Britain Canada Chile China Colombia Cuba
    Denmark Egypt England Ethiopia Finland France Germany Greece Haiti Hungary India Indonesia Iran Iraq Ireland
    Israel Italy Japan Jordan Kenya Kuwait Lebanon Libya Malaysia Mexico Morocco Myanmar Nepal Nigeria Norway
    Pakistan Peru Poland Portugal Qatar Romania Russia Scotland Somalia Spain Sudan Sweden Switzerland Syria
    Taiwan Thailand Tunisia Turkey Ukraine Venezuela Vietnam Wales Yemen Zimbabwe London Paris Berlin Madrid
    Rome Moscow Kyiv Beijing Tokyo Seoul Washington Chicago Boston Houston Dallas Seattle Denver Miami Atlanta
    Detroit Texas Florida California Ohio Georgia Arizona Michigan Nevada Virginia Liverpool Manchester
    Birmingham Glasgow Edinburgh Belfast Dublin Sydney Melbourne Brussels"""
).split()

_OPPOSITES = """
    rose fell|rise fall|rising falling|increased decreased|increase decrease|more fewer|higher lower|
    highest lowest|won lost|win lose|before after|largest smallest|best worst|above below|up down|
    approved rejected|supported opposed|support oppose|agreed declined|gained lost|began ended|opened closed|
    early late|allow ban|guilty innocent|survived died|killed saved|bought sold|arrived left|older younger|
    joined quit|north south|east west|northern southern|eastern western|man woman|men women|father mother|
    son daughter|brother sister|husband wife|confirmed denied|raised lowered|expanded shrank|
    strengthened weakened|success failure|male female|former current|public private|majority minority|
    winner loser|legal illegal|safe dangerous|boy girl|first last|appointed dismissed|hired fired|
    released jailed|gains losses|profit loss|buy sell|stronger weaker|faster slower|defeated beaten|
    against for|open closed|biggest smallest|most least|gained dropped|jumped plunged|climbed slipped|
    growth decline|exports imports|import export|borrow lend|attacked defended|critics supporters|
    praised criticised|welcomed condemned|extended shortened|increases decreases|rises falls|longer shorter
"""
OPPOSITE: dict[str, str] = {}
for _pair in _OPPOSITES.split("|"):
    _one, _other = _pair.split()
    OPPOSITE.setdefault(_one, _other)
    OPPOSITE.setdefault(_other, _one)
for _word in ("for", "lost"):  # the other way round it is seldom the opposite
    OPPOSITE.pop(_word, None)

_SORTS = """
    gold silver bronze|mayor governor president senator minister ambassador|
    police army firefighters prosecutors|spokesman lawyer director chairman|
    football cricket tennis rugby hockey golf basketball baseball|
    red blue green yellow black white orange purple|doctor nurse teacher student engineer farmer|
    winter summer spring autumn hospital school church hotel airport restaurant stadium|
    earthquake flood wildfire storm hurricane drought|murder robbery fraud assault arson kidnapping|
    uncle aunt cousin nephew grandfather grandmother|oil gas coal|wheat corn gold copper|
    cancer diabetes malaria influenza measles|dog cat horse bird snake bear|
    car truck train bus plane boat helicopter|knife gun rifle bomb|morning evening afternoon night|
    seconds minutes hours days weeks months years decades|actor singer director writer comedian|
    semifinal quarterfinal final|judge jury prosecutor lawyer witness|album film book novel song series|
    court parliament government congress senate|teachers doctors nurses students farmers workers|
    million billion trillion|daily weekly monthly annual|goalkeeper midfielder striker defender|
    captain manager coach|defense health finance education transport|metres kilometres feet inches miles|
    dollars euros pounds yen|chest head neck knee ankle shoulder wrist|breakfast lunch dinner|
    killed injured arrested rescued|burned drowned shot stabbed|elected arrested suspended sentenced|
    north east south west|quarter half third|chairman president treasurer secretary|
    merger lawsuit strike auction|bank airline retailer carmaker insurer
"""
ALIKE: dict[str, tuple[str, ...]] = {}
for _sort in _SORTS.split("|"):
    for _word in _sort.split():
        ALIKE[_word] = (*ALIKE.get(_word, ()), *(w for w in _sort.split() if w != _word))
