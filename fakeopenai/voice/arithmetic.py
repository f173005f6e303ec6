"""Exact answers to sums that stand in a text, in signs or in words."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction
from math import isqrt, prod

from fakeopenai.pattern import Pattern
from fakeopenai.voice.reading import Number, numbers
from fakeopenai.voice.words import terms

CUES = terms(
    """plus minus times divided multiplied sum product difference add subtract multiply divide square squared root
    power percent average mean total quotient cubed doubled half"""
)
_SIGNED = Pattern(r"[-+]?[\d(](?:[\d\s.,()+\-*/×÷^−]|x(?=\s?\d))*[\d)]")
_OPERATORS = Pattern(r"[\d)]\s*(?:[+*/×÷^x−]|-(?!\d+-\d))\s*[-(\d]")
_WORDED = (
    (Pattern(r"\bplus\b", re.IGNORECASE), "+"),
    (Pattern(r"\bminus\b(?!\s*\d+\s*(?:degrees))", re.IGNORECASE), "-"),
    (Pattern(r"\b(?:times|multiplied by)\b", re.IGNORECASE), "*"),
    (Pattern(r"\bdivided by\b", re.IGNORECASE), "/"),
    (Pattern(r"\b(?:to the power of|raised to)\b", re.IGNORECASE), "^"),
    (Pattern(r"\bsquared\b", re.IGNORECASE), "^2"),
    (Pattern(r"\bcubed\b", re.IGNORECASE), "^3"),
)
_OF_MANY = (
    (Pattern(r"\b(?:sum|total|add(?:ing|ition)?)\b", re.IGNORECASE), sum),
    (Pattern(r"\b(?:product|multiply(?:ing)?)\b", re.IGNORECASE), prod),
    (Pattern(r"\b(?:average|mean)\b", re.IGNORECASE), lambda terms: sum(terms) / len(terms)),
    (Pattern(r"\bsubtract\w*\b.*\bfrom\b", re.IGNORECASE), lambda terms: terms[1] - terms[0]),
    (Pattern(r"\b(?:difference|subtract)\b", re.IGNORECASE), lambda terms: terms[0] - terms[1]),
    (Pattern(r"\bdivid\w+\b.*\bby\b", re.IGNORECASE), lambda terms: terms[0] / terms[1]),
)
_PERCENT = Pattern(r"(\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\s+(\d+(?:\.\d+)?)", re.IGNORECASE)
_ROOT = Pattern(r"square root of (\d+)", re.IGNORECASE)
_BINARY: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}


def sum_in(text: str) -> tuple[str, str] | None:
    """The sum asked for and its result, such as `2 + 2` and `4`; None if the text asks for none."""
    return _percentage(text) or _root(text) or _expression(text) or _of_many(text)


def expression_in(text: str) -> str | None:
    """The arithmetic expression that stands in the text, as it is written."""
    found = [match[0].strip() for match in _SIGNED.finditer(text) if _OPERATORS.search(match[0])]
    return max(found, key=len, default=None)


def _percentage(text: str) -> tuple[str, str] | None:
    match = _PERCENT.search(text)
    return (match[0], shown(Fraction(match[1]) * Fraction(match[2]) / 100)) if match else None


def _root(text: str) -> tuple[str, str] | None:
    match = _ROOT.search(text)
    if match is None or len(match[1]) > 30:
        return None
    whole = isqrt(int(match[1]))
    exact = whole * whole == int(match[1])
    return f"√{match[1]}", str(whole) if exact else f"{int(match[1]) ** 0.5:.6g}"


def _expression(text: str) -> tuple[str, str] | None:
    written = expression_in(_signs(text))
    if written is None or len(written) > 200:
        return None
    try:
        return written, shown(evaluate(written))
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError):
        return None


def _signs(text: str) -> str:
    """The text with its numbers and operations in signs, if it has the words for them."""
    if not CUES.isdisjoint(text.lower().split()):
        for number in reversed(numbers(text)):
            if text[number.start].isalpha():
                text = text[: number.start] + str(number.value) + text[number.end :]
        for pattern, sign in _WORDED:
            text = pattern.sub(sign, text)
    return text


def _of_many(text: str) -> tuple[str, str] | None:
    terms = [Fraction(str(number.value)) for number in numbers(text)]
    if len(terms) < 2:
        return None
    for pattern, reckon in _OF_MANY:
        if match := pattern.search(text):
            try:
                return f"The {match[0].split()[0].lower()} of {_spoken(numbers(text))}", shown(Fraction(reckon(terms)))
            except (ZeroDivisionError, OverflowError):
                return None
    return None


def _spoken(terms: tuple[Number, ...]) -> str:
    shown_terms = [str(term.value) for term in terms]
    return ", ".join(shown_terms[:-1]) + " and " + shown_terms[-1]


def evaluate(written: str) -> Fraction:
    """The value of an arithmetic expression. Raises SyntaxError, ValueError or ZeroDivisionError."""
    plain = re.sub(r"(?<=\d)\s*x\s*(?=\d)", "*", written).replace("×", "*").replace("÷", "/").replace("−", "-")
    plain = re.sub(r"\b0+(?=\d)", "", re.sub(r"(?<=\d),(?=\d{3})", "", plain).replace("^", "**"))
    return _value(ast.parse(plain.strip(), mode="eval").body)


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as value):
            return Fraction(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left), _value(right))
    raise ValueError("not arithmetic")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > 200 or abs(base) > 10**12:
        raise ValueError("too large a power")
    return base ** int(exponent)


def shown(value: Fraction) -> str:
    """A number as people write it: no more digits than it needs."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.10g}"
