"""Strings for a shape: told by its examples, its pattern, its format or the field's name, cut or filled to length."""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai.synthesis import lexicon, patterns
from fakeopenai.synthesis.dice import Dice
from fakeopenai.synthesis.formats import FORMATS, WORDS
from fakeopenai.synthesis.shapes import Shape, Unsatisfiable

FILLER = "lorem ipsum dolor sit amet "
SHORT = {"email": "a@b.co", "hostname": "a.co", "uri": "a:b", "url": "a:b", "uri-reference": "a", "ipv4": "1.1.1.1"}
KEYS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")


def made(shape: Shape, name: str, dice: Dice) -> str:
    """Raises Unsatisfiable when no string of the pattern, format and length was found."""
    for text in candidates(shape, name, dice):
        if fits(shape, text):
            return text
    if "pattern" in shape:
        return by_pattern(shape, dice)
    if shape.get("format") in FORMATS:
        return by_format(shape, dice)
    return to_length(lexicon.a_string(name, dice) or dice.pick(WORDS), shape)


def smallest(shape: Shape, dice: Dice) -> str:
    if isinstance(shape.get("default"), str) and fits(shape, shape["default"]):
        return str(shape["default"])
    if "pattern" in shape:
        return by_pattern(shape, dice)
    if shape.get("format") in FORMATS:
        return by_format(shape, dice)
    return to_length("string", shape)


def candidates(shape: Shape, name: str, dice: Dice) -> Iterator[str]:
    given = [shape.get("default"), *shape.get("examples", ())]
    yield from dice.shuffled([each for each in given if isinstance(each, str)])
    if "format" in shape and "pattern" not in shape:
        return
    if example := lexicon.an_example(shape.get("description", "")):
        yield example
    if text := lexicon.a_string(name, dice):
        yield text


def fits(shape: Shape, text: str) -> bool:
    if not shape.get("minLength", 0) <= len(text) <= shape.get("maxLength", patterns.UNLIMITED):
        return False
    if "format" in shape and not patterns.is_format(shape["format"], text):
        return False
    return all(patterns.matches(pattern, text) for pattern in shape.get("pattern", ()))


def by_pattern(shape: Shape, dice: Dice) -> str:
    for _ in range(4):
        text = patterns.matching(shape["pattern"], dice, *lengths(shape))
        if text is not None and fits(shape, text):
            return text
    if shape.get("format") in FORMATS:
        return by_format(shape, dice)
    raise Unsatisfiable(f"no string found for the pattern {shape['pattern'][0]}")


def by_format(shape: Shape, dice: Dice) -> str:
    for nth in range(40):
        text = FORMATS[shape["format"]](dice)
        short = SHORT.get(shape["format"], text)
        for variant in (text, short, longer(shape["format"], text, lengths(shape)[0], nth)):
            if fits(shape, variant):
                return variant
    raise Unsatisfiable(f"no {shape['format']} of that length found")


def longer(format: str, text: str, least: int, nth: int) -> str:
    """The text with as much more as the format bears, for a `minLength` beyond the usual."""
    missing = max(0, least - len(text))
    if format in ("email", "idn-email"):
        return "a" * min(missing, 40) + text
    if format in ("hostname", "idn-hostname"):
        return "".join(["ab." * (missing // 3 + 1), text])
    if format == "date-time" and nth % 2:
        return text.replace("Z", f".{'0' * max(1, min(missing - 1, 9))}Z")
    return text + "a" * missing if format not in ("uuid", "date", "time", "ipv4", "ipv6", "duration") else text


def lengths(shape: Shape) -> tuple[int, int]:
    least, most = shape.get("minLength", 0), shape.get("maxLength", patterns.UNLIMITED)
    if least > most:
        raise Unsatisfiable(f"minLength {least} is over maxLength {most}")
    return least, most


def to_length(text: str, shape: Shape) -> str:
    least, most = lengths(shape)
    if len(text) < least:
        text = f"{text} {FILLER * (least // len(FILLER) + 1)}"[: max(least - 1, 1)] + "."
    return text[: min(most, max(least, len(text)))].ljust(least, "x")


def name_matching(pattern: str, dice: Dice) -> str | None:
    """A name that the pattern lets through; longer than it has to be, so that there can be several."""
    name = patterns.matching([pattern], dice)
    longer_name = f"{name}{dice.pick(KEYS)}"
    return longer_name if name is not None and patterns.matches(pattern, longer_name) else name


def a_key(nth: int, dice: Dice) -> str:
    return f"{dice.pick(KEYS)}{'' if nth < 4 else nth}"
