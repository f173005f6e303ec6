"""The one thing about a request that the API would object to.

The API names one fault only, so the work is choosing it. Its order was measured: first what is missing, then what is
unknown, then the values of the parameters in an order of its own (`ORDER`), and in a list the first wrong item. The
native validator finds that place, whatever the size of the request; `jsonschema` then lists what is wrong there.

A value that fits none of a union's alternatives has failed all of them, mostly for reasons its author would not
recognise. So the alternatives are narrowed as a reader would: those of the value's kind (string, array, object), among
them those whose `type` or `role` the value names, among them the one with the fewest faults. Where no alternative has
the named `type`, that name is the fault, and the names of all alternatives are its supported values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jsonschema.exceptions import ValidationError

    from fakeopenai.schema import Types
    from fakeopenai.wire import Json, Object

TAGS = ("type", "object", "role")  # what names an alternative, the strongest first
_UNIONS = frozenset({"anyOf", "oneOf"})


class Shape:
    """The schema of one operation's body or query, compiled."""

    def __init__(self, types: Types, schema: Object) -> None:
        self.types, self.schema = types, schema
        self.properties: Object = types.properties(schema)
        self._closure = types.closure(schema)
        self._parts: dict[tuple[str, bool], Callable[[Json], bool]] = {}
        self._fits: Callable[[Json], bool] = jsonschema_rs.Draft202012Validator(self._closure).is_valid
        self._whole = frozenset(name for name, part in self.properties.items() if is_whole(types, part))

    def accepts(self, value: Json) -> bool:
        """Whether the API would take the value. To JSON Schema 2.0 is an integer, to the API it is a decimal."""
        if not self._fits(value):
            return False
        if not self._whole or self._whole.isdisjoint(value):
            return True
        return all(type(value[name]) is not float for name in self._whole & value.keys())

    @cached_property
    def reference(self) -> Any:
        """The validator that can say what is wrong."""
        from jsonschema import Draft202012Validator, validators  # 50 ms that only a refusal has to wait for

        kinds = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
        extended = validators.extend(Draft202012Validator, type_checker=kinds)  # type: ignore[no-untyped-call]  # stubs
        return extended(self._closure)

    def part(self, name: str, *, items: bool = False) -> Callable[[Json], bool]:
        """Whether a value will do as this property, or as an item of the list it may be."""
        if (name, items) not in self._parts:
            schema = self.items(name) if items else self.properties[name]
            fits = jsonschema_rs.Draft202012Validator(self.types.closure(schema or {})).is_valid
            whole = name in self._whole and not items
            self._parts[name, items] = (lambda value: type(value) is not float and fits(value)) if whole else fits
        return self._parts[name, items]

    def items(self, name: str) -> Object | None:
        """The schema of the items of this property, if there is but one way for it to be a list."""
        arrays = [arm for arm in self.types.alternatives(self.properties[name]) if arm.get("type") == "array"]
        items: Object | None = arrays[0].get("items") if len(arrays) == 1 else None
        return items


def is_whole(types: Types, schema: Object) -> bool:
    """Whether the only numbers that a value may be are integers."""
    kinds = {arm.get("type") for arm in types.alternatives(schema)}
    return "integer" in kinds and "number" not in kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A keyword of the schema that a value of the request doesn't satisfy.

    `argument` is what the keyword says and `schema` where it says it. A union has failed in all its `branches`.
    """

    keyword: str
    path: tuple[str | int, ...]
    argument: Any
    value: Json
    schema: Object
    message: str = ""
    of_a_name: bool = False
    branches: tuple[tuple[Violation, ...], ...] = ()

    @property
    def names(self) -> list[Json]:
        """The values that a constant or an enumeration allows; none for other keywords."""
        match self.keyword:
            case "const":
                return [self.argument]
            case "enum":
                return list(self.argument)
        return []

    @property
    def unknown(self) -> list[str]:
        """The properties that the object may not have."""
        if self.keyword != "additionalProperties":
            return []
        return [name for name in self.value if name not in self.schema.get("properties", {})]

    @property
    def lacks_content(self) -> bool:
        """Whether this is about a message without content."""
        match self.path:
            case ("messages", int(), "content"):
                return self.value is None
            case ("messages", int()):
                return self.keyword == "required" and "role" in self.value and "content" not in self.value
        return False


def violation(shape: Shape, value: Object, operation: str) -> Violation | None:
    """What the API would report of a refused request; None if `jsonschema` finds nothing wrong with it."""
    late = None
    for part in _suspects(shape, value, ORDER.get(operation, ())):
        found = min((leaf for error in part for leaf in _leaves(error)), key=_rank, default=None)
        if found is not None and not (found.lacks_content and operation in LENIENT):
            return found
        late = late or found
    return late


def _suspects(shape: Shape, value: Object, order: Sequence[str]) -> Iterator[list[Violation]]:
    """What is wrong with each faulty part of the request."""
    if "properties" not in shape.schema:
        yield [_read(error) for error in shape.reference.iter_errors(value)]
        return
    outline = shape.schema | {"properties": {name: {} for name in shape.properties}}
    if wrong := list(shape.reference.descend(value, outline)):
        yield [_read(error) for error in wrong]
    for name in dict.fromkeys((*order, *shape.properties)):
        if name in value and name in shape.properties and not shape.part(name)(value[name]):
            yield _within(shape, name, value[name])


def _within(shape: Shape, name: str, value: Json) -> list[Violation]:
    """What is wrong with a parameter, or with the first wrong item of its list."""
    items = shape.items(name) if isinstance(value, list) else None
    if items is not None:
        accepts = shape.part(name, items=True)
        for index, item in enumerate(value):
            if not accepts(item):
                return [_read(error, (name, index)) for error in shape.reference.descend(item, items)]
    return [_read(error, (name,)) for error in shape.reference.descend(value, shape.properties[name])]


def _read(error: ValidationError, above: tuple[str | int, ...] = ()) -> Violation:
    path = (*above, *error.relative_path)
    branches: dict[Any, list[Violation]] = {}
    for inner in error.context or () if error.validator in _UNIONS else ():
        branches.setdefault(inner.relative_schema_path[0], []).append(_read(inner, path))
    return Violation(
        keyword=str(error.validator),
        path=path,
        argument=error.validator_value,
        value=error.instance,
        schema=error.schema if isinstance(error.schema, dict) else {},
        message=error.message,
        of_a_name="propertyNames" in error.relative_schema_path,
        branches=tuple(map(tuple, branches.values())),
    )


def _rank(found: Violation) -> tuple[list[int], int, int]:
    """Earlier items before later ones, then an object's own faults before those of its members."""
    own = ("type", "required", "additionalProperties")
    position = own.index(found.keyword) if found.keyword in own else len(own)
    return [part for part in found.path if isinstance(part, int)], len(found.path), position


def _leaves(found: Violation) -> list[Violation]:
    """The violation itself; for a union, those of the alternative that was most likely meant."""
    if not found.branches:
        return [found]
    branches = [[leaf for inner in branch for leaf in _leaves(inner)] for branch in found.branches]
    fitting = [Branch(found, leaves) for leaves in branches if not any(_other_kind(leaf, found) for leaf in leaves)]
    if not fitting:
        return [found]
    agreed = {tag for branch in fitting for tag in branch.agreed}
    best = min(fitting, key=lambda branch: branch.weight(agreed))
    return best.leaves if not best.wrong else [_unsupported(found, min(best.wrong), fitting)]


def _other_kind(leaf: Violation, union: Violation) -> bool:
    """Whether an alternative is for values of another kind altogether."""
    if leaf.path != union.path:
        return False
    if leaf.names:
        return all(kind(name) != kind(union.value) for name in leaf.names)
    return leaf.keyword == "type" or leaf.keyword in _UNIONS


class Branch:
    """One alternative of a union and what is wrong with it. A tag is told by its position in `TAGS`."""

    def __init__(self, union: Violation, leaves: list[Violation]) -> None:
        self.leaves = leaves
        self._depth = len(union.path)
        self.wrong = {tag for leaf in leaves if (tag := self._tag(leaf)) is not None}
        foreign = {name for leaf in leaves if leaf.path == union.path for name in leaf.unknown}
        named = union.value if isinstance(union.value, dict) else {}
        present = {tag for tag, name in enumerate(TAGS) if name in named and name not in foreign}
        self.agreed = present - self.wrong

    def weight(self, agreed: set[int]) -> int:
        """How far the value is from this alternative; a wrong tag counts most if another alternative has it."""
        wrong = sum(1000 if tag in agreed else 2 for tag in self.wrong)
        return wrong + sum(len(leaf.unknown) or 1 for leaf in self.leaves if self._tag(leaf) is None)

    def naming(self, tag: int) -> list[Violation]:
        """The leaves that say that this tag is wrong, if no stronger one is."""
        return [leaf for leaf in self.leaves if self._tag(leaf) == tag] if tag == min(self.wrong, default=-1) else []

    def _tag(self, leaf: Violation) -> int | None:
        """Which tag a leaf finds wrong, if any; in a union of plain values that is the value itself."""
        match leaf.path[self._depth :]:
            case () if leaf.names:
                return len(TAGS)
            case (str(name),) if leaf.names and name in TAGS:
                return TAGS.index(name)
        return None


def _unsupported(union: Violation, tag: int, branches: list[Branch]) -> Violation:
    """One violation in place of all: the tag's value is none of those that the alternatives have."""
    wrong = [leaf for branch in branches for leaf in branch.naming(tag)]
    names = list(dict.fromkeys(name for leaf in wrong for name in leaf.names))
    return replace(wrong[0], keyword="enum", argument=names, schema={"enum": names}, message=union.message)


def kind(value: Json) -> str:
    """What a JSON value is, with its article."""
    if value is None:
        return "null"
    return next(words for type, words in _KINDS.items() if isinstance(value, type))


_KINDS: dict[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    str: "a string",
    list: "an array",
    dict: "an object",
}

LENIENT = frozenset({"/chat/completions"})  # looks for the content of its messages only after all else is right

# The order in which the API looks at the parameters. Those not named follow in the order of the schema.
ORDER: dict[str, tuple[str, ...]] = {
    "/chat/completions": (
        *("messages", "functions", "tools", "function_call", "tool_choice", "parallel_tool_calls"),
        *("max_completion_tokens", "max_tokens", "n", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
        *("logprobs", "top_logprobs", "user", "seed", "safety_identifier", "prompt_cache_options", "prompt_cache_key"),
        *("prompt_cache_retention", "service_tier", "stop", "stream", "stream_options", "store", "metadata"),
        *("verbosity", "moderation", "response_format"),
    ),
    "/embeddings": ("input", "model", "dimensions", "encoding_format"),
    "/responses": (
        *("model", "input", "previous_response_id", "conversation", "prompt", "moderation", "include", "tools"),
        *("tool_choice", "metadata", "text", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
        *("parallel_tool_calls", "stream", "stream_options", "background", "max_output_tokens", "max_tool_calls"),
        *("reasoning", "user", "safety_identifier", "prompt_cache_options", "prompt_cache_key"),
        *("prompt_cache_retention", "truncation", "instructions", "store", "service_tier", "top_logprobs"),
        "context_management",
    ),
}
