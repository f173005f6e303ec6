"""What the API says about a request that doesn't fit, in the words of the family it was sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakeopenai import errors
from fakeopenai.violation import LENIENT, ORDER, TAGS, is_whole, kind, violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fakeopenai.errors import ApiError
    from fakeopenai.schema import Types
    from fakeopenai.violation import Shape, Violation
    from fakeopenai.wire import Json, Object


def refusal(shape: Shape, value: Json, operation: str, *, form: bool = False) -> ApiError:
    """The error the API would answer with. `operation` is the path template, `form` says that numbers came as text."""
    if not isinstance(value, dict):
        return errors.invalid(f"Invalid body: expected an object, but got {kind(value)} instead.", code="invalid_type")
    if operation in _GATEWAY and not form and value.get("model") is None:
        return errors.missing_model()
    found = violation(shape, value, operation)
    if found is None:
        return errors.invalid("Invalid request.")
    return _VOICES.get(operation, _modern)(Speech(shape.types, operation, found, value, form))


class Speech:
    """A fault, and all that a wording of it may need."""

    def __init__(self, types: Types, operation: str, found: Violation, request: Object, form: bool) -> None:
        self.types, self.operation, self.found, self.request, self.form = types, operation, found, request, form
        self.path, self.argument, self.value, self.schema = found.path, found.argument, found.value, found.schema

    @property
    def param(self) -> str:
        return _spelled(self.path)

    @property
    def missing(self) -> str:
        """The name of what is missing; what would tell the kind of the object comes first."""
        names: list[str] = [name for name in self.argument if name not in self.value]
        order = (*TAGS, *ORDER.get(self.operation, ()), *self.schema.get("properties", {}))
        return min(names, key=lambda name: order.index(name) if name in order else len(order))

    @property
    def named(self) -> list[Json]:
        """The allowed values, as the API lists them."""
        return _listing(self.found.names)


def _modern(speech: Speech) -> ApiError:
    """The wording of nearly all families since 2024."""
    if speech.found.lacks_content and speech.operation in LENIENT:
        return errors.lacks_content(speech.path[1])
    special = _SPECIAL.get((speech.operation, speech.param, speech.found.keyword))
    if special is not None:
        return special(speech)
    wording = _WORDINGS.get(speech.found.keyword)
    return wording(speech) if wording else errors.invalid(f"Invalid '{speech.param}'.", speech.param, "invalid_value")


def _say_type(speech: Speech) -> ApiError:
    expected = _expected(speech)
    if speech.form and isinstance(speech.value, str) and expected in {"an integer", "a decimal"}:
        return errors.unconvertible(speech.param, expected)
    return errors.invalid_type(speech.param, expected, kind(speech.value))


def _say_naming(speech: Speech) -> ApiError:
    if all(kind(named) != kind(speech.value) for named in speech.found.names):
        return _say_type(speech)
    path = speech.path
    if path[0] in _UNTAGGED.get(speech.operation, ()) and path[-1] in TAGS:
        path = path[:-1]
    return errors.invalid_value(_spelled(path), speech.value, [str(named) for named in speech.named])


def _say_missing(speech: Speech) -> ApiError:
    return errors.missing(_spelled((*speech.path, speech.missing)))


def _say_unknown(speech: Speech) -> ApiError:
    name = speech.found.unknown[0]
    if speech.path:
        return errors.unknown_parameter(_spelled((*speech.path, name)))
    if target := _MOVED.get(speech.operation, {}).get(name):
        return errors.moved_parameter(name, target)
    free = [known for known in speech.schema.get("properties", {}) if known not in speech.request]
    return errors.unknown_parameter(name, _near(name, free))


def _say_bound(say: Callable[..., ApiError], sign: str) -> Callable[[Speech], ApiError]:
    def wording(speech: Speech) -> ApiError:
        kind = "integer" if is_whole(speech.types, speech.schema) else "decimal"
        return say(speech.param, kind, speech.argument, speech.value, sign)

    return wording


def _say_length(say: Callable[[str, str, int, int], ApiError], kind: str) -> Callable[[Speech], ApiError]:
    return lambda speech: say(speech.param, kind, speech.argument, len(speech.value))


def _say_long_string(speech: Speech) -> ApiError:
    if speech.found.of_a_name:
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
    """Embeddings and files still speak as the validator of their first years did, and what was retired with it."""
    where = ".".join(map(str, speech.path))
    param = where or None if speech.operation == "/files" else None
    union = "input" if where.startswith("input") else where
    if union == "input" or speech.found.keyword in {"anyOf", "oneOf"}:
        return errors.invalid(f"'$.{union}' is invalid. Please check the API reference: {_REFERENCE}.")
    match speech.found.keyword:
        case "additionalProperties" if not speech.path:
            return errors.unrecognized_argument(speech.found.unknown[0])
        case "required":
            message = f"'{speech.missing}' is a required property"
        case "const" | "enum":
            message = f"{speech.value!r} is not one of {speech.named!r}"
        case _:
            message = speech.found.message
    return errors.invalid(f"{message} - '{where}'" if where else message, param)


_REFERENCE = "https://platform.openai.com/docs/api-reference"


def _pydantic(speech: Speech) -> ApiError:
    """The audio endpoints show what their validator found, as Python prints it."""
    where = ("body", *speech.path)
    found: Object
    match speech.found.keyword:
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


# The API's vocabulary.


def _expected(speech: Speech) -> str:
    """What a parameter should have been: `a string`, `one of a string or array of objects`."""
    last = next((part for part in reversed(speech.path) if isinstance(part, str)), "")
    if last == "metadata" and speech.path[-1] == "metadata":
        return "a metadata object"
    arms = speech.types.alternatives(speech.schema)
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
    if not names or any(arm.get("type") == "string" for arm in kept):
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
    if arm.get("type") == "array":
        return "an", f"array of {items or _plural(types, arm.get('items', {}))}"
    return _NOUNS[arm.get("type", "object")]


_NOUNS = {
    "string": ("a", "string"),
    "integer": ("an", "integer"),
    "number": ("a", "decimal"),
    "boolean": ("a", "boolean"),
    "object": ("an", "object"),
}


def _listing(named: list[Json]) -> list[Json]:
    told = [name for name in named if name is not None and name not in _UNLISTED]
    wanted = {*map(str, told)} - _OLD_PURPOSES
    return next((list(listing) for listing in _LISTINGS if {*listing} == wanted), told)


def _plural(types: Types, items: Object) -> str:
    phrases = {_phrase(types, arm) for arm in _described(types.alternatives(items))}
    if len(phrases) != 1:
        return "objects" if ("an", "object") in phrases else "values"
    article, noun = phrases.pop()
    return f"one of {noun}" if article == "one of" else f"{noun.split()[0]}s"


def _spelled(path: tuple[str | int, ...]) -> str:
    """As `messages[0].content`."""
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
    "/fine-tunes": _plain,
    "/edits": _plain,
    "/audio/transcriptions": _pydantic,
    "/audio/translations": _pydantic,
    "/audio/speech": _pydantic,
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
_OLD_PURPOSES = frozenset({"search", "answers", "classifications"})  # of files, likewise

_RETENTION = "/chat/completions", "prompt_cache_retention"
_SPECIAL: dict[tuple[str, str, str], Callable[[Speech], ApiError]] = {
    (*_RETENTION, "enum"): lambda speech: errors.invalid("Invalid prompt_cache_retention argument", speech.param),
}
