"""The JSON Schema of rule files, for editors. `schemas/rules.schema.json` is this, written down.

It knows the words and what each takes; that names of operations, groups and regular expressions are right, only the
loader can tell.

    python -m fakeopenai.rules.schema > schemas/rules.schema.json
"""

from __future__ import annotations

import json
from itertools import combinations
from typing import get_args

from fakeopenai.fate import STATUSES
from fakeopenai.faults import FAULTS
from fakeopenai.fuzz import ODDITIES
from fakeopenai.ids import KINDS
from fakeopenai.lexicon import OMNI
from fakeopenai.rules import conditions, delivery, files, job, media, outcome, recorded, request, rule, saying
from fakeopenai.rules.conditions import COMBINATORS, TESTS
from fakeopenai.rules.operators import USER_TESTS
from fakeopenai.rules.saying import SPEECH
from fakeopenai.rules.subjects import SUBJECTS
from fakeopenai.turn import Finish
from fakeopenai.wire import Object

ADDRESS = "https://json-schema.org/draft/2020-12/schema"

TEXT: Object = {"type": "string"}
TEXT_OR_NULL: Object = {"type": ["string", "null"]}
YES: Object = {"const": True}
FLAG: Object = {"type": "boolean"}
ANY: Object = {}
SECONDS: Object = {"type": "number", "minimum": 0}
MOMENT: Object = {"anyOf": [SECONDS, {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d"}]}
SHARE: Object = {"type": "number", "minimum": 0, "maximum": 1}
FINISH: Object = {"enum": list(get_args(Finish))}
ONE_CONTENT: Object = {"oneOf": [{"required": ["content"]}, {"required": ["base64"]}]}
TEXTS: Object = {"type": "object", "additionalProperties": TEXT}


ONCE: Object = {"not": {"required": ["once", "times"]}}


def schema() -> Object:
    """The schema of a file: a list of rules, one rule, or a mapping with `rules`."""
    clock = {"anyOf": [{"enum": ["auto", "manual"]}, {"type": "number", "minimum": 0}]}
    unmatched = {"enum": list(files.UNMATCHED)}
    document = closed({"$schema": TEXT, "unmatched": unmatched, "clock": clock, "rules": listed(ref("rule"))})
    document |= {"anyOf": [{"required": [word]} for word in files.DOCUMENT if word in files.SETTINGS]}
    definitions = {
        "rule": _rule(),
        "when": _when(),
        "outcome": closed(_outcome()) | {"allOf": _one_way()},
        "step": closed(_speech()),
        "call": _call(),
        "error": _error(),
        "reply": _reply(),
        **{f"{takes}Test": _test(takes) for takes in ("text", "number", "flag", "json")},
    }
    top = {"$schema": ADDRESS, "title": "fakeopenai rules"}
    return top | {"anyOf": [{"type": "null"}, listed(ref("rule")), document, ref("rule")], "$defs": definitions}


def ref(name: str) -> Object:
    return {"$ref": f"#/$defs/{name}"}


def closed(properties: Object) -> Object:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def listed(member: Object) -> Object:
    return {"type": "array", "items": member}


def one_or_more(member: Object) -> Object:
    return {"anyOf": [member, listed(member)]}


def whole(least: int = 0) -> Object:
    return {"type": "integer", "minimum": least}


def _rule() -> Object:
    outcomes = {"anyOf": [ref("outcome"), listed(ref("outcome")) | {"minItems": 1}]}
    chosen = {"anyOf": [TEXT, ref("outcome")]}
    many: Object = {"then": outcomes, "choose": listed(chosen) | {"minItems": 1}}
    life: Object = {
        "once": FLAG,
        "times": whole(1),
        "nth": one_or_more(whole(1)),
        "after": whole(),
        "every": whole(1),
        "probability": SHARE,
        "per": {"enum": list(rule.COUNTED)},
        "expires": MOMENT,
    }
    said = {"say": {"anyOf": [_said(), listed(_said()) | {"minItems": 1}]}}
    properties = {"name": TEXT, "when": ref("when"), **_outcome(), **said, **many, "sets": TEXTS, **life}
    alone = [
        {"if": {"required": ["then"]}, "then": {"not": _any_of(outcome.WORDS)}},
        {"if": {"required": ["choose"]}, "then": {"not": _any_of((*SPEECH, *outcome.INSTEAD, "choices", "then"))}},
    ]
    return closed({word: properties[word] for word in rule.WORDS}) | {"allOf": [*alone, ONCE, *_one_way()]}


def _one_way() -> list[Object]:
    """A rule speaks, or fails, or replies, or passes the call on."""
    said = (*SPEECH, "choices")
    return [
        *map(_alone, outcome.INSTEAD),
        {"if": {"required": ["steps"]}, "then": {"not": _any_of(_without(said, "steps"))}},
        {"if": {"required": ["choices"]}, "then": {"not": _any_of(_without(said, "choices"))}},
        {"if": {"required": ["finish"]}, "then": _any_of(said)},
        {"if": {"required": ["schema"]}, "then": _any_of(("json", "steps"))},
    ]


def _alone(way: str) -> Object:
    others = _without(outcome.INSTEAD, way)
    said = (*SPEECH, *media.WORDS, *others, "choices", "finish", "job")
    return {"if": {"required": [way]}, "then": {"not": _any_of(said)}}


def _without(words: tuple[str, ...], word: str) -> tuple[str, ...]:
    return tuple(other for other in words if other != word)


def _any_of(words: tuple[str, ...]) -> Object:
    return {"anyOf": [{"required": [word]} for word in words]}


def _when() -> Object:
    several = one_or_more(ref("when"))
    special: Object = {
        "operation": one_or_more(TEXT),
        "header": {"type": "object", "additionalProperties": ref("textTest")},
        "query": {"type": "object", "additionalProperties": ref("textTest")},
        "body": {"type": "object", "additionalProperties": ref("jsonTest")},
        "state": {"type": "object", "additionalProperties": ref("textTest")},
        "time": closed(dict.fromkeys(("after", "before"), MOMENT)),
        "schema": {"type": ["object", "boolean"]},
        "request": _request(),
        **dict.fromkeys(COMBINATORS, several),
    }
    subjects = {word: ref(f"{subject.takes}Test") for word, subject in SUBJECTS.items()}
    properties = subjects | dict.fromkeys(USER_TESTS, TEXT) | special
    return closed({word: properties[word] for word in conditions.WORDS if word != "where"})


def _request() -> Object:
    """A whole request, as recordings tell it."""
    file = closed(dict.fromkeys(request.FILE, TEXT))
    properties: Object = {
        **dict.fromkeys(("method", "path", "sha256"), TEXT),
        "query": {"type": "object"},
        "form": {"type": "object"},
        "body": ANY,
        "files": {"type": "object", "additionalProperties": one_or_more(file)},
    }
    return closed({word: properties[word] for word in request.WORDS})


def _test(takes: str) -> Object:
    """A bare value, several of which any will do, or a mapping of operators."""
    bare = {"text": TEXT, "number": whole(), "flag": FLAG, "json": {"not": {"type": "object"}}}[takes]
    again = one_or_more(ref(f"{takes}Test"))
    wanted = ANY if takes == "json" else bare
    properties: Object = {
        "contains": wanted,
        "equals": wanted,
        "like": ANY,
        "json": {"type": "object", "additionalProperties": ref("jsonTest")},
        "above": {"type": "number"},
        "below": {"type": "number"},
        "exists": FLAG,
        **dict.fromkeys(("contains_exactly", "matches", "glob"), TEXT),
        **dict.fromkeys(COMBINATORS, again),
    }
    operators = closed({word: properties[word] for word in TESTS})
    return {"anyOf": [bare, operators] if takes == "json" else [bare, listed(ref(f"{takes}Test")), operators]}


def _outcome() -> Object:
    steps = one_or_more(ref("step"))
    return {
        **_speech(),
        "steps": steps,
        "choices": one_or_more({"anyOf": [TEXT, closed(_speech() | {"steps": steps, "finish": FINISH})]}),
        "finish": FINISH,
        "schema": {"type": "object"},
        "usage": closed(dict.fromkeys(saying.USAGE, whole())),
        "ids": closed(dict.fromkeys(KINDS, one_or_more(TEXT))),
        **_media(),
        "error": ref("error"),
        "reply": ref("reply"),
        "delay": SECONDS,
        "pace": closed(dict.fromkeys(delivery.PACE, SECONDS)),
        "stall": _stall(),
        "cut": closed({word: _cut(word) for word in delivery.CUT}),
        "fail": closed({"after": whole(), "error": ref("error")}) | {"required": ["error"]},
        "flaws": closed({word: _flaw(word) for word in delivery.FLAWS}),
        "fuzz": _fuzz(),
        "job": _job(),
        "proxy": FLAG,
    }


def _media() -> Object:
    """What is given where the answer is no text."""
    categories: Object = {"enum": list(OMNI)}
    scores = closed(dict.fromkeys(OMNI, SHARE))
    vector = {"anyOf": [TEXT, listed({"type": "number"})]}
    segment = closed({word: TEXT if word in {"text", "speaker"} else SECONDS for word in media.SEGMENT})
    heard: Object = {"text": TEXT, "language": TEXT, "seconds": SECONDS}
    heard["segments"] = one_or_more(segment | {"required": ["text", "start", "end"]})
    return {
        "flag": {"anyOf": [*one_or_more(categories)["anyOf"], scores]},
        "embedding": {"anyOf": [*vector["anyOf"], listed(vector)]},
        "transcript": closed(heard) | {"anyOf": [{"required": ["text"]}, {"required": ["segments"]}]},
        "image": {"anyOf": [TEXT, closed(dict.fromkeys(media.IMAGE, TEXT)) | {"minProperties": 1}]},
    }


def _job() -> Object:
    """Seconds, `true` or an error's name, or a mapping each."""
    properties: Object = {
        **dict.fromkeys(("message", "code", "param"), TEXT),
        **dict.fromkeys(("seconds", "factor"), SECONDS),
        "at": {"enum": list(STATUSES)},
        "after": whole(),
        "name": {"enum": list(FAULTS)},
    }
    when = {"dependentRequired": {"after": ["at"]}}
    ended = {"anyOf": [YES, closed({word: properties[word] for word in job.MOMENT}) | when]}
    ways = {
        "slow": {"anyOf": [SECONDS, closed({word: properties[word] for word in job.SLOW})]},
        "fail": {"anyOf": [YES, {"enum": list(FAULTS)}, closed({word: properties[word] for word in job.FAIL}) | when]},
        "expire": ended,
        "cancel": ended,
    }
    one_end = [{"not": {"required": list(pair)}} for pair in combinations(job.ENDINGS, 2)]
    return closed({word: ways[word] for word in job.WORDS}) | {"allOf": one_end}


def _stall() -> Object:
    properties: Object = {"events": whole(), "bytes": whole(), "seconds": SECONDS}
    either = {"oneOf": [{"required": ["events"]}, {"required": ["bytes"]}]}
    return closed({word: properties[word] for word in delivery.STALL}) | either


def _cut(word: str) -> Object:
    return {"events": whole(), "bytes": whole(), "character": whole(1)}.get(word, FLAG)


def _flaw(word: str) -> Object:
    if word == "media":
        return TEXT
    return FLAG if word in delivery.FLAGS else whole(1)


def _fuzz() -> Object:
    names = one_or_more({"enum": list(ODDITIES)})
    properties: Object = {"case": whole(), "only": names, "without": names}
    return {"anyOf": [FLAG, {"const": "all"}, closed({word: properties[word] for word in delivery.FUZZ})]}


def _error() -> Object:
    properties: Object = {
        "name": {"enum": list(FAULTS)},
        "status": whole(400) | {"maximum": outcome.LAST_STATUS},
        "message": TEXT,
        "type": TEXT_OR_NULL,
        "code": TEXT_OR_NULL,
        "param": TEXT_OR_NULL,
        "headers": TEXTS,
        "retry_after": SECONDS,
    }
    identified = [{"required": ["name"]}, {"required": ["status", "message"]}]
    spelled_out = closed({word: properties[word] for word in outcome.ERROR}) | {"anyOf": identified}
    return {"anyOf": [{"enum": list(FAULTS)}, spelled_out]}


def _reply() -> Object:
    chunk = {"anyOf": [TEXT, closed({"after": SECONDS, "content": TEXT, "base64": TEXT}) | ONE_CONTENT]}
    properties: Object = {
        "status": whole(200) | {"maximum": outcome.LAST_STATUS},
        "headers": TEXTS,
        "body": ANY,
        "file": TEXT,
        "base64": TEXT,
        "media": TEXT,
        "events": ANY,
        "after": SECONDS,
        "chunks": one_or_more(chunk),
        "layout": {"enum": list(recorded.LAYOUTS)},
        "timing": {"enum": list(recorded.TIMINGS)},
    }
    pairs = combinations(("body", "events", "chunks", "file", "base64"), 2)
    one_form = {"allOf": [{"not": {"required": list(pair)}} for pair in pairs]}
    return closed({word: properties[word] for word in outcome.REPLY}) | one_form


def _speech() -> Object:
    return {
        "reasoning": {"anyOf": [TEXT, closed({"summary": TEXT, "tokens": whole()})]},
        "hosted": {"type": "object", "properties": {"type": TEXT}, "required": ["type"]},
        "say": _said(),
        "json": ANY,
        "refusal": TEXT,
        "call": one_or_more(ref("call")),
    }


def _said() -> Object:
    note = {"type": "object", "properties": {"type": TEXT}, "required": ["type"]}
    chances = {"type": "object", "additionalProperties": SHARE | {"exclusiveMinimum": 0}, "minProperties": 1}
    annotated = closed({"text": TEXT, "annotations": one_or_more(note), "probabilities": one_or_more(chances)})
    annotated |= {"anyOf": [{"required": ["text"]}, {"required": ["probabilities"]}]}
    return {"anyOf": [TEXT, annotated]}


def _call() -> Object:
    arguments: Object = {"type": ["object", "string", "null"]}
    spelled_out = closed({"name": TEXT, "arguments": arguments, "id": TEXT}) | {"required": ["name"]}
    by_name = {
        "type": "object",
        "properties": {"name": {"type": ["object", "null"]}},
        "additionalProperties": arguments,
    }
    return {"anyOf": [TEXT, by_name, spelled_out]}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
