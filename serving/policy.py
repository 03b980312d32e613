"""The content policy: what an advertiser must never publish, as a table of rules that can be read.

Patterns are regular expressions over normalised text (lower case, no accents, single spaces). Trademarks are left to
the advertiser, whose own they usually are. English only, like the generator's text encoder.
"""

from collections.abc import Mapping

_CHILD = (
    r"\b(?:child(?:ren)?|kids?|minors?|toddlers?|bab(?:y|ies)|infants?|teen(?:s|agers?)?|pre-?teens?|schoolgirls?"
    r"|schoolboys?|(?:little|young|teen(?:age)?|school|underage)\W*(?:girls?|boys?)|1?\d[- ]years?[- ]old)\b"
)
_SEXUAL = (
    r"\b(?:nud(?:e|es|ity|ist)|naked|porn\w*|sex|sexual\w*|sexy|erotic\w*|nsfw|topless|genitals?|penis|vagina"
    r"|orgasm\w*|masturbat\w*|blow ?jobs?|hentai|strip(?:pers?|tease)|undress\w*|fetish\w*|bdsm|org(?:y|ies)"
    r"|lingerie|intercourse|upskirt)\b"
)
# Beside a child, also what is harmless among adults.
_UNFIT = (
    r"\b(?:seducti\w*|sensual\w*|provocative\w*|bikinis?|underwear|smok(?:e|es|ing)|vap(?:e|es|ing)|cigarettes?|beers?"
    r"|wine|vodka|whisk(?:e?y|ies)|alcohol|drunk|guns?|rifles?|pistols?|beat(?:en|ing)|slap\w*|abus\w*)\b"
)
_ONESELF = r"(?:him|her|them|my|your|it|one)sel(?:f|ves)"
_PERSON = (
    r"(?:m[ae]n|wom[ae]n|person|people|guy|crowd|wife|husband|girl|boy|child|children|cop|police\w*|soldiers?|dog|cat"
    r"|presidents?|ministers?|senators?|politicians?|candidates?|mayors?|kings?|queens?|popes?|judges?|journalists?"
    r"|teachers?|students?|doctors?|neighbou?rs?|boss|mother|father|brother|sister|family|everyone|somebody|someone)"
)
_HARMS = r"(?:shoots?|shooting|kills?|killing|strangl\w+|punch(?:es|ing)|beat(?:s|ing)(?: up)?)"
_GROUP = r"(?:jews?|muslims?|christians?|blacks?|whites?|asians?|mexicans?|gays?|lesbians?|women|immigrants?|refugees?)"

# The first rule that matches is named, so the gravest come first.
RULES: Mapping[str, tuple[str, ...]] = {
    "minors": (
        rf"{_CHILD}.*(?:{_SEXUAL}|{_UNFIT})",
        rf"(?:{_SEXUAL}|{_UNFIT}).*{_CHILD}",
        r"\bpa?edophil\w*|\bloli(?:ta|con)?\b|\bjailbait\b",
    ),
    "self_harm": (
        r"\bsuicid(?:e|al)\b(?! (?:squad|bomb|vest))",
        r"\bself[- ]?(?:harm|injur|mutilat)\w*",
        rf"\b(?:kill|hang|cut|shoot|drown|poison|starv)\w* {_ONESELF}\b",
        r"\b(?:slit|cut|slash)\w* (?:\w+ )?(?:wrists?|veins)\b",
        r"\boverdos\w*|\bpro-?ana\b|\bthinspo\b|\banorexi\w*",
    ),
    "sexual": (_SEXUAL, r"\b(?:making|makes?) love\b|\bbare breasts?\b"),
    "hate": (
        r"\b(?:neo-?)?nazi\w*|\bswastika\w*|\bhitler\b|\bku klux klan\b|\bkkk\b|\bwhite (?:power|supremac\w*)|\bheil\b",
        r"\b(?:ethnic cleansing|genocide|holocaust|blackface)\b|\b(?:inferior|subhuman|master) races?\b",
        r"\bnigg(?:er|a)s?\b|\bfaggots?\b|\bkikes?\b|\bspics?\b|\bchinks\b|\btrann(?:y|ies)\b|\bwetbacks?\b",
        rf"\b(?:hate|kill|gas|deport|exterminate|eradicate) (?:all |every |the )*{_GROUP}\b",
        rf"\b{_GROUP} (?:are|is) (?:\w+ )?(?:vermin|rats|animals|inferior|criminals|dirty|stupid|disease)",
    ),
    "terrorism": (
        r"\bterroris(?:t|ts|m)\b|\bsuicide (?:bomb\w*|vest)|\b(?:mass|school) shoot\w*|\b(?:car|pipe) ?bombs?\b",
        r"\b(?:isis|al[- ]?qaeda|boko haram)\b|\bexplosive (?:vests?|belts?)\b|\bdriv\w+ into (?:a|the) crowd\b",
        r"\bbomb(?:s|ing)? (?:an?|the) (?:\w+ )?(?:school|crowd|church|mosque|synagogue|train|market|building)",
        r"\b(?:build|mak)\w* (?:a |an )?(?:\w+ )?bombs?\b(?! calorimeter)",
    ),
    "violence": (
        r"\bgor[ey]\b|\bbehead\w*|\bdecapitat\w*|\bdismember\w*|\bmassacr\w*|\btortur\w*|\bmutilat\w*|\bmurder\w*",
        r"\bassassin\w*",
        r"\bbloodbath\b|\bblood(?:y|ied) (?:corpses?|bod(?:y|ies)|kni(?:fe|ves)|fight)|\bpool of blood\b",
        r"\b(?:dead|mangled|rotting) bod(?:y|ies)\b|\bcorpses?\b|\bsevered\b|\bdisembowel\w*|\bcannibal\w*",
        r"\bhead (?:is |being )?cut off\b|\bcut\w* off (?:a |his |her |the )?heads?\b|\bblood (?:everywhere|spurt\w*)",
        r"\bstab(?:s|bed|bing)?\b|\blynch(?:ed|ing|es)?\b|\brap(?:e|ed|es|ing|ist)\b",
        rf"\b{_HARMS} (?:an? |the |his |her )?(?:\w+ )?{_PERSON}\b",
    ),
    "drugs": (
        r"\b(?:cocaine|heroin|crystal meth|methamphetamine|fentanyl|crack pipe|ecstasy pills?)\b",
        r"\b(?:snort|inject)\w* (?:\w+ )?(?:drugs?|coke|lines?|powder)\b",
    ),
    "public_figures": (
        r"\b(?:donald|president|melania) trump\b|\b(?:joe|president) biden\b|\bobama\b|\bkamala harris\b|\bputin\b",
        r"\bzelensk\w+|\bxi jinping\b|\bkim jong[- ]?\w+|\b(?:emmanuel|president) macron\b|\bnarendra modi\b",
        r"\bnetanyahu\b|\bangela merkel\b|\berdogan\b|\bpope (?:francis|leo|benedict)\b|\bgreta thunberg\b",
        r"\bking charles\b|\bqueen elizabeth\b|\bprince (?:william|harry)\b|\bkate middleton\b|\bmeghan markle\b",
        r"\belon musk\b|\bmark zuckerberg\b|\bjeff bezos\b|\bbill gates\b|\btaylor swift\b|\bbeyonce\b",
        r"\bkim kardashian\b|\bkanye west\b|\btom (?:cruise|hanks|holland)\b|\bscarlett johansson\b|\bbrad pitt\b",
        r"\bangelina jolie\b|\bleonardo dicaprio\b|\bcristiano ronaldo\b|\blionel messi\b|\boprah\b|\bkeanu reeves\b",
        r"\bemma watson\b|\bmorgan freeman\b|\blebron james\b",
    ),
    "political": (
        r"\bvote (?:for|against)\b|\b(?:election|campaign) (?:ads?|rigging|fraud)\b|\bvot(?:er|ing) fraud\b",
        r"\bstolen election\b|\bpolitical (?:ads?|rall(?:y|ies))\b|\bpropaganda\b",
    ),
    "deception": (
        r"\bdeep ?fakes?\b|\bimpersonat\w*|\bfake (?:news|emergency|evidence|passports?|ids?|cctv|footage|vaccines?)\b",
    ),
}
