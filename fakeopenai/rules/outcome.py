"""Then: what a rule makes of a call. The model speaks, or the rule replies in its place, or fails; and at what pace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import dumps
from typing import TYPE_CHECKING, NamedTuple, get_args

from fakeopenai.errors import ApiError
from fakeopenai.faults import FAULTS, retry_headers
from fakeopenai.pace import Pace
from fakeopenai.rules import delivery, job, template
from fakeopenai.rules.reading import Node
from fakeopenai.turn import Finish, Hosted, Refusal, Step, Text, Thought, ToolCall, Turn
from fakeopenai.wire import Event, Json, Object, Reply

if TYPE_CHECKING:
    from fakeopenai.rules.template import Facts

Groups = frozenset[str]
AT_ONCE = delivery.AT_ONCE
StepMaker = Callable[["Facts"], Step]


class Failure(NamedTuple):
    """An error that ends a stream after so many events."""

    after: int
    error: Callable[[Facts], ApiError]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way a rule answers. Without steps, error and reply the call is answered as if there were no rule.

    `fate` is what becomes of the jobs that the call begins.
    """

    steps: tuple[StepMaker, ...] = ()
    finish: Finish | None = None
    error: Callable[[Facts], ApiError] | None = None
    reply: Callable[[Facts], Reply] | None = None
    failure: Failure | None = None
    pace: Pace | None = None
    fate: job.Fates | None = None

    @property
    def speaks(self) -> bool:
        return bool(self.steps) or self.finish is not None

    def turn(self, facts: Facts) -> Turn | None:
        """What the model says, if it is told what to say."""
        if not self.steps:
            return None
        steps = tuple(make(facts) for make in self.steps)
        calls = any(isinstance(step, ToolCall) for step in steps)
        return Turn(steps, self.finish or ("tool_calls" if calls else "stop"))


def read(entries: list[Node], groups: Groups) -> Outcome:
    """Read the words of an outcome. A rule either speaks, or fails, or replies."""
    given = {entry.name: entry for entry in entries}
    _check_one_way(given)
    return Outcome(
        steps=tuple(make for word in SPEECH if word in given for make in SPEECH[word](given[word], groups)),
        finish=_finish(given["finish"]) if "finish" in given else None,
        error=_error(given["error"], groups) if "error" in given else None,
        reply=_reply(given["reply"], groups) if "reply" in given else None,
        failure=_failure(given["fail"], groups) if "fail" in given else None,
        pace=delivery.read(given),
        fate=job.read(given["job"], groups) if "job" in given else None,
    )


def _check_one_way(given: Mapping[str, Node]) -> None:
    ways = [word for word in given if word in {*SPEECH, "error", "reply"}]
    kinds = {word if word in {"error", "reply"} else "speech" for word in ways}
    if len(kinds) > 1:
        raise given[ways[-1]].wrong(
            f"'{ways[0]}' and '{ways[-1]}' exclude each other; put one after the other in 'then'"
        )
    if "steps" in given and len(ways) > 1:
        raise given["steps"].wrong(
            f"'steps' has everything the model says; move '{min(set(ways) - {'steps'})}' into it"
        )
    if "job" in given and kinds & {"error", "reply"}:
        raise given["job"].wrong("no job begins where 'error' or 'reply' answers")
    if "finish" in given and kinds != {"speech"}:
        raise given["finish"].wrong("'finish' says why the model stopped; it goes with 'say' and its like")


# What the model says


def _say(node: Node, groups: Groups) -> list[StepMaker]:
    """A text, or a text with its annotations in the Responses API's form."""
    if not isinstance(node.value, Mapping):
        fill = template.text(node, groups)
        return [lambda facts: Text(fill(facts))]
    given = {entry.name: entry for entry in node.entries(("text", "annotations"))}
    if "text" not in given:
        raise node.unlike("text, or a mapping with its 'text'")
    notes = given["annotations"].members() if "annotations" in given else []
    return _annotated(template.text(given["text"], groups), [_note(note, groups) for note in notes])


def _annotated(fill: Callable[[Facts], str], notes: list[template.Filled]) -> list[StepMaker]:
    def make(facts: Facts) -> Step:
        text = fill(facts)
        return Text(text, tuple(_placed(note(facts), text) for note in notes))

    return [make]


def _note(node: Node, groups: Groups) -> template.Filled:
    if not isinstance(node.value, Mapping) or not isinstance(node.value.get("type"), str):
        raise node.unlike("a list of mappings, each with its 'type'")
    return template.value(node, groups)


def _placed(note: Object, text: str) -> Object:
    """The annotation at the words that it quotes, else at all of them; a place that is given stands."""
    quote = str(note.get("quote", text))
    start = max(text.find(quote), 0)
    end = start + len(quote)
    place = {"start_index": start, "end_index": end} if note["type"] in SPANNING else {"index": end}
    return place | {name: value for name, value in note.items() if name != "quote"}


SPANNING = ("url_citation", "container_file_citation")
"""Annotations of a span of the text; those of files stand at its end."""


def _json(node: Node, groups: Groups) -> list[StepMaker]:
    fill = template.value(node, groups)
    return [lambda facts: Text(compact(fill(facts)))]


def _reasoning(node: Node, groups: Groups) -> list[StepMaker]:
    """A summary, whose length the tokens follow; or both, or the tokens alone."""
    if isinstance(node.value, str):
        return _thought(template.text(node, groups), None)
    given = {entry.name: entry for entry in node.entries(("summary", "tokens"))}
    summary = template.text(given["summary"], groups) if "summary" in given else lambda _: ""
    return _thought(summary, given["tokens"].whole() if "tokens" in given else None)


def _thought(summary: Callable[[Facts], str], tokens: int | None) -> list[StepMaker]:
    def make(facts: Facts) -> Step:
        text = summary(facts)
        return Thought(text, _reasoning_tokens(text, facts) if tokens is None else tokens)

    return [make]


def _reasoning_tokens(text: str, facts: Facts) -> int:
    """Reasoning is charged in the model's steps; a summary tells about as much as it takes to think it."""
    from fakeopenai import tokens  # the vocabulary is for those who count

    step = facts.call.prompt.model.reasoning_step if facts.call.prompt else 1
    return -(-tokens.count(text) // step) * step


def _refusal(node: Node, groups: Groups) -> list[StepMaker]:
    fill = template.text(node, groups)
    return [lambda facts: Refusal(fill(facts))]


def _call(node: Node, groups: Groups) -> list[StepMaker]:
    """One call or a list: a tool's name, `{name: arguments}`, or `{name: …, arguments: …, id: …}`."""
    return [make for member in node.members() for make in _calls(member, groups)]


def _calls(node: Node, groups: Groups) -> list[StepMaker]:
    if not isinstance(node.value, Mapping):
        return [_tool_call(node.text(), lambda _: {}, None)]
    if not isinstance(node.value.get("name"), str):
        return [_tool_call(entry.name, _arguments(entry, groups), None) for entry in node.entries()]
    given = {entry.name: entry for entry in node.entries(("name", "arguments", "id"))}
    arguments = _arguments(given["arguments"], groups) if "arguments" in given else lambda _: {}
    return [_tool_call(given["name"].text(), arguments, given["id"].text() if "id" in given else None)]


def _arguments(node: Node, groups: Groups) -> template.Filled:
    """A mapping, or a text that is passed on as it is: input of a custom tool, or broken JSON."""
    if node.value is None:
        return lambda _: {}
    if not isinstance(node.value, Mapping | str):
        raise node.unlike("a mapping of arguments, or text")
    return template.value(node, groups)


def _tool_call(name: str, arguments: template.Filled, id: str | None) -> StepMaker:
    def make(facts: Facts) -> Step:
        filled = arguments(facts)
        written = filled if isinstance(filled, str) else compact(filled)
        offered = facts.call.prompt.tools if facts.call.prompt else ()
        custom = any(tool.name == name and tool.kind == "custom" for tool in offered)
        return ToolCall(name, written, id or "", "custom" if custom else "function")

    return make


def _hosted(node: Node, groups: Groups) -> list[StepMaker]:
    """An output item of a tool that runs at the provider, in the Responses API's form."""
    if not isinstance(node.value, Mapping) or not isinstance(node.value.get("type"), str):
        raise node.unlike("an output item with its 'type'")
    fill = template.value(node, groups)
    return [lambda facts: Hosted(fill(facts))]


def _steps(node: Node, groups: Groups) -> list[StepMaker]:
    """What the model says, in this order: each member is one of the other words."""
    words = [word for word in SPEECH if word != "steps"]
    entries = [entry for member in node.members() for entry in member.entries(words)]
    return [make for entry in entries for make in SPEECH[entry.name](entry, groups)]


SPEECH: dict[str, Callable[[Node, Groups], list[StepMaker]]] = {
    "reasoning": _reasoning,
    "hosted": _hosted,
    "say": _say,
    "json": _json,
    "refusal": _refusal,
    "call": _call,
    "steps": _steps,
}


def compact(value: Json) -> str:
    """JSON as models write it."""
    return dumps(value, ensure_ascii=False, separators=(",", ":"))


def _finish(node: Node) -> Finish:
    word = node.word(get_args(Finish))
    return next(finish for finish in get_args(Finish) if finish == word)


# What the API answers in the model's place


def _error(node: Node, groups: Groups) -> Callable[[Facts], ApiError]:
    """An error by its name, with other words where they are given; or one spelled out."""
    if isinstance(node.value, str):
        fault = FAULTS[_fault(node)]
        return lambda facts: fault(facts.call)
    given = {entry.name: entry for entry in node.entries(ERROR)}
    if "name" not in given:
        return _own_error(node, given, groups)
    fault, change = FAULTS[_fault(given["name"])], _changes(given, groups)
    return lambda facts: change(fault(facts.call), facts)


def _failure(node: Node, groups: Groups) -> Failure:
    given = {entry.name: entry for entry in node.entries(FAIL)}
    if "error" not in given:
        raise node.unlike("a mapping with an 'error'")
    return Failure(given["after"].whole() if "after" in given else 0, _error(given["error"], groups))


def _fault(node: Node) -> str:
    return Node(node.value, "error", node.file, node.line).word(FAULTS)


def _own_error(node: Node, given: Mapping[str, Node], groups: Groups) -> Callable[[Facts], ApiError]:
    if not {"status", "message"} <= given.keys():
        raise node.wrong("an error has a 'name', or a 'status' and a 'message'")
    change = _changes(given, groups)
    return lambda facts: change(ApiError(400, ""), facts)


def _changes(given: Mapping[str, Node], groups: Groups) -> Callable[[ApiError, Facts], ApiError]:
    status = given["status"].whole(400) if "status" in given else None
    headers = _headers(given["headers"]) if "headers" in given else {}
    if "retry_after" in given:
        headers = retry_headers(given["retry_after"].number()) | headers
    texts = {word: _text_or_none(given[word], groups) for word in ("message", "type", "code", "param") if word in given}

    def change(error: ApiError, facts: Facts) -> ApiError:
        error.status = status or error.status
        error.headers |= headers
        for word, fill in texts.items():
            setattr(error, word, fill(facts))
        return error

    return change


def _text_or_none(node: Node, groups: Groups) -> Callable[[Facts], str | None]:
    if node.value is None and node.name != "message":
        return lambda _: None
    return template.text(node, groups)


def _headers(node: Node) -> dict[str, str]:
    return {entry.name.lower(): entry.text() for entry in node.entries()}


def _reply(node: Node, groups: Groups) -> Callable[[Facts], Reply]:
    """A whole answer: status, headers and a body, or the events of a stream. A text goes out as it is."""
    given = {entry.name: entry for entry in node.entries(REPLY)}
    if "body" in given and "events" in given:
        raise given["events"].wrong("'body' and 'events' exclude each other")
    status = given["status"].whole(100) if "status" in given else 200
    headers = _headers(given["headers"]) if "headers" in given else {}
    body, media = _body(given, groups)
    events = [_event(event, groups) for event in given["events"].members()] if "events" in given else None

    def make(facts: Facts) -> Reply:
        stream = None if events is None else [event(facts) for event in events]
        return Reply(body(facts), status, dict(headers), stream, media)

    return make


def _body(given: Mapping[str, Node], groups: Groups) -> tuple[template.Filled, str]:
    named = given["media"].text() if "media" in given else ""
    if "body" not in given:
        return lambda _: None, named or "application/json"
    node = given["body"]
    if isinstance(node.value, bytes):
        content = node.value
        return lambda _: content, named or "application/octet-stream"
    if isinstance(node.value, str):
        fill = template.text(node, groups)
        return lambda facts: fill(facts).encode(), named or "text/plain; charset=utf-8"
    return template.value(node, groups), named or "application/json"


def _event(node: Node, groups: Groups) -> Callable[[Facts], Event]:
    """A JSON value, a text that goes out as it is (`[DONE]`), or `{event: name, data: value}`."""
    name, data = "", node
    if isinstance(node.value, Mapping) and node.value.keys() == {"event", "data"}:
        given = {entry.name: entry for entry in node.entries()}
        name, data = given["event"].text(), given["data"]
    fill = template.value(data, groups)
    raw = isinstance(data.value, str)
    return lambda facts: Event(fill(facts).encode() if raw else fill(facts), name)


ERROR = ("name", "status", "message", "type", "code", "param", "headers", "retry_after")
REPLY = ("status", "headers", "body", "media", "events")
FAIL = ("after", "error")
WORDS = (*SPEECH, "finish", "error", "reply", "fail", *delivery.WORDS, "job")
