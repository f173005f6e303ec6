"""Strings that match a regular expression, in the dialect JSON Schema uses (ECMA 262) and in Python's.

A pattern is parsed into parts that know their shortest length; a string is written part by part. Assertions (anchors,
lookaround, word boundaries) write nothing: a finished string is tried against the pattern by the engine that will judge
it, and written anew with other choices until it passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from jsonschema_rs import Draft202012Validator

from fakeopenai.synthesis.dice import Dice

LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
DIGITS = "0123456789"
WORD = LOWER + UPPER + DIGITS + "_"
SPACE = " \t\n"
PRINTABLE = "".join(map(chr, range(32, 127)))
PLAIN = LOWER + UPPER + DIGITS
CLASSES = {"d": DIGITS, "w": WORD, "s": SPACE}
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0", "a": "\a"}
UNLIMITED = 1 << 30
TRIES = 60


class PatternError(ValueError):
    """Not a regular expression we can read."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One of these characters."""

    options: str
    shortest: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Part, ...]
    shortest: int


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Part, ...]
    shortest: int


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Part
    least: int
    most: int
    shortest: int


@dataclass(frozen=True, slots=True)
class Group:
    """A part that can be referred back to, by number or name."""

    part: Part
    names: tuple[str, ...]
    shortest: int


@dataclass(frozen=True, slots=True)
class Back:
    name: str
    shortest: int = 0


Part = Chars | Sequence | Choice | Repeat | Group | Back
NOTHING = Sequence((), 0)


def matching(patterns: Iterable[str], dice: Dice, least: int = 0, most: int = UNLIMITED) -> str | None:
    """A string of that length (in characters) that matches all the patterns, or None if none was found."""
    patterns = tuple(patterns)
    for nth in range(TRIES):
        text = Writer(dice, least, most, plain=nth % 2 == 0).text(parsed(patterns[nth % len(patterns)]))
        if least <= len(text) <= most and all(matches(pattern, text) for pattern in patterns):
            return text
    return None


def matches(pattern: str, text: str) -> bool:
    return judge(pattern)(text)


@lru_cache(1024)
def judge(pattern: str) -> Callable[[str], bool]:
    """Raises ValueError (of the validator) for a pattern that it can't compile."""
    return Draft202012Validator({"pattern": pattern}).is_valid


def is_format(format: str, text: str) -> bool:
    return format_judge(format)(text)


@lru_cache(64)
def format_judge(format: str) -> Callable[[str], bool]:
    return Draft202012Validator({"format": format}, validate_formats=True).is_valid


class Writer:
    """Writes one string. `must` and `may` say how many characters more than in the shortest are needed and allowed."""

    def __init__(self, dice: Dice, least: int, most: int, *, plain: bool) -> None:
        self.dice, self.least, self.most, self.plain = dice, least, most, plain
        self.must = self.may = 0
        self.groups: dict[str, str] = {}

    def text(self, part: Part) -> str:
        self.must = max(0, self.least - part.shortest)
        self.may = max(0, self.most - part.shortest)
        text = self.write(part)
        return text + "".join(self.dice.pick(LOWER) for _ in range(min(self.least, 1 << 16) - len(text)))

    def write(self, part: Part) -> str:
        match part:
            case Chars(options):
                return self.character(options)
            case Sequence(parts):
                return "".join([self.write(each) for each in parts])
            case Choice(options):
                return self.choose(options, part.shortest)
            case Repeat():
                return "".join([self.write(part.part) for _ in range(self.times(part))])
            case Group():
                return self.keep(part)
            case Back(name):
                return self.groups.get(name, "")

    def character(self, options: str) -> str:
        if self.plain and len(options) > len(WORD):
            options = "".join(c for c in options if c in PLAIN) or options
        return self.dice.pick(options)

    def choose(self, options: tuple[Part, ...], shortest: int) -> str:
        fitting = [option for option in options if option.shortest - shortest <= self.may]
        option = self.dice.pick(fitting or options)
        self.spend(option.shortest - shortest)
        return self.write(option)

    def times(self, repeat: Repeat) -> int:
        size = max(1, repeat.part.shortest)
        needed = -(-self.must // size)
        wished = max(needed, self.dice.below(5) if repeat.least < 2 else self.dice.below(2))
        extra = min(repeat.most - repeat.least, self.may // size, wished)
        self.spend(extra * size)
        return repeat.least + extra

    def spend(self, length: int) -> None:
        self.must, self.may = max(0, self.must - length), max(0, self.may - length)

    def keep(self, group: Group) -> str:
        text = self.write(group.part)
        self.groups |= dict.fromkeys(group.names, text)
        return text


@lru_cache(1024)
def parsed(pattern: str) -> Part:
    """Raises PatternError."""
    reader = Reader(pattern)
    part = reader.choice()
    if reader.at < len(pattern):
        raise PatternError(pattern)
    return part


class Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.count = pattern, 0, 0

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def skip(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) * found
        return found

    def next(self) -> str:
        if self.at >= len(self.pattern):
            raise PatternError(self.pattern)
        self.at += 1
        return self.pattern[self.at - 1]

    def until(self, end: str) -> str:
        stop = self.pattern.find(end, self.at)
        if stop < 0:
            raise PatternError(self.pattern)
        text, self.at = self.pattern[self.at : stop], stop + len(end)
        return text

    def choice(self) -> Part:
        options = [self.sequence()]
        while self.skip("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options), min(each.shortest for each in options))

    def sequence(self) -> Part:
        parts: list[Part] = []
        while self.at < len(self.pattern) and not self.peek("|") and not self.peek(")"):
            parts.append(self.quantified(self.atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts), sum(each.shortest for each in parts))

    def quantified(self, part: Part) -> Part:
        bounds = self.bounds()
        if bounds is None:
            return part
        self.skip("?") or self.skip("+")
        least, most = bounds
        return self.quantified(Repeat(part, least, most, least * part.shortest))

    def bounds(self) -> tuple[int, int] | None:
        for sign, bounds in (("*", (0, UNLIMITED)), ("+", (1, UNLIMITED)), ("?", (0, 1))):
            if self.skip(sign):
                return bounds
        least, comma, most = self.braces().partition(",")
        if not least.isdigit() or not (most.isdigit() or not most):
            return None
        self.until("}")
        return int(least), int(most) if most else UNLIMITED if comma else int(least)

    def braces(self) -> str:
        end = self.pattern.find("}", self.at)
        return self.pattern[self.at + 1 : end] if self.peek("{") and end > 0 else ""

    def atom(self) -> Part:
        match self.next():
            case "^" | "$":
                return NOTHING
            case ".":
                return Chars(PRINTABLE)
            case "(":
                return self.group()
            case "[":
                return self.chars(self.bracket())
            case "\\":
                return self.escape()
            case "*" | "+" | "?":
                raise PatternError(self.pattern)
            case char:
                return Chars(char)

    def chars(self, options: str) -> Part:
        if not options:
            raise PatternError(self.pattern)
        return Chars(options)

    def group(self) -> Part:
        if not self.skip("?"):
            self.count += 1
            return self.captured(str(self.count))
        if self.skip("P="):
            return Back(self.until(")"))
        if any(self.skip(sign) for sign in ("=", "!", "<=", "<!")):
            self.enclosed()
            return NOTHING
        if self.skip("P<") or self.skip("<"):
            self.count += 1
            return self.captured(str(self.count), self.until(">"))
        return self.flagged()

    def captured(self, *names: str) -> Part:
        part = self.enclosed()
        return Group(part, names, part.shortest)

    def flagged(self) -> Part:
        """`(?:…)`, `(?i:…)` and `(?i)`."""
        while not self.peek(":") and not self.peek(")"):
            self.next()
        if self.skip(")"):
            return NOTHING
        self.next()
        return self.enclosed()

    def enclosed(self) -> Part:
        part = self.choice()
        if not self.skip(")"):
            raise PatternError(self.pattern)
        return part

    def escape(self) -> Part:
        if self.peek("k<"):
            self.at += 2
            return Back(self.until(">"))
        if self.skip("b") or self.skip("B") or self.skip("A") or self.skip("Z") or self.skip("z"):
            return NOTHING
        if self.at < len(self.pattern) and self.pattern[self.at] in "123456789":
            return Back(self.next())
        return self.chars(self.escaped())

    def escaped(self) -> str:
        """The characters an escape stands for, in or out of a bracket."""
        char = self.next()
        if char.lower() in CLASSES:
            return CLASSES[char] if char.islower() else without(CLASSES[char.lower()])
        if char in "pP":
            return self.category(negated=char == "P")
        if char in "xu":
            return self.code(2 if char == "x" else 4)
        if char == "c":
            return chr(ord(self.next()) % 32)
        return CONTROLS.get(char, char)

    def category(self, *, negated: bool) -> str:
        name = self.until("}")[1:] if self.peek("{") else self.next()
        options = CATEGORIES.get(name, CATEGORIES.get(name[:1], LOWER))
        return without(options) if negated else options

    def code(self, digits: int) -> str:
        if self.skip("{"):
            return chr(int(self.until("}"), 16))
        self.at += digits
        return chr(int(self.pattern[self.at - digits : self.at], 16))

    def bracket(self) -> str:
        negated, options, first = self.skip("^"), "", True
        while first or not self.peek("]"):
            options += self.span()
            first = False
        self.next()
        return without(options) if negated else "".join(dict.fromkeys(options))

    def span(self) -> str:
        start = self.member()
        if len(start) != 1 or not self.peek("-") or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return start
        self.next()
        end = self.member()
        if len(end) != 1:
            return start + "-" + end
        return "".join(map(chr, range(ord(start), min(ord(end), ord(start) + 255) + 1)))

    def member(self) -> str:
        if self.skip("[:"):
            return CATEGORIES.get(self.until(":]"), LOWER)
        if self.skip("\\b"):
            return "\b"
        return self.escaped() if self.skip("\\") else self.next()


CATEGORIES = {
    "L": LOWER + UPPER,
    "Ll": LOWER,
    "Lu": UPPER,
    "N": DIGITS,
    "P": "!\"#%&'()*,-./:;?@[]_{}",
    "S": "$+<=>^`|~",
    "Z": " ",
    "C": "\t\n",
    "Letter": LOWER + UPPER,
    "Number": DIGITS,
    "Alphabetic": LOWER + UPPER,
    "alpha": LOWER + UPPER,
    "digit": DIGITS,
    "alnum": PLAIN,
    "upper": UPPER,
    "space": SPACE,
    "punct": "!\"#$%&'()*+,-./",
    "xdigit": "0123456789abcdefABCDEF",
}


def without(excluded: str) -> str:
    return "".join(char for char in PRINTABLE + "\n\té" if char not in excluded)
