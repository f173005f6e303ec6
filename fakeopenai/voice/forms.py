"""Forms that a prompt spells out with markers, filled in: tags, labelled lines, fields, fenced JSON, bullet points."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from fakeopenai.pattern import Pattern
from fakeopenai.voice import commands, prose, writing
from fakeopenai.voice.agents import acted, observed
from fakeopenai.voice.filling import filled
from fakeopenai.voice.objects import free_json, leading
from fakeopenai.voice.reports import wording
from fakeopenai.voice.source import Source
from fakeopenai.voice.words import terms

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk
    from fakeopenai.wire import Json, Object


def formed(talk: Talk) -> str | None:
    """The answer in the form that the prompt asks for; None if it asks for none."""
    text = talk.last if not talk.has_system else f"{talk.system}\n{talk.last}"
    for mark, form in _FORMS:
        if mark in text and (said := form(talk, text)) is not None:
            return said
    return None


_OUTPUT_FIELDS = Pattern(r"Your output fields are:\s*(.*?)(?:\n\s*\n|All interactions)", re.DOTALL)
_FIELD_LINE = Pattern(r"^\s*\d+\.\s+`(\w+)`\s*(?:\(([^\n]*?)\))?\s*:?[ \t]*([^\n]*)$", re.MULTILINE)
_MARKER = Pattern(r"\[\[ ## (\w+) ## \]\]")
_RESPOND = Pattern(r"\n*Respond with the corresponding output fields.*", re.DOTALL)
_MUST_BE = Pattern(r"\{(\w+)\}\s*# note: the value you produce (.*)")


def marked_fields(talk: Talk, text: str) -> str | None:
    """`[[ ## answer ## ]]`, field by field, ending in the marker for `completed`."""
    if "[[ ## completed ## ]]" not in text:
        return None
    fields = _declared(text) or _requested(talk.last)
    asked = _RESPOND.sub("", talk.last)
    source = Source(talk, _MARKER.sub("", asked).strip(), is_answer=True)
    schema: Object = {"type": "object", "properties": fields, "required": list(fields)}
    values = filled(schema, source, talk.digest) | _next_step(talk, text, asked, fields)
    parts = [f"[[ ## {name} ## ]]\n{_written(values.get(name, ''))}" for name in fields]
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])


def _declared(text: str) -> dict[str, Json]:
    block = _OUTPUT_FIELDS.search(text)
    if block is None:
        return {}
    notes = dict(_MUST_BE.findall(text))
    return {
        name: _python_type(kind or "str", notes.get(name, "")) | {"description": about}
        for name, kind, about in _FIELD_LINE.findall(block[1])
    }


def _requested(text: str) -> dict[str, Json]:
    names = _MARKER.findall((_RESPOND.search(text) or [""])[0])
    return {name: {"type": "string"} for name in names if name != "completed"}


_PYTHON = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


def _python_type(kind: str, note: str) -> Object:
    """The JSON Schema of a Python type's name; a note may hold the schema itself."""
    if "JSON schema:" in note:
        try:
            return dict(leading(note, note.index("{"))[0])
        except (ValueError, RecursionError):
            return {"type": "string"}
    if options := re.match(r"Literal\[(.*)\]", kind):
        return {"enum": [option.strip(" '\"") for option in options[1].split(",")]}
    if inner := re.match(r"(?:list|List|set|Sequence)\[(.*)\]", kind):
        return {"type": "array", "items": _python_type(inner[1], "")}
    if kind.lower().startswith("dict"):
        return {"type": "object", "additionalProperties": True}
    bare = re.sub(r"^Optional\[(.*)\]$", r"\1", kind).split("|")[0].strip()
    return {"type": _PYTHON.get(bare, "string")}


def _written(value: Json) -> str:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _next_step(talk: Talk, text: str, asked: str, fields: dict[str, Json]) -> Object:
    """The fields of an agent's step: which tool next, with which arguments."""
    if "next_tool_name" not in fields:
        return {}
    name, arguments = acted(talk, text, asked, done="observation_" in asked)
    return {"next_tool_name": name or "finish", "next_tool_args": arguments if name else {}}


def react_step(talk: Talk, text: str) -> str | None:
    """Thought, Action and Action Input; or the final answer once something was observed."""
    if "Action Input" not in text:
        return None
    final = "Final Answer" if "Final Answer" in text else "Answer"
    opening = "" if talk.last.endswith("Thought:") else "Thought: "
    seen = observed(talk)
    name, arguments = acted(talk, text, _question(talk), done=seen is not None)
    if name is None:
        said = wording(talk, seen) if seen is not None else _plain_answer(talk)
        return f"{opening}I now know the final answer.\n{final}: {said}"
    as_json = re.search(r"Action Input[^\n]*(?:json|JSON|kwargs|\{)|Tool Arg", text)
    given = json.dumps(arguments, ensure_ascii=False) if as_json else _single(arguments)
    return f"{opening}I should use {name} to answer this.\nAction: {name}\nAction Input: {given}"


def _single(arguments: Object) -> str:
    values = list(arguments.values())
    return _written(values[0]) if len(values) == 1 else json.dumps(arguments, ensure_ascii=False)


_ASKED = Pattern(r"^(?:Question|New message|Current Task|Task|Human|User|Input|Query):[ \t]*(.+?)\s*$", re.MULTILINE)


def _question(talk: Talk) -> str:
    """What the user wants from the agent, without the form around it."""
    begun = talk.last.rpartition("Begin!")[2]
    asked = [match for match in _ASKED.findall(begun) if not match.startswith("the input question")]
    if asked:
        return str(asked[-1])
    users = [message.text for message in talk.prompt.messages if message.role == "user"]
    return next((text for text in reversed(users) if not text.lstrip().startswith("Observation:")), talk.last)


def _plain_answer(talk: Talk) -> str:
    return prose.speak(talk.asking(_question(talk)))


def blob_step(talk: Talk, text: str) -> str | None:
    """An action as a JSON blob with `action` and `action_input`."""
    if '"action_input"' not in text:
        return None
    seen = observed(talk)
    name, arguments = acted(talk, text, _question(talk), done=seen is not None)
    said = wording(talk, seen) if seen is not None else _plain_answer(talk)
    given: Json = arguments if name else said
    blob = json.dumps({"action": name or "Final Answer", "action_input": given}, ensure_ascii=False, indent=2)
    if "Thought:" in text:
        return (
            f"Thought: {'I should use ' + name if name else 'I know what to respond'}.\nAction:\n```json\n{blob}\n```"
        )
    return f"```json\n{blob}\n```"


def code_step(talk: Talk, text: str) -> str | None:
    """A step in Python that gives the final answer, as code agents write it."""
    if "final_answer(" not in text or "Thought" not in text:
        return None
    said = prose.speak(talk.asking(re.sub(r"^New task:\s*", "", talk.last)))
    opening, ending = ("<code>", "</code>") if "<code>" in text else ("Code:\n```py", "```<end_code>")
    return f"Thought: I can answer this directly.\n{opening}\nfinal_answer({said!r})\n{ending}"


_PAIR = Pattern(r"<([A-Za-z][\w-]*)>([^<>]{0,80})</\1>")
_NAMED_TAG = Pattern(
    r"\b(?:in|inside|within|between|using|use|wrap\w*|with|put|enclose\w*|"
    r"surround\w*|output)\b[^.\n<]{0,60}((?:<[A-Za-z][\w-]*>(?:\s*(?:,"
    r"|and|…|\.\.\.)?\s*</[A-Za-z][\w-]*>)?"
    r"(?:\s*(?:,|and)\s*)*)+)\s*(?:xml\s+)?(?:tags?)?",
    re.IGNORECASE,
)
_HOLLOW = Pattern(
    r"^\s*(?:\.\.\.|…|\{.*\}|\[.*\]|\(.*\)|\s*|(?:your|the|a|an|my)\b[^<>]*|"
    r"[\w ]{0,40}\bhere\b.*|text|answer|number|string|yes/no|\w+/\w+)\s*$",
    re.IGNORECASE,
)


def tagged(talk: Talk, text: str) -> str | None:
    """The tags that the prompt asks for, each with its content."""
    tags = _tags(text)
    if not tags:
        return None
    asked = talk.asking(_untagged(talk.last))
    return "\n".join(f"<{tag}>{_content(asked, tag, hint)}</{tag}>" for tag, hint in tags.items())


def _tags(text: str) -> dict[str, str]:
    """The tags to write, with what the prompt says of their content."""
    tags = {tag: inner for tag, inner in _PAIR.findall(text) if _HOLLOW.match(inner)}
    for match in _NAMED_TAG.finditer(text):
        tags |= {
            tag: tags.get(tag, "") for tag in re.findall(r"<([A-Za-z][\w-]*)>", match[1]) if not _holds_data(tag, text)
        }
    return tags


def _holds_data(tag: str, text: str) -> bool:
    """Whether the prompt uses the tag for what it gives, not for what it wants."""
    pair = re.search(rf"<{tag}>(.+?)</{tag}>", text, re.DOTALL)
    return bool(
        pair and len(pair[1].strip()) > 3 and not _HOLLOW.match(pair[1]) and not re.match(r"\s*(?:and|,)?\s*$", pair[1])
    )


def _untagged(text: str) -> str:
    """The question without the sentence that describes the form."""
    kept = [part for part in re.split(r"(?<=[.!?:\n])\s+", text) if not (_PAIR.search(part) or _NAMED_TAG.search(part))]
    return " ".join(kept).strip() or _PAIR.sub("", re.sub(r"</?[\w-]+>", "", text)).strip()


def _content(talk: Talk, name: str, hint: str = "") -> str:
    """What stands under a tag or label: told by its name."""
    if (
        re.search(r"\b(?:number|integer|int|digit|float|\d+\s*(?:-|–|to)\s*\d+)\b", hint, re.IGNORECASE)
        or name.lower() in _SCORES
    ):
        return _number_for(talk, name, hint)
    if "/" in hint or "|" in hint:
        return commands.fitting(talk, [option.strip(" []<>{}\"'") for option in re.split(r"[/|]", hint)])
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    value = filled(schema, Source(talk, talk.last, is_answer=True), talk.digest)
    said = value.get(name) if isinstance(value, dict) and name.lower() in _KNOWN_NAMES else None
    return str(said) if said else prose.speak(talk)


_SCORES = terms("score rating grade confidence mark points number")
_KNOWN_NAMES = terms(
    """reasoning thinking thought thoughts explanation rationale analysis reason summary title setup punchline
    sentiment name email city language feedback critique justification"""
)


def _number_for(talk: Talk, name: str, hint: str) -> str:
    if bounds := re.search(r"(\d+(?:\.\d+)?)\s*(?:-|–|to|and)\s*(\d+(?:\.\d+)?)", hint):
        return commands.score_between(talk, bounds[1], bounds[2])
    if rated := commands.rated(talk):
        return rated.removeprefix("Score: ")
    if name.lower() in _SCORES:
        return commands.score_between(talk, "1", "10") if name.lower() != "confidence" else "0.9"
    return (
        re.sub(r".*?(-?\d+(?:\.\d+)?).*", r"\1", prose.speak(talk), flags=re.DOTALL)
        if re.search(r"\d", prose.speak(talk))
        else "7"
    )


_LABEL = Pattern(
    r"(?:^|[\"'`\n(]|form(?:at)?:?\s+|\bwith\s+|\bas\s+)[ \t]*[-*]?\s*\**([A-Z][\w "
    r"]{0,24}?)\**:\**[ \t]*([<\[{](?!\[)[^<>\[\]{}\n,:\"]{1,60}[>\]}])(?!\s*(?:…|"
    r"\.\.\.)?\s*</)",
    re.MULTILINE,
)
_FORM_WORD = Pattern(r"\b(?:form(?:at)?|template|follows|respond|reply|answer|output|return)\b", re.IGNORECASE)
_DOUBLE = Pattern(r"\[\[(\w+)\]\]")


def labelled(talk: Talk, text: str) -> str | None:
    """`Score: <number>` and its like, line by line."""
    labels = {label.strip(): hint for label, hint in _LABEL.findall(text)}
    if not labels or not _FORM_WORD.search(text):
        return None
    asked = talk.asking(_LABEL.sub("", talk.last))
    return "\n".join(
        f"{label}: {_content(asked, label.lower().replace(' ', '_'), hint)}" for label, hint in labels.items()
    )


def bracketed(talk: Talk, text: str) -> str | None:
    """A judge's verdict in double brackets: `[[A]]`, `Rating: [[8]]`."""
    found = _DOUBLE.findall(text)
    if not found or "format" not in text:
        return None
    if any(word.isdecimal() or word.lower() in ("rating", "score") for word in found):
        prefix = "Rating: " if "Rating: [[" in text else ""
        return f"{prefix}[[{commands.score_between(talk, '1', '10')}]]"
    return f"The answers were compared point by point. [[{talk.pick(list(dict.fromkeys(found)))}]]"


_WANTS_JSON = Pattern(
    r"(?:^|[.!?:,;\n]\s*|\b(?:please|must|should|always|only|and|"
    r"then|to|will|you)\s+)(?:respond|reply|answer|return|output|"
    r"give|provide|produce|format|generate|use|write|emit|send)\b[^.\n]{0,"
    r"80}\bjson\b"
    r"|\bjson (?:only|object|array|format)\b|\b(?:as|in|into|valid|"
    r"only|raw) json\b|\boutput should be [^.\n]{0,60}json\b|```json|"
    r"\bjson[_ ]schema\b",
    re.IGNORECASE,
)
_ABOUT_JSON = Pattern(
    r"^\W*(?:what is|what's|explain|how (?:do|does|to|can)|why|describe|"
    r"compare|write a (?:function|script|program|class))\b[^.?!\n]*\bjson\b",
    re.IGNORECASE,
)


def json_text(talk: Talk, text: str) -> str | None:
    """JSON, in a fence if the prompt shows one or asks for a code block."""
    if not _WANTS_JSON.search(text) or (_ABOUT_JSON.match(talk.last) and not _WANTS_JSON.search(talk.system)):
        return None
    made = free_json(talk)
    fenced = "```json" in text or re.search(r"\b(?:code ?block|code snippet|fence[ds]?)\b", text, re.IGNORECASE)
    return f"```json\n{made}\n```" if fenced else made


_BULLETS = Pattern(r"(?:(\d+|two|three|four|five|six|seven|eight|nine|ten)\s+)?bullet", re.IGNORECASE)


def bulleted(talk: Talk, text: str) -> str | None:
    """Bullet points, as many as asked for."""
    match = _BULLETS.search(text)
    if match is None:
        return None
    number = int(match[1]) if match[1] and match[1].isdecimal() else commands.integer(match[1]) or 3
    return "\n".join(f"- {writing.steps(talk, nth)}." for nth in range(min(number, 20)))


_FORMS: tuple[tuple[str, Callable[[Talk, str], str | None]], ...] = (
    ("[[ ## ", marked_fields),
    ("Action Input", react_step),
    ('"action_input"', blob_step),
    ("final_answer(", code_step),
    ("[[", bracketed),
    (": ", labelled),
    ("<", tagged),
    ("JSON", json_text),
    ("json", json_text),
    ("bullet", bulleted),
)
