"""Code that may be run: assignments, arithmetic, lists and tables of data, a few functions, `print`.

The code is read, never executed: what isn't in the tables below doesn't exist. All numbers and texts stay small.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

LONGEST = 10_000
"""The most characters or members that a value may have, and the most digits of a number."""


class Beyond(Exception):  # noqa: N818  nothing went wrong; the code just says more than can be run here
    """Code that can't be run here."""


def run(code: str) -> str:
    """What the code prints, and the value of its last line as an interactive Python shows it. Raises Beyond."""
    try:
        return _Session().run(ast.parse(code))
    except (SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError, MemoryError) as fault:
        raise Beyond(str(fault)) from fault


BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (abs, all, any, bool, dict, float, int, len, list, max, min, round, set, sorted, str, sum, tuple)
} | {f"math.{name}": getattr(math, name) for name in ("sqrt", "floor", "ceil", "log", "log10", "sin", "cos", "tan")}
CONSTANTS = {"math.pi": math.pi, "math.e": math.e}


class _Session:
    """The names that the code has given, and what it has printed."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.printed: list[str] = []

    def run(self, module: ast.Module) -> str:
        last = None
        for line in module.body:
            last = self.line(line)
        if last is not None:
            self.printed.append(repr(last))
        return "\n".join(self.printed)

    def line(self, line: ast.stmt) -> Any:
        match line:
            case ast.Expr(ast.Call(func=ast.Name("print"), args=shown, keywords=[])):
                self.printed.append(" ".join(str(self.value(each)) for each in shown))
            case ast.Expr(value):
                return self.value(value)
            case ast.Assign([ast.Name(name)], value):
                self.names[name] = self.value(value)
            case ast.AugAssign(ast.Name(name), op, value):
                self.names[name] = self.combined(op, self.names[name], self.value(value))
            case ast.Import(names) if [each.name for each in names] == ["math"]:
                pass
            case _:
                raise Beyond(f"{type(line).__name__} can't be run")
        return None

    def value(self, node: ast.expr) -> Any:
        return bounded(self.simple(node) if isinstance(node, SIMPLE) else self.composed(node))

    def simple(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name) if name in self.names:
                return self.names[name]
            case ast.Attribute(ast.Name("math"), name):
                return CONSTANTS[f"math.{name}"]
            case ast.UnaryOp(op, operand):
                return UNARY[type(op)](self.value(operand))
            case ast.BinOp(left, op, right):
                return self.combined(op, self.value(left), self.value(right))
            case ast.Compare(left, [op], [right]):
                return COMPARED[type(op)](self.value(left), self.value(right))
            case _:
                raise Beyond("the code can't be run")

    def composed(self, node: ast.expr) -> Any:
        match node:
            case ast.List(members):
                return [self.value(each) for each in members]
            case ast.Tuple(members):
                return tuple(self.value(each) for each in members)
            case ast.Set(members):
                return {self.value(each) for each in members}
            case ast.Dict(keys, values):
                return {self.value(key): self.value(each) for key, each in zip(keys, values, strict=True) if key}
            case ast.Subscript(whole, part):
                return self.value(whole)[self.value(part)]
            case ast.Call(called, arguments, []):
                return FUNCTIONS[ast.unparse(called)](*map(self.value, arguments))
            case _:
                raise Beyond("the code can't be run")

    def combined(self, op: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(op, ast.Pow) and (abs(right) > 1000 or abs(left) > 10**12):
            raise Beyond("the number is too large")
        if isinstance(op, ast.Mult):
            _check_product(left, right)
        return bounded(BINARY[type(op)](left, right))


SIMPLE = (ast.Constant, ast.Name, ast.Attribute, ast.UnaryOp, ast.BinOp, ast.Compare)


def _check_product(left: Any, right: Any) -> None:
    """A text or list times a number grows by that much."""
    for whole, times in ((left, right), (right, left)):
        if isinstance(whole, str | list | tuple) and isinstance(times, int) and len(whole) * times > LONGEST:
            raise Beyond("the value is too large")


def bounded(value: Any) -> Any:
    """The value, unless it is too large."""
    if isinstance(value, int) and value.bit_length() > LONGEST:
        raise Beyond("the number is too large")
    if isinstance(value, str | list | tuple | dict | set) and len(value) > LONGEST:
        raise Beyond("the value is too large")
    return value
