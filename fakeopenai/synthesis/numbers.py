"""Numbers for a shape: inside its bounds, on its grid, and where the field's name tells, plausible."""

from __future__ import annotations

import math
from fractions import Fraction

from fakeopenai.synthesis import formats, lexicon
from fakeopenai.synthesis.dice import Dice
from fakeopenai.synthesis.shapes import Shape, Unsatisfiable
from fakeopenai.wire import Json

Number = int | float
EXACT = 1 << 53


def made(shape: Shape, name: str, dice: Dice, *, whole: bool) -> Number:
    """Raises Unsatisfiable when no number lies inside the bounds."""
    given: list[Number] = [each for each in offered(shape) if fits(shape, each, whole=whole)]
    if given:
        return dice.pick(given)
    low, high = plausible(shape, name)
    if "multipleOf" in shape or whole:
        return on_grid(shape, low, high, dice, whole=whole)
    return between(shape, low, high, dice)


def smallest(shape: Shape, *, whole: bool) -> Number:
    """The number nearest to zero."""
    default = shape.get("default")
    if isinstance(default, int | float) and fits(shape, default, whole=whole):
        return default
    low, high = bounds(shape)
    nearest = 0 if low <= 0 <= high else low if low > 0 else high
    for number in (nearest, math.ceil(nearest) if math.isfinite(nearest) else 0, *near(nearest)):
        if fits(shape, number, whole=whole):
            return int(number) if abs(number) < EXACT and float(number).is_integer() else number
    grid = step(shape, whole=whole) or Fraction(1)
    first = math.ceil(exact(low) / grid) if low > 0 else math.floor(exact(high) / grid)
    for nth in range(3):
        number = plain((first + nth) * grid if low > 0 else (first - nth) * grid)
        if fits(shape, number, whole=whole):
            return number
    return between(shape, low, high, None)


def offered(shape: Shape) -> list[Json]:
    return [shape.get("default"), *shape.get("examples", ())]


def near(number: Number) -> tuple[Number, ...]:
    return (number + 1, number - 1, math.floor(number), number + 0.5, number - 0.5)


def bounds(shape: Shape) -> tuple[Number, Number]:
    low = max(shape.get("minimum", -math.inf), shape.get("exclusiveMinimum", -math.inf))
    high = min(shape.get("maximum", math.inf), shape.get("exclusiveMaximum", math.inf))
    if low > high:
        raise Unsatisfiable(f"no number is both over {low} and under {high}")
    return low, high


def plausible(shape: Shape, name: str) -> tuple[Number, Number]:
    """A finite range inside the bounds."""
    low, high = bounds(shape)
    likely = formats.NUMBERS.get(shape.get("format", "")) or lexicon.a_range(name) or (1, 100)
    least, most = max(low, likely[0]), min(high, likely[1])
    if least < most or (least == most and "exclusiveMinimum" not in shape and "exclusiveMaximum" not in shape):
        return least, most
    width = max(1, abs(shape.get("multipleOf", 1))) * 50
    if math.isfinite(low):
        return low, min(high, low + max(width, abs(low) * 0.01))
    return (high - max(width, abs(high) * 0.01) if math.isfinite(high) else -width), min(high, width)


def fits(shape: Shape, value: Json, *, whole: bool) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return False
    if whole and value != int(value):
        return False
    if not shape.get("minimum", value) <= value <= shape.get("maximum", value):
        return False
    if value <= shape.get("exclusiveMinimum", -math.inf) or value >= shape.get("exclusiveMaximum", math.inf):
        return False
    return "multipleOf" not in shape or is_multiple(value, shape["multipleOf"])


def is_multiple(value: Number, of: Number) -> bool:
    """Whether it divides both exactly and in floating point, as validators differ in which they do."""
    quotient = value / of
    return math.isfinite(quotient) and quotient == int(quotient) and (exact(value) / exact(of)).denominator == 1


def exact(number: Number) -> Fraction:
    return Fraction(str(number)) if math.isfinite(number) else Fraction(0)


def plain(number: Fraction) -> Number:
    return number.numerator if number.denominator == 1 else float(number)


def step(shape: Shape, *, whole: bool) -> Fraction | None:
    """The distance between the numbers allowed, if they lie on a grid."""
    if "multipleOf" not in shape:
        return Fraction(1) if whole else None
    grid = exact(shape["multipleOf"])
    return grid * grid.denominator if whole else grid


def on_grid(shape: Shape, low: Number, high: Number, dice: Dice, *, whole: bool) -> Number:
    grid = step(shape, whole=whole) or Fraction(1)
    for least, most in ((low, high), bounds(shape)):
        first = math.ceil(exact(least) / grid) if math.isfinite(least) else -1000
        last = math.floor(exact(most) / grid) if math.isfinite(most) else first + 1000
        for nth in dice.shuffled(range(first, min(last, first + 1000) + 1)):
            if fits(shape, plain(nth * grid), whole=whole):
                return plain(nth * grid)
    raise Unsatisfiable(f"no multiple of {float(grid)} lies between {low} and {high}")


def between(shape: Shape, low: Number, high: Number, dice: Dice | None) -> Number:
    """A number in the open, with as few decimals as the bounds allow."""
    spot = (dice.between(1, 997) if dice else 500) / 998
    middle = low + (high - low) * spot if math.isfinite(low) and math.isfinite(high) else 0.5
    for digits in (2, 4, 8, 15):
        if fits(shape, round(middle, digits), whole=False):
            return round(middle, digits)
    for number in (middle, low, high, math.nextafter(low, math.inf), math.nextafter(high, -math.inf)):
        if fits(shape, number, whole=False):
            return number
    raise Unsatisfiable(f"no number lies between {low} and {high}")
