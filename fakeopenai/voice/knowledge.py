"""What the voice knows by heart: the few facts and phrases that prompts in tests ask for most."""

from __future__ import annotations

import re

from fakeopenai.pattern import Pattern
from fakeopenai.voice.words import terms

CAPITALS = {
    "france": "Paris",
    "germany": "Berlin",
    "spain": "Madrid",
    "italy": "Rome",
    "portugal": "Lisbon",
    "greece": "Athens",
    "poland": "Warsaw",
    "austria": "Vienna",
    "switzerland": "Bern",
    "belgium": "Brussels",
    "netherlands": "Amsterdam",
    "denmark": "Copenhagen",
    "sweden": "Stockholm",
    "norway": "Oslo",
    "finland": "Helsinki",
    "ireland": "Dublin",
    "england": "London",
    "uk": "London",
    "united kingdom": "London",
    "great britain": "London",
    "scotland": "Edinburgh",
    "russia": "Moscow",
    "ukraine": "Kyiv",
    "turkey": "Ankara",
    "hungary": "Budapest",
    "czech republic": "Prague",
    "romania": "Bucharest",
    "bulgaria": "Sofia",
    "croatia": "Zagreb",
    "iceland": "Reykjavik",
    "japan": "Tokyo",
    "china": "Beijing",
    "south korea": "Seoul",
    "korea": "Seoul",
    "india": "New Delhi",
    "indonesia": "Jakarta",
    "thailand": "Bangkok",
    "vietnam": "Hanoi",
    "philippines": "Manila",
    "pakistan": "Islamabad",
    "australia": "Canberra",
    "new zealand": "Wellington",
    "canada": "Ottawa",
    "mexico": "Mexico City",
    "united states": "Washington, D.C.",
    "usa": "Washington, D.C.",
    "us": "Washington, D.C.",
    "brazil": "Brasília",
    "argentina": "Buenos Aires",
    "chile": "Santiago",
    "peru": "Lima",
    "colombia": "Bogotá",
    "cuba": "Havana",
    "egypt": "Cairo",
    "morocco": "Rabat",
    "kenya": "Nairobi",
    "nigeria": "Abuja",
    "ethiopia": "Addis Ababa",
    "south africa": "Pretoria",
    "israel": "Jerusalem",
    "iran": "Tehran",
    "iraq": "Baghdad",
    "saudi arabia": "Riyadh",
    "california": "Sacramento",
    "texas": "Austin",
    "new york": "Albany",
    "florida": "Tallahassee",
}
_FACTS = (
    (r"who (?:wrote|is the author of) romeo and juliet", "_William Shakespeare_ wrote Romeo and Juliet."),
    (r"who (?:wrote|is the author of) hamlet", "_William Shakespeare_ wrote Hamlet."),
    (r"who painted (?:the )?mona lisa", "_Leonardo da Vinci_ painted the Mona Lisa."),
    (r"days (?:are )?(?:there )?in a (?:leap year)", "A leap year has _366_ days."),
    (r"days (?:are )?(?:there )?in a year", "A year has _365_ days."),
    (r"days (?:are )?(?:there )?in a week", "A week has _7_ days."),
    (r"(?:colou?r (?:is|of) the sky|why is the sky blue)", "The sky is _blue_, because air scatters blue light most."),
    (r"speed of light", "The speed of light is _299,792,458_ metres per second."),
    (r"meaning of life", "_42_, according to The Hitchhiker's Guide to the Galaxy."),
    (r"boiling point of water|water boil", "Water boils at _100_ °C at sea level."),
    (r"(?:largest|biggest) planet", "_Jupiter_ is the largest planet of the solar system."),
    (r"(?:tallest|highest) mountain", "_Mount Everest_ is the highest mountain on Earth, at 8,849 metres."),
    (r"(?:largest|biggest) ocean", "The _Pacific_ Ocean is the largest ocean."),
    (r"longest river", "The _Nile_ is usually called the longest river."),
    (
        r"first (?:man|person|human) (?:to walk )?on the moon|walked on the moon first",
        "_Neil Armstrong_ was the first person on the Moon.",
    ),
    (r"who (?:invented|created) python|creator of python", "_Guido van Rossum_ created Python."),
    (
        r"who (?:won|is the winner of) the world series in 2020|2020 world series",
        "The _Los Angeles Dodgers_ won the World Series in 2020.",
    ),
    (r"chemical (?:symbol|formula) (?:of|for) (?:gold)", "The chemical symbol of gold is _Au_."),
    (r"chemical (?:symbol|formula) (?:of|for) water", "The chemical formula of water is _H2O_."),
    (r"value of pi|digits of pi", "Pi is about _3.14159_."),
    (
        r"first president of the (?:united states|us|usa)",
        "_George Washington_ was the first president of the United States.",
    ),
)
CUES = terms(
    """capital romeo hamlet mona week year sky light meaning boiling boil planet mountain ocean river moon python
    series gold water pi president"""
)
_PATTERNS = tuple((Pattern(pattern, re.IGNORECASE), fact) for pattern, fact in _FACTS)
_CAPITAL = Pattern(
    r"capital (?:city )?(?:of|for|in) (?:the )?([\w ]+?)(?:'s\b|[?.!,;]|$| and | is | called)", re.IGNORECASE
)
_CAPITAL_OF = Pattern(r"\b([A-Z][\w]*(?: [A-Z]\w*)?)[’']s capital", re.IGNORECASE)


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split("/"))


_ENGLISH = _phrases(
    """hello / hi / hello world / hello, how are you / how are you / good morning / good night / goodbye /
        thank you / please / yes / no / cat / dog / house / water / i love you / i love programming"""
)
_FOREIGN = {
    "french": _phrases(
        """Bonjour / Salut / Bonjour le monde / Bonjour, comment allez-vous ? / Comment allez-vous ? /
        Bonjour / Bonne nuit / Au revoir / Merci / S'il vous plaît / Oui / Non / chat / chien / maison /
        eau / Je t'aime / J'aime la programmation."""
    ),
    "spanish": _phrases(
        """Hola / Hola / Hola mundo / Hola, ¿cómo estás? / ¿Cómo estás? / Buenos días / Buenas noches /
        Adiós / Gracias / Por favor / Sí / No / gato / perro / casa / agua / Te quiero /
        Me encanta programar."""
    ),
    "german": _phrases(
        """Hallo / Hallo / Hallo Welt / Hallo, wie geht es dir? / Wie geht es dir? / Guten Morgen /
        Gute Nacht / Auf Wiedersehen / Danke / Bitte / Ja / Nein / Katze / Hund / Haus / Wasser /
        Ich liebe dich / Ich liebe das Programmieren."""
    ),
    "italian": _phrases(
        """Ciao / Ciao / Ciao mondo / Ciao, come stai? / Come stai? / Buongiorno / Buonanotte / Arrivederci /
        Grazie / Per favore / Sì / No / gatto / cane / casa / acqua / Ti amo / Adoro programmare."""
    ),
    "portuguese": _phrases(
        """Olá / Oi / Olá mundo / Olá, como você está? / Como você está? / Bom dia / Boa noite / Adeus /
        Obrigado / Por favor / Sim / Não / gato / cachorro / casa / água / Eu te amo / Eu amo programar."""
    ),
    "japanese": _phrases(
        """こんにちは / やあ / こんにちは世界 / こんにちは、お元気ですか？ / お元気ですか？ /
        おはようございます / おやすみなさい / さようなら / ありがとう / お願いします / はい / いいえ / 猫 /
        犬 / 家 / 水 / 愛しています / 私はプログラミングが大好きです。"""
    ),
    "chinese": _phrases(
        """你好 / 嗨 / 你好，世界 / 你好，你好吗？ / 你好吗？ / 早上好 / 晚安 / 再见 / 谢谢 / 请 / 是 / 不 /
        猫 / 狗 / 房子 / 水 / 我爱你 / 我喜欢编程。"""
    ),
    "dutch": _phrases(
        """Hallo / Hoi / Hallo wereld / Hallo, hoe gaat het? / Hoe gaat het? / Goedemorgen / Goedenacht /
        Tot ziens / Dank je / Alsjeblieft / Ja / Nee / kat / hond / huis / water / Ik hou van je /
        Ik hou van programmeren."""
    ),
    "russian": _phrases(
        """Привет / Привет / Привет, мир / Привет, как дела? / Как дела? / Доброе утро / Спокойной ночи /
        До свидания / Спасибо / Пожалуйста / Да / Нет / кошка / собака / дом / вода / Я тебя люблю /
        Я люблю программирование."""
    ),
}
LANGUAGES = tuple(_FOREIGN)


def fact_in(text: str) -> str | None:
    """The fact that the text asks for, if the voice knows it; what alone would answer stands between `_`."""
    if country := asked_capital(text):
        return f"The capital of {country} is _{CAPITALS[_bare(country)]}_."
    return next((fact for pattern, fact in _PATTERNS if pattern.search(text)), None)


def asked_capital(text: str) -> str | None:
    """The country, as it is written, whose capital the text asks for."""
    match = _CAPITAL.search(text) or _CAPITAL_OF.search(text)
    return match[1] if match and _bare(match[1]) in CAPITALS else None


def _bare(country: str) -> str:
    return country.lower().removeprefix("the ").strip()


def translated(text: str, language: str) -> str | None:
    """A phrase in another language, if the voice knows it."""
    phrase = _stripped(text)
    known = _FOREIGN.get(language.lower())
    return known[_ENGLISH.index(phrase)] if known and phrase in _ENGLISH else None


def in_english(phrase: str) -> str | None:
    """What a phrase of another language says in English, if the voice knows it."""
    bare = _stripped(phrase)
    known = (place for told in _FOREIGN.values() for place, each in enumerate(told) if _stripped(each) == bare)
    place = next(known, None)
    return None if place is None else _ENGLISH[place]


def _stripped(phrase: str) -> str:
    return phrase.lower().strip(" .!?¡¿。！？\"'“”")


POSITIVE = terms(
    """love loved loves great good excellent amazing wonderful fantastic happy awesome best enjoy enjoyed perfect nice
    beautiful pleased delightful brilliant like recommend thrilled superb"""
)
NEGATIVE = terms(
    """hate hated hates bad terrible awful horrible worst sad angry disappointing disappointed poor broken boring
    useless ugly annoying waste slow dreadful refund frustrated"""
)


def leaning(words: frozenset[str]) -> int:
    """How glad the words sound: positive, negative, or 0."""
    return len(words & POSITIVE) - len(words & NEGATIVE)
