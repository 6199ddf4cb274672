"""Words that tell what a name stands for, or that a word with a capital is no name."""

from __future__ import annotations

CALENDAR = frozenset(
    """January February March April May June July August September October November December Jan Feb Mar Apr Jun Jul
    Aug Sept Sep Oct Nov Dec Monday Tuesday Wednesday Thursday Friday Saturday Sunday Christmas Easter
    Eastern""".split()
)
# Adjectives of origin say where from, and are not who or what: "a Canadian", "the French court".
DEMONYMS = frozenset(
    """Afghan African Albanian American Arab Arabian Argentine Asian Australian Austrian Belarusian Belgian Brazilian
    British Bulgarian Californian Canadian Chinese Colombian Croatian Cuban Czech Danish Dutch Egyptian English
    Ethiopian European Finnish French Georgian German Greek Haitian Hungarian Indian Indonesian Iranian Iraqi
    Irish Israeli Italian Japanese Jewish Kenyan Korean Lebanese Libyan Malaysian Mexican Moroccan Muslim
    Nigerian Norwegian Olympic Pakistani Palestinian Paralympic Peruvian Philippine Polish Portuguese Romanian
    Russian Saudi Scottish Serbian Somali Spanish Sudanese Swedish Swiss Syrian Taiwanese Thai Tunisian Turkish
    Ukrainian Venezuelan Vietnamese Welsh Yemeni Catholic Christian Democratic Republican Democrat Democrats
    Republicans Americans Russians Ukrainians""".split()
)
ATTRIBUTES = frozenset("former ex late then acting ex-president".split())
# With a capital at the beginning of a sentence, and never a name.
PARTICLES = frozenset(
    "against among across around although despite since toward towards unlike upon within without".split()
)
# The last word of a name that is no person's.
THINGS = frozenset(
    """Academy Act Administration Agency Agreement Airlines Airport Alliance Army Assembly Association Authority Award
    Awards Bank Bay Beach Bill Board Book Bowl Bridge Bureau Canyon Capital Center Centre Championship Church
    City Club Coast College Commission Committee Company Conference Congress Corporation Council Country County
    Court Cup Day Department Desert East Economics Energy Entertainment Fed Federation Festival Fire Force
    Forces Forest Foundation Front Fund Games Gallery Government Group Guard Gulf Hall Health Hill Hospital
    Hotel House Hurricane Inc Institute International Island Islands Jury Lake League Line Magazine Media
    Ministry Mission Motors Mountain Mountains Movement Museum Nations Navy Network News North Ocean Office
    Olympics Open Organization Palace Park Parliament Partners Party Peninsula Police Pole Post Press Prize
    Program Project Reserve Review River School Sea Senate Series Service Services Society South Space Square
    Stadium Star State States Station Street Strip Studios System Systems Team Telescope Theater Theatre Times
    Tower Trade Treaty Union United University Valley War West World""".split()
)
# What a name before it belongs to, and hardly ever what somebody does: "did the Harbour council decide".
BODIES = frozenset(
    """administration agency airport alliance army assembly authority bank board church city club college commission
    committee company conference congress corporation council county court department federation festival foundation
    government hospital institute jury league ministry movement museum navy parliament party police senate society
    stadium team union university""".split()
)
FIRST_OF_THINGS = frozenset(
    """North South East West New San Los Las Santa Saint St Fort Mount Lake Hurricane Storm Operation Project United
    Bank Cyclone Typhoon Tropical Super World Grand Great Red White Black Wall Goldman Premier Supreme Federal
    National Prime Gulf Cape Port Hong Costa Sri Sierra Puerto Rio Buenos Tel El""".split()
)
TITLES = tuple(
    """President Premier Mr Mrs Ms Dr Mayor Senator Sen Representative Rep Governor Gov Chancellor King Queen Prince
    Princess Pope Judge Justice Minister Secretary Chairman Chairwoman Coach General Gen Sir Lady Captain
    Professor""".split()
)
# Words in small letters that may have a capital and name nobody who does or says something.
NOT_NAMES = frozenset(
    """the a an he she it they we i you but and in on at this that these those his her its their there when while after
    before as if however meanwhile for from with what who why how some many most more one also according officials
    monday tuesday wednesday thursday friday saturday sunday""".split()
)
