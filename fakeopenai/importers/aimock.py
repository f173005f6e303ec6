"""Fixtures of aimock: `match` and `response`, a list of them under `fixtures`.

Texts are compared as aimock does, as parts of the text with regard to case. Fixtures that differ in `sequenceIndex`
only become one rule that speaks so often, each time another of them; of those that differ in `turnIndex` only, the
latest that has come speaks.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from fakeopenai.importers.found import Found
from fakeopenai.recording.writing import verbatim
from fakeopenai.wire import Json, Object


def fits(data: Json) -> bool:
    fixtures = data.get("fixtures") if isinstance(data, Mapping) else None
    return isinstance(fixtures, list) and all(isinstance(each, Mapping) and "match" in each for each in fixtures)


Numbered = tuple[int, Object]
"""A fixture and its number in the file."""


def read(data: Object) -> Found:
    found, groups = Found(), defaultdict[str, list[Numbered]](list)
    for numbered in enumerate(data["fixtures"], start=1):
        groups[_siblings(numbered[1])].append(numbered)
    for members in groups.values():
        if "sequenceIndex" in members[0][1]["match"]:
            _add_sequence(found, members)
        else:
            _add_turns(found, members)
    return found


def _siblings(fixture: Object) -> str:
    """The same for fixtures that differ in their place in a sequence or in their turn only."""
    match = {name: value for name, value in fixture["match"].items() if name not in PLACES}
    kind = "sequence" if "sequenceIndex" in fixture["match"] else "turns"
    return json.dumps([kind, match], sort_keys=True)


def _add_turns(found: Found, members: list[Numbered]) -> None:
    """The latest turn that has come speaks; before all of them the fixture without a turn, else the first of them."""
    turned = [member for member in members if "turnIndex" in member[1]["match"]]
    ordered = sorted(turned, key=lambda member: member[1]["match"]["turnIndex"], reverse=True)
    others = [member for member in members if "turnIndex" not in member[1]["match"]]
    for place, (number, fixture) in enumerate([*ordered, *others], start=1):
        turn = fixture["match"].get("turnIndex") if place < len(members) else None
        _add(found, f"fixture {number}", fixture, _since(turn) if turn else {})


def _add(found: Found, where: str, fixture: Object, more: Object) -> None:
    when = _when(found, where, fixture["match"], fixture["response"])
    if when is not None and (then := _then(found, where, fixture)) is not None:
        found.rules += _chaos(where, when | more, fixture.get("chaos") or {})
        found.rules.append({"name": where, "when": when | more, **then})


def _chaos(where: str, when: Object, rates: Object) -> list[Object]:
    """What goes wrong at some of the requests, one thing after the other, as aimock tries its chances."""
    return [
        {"name": f"{where}, {rate}", "when": when, **CHAOS[rate], "probability": rates[rate]}
        for rate in CHAOS
        if rates.get(rate)
    ]


CHAOS: dict[str, Object] = {
    "dropRate": {"error": {"status": 500, "message": "Chaos: request dropped", "type": "server_error"}},
    "malformedRate": {"flaws": {"garble": 1}},
    "disconnectRate": {"cut": {"reset": True}},
}


def _since(turn: int) -> Object:
    """The model has spoken so often, or more, in the messages of a chat or in the input of a response."""
    said = {"messages": "@.role == 'assistant'", "input": "@.role == 'assistant' || @.type == 'function_call'"}
    paths = (f"$[?count($.{name}[?{spoken}]) >= {turn}]" for name, spoken in said.items())
    return {"any": [{"body": {path: {"exists": True}}} for path in paths]}


def _add_sequence(found: Found, members: list[Numbered]) -> None:
    ordered = sorted(members, key=lambda member: member[1]["match"]["sequenceIndex"])
    where = f"fixture {ordered[0][0]}"
    indices = [fixture["match"]["sequenceIndex"] for _, fixture in ordered]
    when = _when(found, where, ordered[0][1]["match"], ordered[0][1]["response"])
    if when is None:
        return
    thens = [then for number, fixture in ordered if (then := _then(found, f"fixture {number}", fixture)) is not None]
    if indices != list(range(len(indices))):
        found.note(where, f"its sequence has the places {indices}; they are taken one after the other")
    if thens:
        found.rules.append({"name": where, "when": when, "then": thens, "times": len(thens)})


PLACES = ("sequenceIndex", "turnIndex")


# When


def _when(found: Found, where: str, match: Object, response: Object) -> Object | None:
    endpoint = match.get("endpoint") or _endpoint(response)
    if endpoint not in ENDPOINTS:
        found.note(where, f"there is no operation for the endpoint '{endpoint}'")
        return None
    when: Object = {"operation": ENDPOINTS[endpoint]}
    for word, value in match.items():
        if word in MATCHES:
            _merge(when, MATCHES[word](value))
        elif word not in {"endpoint", *PLACES}:
            found.note(
                where, f"'{word}' is not carried over: {LEFT.get(word, 'it is no word of aimock that is known')}"
            )
    return when


def _merge(when: Object, more: Object) -> None:
    """Add conditions; where a word is there already, both must hold."""
    if when.keys() & more.keys():
        when.setdefault("all", []).append(more)
    else:
        when |= more


def _endpoint(response: Object) -> str:
    return next((endpoint for word, endpoint in TELLING.items() if word in response), "chat")


def _system(value: Json) -> Object:
    parts = value if isinstance(value, list) else [value]
    if len(parts) == 1:
        return {"system": {"contains_exactly": parts[0]}}
    return {"system": {"all": [{"contains_exactly": part} for part in parts]}} if parts else {}


def _model(value: str) -> Object:
    """The model, or one of its snapshots."""
    return {"model": [value, f"{value}-[0-9]*"]}


def _last_tool_call(value: str) -> Object:
    chat, responses = {"body": {"messages[-1].tool_call_id": value}}, {"body": {"input[-1].call_id": value}}
    return {"any": [chat, responses]}


def _format(value: str) -> Object:
    return {"any": [{"body": {"response_format.type": value}}, {"body": {"text.format.type": value}}]}


MATCHES: dict[str, Callable[[Any], Object]] = {
    "userMessage": lambda value: {"contains_exactly": value},
    "inputText": lambda value: {"contains_exactly": value},
    "systemMessage": _system,
    "toolName": lambda value: {"tool": {"equals": value}},
    "toolCallId": _last_tool_call,
    "toolResultContains": lambda value: {"tool_result": {"contains_exactly": value}},
    "hasToolResult": lambda value: {"has_tool_result": value},
    "model": _model,
    "responseFormat": _format,
    "context": lambda value: {"header": {"x-aimock-context": {"equals": value}}},
}
LEFT = {
    "predicate": "it is code; `where` takes a Python function",
}
ENDPOINTS: dict[str, Json] = {
    "chat": ["chat", "responses"],
    "embedding": "embeddings",
    "image": "images",
    "speech": "audio.speech",
    "transcription": "audio.transcriptions",
    "translation": "audio.translations",
}
TELLING = {
    "embedding": "embedding",
    "image": "image",
    "images": "image",
    "audio": "speech",
    "transcription": "transcription",
    "video": "video",
}
"""What a response has that is not of chat, and whose it is."""


# Then


def _then(found: Found, where: str, fixture: Object) -> Object | None:
    response: Object = fixture["response"]
    kind = next((word for word in REPLIES if word in response), "")
    then = REPLIES[kind](response) if kind else _spoken(response)
    if then is None:
        found.note(where, f"a response of '{kind}' is not carried over")
        return None
    for word in sorted(response.keys() - KNOWN):
        found.note(where, f"'{word}' of the response is not carried over")
    return then | _overridden(found, where, response) | _delivery(found, where, fixture)


def _overridden(found: Found, where: str, response: Object) -> Object:
    """The tokens and the id that an answer is said to have."""
    then: Object = {}
    if spent := _usage(response.get("usage") or {}):
        then["usage"] = spent
    if id := response.get("id"):
        kind = re.match(r"(chatcmpl|resp)[-_]", id)
        if kind:
            then["ids"] = {kind[1]: id}
        else:
            found.note(where, f"the id '{id}' is not carried over: it is none of a chat or a response")
    return then


def _usage(given: Object) -> Object:
    details = {**(given.get("prompt_tokens_details") or {}), **(given.get("completion_tokens_details") or {})}
    return {
        ours: flat[theirs]
        for flat in (given, details)
        for theirs, ours in TOKENS.items()
        if flat.get(theirs) is not None
    }


TOKENS = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
    "cached_tokens": "cached",
    "reasoning_tokens": "reasoning",
}


def _spoken(response: Object) -> Object | None:
    steps: list[Object] = []
    if reasoning := response.get("reasoning"):
        steps.append({"reasoning": verbatim(reasoning)})
    steps += [_search(query) for query in response.get("webSearches") or []]
    if blocks := response.get("blocks"):
        steps += [_block(block) for block in blocks]
    else:
        steps += _content(response.get("content"))
        steps += [{"call": _call(call)} for call in response.get("toolCalls") or []]
    finish = FINISHES.get(response.get("finishReason", ""))
    alone = steps[0] if len(steps) == 1 else {"steps": steps}
    return alone | ({"finish": finish} if finish else {})


def _content(content: Json) -> list[Object]:
    if content is None:
        return []
    return [{"say": verbatim(content)} if isinstance(content, str) else {"json": verbatim(content)}]


def _block(block: Object) -> Object:
    return {"say": verbatim(block["text"])} if block["type"] == "text" else {"call": _call(block)}


def _call(call: Object) -> Object:
    arguments = verbatim(_parsed(call.get("arguments", {})))
    return {"name": call["name"], "arguments": arguments} | ({"id": call["id"]} if "id" in call else {})


def _parsed(arguments: Json) -> Json:
    """Arguments as a mapping where they are one, else as the text that goes out."""
    try:
        value = json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return arguments
    return value if isinstance(value, Mapping) else json.dumps(value)


def _search(query: str) -> Object:
    action = {"type": "search", "query": verbatim(query)}
    return {"hosted": {"type": "web_search_call", "status": "completed", "action": action}}


def _error(response: Object) -> Object:
    given = response["error"]
    named = {word: given[word] for word in ("type", "code", "param") if word in given}
    retry = {"retry_after": response["retryAfter"]} if "retryAfter" in response else {}
    return {"error": {"status": response.get("status", 500), "message": verbatim(given["message"]), **named, **retry}}


def _image(response: Object) -> Object:
    items = response.get("images") or [response["image"]]
    names = {"url": "url", "b64Json": "b64_json", "revisedPrompt": "revised_prompt"}
    data = [{names[name]: value for name, value in item.items() if name in names} for item in items]
    return _body({"created": 0, "data": data})


def _audio(response: Object) -> Object:
    audio = response["audio"]
    text = audio if isinstance(audio, str) else audio["b64Json"]
    media = audio.get("contentType") if isinstance(audio, Mapping) else f"audio/{response.get('format', 'mpeg')}"
    return {"reply": {"media": media or "audio/mpeg", "body": b64decode(text)}}


def _transcript(response: Object) -> Object:
    heard = response["transcription"]
    segments = [
        {name: verbatim(segment[name]) for name in ("start", "end", "text") if name in segment}
        for segment in heard.get("segments") or []
    ]
    given = {"text": verbatim(heard["text"])} if not segments else {"segments": segments}
    named = {
        ours: heard[theirs] for ours, theirs in (("language", "language"), ("seconds", "duration")) if theirs in heard
    }
    return {"transcript": given | named}


def _body(value: Json) -> Object:
    return {"reply": {"body": value}}


REPLIES: dict[str, Callable[[Object], Object | None]] = {
    "error": _error,
    "embedding": lambda response: {"embedding": response["embedding"]},
    "image": _image,
    "images": _image,
    "audio": _audio,
    "transcription": _transcript,
    "video": lambda _: None,
    "json": lambda response: {"reply": {"status": response.get("status", 200), "body": verbatim(response["json"])}},
}
FINISHES = {reason: reason for reason in ("stop", "length", "content_filter", "tool_calls")}
KNOWN = {
    *("content", "toolCalls", "blocks", "reasoning", "webSearches", "finishReason", "status", "retryAfter", "format"),
    *("usage", "id"),
    *REPLIES,
}


# How it goes out


def _delivery(found: Found, where: str, fixture: Object) -> Object:
    profile = fixture.get("streamingProfile") or {}
    speeds = {ours: profile[theirs] / by for theirs, (ours, by) in SPEEDS.items() if theirs in profile}
    then: Object = {"pace": speeds} if speeds else {}
    if "truncateAfterChunks" in fixture:
        then["cut"] = {"events": fixture["truncateAfterChunks"]}
    if fixture.get("latency"):
        then["pace"] = {
            "first_token_delay": fixture["latency"] / 1000,
            "tokens_per_second": 1000 / fixture["latency"],
        } | speeds
    for word in sorted(fixture.keys() - CARRIED):
        found.note(where, f"'{word}' is not carried over{UNSAID.get(word, '')}")
    return then


CARRIED = {"match", "response", "streamingProfile", "truncateAfterChunks", "latency", "chaos"}
SPEEDS = {"ttft": ("first_token_delay", 1000), "tps": ("tokens_per_second", 1), "jitter": ("jitter", 1)}
UNSAID = {
    "chunkSize": "; chunks are tokens",
    "disconnectAfterMs": "; `cut` counts events or bytes",
}
