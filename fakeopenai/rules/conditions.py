"""When a rule holds: what is looked at (a subject of the call), and what it must be like (a test).

A subject shows a call's values: one user text, all messages, the names of the offered tools. A test passes when any of
them is as wanted. What isn't a fact by itself is `all`, `any` or `not` of other conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

from fakeopenai.rules import paths
from fakeopenai.rules.operation import fits, unknown
from fakeopenai.rules.reading import Node, kind, shortened
from fakeopenai.turn import Message
from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.wire import Call

Values = Sequence[Json]
Wanted = str | int | float | bool | Sequence[str] | Mapping[str, Json]


class When(TypedDict, total=False):
    """The words of `when`, for editors. Most may be a mapping of tests: `system={"matches": "pirate|sailor"}`."""

    path: Wanted
    model: Wanted
    user: Wanted
    contains: str
    contains_exactly: str
    equals: str
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
    schema: Mapping[str, Json]
    where: Callable[[Call], bool]
    all: Mapping[str, Json] | Sequence[Mapping[str, Json]]
    any: Mapping[str, Json] | Sequence[Mapping[str, Json]]
    not_: Mapping[str, Json] | Sequence[Mapping[str, Json]]


class Test(NamedTuple):
    """What values must be like. `words` follow "expected"; `text` is what an index may look the rule up by."""

    words: str
    passes: Callable[[Values], bool]
    pattern: re.Pattern[str] | None = None
    text: str | None = None


class Subject(NamedTuple):
    """A view of a call. A bare value is tested with `usual`, and must be a `takes`."""

    words: str
    see: Callable[[Call], Values]
    usual: str
    takes: Literal["text", "number", "flag", "json"] = "text"


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
        return _all(_operator(subject, entry) for entry in node.entries({*OPERATORS, *COMBINATORS}))
    if isinstance(node.value, list | tuple) and subject.takes != "json":
        return Combination("any", tuple(_tested(subject, member) for member in node.members()))
    _check(subject, node)
    return Fact(subject, OPERATORS[subject.usual](node), subject.usual)


def _check(subject: Subject, node: Node) -> None:
    match subject.takes:
        case "text":
            node.text()
        case "number":
            node.whole()
        case "flag":
            node.flag()


def _operator(subject: Subject, node: Node) -> Condition:
    if node.name in OPERATORS:
        if node.name in {"contains", "equals"}:
            _check(subject, node)
        return Fact(subject, OPERATORS[node.name](node), node.name)
    return Combination(COMBINATORS[node.name], tuple(_tested(subject, member) for member in node.members()))


def _all(conditions: Iterable[Condition]) -> Condition:
    parts = tuple(conditions)
    return parts[0] if len(parts) == 1 else Combination("all", parts)


# Tests


def _contains(node: Node) -> Test:
    if not isinstance(node.value, str):
        return Test(f"to contain {kind(node.value)}", lambda values: _holds_member(values, node.value))
    needle = folded(node.value)
    return Test(f"to contain {shortened(node.value)}", lambda values: _holds_text(values, needle), text=needle)


def _contains_exactly(node: Node) -> Test:
    needle = node.text()
    words = f"to contain exactly {shortened(needle)}"
    return Test(words, lambda values: any(isinstance(value, str) and needle in value for value in values), text=needle)


def _equals(node: Node) -> Test:
    wanted = node.value
    words = f"to equal {shown([wanted])}"
    text = wanted if isinstance(wanted, str) else None
    return Test(words, lambda values: any(same(value, wanted) for value in values), text=text)


def _matches(node: Node) -> Test:
    try:
        pattern = re.compile(node.text())
    except re.error as error:
        raise node.wrong(f"bad regular expression {shortened(node.text())}: {error}") from None
    return Test(f"to match /{pattern.pattern}/", lambda values: _any_text(values, pattern.search), pattern)


def _glob(node: Node) -> Test:
    glob = node.text()
    if not set("*?[") & set(glob):
        return Test(f"to be {shortened(glob)}", lambda values: any(str(value) == glob for value in values), text=glob)
    pattern = re.compile(translate(glob))
    return Test(f"to be like {shortened(glob)}", lambda values: any(pattern.match(str(value)) for value in values))


def _above(node: Node) -> Test:
    bound = node.number(least=float("-inf"))
    return Test(f"to be above {bound:g}", lambda values: any(value > bound for value in _numbers(values)))


def _below(node: Node) -> Test:
    bound = node.number(least=float("-inf"))
    return Test(f"to be below {bound:g}", lambda values: any(value < bound for value in _numbers(values)))


def _exists(node: Node) -> Test:
    wanted = node.flag()
    return Test("to be there" if wanted else "not to be there", lambda values: bool(values) is wanted)


OPERATORS: dict[str, Callable[[Node], Test]] = {
    "contains": _contains,
    "contains_exactly": _contains_exactly,
    "equals": _equals,
    "matches": _matches,
    "glob": _glob,
    "above": _above,
    "below": _below,
    "exists": _exists,
}
USER_TESTS = ("contains", "contains_exactly", "equals", "matches")
COMBINATORS: dict[str, Literal["all", "any", "not"]] = {"all": "all", "any": "any", "not": "not"}


@lru_cache(maxsize=256)
def folded(text: str) -> str:
    """The text without regard to case and to the length of white space, as `contains` compares it."""
    return " ".join(text.casefold().split())


def same(value: Json, wanted: Json) -> bool:
    """Equality of JSON, in which true isn't 1."""
    match value, wanted:
        case Mapping(), Mapping():
            return value.keys() == wanted.keys() and all(same(value[key], wanted[key]) for key in wanted)
        case list(), list() | tuple():
            return len(value) == len(wanted) and all(map(same, value, wanted))
        case _:
            return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)


def shown(values: Values) -> str:
    if not values:
        return "nothing"
    texts = [shortened(value) if isinstance(value, str) else str(value)[:80] for value in values[:5]]
    return ", ".join(texts) + (f", and {len(values) - 5} more" if len(values) > 5 else "")


def _holds_text(values: Values, needle: str) -> bool:
    return any(
        needle in folded(value) if isinstance(value, str) else _holds_member([value], needle, folded)
        for value in values
    )


def _holds_member(values: Values, wanted: Json, fold: Callable[[str], str] = str) -> bool:
    """A list contains what equals one of its members."""
    members = (member for value in values if isinstance(value, list) for member in value)
    return any(same(fold(member) if isinstance(member, str) else member, wanted) for member in members)


def _any_text(values: Values, found: Callable[[str], object]) -> bool:
    return any(found(value) for value in values if isinstance(value, str))


def _numbers(values: Values) -> list[float]:
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


# Subjects


def current_turn(call: Call) -> tuple[Message, ...]:
    """The messages after the last one of the user: what has happened in answer to it so far."""
    messages = call.prompt.messages if call.prompt else ()
    asked = max((place for place, message in enumerate(messages) if message.role == "user"), default=-1)
    return messages[asked + 1 :]


def _messages(call: Call, role: str | None = None) -> list[Message]:
    messages = call.prompt.messages if call.prompt else ()
    return [message for message in messages if role is None or message.role == role]


def _user(call: Call) -> Values:
    """The last user text; where no model is asked, what the body has as its input or prompt."""
    if call.prompt is not None:
        return [call.prompt.last_user_text]
    body = call.body if isinstance(call.body, dict) else {}
    given = body.get("input", body.get("prompt"))
    texts = given if isinstance(given, list) else [given]
    return ["\n".join(text for text in texts if isinstance(text, str))]


def _message(call: Call) -> Values:
    return [message.text for message in _messages(call)] or _user(call)


def _system(call: Call) -> Values:
    return ["\n".join(message.text for message in _messages(call, "system"))]


def _model(call: Call) -> Values:
    """The model that the request names, else the one that is asked: an assistant's, say."""
    model = call.body.get("model") if isinstance(call.body, dict) else None
    if model is None and call.prompt:
        model = call.prompt.model.id
    return [] if model is None else [model]


def _tool(call: Call) -> Values:
    return [tool.name or tool.kind for tool in call.prompt.tools] if call.prompt else []


def _called(call: Call) -> Values:
    return [made.name for message in current_turn(call) for made in message.calls]


def _tool_result(call: Call) -> Values:
    return [message.text for message in current_turn(call) if message.role == "tool"]


def _has_tool_result(call: Call) -> Values:
    return [any(message.role == "tool" for message in current_turn(call))]


def _turn(call: Call) -> Values:
    return [len(_messages(call, "user"))]


def _step(call: Call) -> Values:
    return [1 + sum(message.role == "assistant" for message in current_turn(call))]


def _media(call: Call) -> Values:
    return [media.kind for message in _messages(call) for media in message.media]


def _stream(call: Call) -> Values:
    return [isinstance(call.body, dict) and call.body.get("stream") is True]


SUBJECTS: dict[str, Subject] = {
    "path": Subject("path", lambda call: [call.request.path], "glob"),
    "model": Subject("model", _model, "glob"),
    "user": Subject("user text", _user, "contains"),
    "message": Subject("a message", _message, "contains"),
    "system": Subject("system text", _system, "contains"),
    "tool": Subject("offered tools", _tool, "glob"),
    "called": Subject("tools called in this turn", _called, "glob"),
    "tool_result": Subject("tool results of this turn", _tool_result, "contains"),
    "has_tool_result": Subject("tool result in this turn", _has_tool_result, "equals", "flag"),
    "turn": Subject("turn", _turn, "equals", "number"),
    "step": Subject("step of this turn", _step, "equals", "number"),
    "media": Subject("media", _media, "glob"),
    "stream": Subject("stream", _stream, "equals", "flag"),
}


def _header(name: str) -> Subject:
    lower = name.lower()
    return Subject(f"header {lower}", lambda call: _present(call.request.headers.get(lower)), "glob")


def _query(name: str) -> Subject:
    return Subject(f"query {name}", lambda call: _present(call.query.get(name)), "glob")


def _body(path: str) -> Subject:
    return Subject(f"body {path}", lambda call: paths.find(call.body, path), "equals", "json")


def _state(name: str) -> Subject:
    return Subject(f"state {name}", lambda call: _present(call.world.rules.states.get(name)), "equals")


def _present(value: Json) -> Values:
    return [] if value is None else [value]


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


def _body_paths(node: Node) -> Condition:
    for entry in node.entries():
        try:
            paths.parse(entry.name)
        except ValueError as error:
            raise entry.wrong(str(error)) from None
    return _each(_body)(node)


def _where(node: Node) -> Condition:
    if not callable(node.value):
        raise node.unlike("a Python function that takes the call")
    name = getattr(node.value, "__name__", "where")
    test = Test(f"to satisfy {name}", lambda values: any(node.value(call) for call in values))
    return Fact(Subject("call", lambda call: [call], "where"), test, "where")


def _combined(node: Node) -> Condition:
    mode = COMBINATORS[node.name.rstrip("_")]
    return Combination(mode, tuple(read(member) for member in node.members()))


def _schema(node: Node) -> Condition:
    from jsonschema_rs import ValidationError, validator_for  # compiled when it is asked for

    try:
        validator = validator_for(node.value)
    except (ValidationError, ValueError) as error:
        raise node.wrong(f"bad JSON Schema: {error}") from None
    test = Test("to fit the schema", lambda values: any(map(validator.is_valid, values)))
    return Fact(Subject("body", lambda call: [call.body], "schema", "json"), test, "schema")


SPECIAL: dict[str, Callable[[Node], Condition]] = {
    "operation": _operation,
    "header": _each(_header),
    "query": _each(_query),
    "body": _body_paths,
    "state": _each(_state),
    "schema": _schema,
    "where": _where,
    "all": _combined,
    "any": _combined,
    "not": _combined,
}
WORDS = (*SUBJECTS, *USER_TESTS, *SPECIAL)

LIFE = ("times", "nth", "after", "every", "probability")
"""What says how often a rule speaks: words of the rule, not of its conditions."""
