"""Words: what carries meaning, what two wordings have in common, what a text is about."""

from __future__ import annotations

import re
from functools import lru_cache

from fakeopenai.pattern import Pattern

WORD = Pattern(r"[^\W_]+(?:['’][^\W_]+)?")


def terms(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def row(text: str) -> tuple[str, ...]:
    """The words of a text, in their order."""
    return tuple(text.split())


_CAMEL = Pattern(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGN = Pattern(r"[\d)]\s*([-+*/×÷−])\s*[\d(]")
_SIGNS = {"+": "add", "-": "subtract", "−": "subtract", "*": "multiply", "×": "multiply", "/": "divide", "÷": "divide"}
STOP = terms(
    """a about above after again all also am an and any are as at be been but by can could did do does doing don't for
    from get give given go going had has have having he her here hers him his how i i'd i'll i'm i've if in into is
    it it's its just know let let's like lot make many may me might more most much must my need no not now of on
    once one only or our out over own please s same say see shall she should so some such take tell than thank
    thanks that that's the their them then there these they this those through to too two up us use using very want
    was we were what what's when where where's which while who who's whom why will with would yes you you're your
    yours"""
)
GENERIC = terms(
    """tool function call my run execute helper util api handle do perform get set fetch return returns take takes
    input output result value data given use used using string number integer float object list param parameter arg
    argument test simple new current information info user based provide provided specify specified method useful
    when item thing name id type"""
)
_FAMILIES = """add adder sum plus addition total suma soma summe somme
subtract minus subtraction difference
multiply times product multiplication multiplied multiplier
divide division quotient divided
power exponent exponentiate squared
sqrt root
remember memory memorize save store
calculate calculator compute math arithmetic evaluate calculation expression
weather temperature forecast rain raining sunny snow climate umbrella degrees wetter météo погода погоду 天气 天気 날씨
search look google web 搜索 検索 internet news latest browse lookup find wikipedia retrieve
time clock hour o'clock
date today day calendar
email mail e-mail inbox メール 邮件
send message notify text sms
stock share ticker price cost
book reserve reservation booking
fly flight flights airline
pay payment money
translate translation translator
remind reminder
user customer client person
create make add-record register
delete remove erase
file document
greet greeting hello
joke funny
convert conversion converter
currency exchange euros dollars usd eur
secret password
random dice roll""".splitlines()
CONCEPTS = {word: family.split()[0] for family in _FAMILIES for word in family.split()}
_UNSPACED = {word: meaning for word, meaning in CONCEPTS.items() if "\u3040" <= word[0] <= "\ud7af"}
_SUFFIXES = ("ations", "ation", "ings", "ing", "ers", "ies", "ed", "er", "es", "s", "e", "y")


def stem(word: str) -> str:
    """A crude stem that is the same for the forms of a word."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


@lru_cache(4096)
def concept(word: str) -> str:
    """What a word stands for: `plus` and `sum` are both `add`."""
    return CONCEPTS.get(word) or _STEMS.get(stem(word)) or stem(word)


_STEMS = {stem(word): name for word, name in reversed(CONCEPTS.items())}


def split_name(name: str) -> list[str]:
    """The words of an identifier, in lower case: `getWeather_now` is get, weather, now."""
    return [word.lower() for part in re.split(r"[\W_]+", name) for word in _CAMEL.split(part) if word]


@lru_cache(512)
def concepts(text: str) -> frozenset[str]:
    """The meanings that stand in a text, without its small words."""
    found = {concept(word) for word in WORD.findall(text.lower()) if word not in STOP}
    if not text.isascii():
        found.update(meaning for word, meaning in _UNSPACED.items() if word in text)
    found.update(_SIGNS[sign] for sign in _SIGN.findall(text))
    return frozenset(found)


@lru_cache(512)
def name_concepts(name: str) -> frozenset[str]:
    """The meanings in an identifier, without words such as `get` and `tool`."""
    return frozenset(concept(word) for word in split_name(name) if word not in STOP and word not in GENERIC)


_LEAD = Pattern(
    r"(?:(?:hi|hello|hey)[,!.]?\s+(?=\w+\s+\w+)|please\s+|(?:can|could|would|will)\s+you\s+(?:please\s+)?"
    r"|i\s+(?:want|need|would like|'d like)\s+(?:you\s+)?to\s+|(?:tell|"
    r"show|give|teach)\s+(?:me|us)\s+(?:more\s+)?(?:about\s+)?"
    r"|(?:explain|describe|discuss|define|summari[sz]e|write|compose|draft|create|generate)\s+(?:me\s+|to me\s+)?"
    r"|(?:what|who|where|when|why|how|which)(?:'s|’s|'re)?\s+(?:(?:is|"
    r"are|was|were|do|does|did|can|should|would|to|much|many)\s+)*(?:(?:in|on|about)\s+)?"
    r"|(?:is|are|do|does|did|can|should)\s+(?=\w+\s+\w+)|(?:a|an|the|me|i|you|we|some)\s+)+",
    re.IGNORECASE,
)
_LENGTH = Pattern(r"\s+(?:in|using|with)\s+(?:\w+\s+){1,4}(?:sentences?|words?|lines?|paragraphs?)$", re.IGNORECASE)
_CUT = Pattern(r"[.!?;:\n。！？；،؟]")


def asks(text: str) -> bool:
    """Whether a text begins with words of asking, which its topic leaves out."""
    return _LEAD.match(text) is not None


def topic(text: str, most: int = 8) -> str:
    """What a text is about: its first clause without the asking, `most` words of it."""
    lead = _LEAD.match(text)
    rest = text[lead.end() :] if lead else text
    clause = _LENGTH.sub("", _CUT.split(rest, maxsplit=1)[0].strip()) or text.strip()
    return " ".join(clause.split()[:most])[:80].strip(" ,\"'“”?!.")
