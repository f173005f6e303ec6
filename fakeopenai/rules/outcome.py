"""Then: what a rule makes of a call. The model speaks, or the rule replies in its place, or fails; and at what pace."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai.errors import ApiError
from fakeopenai.faults import FAULTS, retry_headers
from fakeopenai.ids import KINDS
from fakeopenai.pace import Pace
from fakeopenai.rules import delivery, job, media, recorded, saying, structured, template
from fakeopenai.rules.reading import Node, shortened
from fakeopenai.rules.saying import SPEECH, StepMaker
from fakeopenai.turn import Finish, Spent, ToolCall, Turn
from fakeopenai.wire import Event, Reply

if TYPE_CHECKING:
    from fakeopenai.rules.template import Facts

Groups = frozenset[str]
AT_ONCE = delivery.AT_ONCE


class Failure(NamedTuple):
    """An error that ends a stream after so many events."""

    after: int
    error: Callable[[Facts], ApiError]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way a rule answers. Without steps, error and reply the call is answered as if there were no rule.

    `choices` are what the model says in place of the steps where several answers are wanted, in turn. `spent` is what
    its answer costs, `fate` what becomes of the jobs that the call begins, `ids` are those of the objects it makes, and
    `media` the values for families whose answers are no texts. A `proxied` call is answered by the upstream.
    """

    steps: tuple[StepMaker, ...] = ()
    finish: Finish | None = None
    error: Callable[[Facts], ApiError] | None = None
    reply: Callable[[Facts], Reply] | None = None
    failure: Failure | None = None
    pace: Pace | None = None
    fate: job.Fates | None = None
    proxied: bool = False
    choices: tuple[Outcome, ...] = ()
    spent: Spent | None = None
    ids: Mapping[str, tuple[Callable[[Facts], str], ...]] = field(default_factory=dict)
    media: Mapping[str, template.Filled] = field(default_factory=dict)

    @property
    def speaks(self) -> bool:
        return bool(self.steps or self.choices) or self.finish is not None

    @property
    def meant(self) -> frozenset[str] | None:
        """The operations that its words mean something to, if they do to some only."""
        return frozenset.intersection(*(media.MEANT[word] for word in self.media)) if self.media else None

    def turn(self, facts: Facts, index: int = 0) -> Turn | None:
        """What the model says, if it is told what to say; `index` counts the choices of an answer."""
        if self.choices:
            return self.choices[index % len(self.choices)].turn(facts)
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
        finish=saying.finish(given["finish"]) if "finish" in given else None,
        error=_error(given["error"], groups) if "error" in given else None,
        reply=_reply(given["reply"], groups) if "reply" in given else None,
        failure=_failure(given["fail"], groups) if "fail" in given else None,
        pace=delivery.read(given),
        fate=job.read(given["job"], groups) if "job" in given else None,
        proxied="proxy" in given and given["proxy"].flag(),
        choices=tuple(_choice(each, groups) for each in given["choices"].members()) if "choices" in given else (),
        spent=saying.usage(given["usage"]) if "usage" in given else None,
        ids={entry.name: _ids(entry, groups) for entry in given["ids"].entries(KINDS)} if "ids" in given else {},
        media={word: media.WORDS[word](given[word], groups) for word in media.WORDS if word in given},
    )


def _choice(node: Node, groups: Groups) -> Outcome:
    """One of several answers to a request: a text, or a mapping of what the model says."""
    entries = [node.renamed("say")] if isinstance(node.value, str) else list(node.entries((*SPEECH, "finish")))
    return read(entries, groups)


def _ids(node: Node, groups: Groups) -> tuple[Callable[[Facts], str], ...]:
    return tuple(template.text(member, groups) for member in node.members())


def _written(node: Node) -> str:
    """The word that its author wrote: what is said in Python comes as `steps`."""
    steps = node.value if node.name == "steps" and type(node.value) is list else []
    return next((word for step in steps if isinstance(step, Mapping) for word in step), node.name)


def _check_one_way(given: Mapping[str, Node]) -> None:
    speech = [word for word in given if word in {*SPEECH, "choices"}]
    said = [*speech, *(word for word in given if word in media.WORDS)]
    answers = [word for word in given if word in INSTEAD]
    if answers and (said or len(answers) > 1):
        first, second = (given[word] for word in sorted((*answers, *said), key=list(given).index)[:2])
        pair = f"'{_written(first)}' and '{_written(second)}'"
        raise second.wrong(f"{pair} exclude each other; put one after the other in 'then'")
    for word in ("steps", "choices"):
        if word in given and len(speech) > 1:
            other = min(set(speech) - {word})
            raise given[word].wrong(f"'{word}' has everything the model says; move '{other}' into it")
    if "job" in given and answers:
        raise given["job"].wrong("no job begins where 'error', 'reply' or 'proxy' answers")
    if "finish" in given and (answers or not speech):
        raise given["finish"].wrong("'finish' says why the model stopped; it goes with 'say' and its like")
    if "schema" in given:
        _check_structure(given)


def _check_structure(given: Mapping[str, Node]) -> None:
    """The structured values must fit the schema beside them."""
    steps = [step for step in given["steps"].members() if isinstance(step.value, Mapping)] if "steps" in given else []
    values = [entry for step in steps for entry in step.entries() if entry.name == "json"]
    values += [given["json"]] if "json" in given else []
    if not values:
        raise given["schema"].wrong("'schema' is what a structured value must fit; it goes with 'json'")
    for value in values:
        structured.check_at_load(value, given["schema"])


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
    return node.renamed("error").word(FAULTS)


def _own_error(node: Node, given: Mapping[str, Node], groups: Groups) -> Callable[[Facts], ApiError]:
    if not {"status", "message"} <= given.keys():
        raise node.wrong("an error has a 'name', or a 'status' and a 'message'")
    change = _changes(given, groups)
    return lambda facts: change(ApiError(400, ""), facts)


def _changes(given: Mapping[str, Node], groups: Groups) -> Callable[[ApiError, Facts], ApiError]:
    status = _status(given["status"], 400) if "status" in given else None
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


def _status(node: Node, least: int) -> int:
    if node.whole(least) > LAST_STATUS:
        raise node.unlike(f"a status from {least} to {LAST_STATUS}")
    return node.whole()


def _headers(node: Node) -> dict[str, str]:
    for entry in node.entries():
        if not HEADER_NAME.fullmatch(entry.name):
            raise entry.wrong(f"no header can be called {shortened(entry.name)}")
        if not HEADER_VALUE.fullmatch(entry.text()):
            raise entry.wrong(f"no header can hold {shortened(entry.text())}: only one line, of characters of Latin-1")
    return {entry.name.lower(): entry.text() for entry in node.entries()}


def _reply(node: Node, groups: Groups) -> Callable[[Facts], Reply]:
    """A whole answer: status, headers and a body, or the events of a stream. A text goes out as it is."""
    given = {entry.name: entry for entry in node.entries(REPLY)}
    if len(ways := [word for word in ("body", "events", "chunks", "file", "base64") if word in given]) > 1:
        raise given[ways[1]].wrong(f"'{ways[0]}' and '{ways[1]}' exclude each other")
    status = _status(given["status"], 200) if "status" in given else 200
    headers = _headers(given["headers"]) if "headers" in given else {}
    if "chunks" in given:
        return recorded.stream(given, status, headers)
    body, media = _body(given, groups)
    events = [_event(event, groups) for event in given["events"].members()] if "events" in given else None

    def make(facts: Facts) -> Reply:
        stream = None if events is None else [event(facts) for event in events]
        return Reply(body(facts), status, dict(headers), stream, media)

    return recorded.dressed(given, make) if given.keys() & recorded.WORDS else make


def _body(given: Mapping[str, Node], groups: Groups) -> tuple[template.Filled, str]:
    named = given["media"].text() if "media" in given else ""
    if "base64" in given:
        decoded = media.decoded(given["base64"])
        return lambda _: decoded, named or "application/octet-stream"
    if "file" in given:
        content = media.content(given["file"])
        return lambda _: content, named or media.media_type(given["file"])
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


LAST_STATUS = 999
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""What clients can read (RFC 9110, sections 5.5 and 15)."""

INSTEAD = ("error", "reply", "proxy")
ERROR = ("name", "status", "message", "type", "code", "param", "headers", "retry_after")
REPLY = ("status", "headers", "body", "file", "base64", "media", "events", *recorded.WORDS)
FAIL = ("after", "error")
BESIDE = ("choices", "finish", "schema", "usage", "ids")
"""What else is told of what the model says."""

WORDS = (*SPEECH, *BESIDE, *media.WORDS, "error", "reply", "fail", *delivery.WORDS, "job", "proxy")
