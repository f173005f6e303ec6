"""What the graders' Python has: functions, methods, modules, and the bounds on what they may make."""

from __future__ import annotations

import difflib
import json
import math
import re
import statistics
import string
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from types import SimpleNamespace
from typing import Any

from fakeopenai.evaluator import fuzzy

LARGEST = 100_000
"""The most characters or members of a value, and the most bits of a number."""

SIZED = (str, list, tuple, dict, set)


class Forbidden(Exception):  # noqa: N818  nothing went wrong; the code wants more than there is
    """What this Python doesn't have, or would take too long or too much room. Code can't catch it."""


def bounded(value: Any) -> Any:
    """The value, unless it is too large."""
    if isinstance(value, int) and value.bit_length() > LARGEST:
        raise Forbidden("the number is too large")
    if isinstance(value, SIZED) and len(value) > LARGEST:
        raise Forbidden("the value is too large")
    return value


def weigh(value: Any) -> None:
    """Refuse a value whose parts, counted where they stand, are too many: a few lists can hold each other often."""
    waiting, seen = [value], 0
    while waiting:
        part = waiting.pop()
        seen += 1
        if seen > LARGEST:
            raise Forbidden("the value is too large")
        if isinstance(part, list | tuple | set | frozenset):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend((*part.keys(), *part.values()))


def attribute(whole: Any, name: str) -> Any:
    """A method or a module's function, if this Python has it."""
    if whole is str and name == "maketrans":
        return str.maketrans
    if isinstance(whole, SimpleNamespace):
        if name not in vars(whole):
            raise AttributeError(f"module has no attribute '{name}'")
        return vars(whole)[name]
    for (kind, guarded), method in GUARDED.items():
        if isinstance(whole, kind) and name == guarded:
            return partial(method, whole)
    if any(isinstance(whole, kind) and name in methods for kind, methods in METHODS.items()):
        return getattr(whole, name)
    raise AttributeError(f"'{type(whole).__name__}' object has no attribute '{name}'")


# Functions that could make much out of little


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > LARGEST:
        raise Forbidden("the range is too long")
    return numbers


def careful(function: Any) -> Any:
    """What is called in place of a function that could make much out of little."""
    if isinstance(function, type):
        return CAREFUL.get(function, partial(_raised, function) if issubclass(function, Exception) else function)
    return function


def _raised(error: type[Exception], *arguments: Any) -> Exception:
    weigh(arguments)
    return error(*arguments)


def _sorted(members: Iterable[Any], *, key: Any = None, reverse: bool = False) -> list[Any]:
    return sorted(members, key=careful(key), reverse=reverse)


def _sort(members: list[Any], *, key: Any = None, reverse: bool = False) -> None:
    members.sort(key=careful(key), reverse=reverse)


def _map(function: Any, *members: Iterable[Any]) -> list[Any]:
    return list(map(careful(function), *members))


def _filter(function: Any, members: Iterable[Any]) -> list[Any]:
    return list(filter(careful(function), members))


def _best(choose: Callable[..., Any]) -> Callable[..., Any]:
    def best(*members: Any, key: Any = None, **options: Any) -> Any:
        return choose(*members, key=careful(key), **options)

    return best


def _sum(members: Iterable[float], start: float = 0) -> float:
    if not isinstance(start, int | float):
        raise TypeError("sum() adds numbers")
    return sum(members, start)


def made_tuple(members: Iterable[Any] = ()) -> tuple[Any, ...]:
    made = tuple(members)
    weigh(made)
    return made


def _str(value: Any = "") -> str:
    weigh(value)
    return str(value)


def shown(value: Any) -> str:
    weigh(value)
    return repr(value)


def _dumps(value: Any, **options: Any) -> str:
    weigh(value)
    if isinstance(options.get("indent"), int) and options["indent"] > 8:
        raise Forbidden("the indent is too wide")
    return json.dumps(value, **options)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    if text.count(old) * len(new) > LARGEST:
        raise Forbidden("the value is too large")
    return text.replace(old, new, count)


def joined(glue: str, members: Iterable[str]) -> str:
    parts = list(members)
    if sum(len(part) + len(glue) for part in parts) > LARGEST:
        raise Forbidden("the value is too large")
    return glue.join(parts)


def _safe(name: str) -> Callable[..., Any]:
    """A function of `re` that takes no pattern whose repeats repeat: `(a+)+` can take for ever."""

    def search(pattern: Any, *arguments: Any, **options: Any) -> Any:
        _check_pattern(pattern)
        return getattr(re, name)(pattern, *arguments, **options)

    return search


def _check_pattern(pattern: Any) -> None:
    if isinstance(pattern, str) and re.search(r"(?<!\\)[+*]\)(?:[+*]|\{)", pattern):
        raise Forbidden("the pattern repeats what repeats")


def _sub(pattern: Any, replacement: Any, text: str, **options: Any) -> str:
    _check_pattern(pattern)
    if isinstance(replacement, str) and len(replacement) * (len(text) + 1) > LARGEST * 10:
        raise Forbidden("the value is too large")
    return re.sub(pattern, replacement, text, **options)


def _comparable(one: str, two: str) -> None:
    """Refuse texts that would take too long to compare."""
    if not isinstance(one, str) or not isinstance(two, str):
        raise TypeError("sentence must be a String")
    if len(one) * len(two) > LARGEST * 10:
        raise Forbidden("the texts are too long to compare")


def _translate(text: str, table: Any) -> str:
    longest = max((len(part) for part in table.values() if isinstance(part, str)), default=1)
    if len(text) * longest > LARGEST:
        raise Forbidden("the value is too large")
    return text.translate(table)


def _padded(name: str) -> Callable[..., str]:
    def padded(text: str, width: int, *fill: str) -> str:
        if width > LARGEST:
            raise Forbidden("the value is too large")
        found: str = getattr(text, name)(width, *fill)
        return found

    return padded


def _silent(*_: Any, **__: Any) -> None:
    """`print` in a grader goes nowhere."""


def _named(*functions: Callable[..., Any]) -> dict[str, Any]:
    return {function.__name__: function for function in functions}


def _module(source: Any, *names: str, **own: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(source, name) for name in names}, **own)


BUILTINS: dict[str, Any] = {
    **_named(abs, all, any, bool, chr, dict, divmod, enumerate, float, frozenset, int, isinstance, len, list),
    **_named(ord, reversed, round, set, zip),
    **_named(Exception, ValueError, TypeError, ArithmeticError, ZeroDivisionError, OverflowError, LookupError),
    **_named(KeyError, IndexError, NameError, AttributeError, AssertionError),
    "filter": _filter,
    "map": _map,
    "max": _best(max),
    "min": _best(min),
    "print": _silent,
    "range": _range,
    "repr": shown,
    "sorted": _sorted,
    "str": str,
    "sum": _sum,
    "tuple": made_tuple,
}

CAREFUL: dict[Any, Callable[..., Any]] = {str: _str}
"""What is called in place of a type, which code also needs as itself: `isinstance(x, str)`."""

FORMULA: dict[str, Any] = {
    **{name: getattr(math, name) for name in ("floor", "ceil", "exp", "sqrt", "log")},
    **_named(min, max, abs),
}
"""The functions of `calculate_output`, as the graders guide lists them."""

MODULES: dict[str, SimpleNamespace] = {
    "math": _module(
        *(math, "sqrt", "floor", "ceil", "exp", "log", "log2", "log10", "pow", "sin", "cos", "tan", "fabs", "isclose"),
        *("isnan", "isinf", "pi", "e", "inf", "nan", "tanh"),
    ),
    "json": SimpleNamespace(loads=json.loads, dumps=_dumps, JSONDecodeError=json.JSONDecodeError),
    "re": _module(
        *(re, "escape", "IGNORECASE", "I", "MULTILINE", "M", "DOTALL", "S"),
        **{name: _safe(name) for name in ("search", "match", "fullmatch", "findall", "finditer", "split", "compile")},
        sub=_sub,
    ),
    "string": _module(string, "ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "punctuation"),
    "statistics": _module(statistics, "mean", "median", "stdev", "pstdev"),
    "rapidfuzz": fuzzy.module(_comparable),
    "difflib": _module(difflib, "SequenceMatcher"),
    "collections": SimpleNamespace(Counter=Counter),
    "typing": SimpleNamespace(Any=object, Dict=dict, List=list, Optional=None, Tuple=tuple, Union=None),
    "__future__": SimpleNamespace(annotations=None),
}

METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        (
            *("capitalize", "casefold", "count", "endswith", "find", "index", "isalnum", "isalpha", "isascii"),
            *("isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper", "lower", "lstrip"),
            *("partition", "removeprefix", "removesuffix", "rfind", "rindex", "rpartition", "rsplit", "rstrip"),
            *("split", "splitlines", "startswith", "strip", "swapcase", "title", "upper"),
        )
    ),
    list: frozenset(("append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse")),
    tuple: frozenset(("count", "index")),
    dict: frozenset(("clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values")),
    Counter: frozenset(("most_common", "total")),
    set: frozenset(
        (
            *("add", "clear", "copy", "difference", "discard", "intersection", "isdisjoint", "issubset"),
            *("issuperset", "pop", "remove", "symmetric_difference", "union", "update"),
        )
    ),
    frozenset: frozenset(("difference", "intersection", "isdisjoint", "issubset", "issuperset", "union")),
    float: frozenset(("is_integer",)),
    re.Match: frozenset(("group", "groups", "groupdict", "start", "end", "span")),
    re.Pattern: frozenset(("search", "match", "fullmatch", "findall", "finditer", "split")),
    difflib.SequenceMatcher: frozenset(("ratio", "quick_ratio")),
    BaseException: frozenset(("args",)),
}

GUARDED: dict[tuple[type, str], Callable[..., Any]] = {
    (str, "replace"): _replace,
    (str, "join"): joined,
    (str, "translate"): _translate,
    **{(str, name): _padded(name) for name in ("center", "ljust", "rjust", "zfill")},
    (list, "sort"): _sort,
    (re.Pattern, "sub"): _sub,
}
"""Methods that could make much out of little."""
