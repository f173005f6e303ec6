"""What every method of the official client sends: its methods are called with stubs, and nothing leaves the process."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, get_args, get_origin
from unittest.mock import patch

import typing_extensions as te
from openai import OpenAI, resources
from openai._compat import cached_property
from openai._resource import SyncAPIResource
from openai._streaming import Stream, extract_stream_chunk_type
from openai._types import NotGiven, Omit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERBS = {
    "_get": "GET",
    "_get_api_list": "GET",
    "_post": "POST",
    "_put": "PUT",
    "_patch": "PATCH",
    "_delete": "DELETE",
}
OF_TRANSPORT = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
# Methods look into these arguments, so a stub's name in their place would not do.
SAMPLES: dict[str, Any] = {
    "response_format": "json",
    "encoding_format": "float",
    "tools": [],
    "input": "x",
    "metadata": {},
}


class Stub(str):
    """An argument that is its parameter's name."""

    __slots__ = ()


class Params(dict[str, object]):
    """Parameters on their way into a place of the request, with the type the client gives them."""

    type: Any = None


@dataclass
class Sent(BaseException):
    """One recorded call. Raised, because a method must not go on after it."""

    method: str
    path: str
    cast_to: Any = None
    body: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    files: Any = None
    content: Any = None
    stream: Any = False
    stream_cls: Any = None
    page: Any = None
    model: Any = None
    file_paths: list[list[str]] = field(default_factory=list)
    params: list[Any] = field(default_factory=list)


class Recorder(OpenAI):
    """A client whose verbs raise what they were to send."""

    def __init__(self) -> None:
        super().__init__(api_key="sk-none", admin_api_key="sk-none", base_url="http://none/v1")
        self.file_paths: list[list[str]] = []
        self.params: list[Any] = []
        for attribute, method in VERBS.items():
            setattr(self, attribute.removeprefix("_"), self._verb(method))

    def _verb(self, default: str) -> Callable[..., None]:
        def send(path: str, *, method: str = default, **given: Any) -> None:
            raise Sent(method.upper(), path, **given, file_paths=self.file_paths, params=self.params)

        return send

    def begin(self) -> None:
        self.file_paths, self.params = [], []

    def maybe_transform(self, data: Any, expected: Any) -> Params:
        params = Params(data if isinstance(data, dict) else {})
        params.type = expected
        self.params.append(expected)
        return params

    def extract_files(self, _query: object, *, paths: list[list[str]], **_: object) -> list[tuple[str, bytes]]:
        self.file_paths.extend(paths)
        return [("file", b"")]


@dataclass
class Method:
    """A method of the client and every request it was seen to send."""

    id: str
    owner: type
    function: Callable[..., Any]
    calls: list[Sent]
    errors: ClassVar[list[str]] = []

    @property
    def deprecated(self) -> bool:
        return hasattr(self.owner.__dict__[self.function.__name__], "__deprecated__")

    def first(self, name: str) -> Any:
        """The attribute of the fullest call that has it."""
        return next((value for call in reversed(self.calls) if (value := getattr(call, name))), None)

    @property
    def headers(self) -> dict[str, Any]:
        seen = [call.options.get("headers") or {} for call in self.calls]
        return {name: value for headers in seen for name, value in headers.items() if not absent(value)}

    @property
    def security(self) -> dict[str, bool]:
        return self.calls[-1].options.get("security") or {}

    @property
    def casts(self) -> list[Any]:
        """The types of the whole reply; the annotation tells where the client chooses one at run time."""
        cast = unique(call.cast_to for call in self.calls if call.cast_to is not None)
        told = [arm for arm in arms(self._return_type()) if not issubclass(get_origin(arm) or arm, Stream)]
        return told if len(told) > len(cast) else cast

    def _return_type(self) -> Any:
        scope = {**vars(importlib.import_module("typing")), **vars(inspect.getmodule(self.owner))}
        return te.get_type_hints(self.function, scope)["return"] if self.first("cast_to") else None

    @property
    def event(self) -> Any:
        stream = self.first("stream_cls")
        if stream is None:
            return None
        return get_args(stream)[0] if get_args(stream) else extract_stream_chunk_type(stream)

    @property
    def query(self) -> list[Any]:
        return unique(query.type for call in self.calls if isinstance(query := call.options.get("params"), Params))

    @property
    def body(self) -> list[Any]:
        """The types of the body. One that a method encodes itself is a transform that went nowhere else."""
        kinds = unique(call.body.type for call in self.calls if isinstance(call.body, Params))
        if kinds or self.calls[0].method == "GET":
            return kinds
        return unique(params for call in self.calls for params in call.params if params not in self.query)

    def keys(self, place: str) -> set[str]:
        """The parameters that went into `query` or `body`; their type may hold others."""
        return {
            key for call in self.calls for key in (call.options.get("params") if place == "query" else call.body) or ()
        }


def methods(names: dict[type, set[str]]) -> Iterator[Method]:
    """Every method of the resource classes that sends a request by itself: `names` tells which they are."""
    client = Recorder()
    accessors = accessor_of(client)
    with helpers_replaced(client):
        for owner, own in names.items():
            for name in sorted(own):
                function = inspect.unwrap(owner.__dict__[name])
                calls = list(recorded(client, owner(client), function))
                yield Method(f"{accessors[owner]}.{name}", owner, function, calls)


def resource_classes() -> list[type[SyncAPIResource]]:
    modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(resources.__path__, "openai.resources.")]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, SyncAPIResource) and value.__module__ == module.__name__
    ]


def accessor_of(client: OpenAI) -> dict[type, str]:
    """How one gets to a resource class from the client, such as `chat.completions`; the stable way before `beta`."""
    found: dict[type, list[str]] = {}

    def walk(thing: object, prefix: str) -> None:
        for name in [
            name for name, value in inspect.getmembers_static(type(thing)) if isinstance(value, cached_property)
        ]:
            child = getattr(thing, name)
            if isinstance(child, SyncAPIResource):
                for kind in type(child).__mro__:
                    found.setdefault(kind, []).append(prefix + name)
                walk(child, f"{prefix}{name}.")

    walk(client, "")
    return {kind: min(paths, key=lambda path: (path.startswith("beta."), path)) for kind, paths in found.items()}


@contextmanager
def helpers_replaced(client: Recorder) -> Iterator[None]:
    """Make the functions that resources prepare requests with tell what they are given."""
    replaced = {
        "maybe_transform": client.maybe_transform,
        "extract_files": client.extract_files,
        "path_template": lambda template, /, **_: template,
        "deepcopy_with_paths": lambda item, _: dict(item),
    }
    with ExitStack() as stack:
        for module in {inspect.getmodule(kind) for kind in resource_classes()}:
            for name in replaced.keys() & vars(module).keys():
                stack.enter_context(patch.object(module, name, replaced[name]))
        yield


def recorded(client: Recorder, resource: SyncAPIResource, function: Callable[..., Any]) -> Iterator[Sent]:
    """Calls with the required arguments, with all of them, and with a stream asked for."""
    parameters = inspect.signature(function).parameters
    samples = {name: value for name, value in SAMPLES.items() if name in parameters}
    yield sent(client, resource, function, required_only(parameters))
    streams: list[dict[str, bool]] = [{"stream": False}, {"stream": True}] if "stream" in parameters else [{}]
    for stream in streams:
        try:
            yield sent(client, resource, function, everything(parameters) | samples | stream)
        except (AttributeError, TypeError, ValueError):  # the method looked into a stub
            yield sent(client, resource, function, required_only(parameters) | samples | stream)


def sent(client: Recorder, resource: SyncAPIResource, function: Callable[..., Any], given: dict[str, Any]) -> Sent:
    client.begin()
    try:
        function(resource, **given)
    except Sent as call:
        return call
    raise RuntimeError(f"{function.__qualname__} sent nothing")


def required_only(parameters: types.MappingProxyType[str, inspect.Parameter]) -> dict[str, Any]:
    return {name: Stub(name) for name in everything(parameters) if parameters[name].default is inspect.Parameter.empty}


def everything(parameters: types.MappingProxyType[str, inspect.Parameter]) -> dict[str, Any]:
    return {name: Stub(name) for name in parameters if name not in OF_TRANSPORT}


def absent(value: object) -> bool:
    return isinstance(value, Omit | NotGiven)


def arms(annotation: Any) -> list[Any]:
    if annotation is None or annotation is type(None):
        return []
    is_union = get_origin(annotation) in (te.Union, types.UnionType)
    return [arm for arm in get_args(annotation) if arm is not type(None)] if is_union else [annotation]


def unique(values: Iterator[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept
