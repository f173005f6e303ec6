"""What the API would say about a request that doesn't fit its operation's schema.

The API names one fault only, so the work is choosing it. Its order was measured: first what is missing, then what is
unknown, then the values of the parameters in an order of its own (`_ORDER`), and in a list the first item that is wrong.
The native validator finds that place, whatever the size of the request; `jsonschema` then lists what is wrong there.

A value that fits none of a union's alternatives has failed all of them, mostly for reasons its author would not
recognise. So the alternatives are narrowed as a reader would: those of the value's kind (string, array, object), among
them those whose `type` or `role` the value names, among them the one with the fewest faults. Where no alternative has the
named `type`, that name is the fault, and the names of all alternatives are its supported values.
"""

from __future__ import annotations

from collections import ChainMap
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from fakeopenai import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fakeopenai.errors import ApiError
    from fakeopenai.schema import Types
    from fakeopenai.wire import Json, Object

Path = tuple[str | int, ...]
_UNIONS = frozenset({"anyOf", "oneOf"})
_NAMINGS = frozenset({"const", "enum"})
_TAGS = ("type", "object", "role")  # what names an alternative, the strongest first


class Shape:
    """The schema of one operation's body or query, compiled."""

    def __init__(self, types: Types, schema: Object) -> None:
        self.types, self.schema = types, schema
        self.properties: Object = types.properties(schema)
        self._closure = types.closure(schema)
        self._parts: dict[tuple[str, bool], Callable[[Json], bool]] = {}
        self.accepts: Callable[[Json], bool] = jsonschema_rs.Draft202012Validator(self._closure).is_valid

    @cached_property
    def reference(self) -> Any:
        """The validator that can say what is wrong."""
        return Draft202012Validator(self._closure)

    def part(self, name: str, *, items: bool = False) -> Callable[[Json], bool]:
        """Whether a value will do as this property, or as an item of the list it may be."""
        if (name, items) not in self._parts:
            schema = self.items(name) if items else self.properties[name]
            self._parts[name, items] = jsonschema_rs.Draft202012Validator(self.types.closure(schema or {})).is_valid
        return self._parts[name, items]

    def items(self, name: str) -> Object | None:
        """The schema of the items of this property, if there is but one way for it to be a list."""
        arrays = [arm for arm in _arms(self.types, self.properties[name]) if arm.get("type") == "array"]
        items: Object | None = arrays[0].get("items") if len(arrays) == 1 else None
        return items


def refusal(shape: Shape, value: Json, operation: str, *, form: bool = False) -> ApiError:
    """The error the API would answer with. `operation` is the path template, `form` says that numbers came as text."""
    if not isinstance(value, dict):
        return errors.invalid(f"Invalid body: expected an object, but got {_kind(value)} instead.", code="invalid_type")
    if operation in _GATEWAY and value.get("model") is None:
        return errors.missing_model()
    fault = _fault(shape, value, _ORDER.get(operation, ()))
    if fault is None:
        return errors.invalid("Invalid request.")
    return _VOICES.get(operation, _modern)(Speech(shape.types, operation, fault, value, form))


# Finding the fault.


def _fault(shape: Shape, value: Object, order: Sequence[str]) -> ValidationError | None:
    found = list(_suspects(shape, value, order))
    leaves = [leaf for error in found for leaf in _leaves(error)]
    return min(leaves, key=_rank, default=None)


def _suspects(shape: Shape, value: Object, order: Sequence[str]) -> Iterator[ValidationError]:
    """The errors of the request's first faulty part."""
    if "properties" not in shape.schema:
        yield from shape.reference.iter_errors(value)
        return
    outline = {**shape.schema, "properties": dict.fromkeys(shape.properties, {})}
    if wrong := list(shape.reference.descend(value, outline)):
        yield from wrong
        return
    for name in dict.fromkeys((*order, *shape.properties)):
        if name in value and name in shape.properties and not shape.part(name)(value[name]):
            yield from _within(shape, name, value[name])
            return


def _within(shape: Shape, name: str, value: Json) -> Iterable[ValidationError]:
    if isinstance(value, list) and (items := shape.items(name)):
        accepts = shape.part(name, items=True)
        for index, item in enumerate(value):
            if not accepts(item):
                found = list(shape.reference.descend(item, items, path=index))
                for error in found:
                    error.path.appendleft(name)
                return found
    found = list(shape.reference.descend(value, shape.properties[name], path=name))
    return found


def _rank(error: ValidationError) -> tuple[list[int], int, int]:
    """Earlier items before later ones, then an object's own faults before those of its members."""
    path = list(error.absolute_path)
    own = ("type", "required", "additionalProperties")
    position = own.index(error.validator) if error.validator in own else len(own)
    return [part for part in path if isinstance(part, int)], len(path), position


def _leaves(error: ValidationError) -> list[ValidationError]:
    return _narrowed(error) if error.validator in _UNIONS and error.context else [error]


def _narrowed(union: ValidationError) -> list[ValidationError]:
    """The faults of the alternative that was most likely meant; the union itself if none is of the value's kind."""
    alternatives: dict[Any, list[ValidationError]] = {}
    for error in union.context or ():
        alternatives.setdefault(error.relative_schema_path[0], []).extend(_leaves(error))
    fitting = [faults for faults in alternatives.values() if not any(_other_kind(fault, union) for fault in faults)]
    if not fitting:
        return [union]
    agreed = {tag for tag, name in enumerate(_TAGS) if any(_agrees(faults, union, tag, name) for faults in fitting)}
    best = min(fitting, key=lambda faults: sum(_weight(fault, union, agreed) for fault in faults))
    wrong = min((tag for fault in best if (tag := _tag(fault, union)) is not None), default=None)
    return best if wrong is None else [_unsupported(union, wrong, fitting)]


def _other_kind(fault: ValidationError, union: ValidationError) -> bool:
    if fault.absolute_path != union.absolute_path:
        return False
    if fault.validator in _NAMINGS:
        return all(_kind(named) != _kind(union.instance) for named in _named(fault))
    return fault.validator == "type" or fault.validator in _UNIONS


def _tag(fault: ValidationError, union: ValidationError) -> int | None:
    """Which of `_TAGS` the fault says is wrong, if any; for a union of plain values that is the value itself."""
    if fault.validator not in _NAMINGS:
        return None
    match list(fault.absolute_path)[len(union.absolute_path) :]:
        case []:
            return len(_TAGS)
        case [str(name)] if name in _TAGS:
            return _TAGS.index(name)
    return None


def _agrees(faults: list[ValidationError], union: ValidationError, tag: int, name: str) -> bool:
    """Whether an alternative has the tag that the value names."""
    if not isinstance(union.instance, dict) or name not in union.instance:
        return False
    foreign = [fault for fault in faults if fault.validator == "additionalProperties" and name in _unknown(fault)]
    return not any(fault.absolute_path == union.absolute_path for fault in foreign) and not any(
        _tag(fault, union) == tag for fault in faults
    )


def _weight(fault: ValidationError, union: ValidationError, agreed: set[int]) -> int:
    """A wrong tag weighs much if another alternative has it, a name that is out of place as much as a missing one."""
    if (tag := _tag(fault, union)) is not None:
        return 1000 if tag in agreed else 2
    return len(_unknown(fault)) if fault.validator == "additionalProperties" else 1


def _unsupported(union: ValidationError, tag: int, fitting: list[list[ValidationError]]) -> ValidationError:
    """One fault in place of all: the tag's value is none of those that the alternatives have."""
    wrong = [
        fault
        for faults in fitting
        if min((found for fault in faults if (found := _tag(fault, union)) is not None), default=tag) >= tag
        for fault in faults
        if _tag(fault, union) == tag
    ]
    named = list(dict.fromkeys(name for fault in wrong for name in _named(fault)))
    merged = ValidationError(
        f"{wrong[0].instance!r} is not one of {named!r}",
        validator="enum",
        validator_value=named,
        instance=wrong[0].instance,
        schema={"enum": named},
    )
    merged.path.extend(wrong[0].absolute_path)
    return merged


def _named(fault: ValidationError) -> list[Json]:
    """The values a constant or an enumeration allows."""
    named: Json = fault.validator_value
    return [named] if fault.validator == "const" else list(named)


def _unknown(fault: ValidationError) -> list[str]:
    known: Object = fault.schema.get("properties", {}) if isinstance(fault.schema, dict) else {}
    return [name for name in fault.instance if name not in known]


# Saying it.


class Speech:
    """A fault, and all that a wording of it may need."""

    def __init__(self, types: Types, operation: str, fault: ValidationError, request: Object, form: bool) -> None:
        self.types, self.operation, self.fault, self.request, self.form = types, operation, fault, request, form
        self.path: Path = tuple(fault.absolute_path)
        self.keyword, self.argument, self.value = str(fault.validator), fault.validator_value, fault.instance
        self.schema: Object = fault.schema if isinstance(fault.schema, dict) else {}

    @property
    def param(self) -> str:
        return _spelled(self.path)

    @property
    def missing(self) -> str:
        """The name of what is missing; what would tell the kind of the object comes first."""
        names = [name for name in self.argument if name not in self.value]
        order = (*_TAGS, *_ORDER.get(self.operation, ()), *self.schema.get("properties", {}))
        return min(names, key=lambda name: order.index(name) if name in order else len(order))

    @property
    def named(self) -> list[Json]:
        """The allowed values, as the API lists them."""
        return _listing(_named(self.fault))


def _modern(speech: Speech) -> ApiError:
    """The wording of nearly all families since 2024."""
    special = _SPECIAL.get((speech.operation, speech.param, speech.keyword))
    if special is not None:
        return special(speech)
    wording = _WORDINGS.get(speech.keyword)
    return wording(speech) if wording else errors.invalid(f"Invalid '{speech.param}'.", speech.param, "invalid_value")


def _say_type(speech: Speech) -> ApiError:
    expected = _expected(
        speech, speech.schema if speech.keyword != "type" else {"type": speech.argument, **speech.schema}
    )
    if speech.form and isinstance(speech.value, str) and expected in {"an integer", "a decimal"}:
        return errors.unconvertible(speech.param, expected)
    return errors.invalid_type(speech.param, expected, _kind(speech.value))


def _say_naming(speech: Speech) -> ApiError:
    if all(_kind(named) != _kind(speech.value) for named in speech.named):
        return _say_type(speech)
    path = speech.path
    if path[0] in _UNTAGGED.get(speech.operation, ()) and path[-1] in _TAGS:
        path = path[:-1]
    return errors.invalid_value(_spelled(path), speech.value, [str(named) for named in speech.named])


def _say_missing(speech: Speech) -> ApiError:
    return errors.missing(_spelled((*speech.path, speech.missing)))


def _say_unknown(speech: Speech) -> ApiError:
    name = _unknown(speech.fault)[0]
    if speech.path:
        return errors.unknown_parameter(_spelled((*speech.path, name)))
    if target := _MOVED.get(speech.operation, {}).get(name):
        return errors.moved_parameter(name, target)
    free = [known for known in speech.schema.get("properties", {}) if known not in speech.request]
    return errors.unknown_parameter(name, _near(name, free))


def _say_bound(say: Callable[..., ApiError], sign: str) -> Callable[[Speech], ApiError]:
    def wording(speech: Speech) -> ApiError:
        kind = "integer" if speech.schema.get("type") == "integer" else "decimal"
        return say(speech.param, kind, speech.argument, speech.value, sign)

    return wording


def _say_length(say: Callable[[str, str, int, int], ApiError], kind: str) -> Callable[[Speech], ApiError]:
    return lambda speech: say(speech.param, kind, speech.argument, len(speech.value))


def _say_long_string(speech: Speech) -> ApiError:
    if "propertyNames" in speech.fault.absolute_schema_path:
        return errors.property_name_too_long(speech.param, speech.value, speech.argument)
    return errors.too_long(speech.param, "string", speech.argument, len(speech.value))


_WORDINGS: dict[str, Callable[[Speech], ApiError]] = {
    "type": _say_type,
    "anyOf": _say_type,
    "oneOf": _say_type,
    "const": _say_naming,
    "enum": _say_naming,
    "required": _say_missing,
    "additionalProperties": _say_unknown,
    "minimum": _say_bound(errors.below_minimum, ">="),
    "exclusiveMinimum": _say_bound(errors.below_minimum, ">"),
    "maximum": _say_bound(errors.above_maximum, "<="),
    "exclusiveMaximum": _say_bound(errors.above_maximum, "<"),
    "minLength": _say_length(errors.too_short, "string"),
    "maxLength": _say_long_string,
    "minItems": _say_length(errors.too_short, "array"),
    "maxItems": _say_length(errors.too_long, "array"),
    "minProperties": lambda speech: errors.too_few_properties(speech.param, speech.argument, len(speech.value)),
    "maxProperties": lambda speech: errors.too_many_properties(speech.param, speech.argument, len(speech.value)),
    "pattern": lambda speech: errors.pattern_mismatch(speech.param, speech.argument),
}


def _plain(speech: Speech) -> ApiError:
    """Embeddings and files still speak as the validator of their first years did."""
    where = ".".join(map(str, speech.path))
    param = where or None if speech.operation == "/files" else None
    match speech.keyword:
        case "additionalProperties" if not speech.path:
            return errors.unrecognized_argument(_unknown(speech.fault)[0])
        case "required":
            message = f"'{speech.missing}' is a required property"
        case "const" | "enum":
            message = f"{speech.value!r} is not one of {speech.named!r}"
        case "anyOf" | "oneOf":
            return errors.invalid(f"'$.{where}' is invalid. Please check the API reference: {_REFERENCE}.")
        case _:
            message = speech.fault.message
    return errors.invalid(f"{message} - '{where}'" if where else message, param)


_REFERENCE = "https://platform.openai.com/docs/api-reference"


def _pydantic(speech: Speech) -> ApiError:
    """The audio endpoints show what their validator found, as Python prints it."""
    where = ("body", *speech.path)
    match speech.keyword:
        case "required":
            found = {"type": "missing", "loc": ("body", *speech.path, speech.missing), "msg": "Field required"}
        case "const" | "enum":
            expected = errors.joined(errors.quoted([str(named) for named in speech.named]), "or").replace(
                ", or ", " or "
            )
            message = f"Input should be {expected}"
            found = {"type": "enum", "loc": where, "msg": message, "ctx": {"expected": expected}}
        case "maxLength":
            message = f"String should have at most {speech.argument} characters"
            context = {"max_length": speech.argument}
            found = {"type": "string_too_long", "loc": where, "msg": message, "ctx": context}
        case _:
            return _modern(speech)
    return errors.invalid(str([found]))


def _null_content(speech: Speech) -> ApiError:
    return errors.invalid("Invalid value for 'content': expected a string, got null.", speech.param)


# The API's vocabulary.


def _expected(speech: Speech, schema: Object) -> str:
    """What a parameter should have been: `a string`, `one of a string or array of objects`."""
    last = next((part for part in reversed(speech.path) if isinstance(part, str)), "")
    if last == "metadata" and speech.path[-1] == "metadata":
        return "a metadata object"
    arms = _arms(speech.types, schema)
    items = _ITEMS.get((speech.operation, last)) if len(speech.path) == 1 else None
    phrases = list(dict.fromkeys(_phrase(speech.types, arm, items) for arm in _described(arms)))
    match phrases:
        case []:
            return "null"
        case [only]:
            return " ".join(only)
        case [first, *rest]:
            return f"one of {errors.joined([' '.join(first), *(noun for _, noun in rest)], 'or')}"
    raise AssertionError(phrases)


def _described(arms: list[Object]) -> list[Object]:
    """What a reader needs to know of: no null, all names in one place, and no names where any string will do."""
    names = list(dict.fromkeys(name for arm in arms for name in _strings(arm)))
    kept = [arm for arm in arms if not _strings(arm) and arm.get("type") != "null"]
    if not names or {"type": "string"} in kept:
        return kept
    position = next(index for index, arm in enumerate(arms) if _strings(arm))
    return [*kept[:position], {"enum": names}, *kept[position:]]


def _strings(arm: Object) -> list[str]:
    named = [arm["const"]] if "const" in arm else arm.get("enum", ())
    return [name for name in named if isinstance(name, str)]


def _phrase(types: Types, arm: Object, items: str | None = None) -> tuple[str, str]:
    """Article and noun."""
    if names := _strings(arm):
        return "one of", errors.alternatives(_listing(names)).removeprefix("one of ")
    match arm:
        case {"type": "array"}:
            return "an", f"array of {items or _plural(types, arm.get('items', {}))}"
        case {"type": "integer"}:
            return "an", "integer"
        case {"type": "number"}:
            return "a", "decimal"
        case {"type": "boolean"} | {"enum": [bool(), *_]} | {"const": bool()}:
            return "a", "boolean"
        case {"type": "string"}:
            return "a", "string"
    return "an", "object"


def _listing(named: list[Json]) -> list[Json]:
    told = [name for name in named if name not in _UNLISTED]
    return next((list(listing) for listing in _LISTINGS if {*listing} == {*map(str, told)}), told)


def _plural(types: Types, items: Object) -> str:
    phrases = {_phrase(types, arm) for arm in _described(_arms(types, items))}
    if len(phrases) != 1:
        return "values"
    article, noun = phrases.pop()
    return f"one of {noun}" if article == "one of" else f"{noun.split()[0]}s"


def _arms(types: Types, schema: Object) -> list[Object]:
    """The alternatives of a schema, those inside alternatives included."""
    schema = types.resolve(schema)
    if "anyOf" in schema:
        return [arm for part in schema["anyOf"] for arm in _arms(types, part)]
    if isinstance(schema.get("type"), list):
        return [schema | {"type": kind} for kind in schema["type"]]
    return [schema]


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal number"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"


def _spelled(path: Path) -> str:
    """`messages[0].content`"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _near(name: str, known: Iterable[str]) -> list[str]:
    """The parameters at most two edits away, the nearest first."""
    measured = sorted((_distance(name, other), other) for other in known if abs(len(other) - len(name)) <= 2)
    return [other for distance, other in measured if distance <= min(2, len(name) - 1)]


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out or replaced."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        previous, row[0] = row[0], index
        for column, opposite in enumerate(other, 1):
            insert_or_delete = min(row[column], row[column - 1]) + 1
            previous, row[column] = row[column], min(insert_or_delete, previous + (letter != opposite))
    return row[-1]


# What the API does differently from place to place.

_GATEWAY = frozenset({"/chat/completions", "/completions", "/embeddings"})

_VOICES: dict[str, Callable[[Speech], ApiError]] = {
    "/embeddings": _plain,
    "/files": _plain,
    "/audio/transcriptions": _pydantic,
    "/audio/translations": _pydantic,
    "/audio/speech": _pydantic,
}

# The order in which the API looks at the parameters. Those not named follow in the order of the schema.
_ORDER: dict[str, tuple[str, ...]] = {
    "/chat/completions": (
        *("messages", "functions", "tools", "function_call", "tool_choice", "parallel_tool_calls"),
        *("max_completion_tokens", "max_tokens", "n", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
        *("logprobs", "top_logprobs", "user", "seed", "safety_identifier", "prompt_cache_options", "prompt_cache_key"),
        *(
            "prompt_cache_retention",
            "service_tier",
            "stop",
            "stream",
            "stream_options",
            "store",
            "metadata",
            "verbosity",
        ),
        *("moderation", "response_format"),
    ),
    "/responses": (
        *("model", "input", "previous_response_id", "conversation", "prompt", "moderation", "include", "tools"),
        *("tool_choice", "metadata", "text", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
        *("parallel_tool_calls", "stream", "stream_options", "background", "max_output_tokens", "max_tool_calls"),
        *("reasoning", "user", "safety_identifier", "prompt_cache_options", "prompt_cache_key"),
        *("prompt_cache_retention", "truncation", "instructions", "store", "service_tier", "top_logprobs"),
        "context_management",
    ),
}

# Where a wrong `type` or `role` is said of the object that carries it.
_UNTAGGED: dict[str, tuple[str, ...]] = {
    "/responses": ("input",),
    "/responses/input_tokens": ("input",),
    "/conversations": ("items",),
    "/conversations/{conversation_id}/items": ("items",),
}

_MOVED: dict[str, dict[str, str]] = {
    "/responses": {
        "messages": "input",
        "response_format": "text.format",
        "reasoning_effort": "reasoning.effort",
    },
}

_ITEMS: dict[tuple[str, str], str] = {
    ("/chat/completions", "functions"): "function definitions",
    ("/responses", "tools"): "tools",
    ("/responses", "input"): "input items",
}

# Values that the API lists in an order other than its client's.
_LISTINGS: tuple[tuple[str, ...], ...] = (
    ("assistant", "system", "developer", "user"),
    ("system", "assistant", "user", "function", "tool", "developer"),
    ("none", "auto", "required"),
    ("json_object", "json_schema", "text"),
    ("concise", "detailed", "auto"),
    ("auto", "default", "fast", "flex", "priority"),
    ("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    ("in_memory", "24h"),
    ("transparent", "opaque", "auto"),
    ("png", "webp", "jpeg"),
    ("low", "medium", "high", "auto"),
    ("fine-tune", "assistants", "batch", "user_data", "vision", "evals"),
    ("json", "text", "vtt", "srt", "verbose_json"),
)
_UNLISTED = frozenset({"scale"})  # a service tier that is taken and never mentioned

_RETENTION = "/chat/completions", "prompt_cache_retention"
_SPECIAL: dict[tuple[str, str, str], Callable[[Speech], ApiError]] = {
    (*_RETENTION, "enum"): lambda speech: errors.invalid("Invalid prompt_cache_retention argument", speech.param),
}
