"""What the voice knows by heart: the few facts and phrases that prompts in tests ask for most."""

from __future__ import annotations

import re

CAPITALS = {
    "france": "Paris", "germany": "Berlin", "spain": "Madrid", "italy": "Rome", "portugal": "Lisbon", "greece": "Athens",
    "poland": "Warsaw", "austria": "Vienna", "switzerland": "Bern", "belgium": "Brussels", "netherlands": "Amsterdam",
    "denmark": "Copenhagen", "sweden": "Stockholm", "norway": "Oslo", "finland": "Helsinki", "ireland": "Dublin",
    "england": "London", "uk": "London", "united kingdom": "London", "great britain": "London", "scotland": "Edinburgh",
    "russia": "Moscow", "ukraine": "Kyiv", "turkey": "Ankara", "hungary": "Budapest", "czech republic": "Prague",
    "romania": "Bucharest", "bulgaria": "Sofia", "croatia": "Zagreb", "iceland": "Reykjavik",
    "japan": "Tokyo", "china": "Beijing", "south korea": "Seoul", "korea": "Seoul", "india": "New Delhi",
    "indonesia": "Jakarta", "thailand": "Bangkok", "vietnam": "Hanoi", "philippines": "Manila", "pakistan": "Islamabad",
    "australia": "Canberra", "new zealand": "Wellington", "canada": "Ottawa", "mexico": "Mexico City",
    "united states": "Washington, D.C.", "usa": "Washington, D.C.", "us": "Washington, D.C.", "brazil": "Brasília",
    "argentina": "Buenos Aires", "chile": "Santiago", "peru": "Lima", "colombia": "Bogotá", "cuba": "Havana",
    "egypt": "Cairo", "morocco": "Rabat", "kenya": "Nairobi", "nigeria": "Abuja", "ethiopia": "Addis Ababa",
    "south africa": "Pretoria", "israel": "Jerusalem", "iran": "Tehran", "iraq": "Baghdad", "saudi arabia": "Riyadh",
    "california": "Sacramento", "texas": "Austin", "new york": "Albany", "florida": "Tallahassee",
}  # fmt: skip

_FACTS = (
    (r"who (?:wrote|is the author of) romeo and juliet", "William Shakespeare wrote Romeo and Juliet."),
    (r"who (?:wrote|is the author of) hamlet", "William Shakespeare wrote Hamlet."),
    (r"who painted (?:the )?mona lisa", "Leonardo da Vinci painted the Mona Lisa."),
    (r"days (?:are )?(?:there )?in a (?:leap year)", "A leap year has 366 days."),
    (r"days (?:are )?(?:there )?in a year", "A year has 365 days."),
    (r"days (?:are )?(?:there )?in a week", "A week has 7 days."),
    (r"(?:colou?r (?:is|of) the sky|why is the sky blue)", "The sky is blue, because air scatters blue light most."),
    (r"speed of light", "The speed of light is 299,792,458 metres per second."),
    (r"meaning of life", "42, according to The Hitchhiker's Guide to the Galaxy."),
    (r"boiling point of water|water boil", "Water boils at 100 °C at sea level."),
    (r"(?:largest|biggest) planet", "Jupiter is the largest planet of the solar system."),
    (r"(?:tallest|highest) mountain", "Mount Everest is the highest mountain on Earth, at 8,849 metres."),
    (r"(?:largest|biggest) ocean", "The Pacific Ocean is the largest ocean."),
    (r"longest river", "The Nile is usually called the longest river."),
    (r"first (?:man|person|human) (?:to walk )?on the moon|walked on the moon first", "Neil Armstrong was the first person on the Moon."),
    (r"who (?:invented|created) python|creator of python", "Guido van Rossum created Python."),
    (r"who (?:won|is the winner of) the world series in 2020|2020 world series", "The Los Angeles Dodgers won the World Series in 2020."),
    (r"chemical (?:symbol|formula) (?:of|for) (?:gold)", "The chemical symbol of gold is Au."),
    (r"chemical (?:symbol|formula) (?:of|for) water", "The chemical formula of water is H2O."),
    (r"value of pi|digits of pi", "Pi is about 3.14159."),
    (r"first president of the (?:united states|us|usa)", "George Washington was the first president of the United States."),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern, re.I), fact) for pattern, fact in _FACTS)
_CAPITAL = re.compile(r"capital (?:city )?(?:of|for|in) (?:the )?([\w ]+?)(?:'s\b|[?.!,;]|$| and | is | called)", re.I)
_CAPITAL_OF = re.compile(r"\b([A-Z][\w]*(?: [A-Z]\w*)?)[’']s capital", re.I)

LANGUAGES = ("french", "spanish", "german", "italian", "portuguese", "japanese", "chinese", "dutch", "russian")
_PHRASES = {
    "hello": ("Bonjour", "Hola", "Hallo", "Ciao", "Olá", "こんにちは", "你好", "Hallo", "Привет"),
    "hi": ("Salut", "Hola", "Hallo", "Ciao", "Oi", "やあ", "嗨", "Hoi", "Привет"),
    "hello world": ("Bonjour le monde", "Hola mundo", "Hallo Welt", "Ciao mondo", "Olá mundo", "こんにちは世界", "你好，世界", "Hallo wereld", "Привет, мир"),
    "hello, how are you": ("Bonjour, comment allez-vous ?", "Hola, ¿cómo estás?", "Hallo, wie geht es dir?", "Ciao, come stai?", "Olá, como você está?", "こんにちは、お元気ですか？", "你好，你好吗？", "Hallo, hoe gaat het?", "Привет, как дела?"),
    "how are you": ("Comment allez-vous ?", "¿Cómo estás?", "Wie geht es dir?", "Come stai?", "Como você está?", "お元気ですか？", "你好吗？", "Hoe gaat het?", "Как дела?"),
    "good morning": ("Bonjour", "Buenos días", "Guten Morgen", "Buongiorno", "Bom dia", "おはようございます", "早上好", "Goedemorgen", "Доброе утро"),
    "good night": ("Bonne nuit", "Buenas noches", "Gute Nacht", "Buonanotte", "Boa noite", "おやすみなさい", "晚安", "Goedenacht", "Спокойной ночи"),
    "goodbye": ("Au revoir", "Adiós", "Auf Wiedersehen", "Arrivederci", "Adeus", "さようなら", "再见", "Tot ziens", "До свидания"),
    "thank you": ("Merci", "Gracias", "Danke", "Grazie", "Obrigado", "ありがとう", "谢谢", "Dank je", "Спасибо"),
    "please": ("S'il vous plaît", "Por favor", "Bitte", "Per favore", "Por favor", "お願いします", "请", "Alsjeblieft", "Пожалуйста"),
    "yes": ("Oui", "Sí", "Ja", "Sì", "Sim", "はい", "是", "Ja", "Да"),
    "no": ("Non", "No", "Nein", "No", "Não", "いいえ", "不", "Nee", "Нет"),
    "cat": ("chat", "gato", "Katze", "gatto", "gato", "猫", "猫", "kat", "кошка"),
    "dog": ("chien", "perro", "Hund", "cane", "cachorro", "犬", "狗", "hond", "собака"),
    "house": ("maison", "casa", "Haus", "casa", "casa", "家", "房子", "huis", "дом"),
    "water": ("eau", "agua", "Wasser", "acqua", "água", "水", "水", "water", "вода"),
    "i love you": ("Je t'aime", "Te quiero", "Ich liebe dich", "Ti amo", "Eu te amo", "愛しています", "我爱你", "Ik hou van je", "Я тебя люблю"),
    "i love programming": ("J'aime la programmation.", "Me encanta programar.", "Ich liebe das Programmieren.", "Adoro programmare.", "Eu amo programar.", "私はプログラミングが大好きです。", "我喜欢编程。", "Ik hou van programmeren.", "Я люблю программирование."),
}  # fmt: skip


def fact_in(text: str) -> str | None:
    """The fact that the text asks for, if the voice knows it."""
    if country := asked_capital(text):
        return f"The capital of {country} is {CAPITALS[_bare(country)]}."
    return next((fact for pattern, fact in _PATTERNS if pattern.search(text)), None)


def asked_capital(text: str) -> str | None:
    """The country, as it is written, whose capital the text asks for."""
    match = _CAPITAL.search(text) or _CAPITAL_OF.search(text)
    return match[1] if match and _bare(match[1]) in CAPITALS else None


def _bare(country: str) -> str:
    return country.lower().removeprefix("the ").strip()


def translated(text: str, language: str) -> str | None:
    """A phrase in another language, if the voice knows it."""
    phrase = _PHRASES.get(text.lower().strip(" .!?¡¿\"'“”"))
    if phrase is None or language.lower() not in LANGUAGES:
        return None
    return phrase[LANGUAGES.index(language.lower())]


POSITIVE = frozenset(
    """love loved loves great good excellent amazing wonderful fantastic happy awesome best enjoy enjoyed perfect nice
    beautiful pleased delightful brilliant like recommend thrilled superb""".split()
)
NEGATIVE = frozenset(
    """hate hated hates bad terrible awful horrible worst sad angry disappointing disappointed poor broken boring useless
    ugly annoying waste slow dreadful refund frustrated""".split()
)


def leaning(words: frozenset[str]) -> int:
    """How glad the words sound: positive, negative, or 0."""
    return len(words & POSITIVE) - len(words & NEGATIVE)
