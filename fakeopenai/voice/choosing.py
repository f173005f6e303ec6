"""Which tools to call: those that the prompt demands, or that the last user message plainly asks for, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from fakeopenai.pattern import Pattern
from fakeopenai.synthesis import Unsatisfiable, synthesise
from fakeopenai.turn import Tool, ToolCall
from fakeopenai.voice import reading
from fakeopenai.voice.fields import VAGUE, Field
from fakeopenai.voice.filling import compact, filled
from fakeopenai.voice.source import Source
from fakeopenai.voice.words import concepts, name_concepts, split_name, terms

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk

_ENOUGH = 2.0
_ANY_TOOL = Pattern(
    r"\b(?:use|using|call|invoke|with)\s+(?:the|a|your|any|this|that|one of the)?\s*(?:\w+\s+)?(?:tools?|functions?)\b",
    re.IGNORECASE,
)
_NOT_CALLING = Pattern(
    r"\b(?:without|don't|do not|never)\s+(?:using|use|call|calling|invoke)\b[^.]*\b(?:tools?|functions?|it)\b",
    re.IGNORECASE,
)
_SMALL_TALK = Pattern(
    r"^\W*(?:hi|hello|hey|thanks|thank you|bye|goodbye|good (?:morning|"
    r"evening|night)|how are you|ok|okay|great|cool)\b[^?]{0,30}$",
    re.IGNORECASE,
)
_AGAIN = Pattern(r"try again|fix the errors?|retry", re.IGNORECASE)
_DOCUMENTS = terms("docs documents documentation knowledge kb retriever retrieve retrieval rag faq")
_FINAL = terms("final answer result output response respond submit finish done complete reply return")
_BORROWED = Pattern(
    r"\b(?:the|that|this|its?)\s+(?:result|sum|product|answer|output|value|number|total)\b|\b(?:result|it|that)\b",
    re.IGNORECASE,
)
_BREAK = Pattern(
    r"(?:,|;|\.|\band\b)?\s*\b(?:then|after that|afterwards|finally)\b,"
    r"?\s*|[.;!?\n]+\s+|,?\s+\band\b\s+(?:also\s+)?|,\s+|\s+also\s+|"
    r"\s+as well as\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that the user asks for. A dependent one needs the result of the one before it."""

    tool: Tool
    text: str
    dependent: bool = False


def calls(talk: Talk) -> tuple[ToolCall, ...]:
    """The tools to call now, with their arguments; none when words are due."""
    match talk.prompt.choice:
        case "none":
            return ()
        case "auto":
            return _wished(talk)
        case "required":
            return _wished(talk) or (_call(talk, _demanded(talk)),)
        case name:
            named = next((tool for tool in talk.tools if tool.name == name), None)
            return (_call(talk, Wish(named, talk.last)),) if named else ()


def _demanded(talk: Talk) -> Wish:
    """One tool where one must be called: after results the one that ends the work, else the best there is."""
    if talk.results and (final := _final(talk.tools)):
        return Wish(final, talk.last)
    others = tuple(tool for tool in talk.tools if not _ends(tool)) if not talk.results else talk.tools
    best = max(others or talk.tools, key=lambda tool: score(tool, talk.last))
    if score(best, talk.last) < _ENOUGH and (final := _final(talk.tools)):
        best = final
    return Wish(best, talk.last)


def _final(tools: tuple[Tool, ...]) -> Tool | None:
    return next((tool for tool in tools if _ends(tool)), None)


def _ends(tool: Tool) -> bool:
    return not _FINAL.isdisjoint(split_name(tool.name))


def _wished(talk: Talk) -> tuple[ToolCall, ...]:
    """The calls of the plan that are still to be made, and can be made now."""
    if _NOT_CALLING.search(talk.last):
        return ()
    waiting = _waiting(talk, plan(talk))
    if not waiting or (waiting[0].dependent and not talk.results):
        return ()
    ready = [waiting[0]]
    if talk.prompt.parallel:
        for wish in waiting[1:]:
            if wish.dependent:
                break
            ready.append(wish)
    return tuple(_call(talk, wish) for wish in ready)


def _waiting(talk: Talk, wishes: list[Wish]) -> list[Wish]:
    """The wishes without those that calls since the last user message have met. A failed call is made once more."""
    made = [call.name for call in talk.made]
    if talk.results and _AGAIN.search(talk.results[-1]) and made.count(made[-1] if made else "") == 1:
        made.remove(made[-1])
    waiting = []
    for wish in wishes:
        if wish.tool.name in made:
            made.remove(wish.tool.name)
        else:
            waiting.append(wish)
    return waiting


def plan(talk: Talk) -> list[Wish]:
    """The calls that the last user message asks for, in their order."""
    text = talk.last
    if not text or _SMALL_TALK.match(text):
        return []
    wishes = _wishes(talk.tools, text)
    if len(wishes) > 1 and (len({wish.tool.name for wish in wishes}) > 1 or _all_distinct(wishes)):
        return wishes
    if best := best_fit(talk.tools, text):
        return _one_for_each(best, text)
    return [Wish(tool, text) for tool in talk.tools if _is_meant(tool, talk)][:1]


def _is_meant(tool: Tool, talk: Talk) -> bool:
    """Whether the system message sends the user's messages to a tool, or a question needs the documents it searches."""
    if talk.has_system and "_" in tool.name and tool.name in talk.system:
        return True
    return talk.last.endswith("?") and not _DOCUMENTS.isdisjoint(split_name(tool.name)) and bool(concepts(talk.last))


def _wishes(tools: tuple[Tool, ...], text: str) -> list[Wish]:
    """A wish for every part of the text that a tool fits; parts that none fits belong to the wish before them."""
    found: list[tuple[Tool, int]] = []
    for start, part in _parts(text):
        if tool := best_fit(tools, part):
            found.append((tool, start))
    ends = [start for _, start in found[1:]] + [len(text)]
    starts = [0, *(start for _, start in found[1:])]
    return [
        Wish(tool, text[start:end], _depends(text, start, end))
        for (tool, _), start, end in zip(found, starts, ends, strict=False)
    ]


def _parts(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in _BREAK.finditer(text):
        yield start, text[start : match.start()]
        start = match.end()
    yield start, text[start:]


def _depends(text: str, start: int, end: int) -> bool:
    """Whether a part speaks of the result of the one before it."""
    return start > 0 and bool(_BORROWED.search(text[start:end]))


def _all_distinct(wishes: list[Wish]) -> bool:
    """Whether every part has a value of its own, so that each is worth a call."""
    values = [_values(wish.text) for wish in wishes]
    return all(values) and len(set(values)) == len(values)


def _values(text: str) -> tuple[object, ...]:
    named = [found.value for found in (*reading.quotations(text), *reading.proper_names(text))]
    return (*named, *(number.value for number in reading.numbers(text)))


def best_fit(tools: tuple[Tool, ...], text: str) -> Tool | None:
    """The one tool that fits the text, if it plainly does."""
    if not tools:
        return None
    if len(tools) == 1 and _ANY_TOOL.search(text):
        return tools[0]
    best = max(tools, key=lambda tool: score(tool, text))
    return best if score(best, text) >= _ENOUGH else None


def score(tool: Tool, text: str) -> float:
    """How plainly a text asks for what a tool does; 2 is plain."""
    if _mentioned(tool, text):
        return 10.0
    said = concepts(text)
    named = len(name_concepts(tool.name) & said)
    described = len((concepts(tool.description) - VAGUE) & said) if tool.description else 0
    points = 2.0 * named / max(1, min(2, len(name_concepts(tool.name)))) + 0.9 * described
    if named:
        points += 1
    if points and _options_named(tool, text):
        points += 1
    return points


def _mentioned(tool: Tool, text: str) -> bool:
    """Whether the tool's name stands in the text, as it is or in words."""
    if len(tool.name) < 3:
        return False
    words = split_name(tool.name)
    loose = r"[\W_]*".join(map(re.escape, words))
    if "_" in tool.name or len(words) > 1:
        return re.search(rf"(?<!\w){loose}(?!\w)", text, re.IGNORECASE) is not None
    return re.search(rf"(?<!\w){re.escape(tool.name)}(?:\(|\s+(?:tool|function)\b)", text, re.IGNORECASE) is not None


def _options_named(tool: Tool, text: str) -> bool:
    """Whether a value that the tool lists stands in the text."""
    properties = tool.parameters.get("properties", {}) if isinstance(tool.parameters, dict) else {}
    options = [
        option
        for part in properties.values()
        if isinstance(part, dict)
        for option in part.get("enum", ())
        if isinstance(option, str)
    ]
    lowered = text.lower()
    return any(option.lower() in lowered for option in options if len(option) > 2)


def _one_for_each(tool: Tool, text: str) -> list[Wish]:
    """One wish, or one for each item of a list where the tool takes only one: `weather in Paris and London`."""
    items = _items(tool, text)
    if len(items) < 2:
        return [Wish(tool, text)]
    return [Wish(tool, _narrowed(text, items, item)) for item in items]


def _items(tool: Tool, text: str) -> list[str]:
    """The items of the text's list, if the tool takes one name or one number."""
    schema = tool.parameters if isinstance(tool.parameters, dict) else {}
    properties = schema.get("properties", {})
    wanted = {name: properties[name] for name in schema.get("required") or properties if name in properties}
    kinds = {name: part.get("type") for name, part in wanted.items() if isinstance(part, dict) and "enum" not in part}
    if any(isinstance(part, dict) and part.get("type") == "array" for part in properties.values()):
        return []
    match sorted(map(str, kinds.values())):
        case ["integer"] | ["number"]:
            found = reading.numbers(text)
            return [text[one.start : one.end] for one in found] if _joined(text, [one[1:] for one in found]) else []
        case [*others, "string"] if not {"array", "object", "string"} & set(others):
            name = next(name for name, kind in kinds.items() if kind == "string")
            return _listed_names(text) if Field(name, "").role in _NAMING else []
    return []


_NAMING = frozenset(("", "place", "name", "symbol", "company"))


def _listed_names(text: str) -> list[str]:
    """Names that stand in one list: `Paris, London and Rome`."""
    quoted = reading.quotations(text)
    found = quoted if len(quoted) > 1 else reading.proper_names(text)
    if _joined(text, [(one.start, one.end) for one in found]):
        return [one.value for one in found]
    return []


def _joined(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether nothing but commas and `and` stands between the spans, with at least one `and`."""
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(spans)]
    joints = [
        re.fullmatch(r"\s*(?:,|;|、|，)?\s*(and|&|y|et|und|e|и|和|と)?\s*(?:in\s+|for\s+|of\s+)?", gap, re.IGNORECASE)
        for gap in gaps
    ]
    return bool(joints) and all(joints) and any(joint[1] for joint in joints if joint)


def _narrowed(text: str, items: list[str], item: str) -> str:
    """The text with only one item of its list."""
    first, last = (re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text) for one in (items[0], items[-1]))
    return text[: first.start()] + item + text[last.end() :] if first and last else text


def _call(talk: Talk, wish: Wish) -> ToolCall:
    source = Source(talk, _with_results(talk, wish))
    if wish.tool.kind == "custom":
        return ToolCall(wish.tool.name, custom_input(wish.tool, source, talk.digest), kind="custom")
    schema = wish.tool.parameters if isinstance(wish.tool.parameters, dict) else {"type": "object"}
    if not schema.get("properties") and schema.get("type", "object") == "object" and not schema.get("required"):
        return ToolCall(wish.tool.name, "{}")
    return ToolCall(wish.tool.name, compact(filled(schema, source, talk.digest)))


def _with_results(talk: Talk, wish: Wish) -> str:
    """The wish in words, with the last result in the place of `the result`."""
    if not wish.dependent or not talk.results:
        return wish.text
    numbers = reading.numbers(talk.results[-1])
    value = str(numbers[-1].value) if numbers else talk.results[-1]
    return _BORROWED.sub(lambda _: value, wish.text, count=1)


def custom_input(tool: Tool, source: Source, seed: bytes) -> str:
    """Free text for a custom tool: code, an expression, a quotation, or what was asked."""
    field = Field(_custom_role(tool), "")
    offers = [*source.strings({}, field, needed=True), source.text]
    schema = {"type": "string", "pattern": f"^(?:{_pattern(tool)})$"} if _pattern(tool) else {"type": "string"}
    try:
        return str(synthesise(schema, seed, hints=lambda _name, _shape, _path: offers))
    except Unsatisfiable:
        return source.text


def _custom_role(tool: Tool) -> str:
    words = {*split_name(tool.name), *split_name(tool.description)}
    if words & {"math", "calculator", "calc", "calculate"}:
        return "expression"
    return "code" if words & {"code", "python", "exec", "script"} else "text"


def _pattern(tool: Tool) -> str:
    """The regular expression that the tool's input must match, if it states one."""
    grammar = tool.settings.get("grammar") if isinstance(tool.settings, dict) else None
    if isinstance(grammar, dict) and grammar.get("syntax") == "regex":
        return str(grammar.get("definition", ""))
    return ""
