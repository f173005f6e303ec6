"""When a rule holds: what is looked at (a subject of the call), and what it must be like (a test).

A subject shows a call's values: one user text, all messages, the names of the offered tools. A test passes when any of
them is as wanted. What isn't a fact by itself is `all`, `any` or `not` of other conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypedDict

from fakeopenai.clock import EPOCH
from fakeopenai.rules import functions, moments, paths, request, subjects
from fakeopenai.rules.moments import Moment
from fakeopenai.rules.operation import fits, unknown
from fakeopenai.rules.operators import OPERATORS, USER_TESTS, Test, shown
from fakeopenai.rules.reading import Node, plain, shortened, suggestion
from fakeopenai.rules.subjects import SUBJECTS, Subject
from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.wire import Call

Wanted = str | int | float | bool | Sequence[str] | Mapping[str, Json]


class Span(TypedDict, total=False):
    """From when on, and until when: seconds since the world began, or a time such as `2026-03-01T12:00`."""

    after: float | str
    before: float | str


class When(TypedDict, total=False):
    """The words of `when`, for editors. Most may be a mapping of tests: `system={"matches": "pirate|sailor"}`."""

    path: Wanted
    model: Wanted
    key: Wanted
    project: Wanted
    organization: Wanted
    user: Wanted
    contains: str
    contains_exactly: str
    equals: str
    like: str
    matches: str
    message: Wanted
    system: Wanted
    tool: Wanted
    called: Wanted
    tool_result: Wanted
    has_tool_result: bool
    turn: Wanted
    step: Wanted
    media: Wanted
    stream: bool
    header: Mapping[str, Wanted]
    query: Mapping[str, Wanted]
    body: Mapping[str, Json]
    state: Mapping[str, Wanted]
    time: Span
    schema: Mapping[str, Json]
    where: Callable[[Call], bool]
    request: Mapping[str, Json]
    all: Mapping[str, Json] | Sequence[Mapping[str, Json]]
    any: Mapping[str, Json] | Sequence[Mapping[str, Json]]
    not_: Mapping[str, Json] | Sequence[Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Fact:
    """A subject passes a test."""

    subject: Subject
    test: Test
    operator: str = ""

    @property
    def words(self) -> str:
        return f"{self.subject.words} {self.test.words}"

    @property
    def patterns(self) -> list[re.Pattern[str]]:
        return [self.test.pattern] if self.test.pattern else []

    def holds(self, call: Call) -> bool:
        return self.test.passes(self.subject.see(call))

    def differences(self, call: Call) -> list[str]:
        values = self.subject.see(call)
        if self.test.passes(values):
            return []
        if self.test.tell:
            return self.test.tell(values)
        return [f"{self.subject.words}: expected {self.test.words}, got {shown(values)}"]

    def groups(self, call: Call) -> dict[str, str]:
        """What the regular expression captured, by name and by number; 0 is the whole match."""
        if self.test.pattern is None:
            return {}
        for value in self.subject.see(call):
            if isinstance(value, str) and (found := self.test.pattern.search(value)):
                numbered = {str(number): text or "" for number, text in enumerate((found[0], *found.groups()))}
                return numbered | {name: text or "" for name, text in found.groupdict().items()}
        return {}


@dataclass(frozen=True, slots=True)
class Combination:
    """All, any or none of the conditions hold."""

    mode: Literal["all", "any", "not"]
    parts: tuple[Condition, ...]

    @property
    def words(self) -> str:
        joined = (" or " if self.mode == "any" else " and ").join(part.words for part in self.parts)
        return f"not ({joined})" if self.mode == "not" else f"({joined})"

    @property
    def patterns(self) -> list[re.Pattern[str]]:
        return [pattern for part in self.parts for pattern in part.patterns]

    def holds(self, call: Call) -> bool:
        match self.mode:
            case "all":
                return all(part.holds(call) for part in self.parts)
            case "any":
                return any(part.holds(call) for part in self.parts)
            case "not":
                return not any(part.holds(call) for part in self.parts)

    def differences(self, call: Call) -> list[str]:
        if self.holds(call):
            return []
        if self.mode == "not":
            return [f"expected not: {part.words}" for part in self.parts if part.holds(call)]
        found = [difference for part in self.parts for difference in part.differences(call)]
        return [" or ".join(found)] if self.mode == "any" else found

    def groups(self, call: Call) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in self.parts if self.mode != "not" else ():
            found = part.groups(call) | found
        return found


Condition = Fact | Combination


def read(node: Node) -> Combination:
    """The conditions of a mapping, all of which must hold."""
    for entry in node.entries():
        if entry.name in LIFE:
            way = f"write it beside 'when', or .{entry.name}(…)"
            raise entry.wrong(f"'{entry.name}' belongs to the rule, not to its 'when': {way}")
    return Combination("all", tuple(_condition(entry) for entry in node.entries(WORDS)))


def _condition(node: Node) -> Condition:
    if node.name in SUBJECTS:
        return _tested(SUBJECTS[node.name], node)
    if node.name in USER_TESTS:
        return _operator(SUBJECTS["user"], node)
    return SPECIAL[node.name](node)


def _tested(subject: Subject, node: Node) -> Condition:
    """The tests of one subject: a bare value, a list of which any will do, or a mapping of operators."""
    if isinstance(node.value, Mapping):
        return _all(_operator(subject, entry) for entry in node.entries(TESTS))
    if isinstance(node.value, list | tuple) and subject.takes != "json":
        return Combination("any", tuple(_tested(subject, member) for member in node.members()))
    _check(subject, node)
    return Fact(subject, OPERATORS[subject.usual](node), subject.usual)


def _check(subject: Subject, node: Node) -> None:
    match subject.takes:
        case "text":
            if node.text() and subject is SUBJECTS["media"]:
                _check_kind(node)
        case "number":
            node.whole()
        case "flag":
            node.flag()


def _check_kind(node: Node) -> None:
    if not any(fnmatchcase(kind, node.text()) for kind in MEDIA):
        raise node.wrong(f"unknown media '{node.value}'{suggestion(node.text(), MEDIA)}")


def _operator(subject: Subject, node: Node) -> Condition:
    if node.name in OPERATORS:
        if node.name in {"contains", "equals"}:
            _check(subject, node)
        return Fact(subject, OPERATORS[node.name](node), node.name)
    if node.name == "json":
        return _each(lambda path: subjects.inside(subject, path))(_paths(node))
    return Combination(COMBINATORS[node.name], tuple(_tested(subject, member) for member in node.members()))


def _all(conditions: Iterable[Condition]) -> Condition:
    parts = tuple(conditions)
    return parts[0] if len(parts) == 1 else Combination("all", parts)


# Conditions that read more than a bare value


def _operation(node: Node) -> Condition:
    for member in node.members():
        if problem := unknown(member.text()):
            raise member.wrong(problem)
    facts = tuple(_of_operation(member.text()) for member in node.members())
    return facts[0] if len(facts) == 1 else Combination("any", facts)


def _of_operation(pattern: str) -> Fact:
    subject = Subject("operation", lambda call: [call.operation], "glob")
    test = Test(f"to be {shortened(pattern)}", lambda values: any(fits(pattern, value) for value in values))
    return Fact(subject, test, "operation")


def _each(subject: Callable[[str], Subject]) -> Callable[[Node], Condition]:
    return lambda node: _all(_tested(subject(entry.name), entry) for entry in node.entries())


def _paths(node: Node) -> Node:
    """The node, if all its keys are paths into JSON."""
    for entry in node.entries():
        try:
            paths.check(entry.name)
        except ValueError as error:
            raise entry.wrong(str(error)) from None
    return node


def _body(node: Node) -> Condition:
    return _each(subjects.body)(_paths(node))


def _time(node: Node) -> Condition:
    """A span on the world's clock; its start is in it, its end isn't."""
    bounds = {entry.name: moments.read(entry) for entry in node.entries(("after", "before"))}
    return _all(Fact(NOW, _bound(name, moment), name) for name, moment in bounds.items())


def _bound(name: str, moment: Moment) -> Test:
    bound = moment.at(EPOCH)
    if name == "after":
        return Test(f"to be {moment} or later", lambda values: values[0] >= bound)
    return Test(f"to be before {moment}", lambda values: values[0] < bound)


NOW = Subject("time", lambda call: [call.world.clock.now], "after", "number")


def _where(node: Node) -> Condition:
    if not callable(node.value):
        raise node.unlike("a Python function that takes the call")
    name = getattr(node.value, "__name__", "where")
    test = Test(f"to satisfy {name}", lambda values: any(functions.asked(node, call) for call in values))
    return Fact(Subject("call", lambda call: [call], "where"), test, "where")


def _request(node: Node) -> Condition:
    """The whole request, and of its body what an index may look it up by."""
    whole = Fact(REQUEST, request.read(node), "request")
    marks = (Fact(subjects.body(path), request.mark(text), "equals") for path, text in request.marks(node.value))
    return _all((whole, *marks))


REQUEST = Subject("request", lambda call: [call.request], "request")


def _combined(node: Node) -> Condition:
    mode = COMBINATORS[node.name.rstrip("_")]
    return Combination(mode, tuple(read(member) for member in node.members()))


def _schema(node: Node) -> Condition:
    from jsonschema_rs import ValidationError, validator_for  # compiled when it is asked for

    try:
        validator = validator_for(plain(node.value))
    except (ValidationError, ValueError) as error:
        raise node.wrong(f"bad JSON Schema: {str(error).splitlines()[0]}") from None
    test = Test("to fit the schema", lambda values: any(map(validator.is_valid, values)))
    return Fact(Subject("body", lambda call: [call.body], "schema", "json"), test, "schema")


MEDIA = ("image", "audio", "file")
COMBINATORS: dict[str, Literal["all", "any", "not"]] = {"all": "all", "any": "any", "not": "not"}
TESTS = (*OPERATORS, "json", *COMBINATORS)

SPECIAL: dict[str, Callable[[Node], Condition]] = {
    "operation": _operation,
    "header": _each(subjects.header),
    "query": _each(subjects.query),
    "body": _body,
    "state": _each(subjects.state),
    "time": _time,
    "schema": _schema,
    "where": _where,
    "request": _request,
    "all": _combined,
    "any": _combined,
    "not": _combined,
}
WORDS = (*SUBJECTS, *USER_TESTS, *SPECIAL)

LIFE = ("once", "times", "nth", "after", "every", "probability", "per", "expires")
"""What says how often a rule speaks: words of the rule, not of its conditions."""
