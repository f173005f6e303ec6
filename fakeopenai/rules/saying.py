"""Then: what the model says, in no endpoint's own format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import dumps
from typing import TYPE_CHECKING, get_args

from fakeopenai.rules import structured, template
from fakeopenai.rules.reading import Node
from fakeopenai.turn import Finish, Hosted, Refusal, Spent, Step, Text, Thought, ToolCall
from fakeopenai.wire import Json, Object

if TYPE_CHECKING:
    from fakeopenai.rules.template import Facts

Groups = frozenset[str]
StepMaker = Callable[["Facts"], Step]


def _say(node: Node, groups: Groups) -> list[StepMaker]:
    """A text, or one with its annotations in the Responses API's form and the probabilities of its tokens."""
    if not isinstance(node.value, Mapping):
        fill = template.text(node, groups)
        return [lambda facts: Text(fill(facts))]
    given = {entry.name: entry for entry in node.entries(SAID)}
    if not {"text", "probabilities"} & given.keys():
        raise node.unlike("text, or a mapping with its 'text'")
    chances = tuple(_chances(each) for each in given["probabilities"].members()) if "probabilities" in given else ()
    spelled = "".join(next(iter(each)) for each in chances)
    fill = template.text(given["text"], groups) if "text" in given else lambda _: spelled
    notes = [_note(each, groups) for each in given["annotations"].members()] if "annotations" in given else []

    def make(facts: Facts) -> Step:
        text = fill(facts)
        return Text(text, tuple(_placed(note(facts), text) for note in notes), chances)

    return [make]


def _chances(node: Node) -> dict[str, float]:
    """A token and those that might stand in its place, each with its probability."""
    chances = {entry.name: entry.number() for entry in node.entries()}
    if not chances or not all(0 < chance <= 1 for chance in chances.values()):
        raise node.unlike("a mapping of tokens to probabilities above 0 and up to 1")
    return chances


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

    def make(facts: Facts) -> Step:
        value = fill(facts)
        structured.check(facts, value, node.source)
        return Text(compact(value))

    return [make]


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


def finish(node: Node) -> Finish:
    word = node.word(get_args(Finish))
    return next(finish for finish in get_args(Finish) if finish == word)


def usage(node: Node) -> Spent:
    """Tokens that an answer is said to have cost."""
    given = {entry.name: entry.whole() for entry in node.entries(USAGE)}
    for part, whole in (("cached", "input"), ("reasoning", "output")):
        if given.get(part, 0) > given.get(whole, given.get(part, 0)):
            raise node.wrong(f"'{part}' is a part of '{whole}', and can't be more")
    return Spent(**given)


SAID = ("text", "annotations", "probabilities")
USAGE = ("input", "cached", "output", "reasoning")
