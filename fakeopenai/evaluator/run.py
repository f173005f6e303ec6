"""The graders' Python at work: one method for each kind of statement and expression, and two tables of them."""

from __future__ import annotations

import ast
import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakeopenai.calculator import BINARY, COMPARED, UNARY
from fakeopenai.evaluator.library import (
    LARGEST,
    MODULES,
    SIZED,
    Forbidden,
    attribute,
    bounded,
    careful,
    joined,
    made_tuple,
    shown,
    weigh,
)

STEPS = 300_000
"""How many statements and expressions a piece of code may take."""
PRICE = 64
"""How many characters or members of a value cost one step more."""
DEEPEST = 60
"""How many calls may be open."""

CAUGHT = (ValueError, TypeError, ArithmeticError, LookupError, NameError, AttributeError, AssertionError)
"""What code may raise and catch."""


class Left(Exception):  # noqa: N818  not an error: how a loop or function is left
    """A `break`, `continue` or `return` on its way out."""


class Break(Left):
    pass


class Continue(Left):
    pass


class Return(Left):
    def __init__(self, value: Any) -> None:
        self.value = value


@dataclass
class Meter:
    """What is left of the steps."""

    left: int = STEPS

    def step(self, price: int = 1) -> None:
        self.left -= price
        if self.left < 0:
            raise Forbidden("the code takes too long")

    def refill(self) -> None:
        self.left = STEPS


@dataclass(frozen=True, eq=False, repr=False)
class Function:
    """A function of the code; whoever has it can call it."""

    name: str
    arguments: ast.arguments
    body: list[ast.stmt] | ast.expr
    home: Run

    @property
    def meter(self) -> Meter:
        return self.home.meter

    def __call__(self, *given: Any, **named: Any) -> Any:
        run = self.home.child(self._bound(given, named))
        if isinstance(self.body, ast.expr):
            return run.value(self.body)
        try:
            run.block(self.body)
        except Return as left:
            return left.value
        return None

    def _bound(self, given: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        expected = [argument.arg for argument in (*self.arguments.posonlyargs, *self.arguments.args)]
        spread = self.arguments.vararg
        if len(given) > len(expected) and spread is None:
            raise TypeError(f"{self.name}() takes {len(expected)} positional arguments but {len(given)} were given")
        bound = self._defaults(expected) | dict(zip(expected, given, strict=False)) | named
        if spread is not None:
            bound[spread.arg] = given[len(expected) :]
        absent = [name for name in expected if name not in bound]
        if absent:
            raise TypeError(f"{self.name}() missing {len(absent)} required positional arguments: {', '.join(absent)}")
        return bound

    def _defaults(self, expected: list[str]) -> dict[str, Any]:
        found, only = self.arguments.defaults, self.arguments.kwonlyargs
        last = zip(expected[len(expected) - len(found) :], found, strict=True)
        keywords = zip((argument.arg for argument in only), self.arguments.kw_defaults, strict=True)
        return {name: self.home.value(value) for name, value in (*last, *keywords) if value is not None}


@dataclass(eq=False, repr=False)
class Run:
    """One scope at work: its own names, and those of the scopes around it."""

    names: dict[str, Any]
    around: MutableMapping[str, Any]
    meter: Meter = field(default_factory=Meter)
    depth: int = 0

    def child(self, names: dict[str, Any]) -> Run:
        if self.depth >= DEEPEST:
            raise RecursionError
        around = ChainMap(self.names, self.around)
        return Run(names, around, self.meter, self.depth + 1)

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.meter.step()
            if type(statement) not in STATEMENTS:
                raise Forbidden(f"{type(statement).__name__} is not supported")
            STATEMENTS[type(statement)](self, statement)

    def value(self, node: ast.expr) -> Any:
        if type(node) not in EXPRESSIONS:
            raise Forbidden(f"{type(node).__name__} is not supported")
        found = bounded(EXPRESSIONS[type(node)](self, node))
        self.meter.step(1 + len(found) // PRICE if isinstance(found, SIZED) else 1)
        return found

    # Statements

    def do_nothing(self, _: ast.stmt) -> None:
        """`pass`, and declarations that change nothing here."""

    def do_expression(self, node: ast.Expr) -> None:
        self.value(node.value)

    def do_assignment(self, node: ast.Assign) -> None:
        found = self.value(node.value)
        for target in node.targets:
            self.assign(target, found)

    def do_annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def do_augmented(self, node: ast.AugAssign) -> None:
        self.assign(node.target, self._combine(node.op, self.value(node.target), self.value(node.value)))

    def do_function(self, node: ast.FunctionDef) -> None:
        self.names[node.name] = Function(node.name, node.args, node.body, self)

    def do_if(self, node: ast.If) -> None:
        self.block(node.body if self.value(node.test) else node.orelse)

    def do_return(self, node: ast.Return) -> None:
        raise Return(None if node.value is None else self.value(node.value))

    def do_break(self, _: ast.Break) -> None:
        raise Break

    def do_continue(self, _: ast.Continue) -> None:
        raise Continue

    def do_for(self, node: ast.For) -> None:
        def rounds() -> Iterator[None]:
            for member in self.value(node.iter):
                self.assign(node.target, member)
                yield

        self._loop(rounds(), node)

    def do_while(self, node: ast.While) -> None:
        def rounds() -> Iterator[None]:
            while self.value(node.test):
                yield

        self._loop(rounds(), node)

    def _loop(self, rounds: Iterator[None], node: ast.For | ast.While) -> None:
        for _ in rounds:
            self.meter.step()
            try:
                self.block(node.body)
            except Break:
                return
            except Continue:
                continue
        self.block(node.orelse)

    def do_try(self, node: ast.Try) -> None:
        try:
            self.block(node.body)
        except (*CAUGHT, re.error) as fault:
            self._rescue(node, fault)
        else:
            self.block(node.orelse)
        finally:
            self.block(node.finalbody)

    def _rescue(self, node: ast.Try, fault: Exception) -> None:
        for handler in node.handlers:
            if handler.type is None or isinstance(fault, self.value(handler.type)):
                if handler.name:
                    self.names[handler.name] = fault
                self.block(handler.body)
                return
        raise fault

    def do_raise(self, node: ast.Raise) -> None:
        found = self.value(node.exc) if node.exc is not None else None
        if isinstance(found, type) and issubclass(found, Exception):
            raise found
        raise found if isinstance(found, Exception) else TypeError("exceptions must derive from BaseException")

    def do_assert(self, node: ast.Assert) -> None:
        if not self.value(node.test):
            raise AssertionError("" if node.msg is None else self.value(node.msg))

    def do_import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.names[alias.asname or alias.name] = _module(alias.name)

    def do_import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.names[alias.asname or alias.name] = attribute(_module(node.module or ""), alias.name)

    def assign(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(name):
                self.names[name] = value
            case ast.Subscript(whole, part):
                self.value(whole)[self.value(part)] = value
            case ast.Tuple(targets) | ast.List(targets):
                for each, member in zip(targets, list(value), strict=True):
                    self.assign(each, member)
            case _:
                raise Forbidden("such an assignment is not supported")

    # Expressions

    def get_constant(self, node: ast.Constant) -> Any:
        return node.value

    def get_name(self, node: ast.Name) -> Any:
        for place in (self.names, self.around):
            if node.id in place:
                return place[node.id]
        raise NameError(f"name '{node.id}' is not defined")

    def get_attribute(self, node: ast.Attribute) -> Any:
        return attribute(self.value(node.value), node.attr)

    def get_subscript(self, node: ast.Subscript) -> Any:
        return self.value(node.value)[self.value(node.slice)]

    def get_slice(self, node: ast.Slice) -> slice:
        return slice(*(None if part is None else self.value(part) for part in (node.lower, node.upper, node.step)))

    def get_call(self, node: ast.Call) -> Any:
        function = self.value(node.func)
        if not callable(function):
            raise TypeError(f"'{type(function).__name__}' object is not callable")
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            given = self.value(keyword.value)
            named |= given if keyword.arg is None else {keyword.arg: given}
        return careful(function)(*self._members(node.args), **named)

    def get_binary(self, node: ast.BinOp) -> Any:
        return self._combine(node.op, self.value(node.left), self.value(node.right))

    def get_unary(self, node: ast.UnaryOp) -> Any:
        return _operator(UNARY, node.op)(self.value(node.operand))

    def get_bool(self, node: ast.BoolOp) -> Any:
        found = None
        for value in node.values:
            found = self.value(value)
            if bool(found) == isinstance(node.op, ast.Or):
                return found
        return found

    def get_comparison(self, node: ast.Compare) -> bool:
        one: Any = self.value(node.left)
        for op, other in zip(node.ops, node.comparators, strict=True):
            two = self.value(other)
            if not _compared(op, one, two):
                return False
            one = two
        return True

    def get_choice(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def get_list(self, node: ast.List) -> list[Any]:
        return self._members(node.elts)

    def get_tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return made_tuple(self._members(node.elts))

    def get_set(self, node: ast.Set) -> set[Any]:
        return set(self._members(node.elts))

    def get_dict(self, node: ast.Dict) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            given = self.value(value)
            found |= given if key is None else {self.value(key): given}
        return found

    def get_listed(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        return [run.value(node.elt) for run in self.rounds(node.generators)]

    def get_set_of(self, node: ast.SetComp) -> set[Any]:
        return {run.value(node.elt) for run in self.rounds(node.generators)}

    def get_dict_of(self, node: ast.DictComp) -> dict[Any, Any]:
        return {run.value(node.key): run.value(node.value) for run in self.rounds(node.generators)}

    def get_text(self, node: ast.JoinedStr) -> str:
        return joined("", [str(self.value(value)) for value in node.values])

    def get_formatted(self, node: ast.FormattedValue) -> str:
        value = self.value(node.value)
        weigh(value)
        form = "" if node.format_spec is None else str(self.value(node.format_spec))
        if re.search(r"\d{4}", form):
            raise Forbidden("the format is too wide")
        return format(shown(value) if node.conversion == ord("r") else value, form)

    def get_lambda(self, node: ast.Lambda) -> Function:
        return Function("<lambda>", node.args, node.body, self)

    def get_walrus(self, node: ast.NamedExpr) -> Any:
        found = self.value(node.value)
        self.assign(node.target, found)
        return found

    def _members(self, nodes: Sequence[ast.expr]) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found.extend(self.value(node.value))
            else:
                found.append(self.value(node))
        return found

    def rounds(self, generators: Sequence[ast.comprehension]) -> Iterator[Run]:
        """One scope for each round of a comprehension."""
        first, *others = generators
        for member in self.value(first.iter):
            run = Run({}, ChainMap(self.names, self.around), self.meter, self.depth)
            run.assign(first.target, member)
            if all(run.value(condition) for condition in first.ifs):
                yield from run.rounds(others) if others else (run,)

    def _combine(self, op: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(op, ast.Pow) and (abs(right) > 1000 or abs(left) > 10**12):
            raise OverflowError("the number is too large")
        if isinstance(op, ast.Mult):
            _check_product(left, right)
        if isinstance(op, ast.Mod) and isinstance(left, str):
            raise Forbidden("formatting by % is not supported")
        return bounded(_operator(BINARY | SETS, op)(left, right))


SETS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.BitOr: lambda left, right: left | right,
    ast.BitAnd: lambda left, right: left & right,
    ast.BitXor: lambda left, right: left ^ right,
}


def _module(name: str) -> Any:
    if name not in MODULES:
        raise Forbidden(f"No module named '{name}'")
    return MODULES[name]


def _check_product(left: Any, right: Any) -> None:
    """A text or list times a number grows by that much."""
    for whole, times in ((left, right), (right, left)):
        if isinstance(whole, str | list | tuple) and isinstance(times, int) and len(whole) * times > LARGEST:
            raise Forbidden("the value is too large")


def _compared(op: ast.cmpop, one: Any, two: Any) -> bool:
    match op:
        case ast.Is():
            return one is two
        case ast.IsNot():
            return one is not two
        case _:
            weigh((one, two))
            return bool(COMPARED[type(op)](one, two))


def _operator(table: Mapping[type[Any], Callable[..., Any]], op: ast.AST) -> Callable[..., Any]:
    if type(op) not in table:
        raise Forbidden(f"the operator {type(op).__name__} is not supported")
    return table[type(op)]


STATEMENTS: dict[type[ast.stmt], Callable[[Run, Any], None]] = {
    ast.AnnAssign: Run.do_annotated,
    ast.Assert: Run.do_assert,
    ast.Assign: Run.do_assignment,
    ast.AugAssign: Run.do_augmented,
    ast.Break: Run.do_break,
    ast.Continue: Run.do_continue,
    ast.Expr: Run.do_expression,
    ast.For: Run.do_for,
    ast.FunctionDef: Run.do_function,
    ast.If: Run.do_if,
    ast.Import: Run.do_import,
    ast.ImportFrom: Run.do_import_from,
    ast.Pass: Run.do_nothing,
    ast.Raise: Run.do_raise,
    ast.Return: Run.do_return,
    ast.Try: Run.do_try,
    ast.While: Run.do_while,
}

EXPRESSIONS: dict[type[ast.expr], Callable[[Run, Any], Any]] = {
    ast.Attribute: Run.get_attribute,
    ast.BinOp: Run.get_binary,
    ast.BoolOp: Run.get_bool,
    ast.Call: Run.get_call,
    ast.Compare: Run.get_comparison,
    ast.Constant: Run.get_constant,
    ast.Dict: Run.get_dict,
    ast.DictComp: Run.get_dict_of,
    ast.FormattedValue: Run.get_formatted,
    ast.GeneratorExp: Run.get_listed,
    ast.IfExp: Run.get_choice,
    ast.JoinedStr: Run.get_text,
    ast.Lambda: Run.get_lambda,
    ast.List: Run.get_list,
    ast.ListComp: Run.get_listed,
    ast.Name: Run.get_name,
    ast.NamedExpr: Run.get_walrus,
    ast.Set: Run.get_set,
    ast.SetComp: Run.get_set_of,
    ast.Slice: Run.get_slice,
    ast.Subscript: Run.get_subscript,
    ast.Tuple: Run.get_tuple,
    ast.UnaryOp: Run.get_unary,
}
