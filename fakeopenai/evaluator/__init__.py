"""A small Python for graders: functions, loops, exceptions, texts, numbers and data, without any way out.

The code is read, never executed: what isn't in the tables of `library` and `run` doesn't exist. It may take so many
steps and make values so large, and no more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from fakeopenai.evaluator.library import BUILTINS, FORMULA, Forbidden
from fakeopenai.evaluator.run import CAUGHT, Meter, Run

__all__ = ["Forbidden", "Raised", "calculate", "call", "load", "names_in"]


class Raised(Exception):  # noqa: N818  the code's own error, not ours
    """The code failed, as it would in Python: `NameError: name 'x' is not defined`."""


def calculate(formula: str, values: Mapping[str, float]) -> float:
    """The value of a formula of named numbers, in which `^` is the power. Raises Forbidden or Raised."""
    tree = _parsed(formula.replace("^", "**"), "eval")
    assert isinstance(tree, ast.Expression)
    return float(_guarded(lambda: Run({**values, **FORMULA}, {}).value(tree.body)))


def names_in(formula: str) -> set[str]:
    """What a formula speaks of, functions left out. Raises Raised if it can't be read."""
    tree = _parsed(formula.replace("^", "**"), "eval")
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - FORMULA.keys()


def load(source: str) -> Mapping[str, Any]:
    """The names that a module defines; its functions are to be called by `call`. Raises Forbidden or Raised."""
    tree = _parsed(source, "exec")
    assert isinstance(tree, ast.Module)
    run = Run({}, BUILTINS)
    _guarded(lambda: run.block(tree.body))
    return run.names


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call one of the functions that `load` gave. Raises Forbidden or Raised."""
    meter = getattr(function, "meter", None)
    if isinstance(meter, Meter):
        meter.refill()
    return _guarded(lambda: function(*arguments))


def _parsed(source: str, mode: Literal["eval", "exec"]) -> ast.AST:
    try:
        return ast.parse(source, mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise Raised(f"SyntaxError: {fault}") from fault


def _guarded(work: Callable[[], Any]) -> Any:
    """Errors of the code come out as Raised."""
    try:
        return work()
    except RecursionError as fault:
        raise Raised("RecursionError: maximum recursion depth exceeded") from fault
    except (*CAUGHT, re.error) as fault:
        raise Raised(f"{type(fault).__name__}: {fault}") from fault
