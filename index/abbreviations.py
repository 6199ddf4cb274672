"""Words around a full stop in English news prose, lower case, without the stop that ends them."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Before a name or a number, never at the end of a sentence.
TITLES = _words(
    "mr mrs ms messrs mme mlle dr drs prof profs gen gens sen sens rep reps gov govs lt col capt sgt sgts maj"
    " cmdr adm rev hon pres supt det insp amb atty cpl pvt brig pfc fr dist exec mt feat ste vs v pp cf e.g i.e viz"
    " approx nos lt.col maj.gen lt.gen brig.gen lt.gov vice.adm"
)

# Before a number an abbreviation, else often a word: "He said no. The …", "In Dec. Smith …".
NUMBERED = _words("jan feb mar apr jun jul aug sep sept oct nov dec no")

# Part of the name that follows, or the end of the name before: "St. Cloud", "Main St. The …", "Warner Bros. Discovery".
NAME_PARTS = _words("st ft bros")

# Abbreviations of news prose that the Punkt model, trained on the Wall Street Journal of 1989, may not know.
MORE_ABBREVIATIONS = _words(
    "jr sr inc corp co ltd llc bros cos plc ave blvd rd hwy etc al est dept univ assn assoc govt natl intl tue"
    " tues wed thu thur thurs fri u.s u.k u.n e.u d.c l.a p.m a.m ph.d m.d b.a m.a j.d r.n esq ext fig vol oz"
    " lbs ret ala ariz calif colo conn fla ga kan ky md mich minn mont neb nev okla pa tenn tex vt va wis wyo"
    " ont que alta sask"
)

# What that model takes for abbreviations and what ends sentences in today's news.
NOT_ABBREVIATIONS = _words("ok sw wash ore w ill id .. mg la")

# After "8 p.m." these go on: a day, a month, a time zone.
AFTER_CLOCK = _words(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
    " january february march april may june july august september october november december jan feb mar apr aug"
    " sept oct nov dec et est edt ct cst cdt mt mst mdt pt pst pdt gmt bst utc eastern central mountain pacific"
)

# Names that end in an exclamation mark.
EXCLAIMED_NAMES = _words("yahoo jeopardy e")

# With a capital after an initial or an acronym, these begin a sentence: "Plan B. The …", "in the U.S. They …".
STARTERS = _words(
    "the a an he she it they we you i this that these those there his her its their our my in on at by for"
    " from with as but and or so yet if when while after before since although though because what who how why"
    " where both not no another some many most all even still meanwhile however then also now here"
)

# A line that ends in one of these goes on in the next.
FUNCTION_WORDS = _words(
    "a an the of to in on at by for from with as and or but nor that which who whose its his her their our is"
    " are was were be been has have had will would could should may into than about over under between against"
)

# "…?” Smith said": verbs by which the speaker after a quotation belongs to its sentence.
SPEECH_VERBS = _words(
    "said says asked asks told tells wrote writes added adds joked quipped tweeted replied shouted exclaimed"
    " wondered recalled continued declared posted"
)

# … unless the speaker is one of these with a capital: "“Why?” He said nothing."
NOT_SPEAKERS = _words("he she they it we you i the a an this that these those his her their my our one some others")
