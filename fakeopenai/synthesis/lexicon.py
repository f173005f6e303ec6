"""Plausible values for a field, told by its name: a city for `city`, an age for `customer_age`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from fakeopenai.synthesis import formats
from fakeopenai.synthesis.dice import Dice

PEOPLE = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Barbara Liskov", "Edsger Dijkstra", "Katherine Johnson")
SENTENCES = (
    "A short note about the matter at hand.",
    "Everything works as expected.",
    "The details are given below.",
    "This is the most useful part of it.",
    "It depends on the circumstances.",
)
TITLES = ("The Quiet Harbor", "A Walk in the Hills", "Notes on a Summer", "Letters from the Coast")
TOPICS = ("weather", "travel", "music", "science", "cooking", "history")
WORDS: dict[str, tuple[str, ...]] = {
    "name": PEOPLE,
    "first": ("Ada", "Grace", "Alan", "Barbara", "Edsger", "Katherine"),
    "last": ("Lovelace", "Hopper", "Turing", "Liskov", "Dijkstra", "Johnson"),
    "author": PEOPLE,
    "person": PEOPLE,
    "customer": PEOPLE,
    "recipient": PEOPLE,
    "user": ("ada", "grace", "alan", "barbara"),
    "username": ("ada", "grace", "alan", "barbara"),
    "city": ("Paris", "London", "Berlin", "Tokyo", "Madrid", "Oslo"),
    "location": ("Paris", "London", "Berlin", "Tokyo", "Madrid", "Oslo"),
    "place": ("Paris", "London", "Berlin", "Tokyo", "Madrid", "Oslo"),
    "destination": ("Paris", "London", "Berlin", "Tokyo", "Madrid", "Oslo"),
    "origin": ("Lisbon", "Vienna", "Dublin", "Rome"),
    "capital": ("Paris", "London", "Berlin", "Tokyo", "Madrid", "Oslo"),
    "country": ("France", "Germany", "Japan", "Spain", "Norway", "Canada"),
    "nationality": ("French", "German", "Japanese", "Spanish"),
    "state": ("California", "Bavaria", "Ontario", "Tuscany"),
    "region": ("Europe", "Asia", "North America", "Africa"),
    "continent": ("Europe", "Asia", "North America", "Africa"),
    "address": ("12 Main Street", "8 Harbor Road", "27 Oak Avenue", "5 Station Square"),
    "street": ("12 Main Street", "8 Harbor Road", "27 Oak Avenue", "5 Station Square"),
    "zip": ("94103", "10115", "75001", "10001"),
    "postal": ("94103", "10115", "75001", "10001"),
    "postcode": ("94103", "10115", "75001", "10001"),
    "title": TITLES,
    "book": TITLES,
    "movie": TITLES,
    "headline": TITLES,
    "genre": ("mystery", "comedy", "drama", "fantasy"),
    "query": TOPICS,
    "topic": TOPICS,
    "subject": TOPICS,
    "keyword": TOPICS,
    "tag": TOPICS,
    "category": TOPICS,
    "label": TOPICS,
    "theme": TOPICS,
    "currency": ("USD", "EUR", "GBP", "JPY"),
    "language": ("English", "French", "German", "Spanish"),
    "lang": ("en", "fr", "de", "es"),
    "locale": ("en-US", "fr-FR", "de-DE", "es-ES"),
    "timezone": ("UTC", "Europe/Paris", "America/New_York", "Asia/Tokyo"),
    "color": ("red", "green", "blue", "yellow"),
    "colour": ("red", "green", "blue", "yellow"),
    "company": ("Acme", "Globex", "Initech", "Umbrella"),
    "organization": ("Acme", "Globex", "Initech", "Umbrella"),
    "employer": ("Acme", "Globex", "Initech", "Umbrella"),
    "product": ("Desk Lamp", "Notebook", "Coffee Mug", "Backpack"),
    "item": ("Desk Lamp", "Notebook", "Coffee Mug", "Backpack"),
    "food": ("pasta", "salad", "soup", "curry"),
    "ingredient": ("flour", "butter", "sugar", "salt", "eggs"),
    "animal": ("cat", "dog", "horse", "owl"),
    "status": ("active", "pending", "done"),
    "unit": ("celsius", "fahrenheit"),
    "priority": ("high", "medium", "low"),
    "severity": ("high", "medium", "low"),
    "sentiment": ("positive", "neutral", "negative"),
    "size": ("small", "medium", "large"),
    "gender": ("female", "male"),
    "occupation": ("engineer", "teacher", "doctor", "writer"),
    "profession": ("engineer", "teacher", "doctor", "writer"),
    "job": ("engineer", "teacher", "doctor", "writer"),
    "role": ("member", "admin", "viewer"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "month": ("January", "March", "June", "October"),
    "season": ("spring", "summer", "autumn", "winter"),
    "file": ("notes.txt", "report.pdf", "data.csv"),
    "filename": ("notes.txt", "report.pdf", "data.csv"),
    "path": ("/docs/notes.txt", "/docs/report.pdf", "/data/table.csv"),
    "symbol": ("ACME", "GLBX", "INTC"),
    "ticker": ("ACME", "GLBX", "INTC"),
    "expression": ("2 + 2", "3 * 7", "10 / 4"),
    "equation": ("x + 2 = 5", "3x = 12", "8x + 7 = -23"),
    "sql": ("SELECT 1", "SELECT * FROM users"),
    "python": ("print('hello')",),
    "version": ("1.0.0", "1.2.3", "2.0.1"),
    "answer": SENTENCES,
    "description": SENTENCES,
    "summary": SENTENCES,
    "text": SENTENCES,
    "content": SENTENCES,
    "body": SENTENCES,
    "message": SENTENCES,
    "comment": SENTENCES,
    "note": SENTENCES,
    "reason": SENTENCES,
    "reasoning": SENTENCES,
    "rationale": SENTENCES,
    "explanation": SENTENCES,
    "output": SENTENCES,
    "thought": SENTENCES,
    "step": SENTENCES,
    "prompt": SENTENCES,
    "bio": SENTENCES,
    "model": ("standard", "compact", "large"),
}
MADE: dict[str, Callable[[Dice], str]] = {
    "email": formats.an_email,
    "mail": formats.an_email,
    "url": formats.a_uri,
    "uri": formats.a_uri,
    "link": formats.a_uri,
    "website": formats.a_uri,
    "homepage": formats.a_uri,
    "phone": lambda dice: f"+1-555-01{dice.below(100):02}",
    "telephone": lambda dice: f"+1-555-01{dice.below(100):02}",
    "mobile": lambda dice: f"+1-555-01{dice.below(100):02}",
    "date": formats.a_date,
    "birthday": formats.a_date,
    "deadline": formats.a_date,
    "datetime": formats.a_date_time,
    "timestamp": formats.a_date_time,
    "at": formats.a_date_time,
    "time": lambda dice: f"{dice.below(24):02}:{dice.pick((0, 15, 30, 45)):02}",
    "uuid": formats.a_uuid,
    "guid": formats.a_uuid,
    "id": lambda dice: f"{dice.below(1 << 32):08x}",
    "key": lambda dice: f"{dice.below(1 << 32):08x}",
    "token": lambda dice: f"{dice.below(1 << 64):016x}",
    "hash": lambda dice: f"{dice.below(1 << 128):032x}",
    "code": lambda dice: f"{dice.pick(('A', 'B', 'C'))}{dice.below(900) + 100}",
    "sku": lambda dice: f"SKU-{dice.below(9000) + 1000}",
    "isbn": lambda dice: f"978-0-{dice.below(900) + 100}-{dice.below(90000) + 10000}-{dice.below(10)}",
    "ip": formats.an_ipv4,
    "host": lambda dice: dice.pick(formats.HOSTS),
    "hostname": lambda dice: dice.pick(formats.HOSTS),
    "domain": lambda dice: dice.pick(formats.HOSTS),
}
STRONG = frozenset({"email", "url", "phone", "uuid", "datetime", "timestamp", "filename", "currency", "timezone"})
RANGES: dict[str, tuple[float, float]] = {
    "age": (18, 80),
    "year": (1990, 2026),
    "month": (1, 12),
    "day": (1, 28),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "price": (5, 500),
    "cost": (5, 500),
    "amount": (5, 500),
    "total": (5, 500),
    "salary": (30000, 150000),
    "population": (10000, 10000000),
    "count": (1, 10),
    "quantity": (1, 10),
    "number": (1, 10),
    "limit": (1, 20),
    "page": (1, 5),
    "size": (1, 20),
    "rating": (1, 5),
    "score": (0, 1),
    "confidence": (0, 1),
    "probability": (0, 1),
    "ratio": (0, 1),
    "percent": (0, 100),
    "percentage": (0, 100),
    "humidity": (0, 100),
    "temperature": (-10, 35),
    "lat": (-60, 70),
    "latitude": (-60, 70),
    "lon": (-170, 170),
    "lng": (-170, 170),
    "longitude": (-170, 170),
    "width": (100, 2000),
    "height": (100, 2000),
    "weight": (1, 100),
    "distance": (1, 1000),
    "duration": (1, 120),
    "port": (1024, 65535),
    "index": (0, 9),
    "timestamp": formats.NUMBERS["unixtime"],
    "at": formats.NUMBERS["unixtime"],
}


@lru_cache(4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a field's name, the telling ones first: `userEmail` and `user_emails` both give `email`, `user`."""
    parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    singular = [
        part if part in WORDS or part in MADE or part in RANGES else one_of_many(part) for part in reversed(parts)
    ]
    return tuple(sorted(singular, key=lambda word: word not in STRONG))


def one_of_many(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def a_string(name: str, dice: Dice) -> str | None:
    """A string for a field of this name, or None if the name tells nothing."""
    for word in words(name):
        if word in MADE:
            return MADE[word](dice)
        if word in WORDS:
            return dice.pick(WORDS[word])
    return None


def a_range(name: str) -> tuple[float, float] | None:
    return next((RANGES[word] for word in words(name) if word in RANGES), None)


EXAMPLE = re.compile(
    r"(?:\be\.\s?g\.|\bfor example|\bsuch as)[,:]?\s+[\"'“`]?([^;()\"”`]{2,60}?)(?=['\"”`]|[;()]|\.(?:\s|$)| or |$)",
    re.IGNORECASE,
)


@lru_cache(4096)
def an_example(description: str) -> str | None:
    """What a description gives as an example: `The city, e.g. San Francisco, CA` gives `San Francisco, CA`."""
    found = EXAMPLE.search(description)
    return found.group(1).strip() if found else None
