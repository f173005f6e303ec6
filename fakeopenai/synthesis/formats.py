"""Strings in the formats that JSON Schema names, and numbers in those that providers add."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from fakeopenai.synthesis.dice import Dice

DAY_ZERO = date(2025, 1, 1)
UNIX_ZERO = 1_735_689_600
HOSTS = ("example.com", "example.org", "www.example.com", "shop.example.com", "docs.example.org")
USERS = ("ada", "grace", "alan", "edsger", "barbara", "linus")
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "indigo", "juniper")


def a_date(dice: Dice) -> str:
    return (DAY_ZERO + timedelta(days=dice.below(720))).isoformat()


def a_time(dice: Dice) -> str:
    return f"{dice.below(24):02}:{dice.pick((0, 15, 30, 45)):02}:00Z"


def a_date_time(dice: Dice) -> str:
    moment = datetime.fromtimestamp(UNIX_ZERO + dice.below(62_208_000), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def a_duration(dice: Dice) -> str:
    return dice.pick(("P1D", "P2W", "PT30M", "PT1H30M", "P3DT4H", "PT45S"))


def an_email(dice: Dice) -> str:
    return f"{dice.pick(USERS)}@{dice.pick(HOSTS[:2])}"


def a_uri(dice: Dice) -> str:
    return f"https://{dice.pick(HOSTS)}/{dice.pick(WORDS)}"


def a_uuid(dice: Dice) -> str:
    text = f"{dice.below(1 << 128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"


def an_ipv4(dice: Dice) -> str:
    return f"192.0.2.{dice.between(1, 254)}"


def an_ipv6(dice: Dice) -> str:
    return f"2001:db8::{dice.between(1, 0xFFFF):x}"


FORMATS: dict[str, Callable[[Dice], str]] = {
    "date": a_date,
    "time": a_time,
    "date-time": a_date_time,
    "duration": a_duration,
    "email": an_email,
    "idn-email": an_email,
    "hostname": lambda dice: dice.pick(HOSTS),
    "idn-hostname": lambda dice: dice.pick(HOSTS),
    "ipv4": an_ipv4,
    "ipv6": an_ipv6,
    "uri": a_uri,
    "iri": a_uri,
    "url": a_uri,
    "uri-reference": lambda dice: f"/{dice.pick(WORDS)}",
    "iri-reference": lambda dice: f"/{dice.pick(WORDS)}",
    "uri-template": lambda dice: f"/{dice.pick(WORDS)}/{{id}}",
    "uuid": a_uuid,
    "regex": lambda dice: f"^{dice.pick(WORDS)}$",
    "json-pointer": lambda dice: f"/{dice.pick(WORDS)}/{dice.below(10)}",
    "relative-json-pointer": lambda dice: f"{dice.below(3)}/{dice.pick(WORDS)}",
    "byte": lambda dice: dice.pick(("aGVsbG8=", "d29ybGQ=", "ZGF0YQ==")),
    "binary": lambda dice: dice.pick(WORDS),
}

NUMBERS: dict[str, tuple[int, int]] = {
    "unixtime": (UNIX_ZERO, UNIX_ZERO + 62_208_000),
    "timestamp": (UNIX_ZERO, UNIX_ZERO + 62_208_000),
    "int32": (0, 1000),
    "int64": (0, 1000),
}
