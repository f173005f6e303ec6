"""The same facts a second time, read off the client's syntax, so that nothing the recorder misses goes unnoticed."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdk_calls import VERBS, Method, resource_classes

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERS = ("OpenAI-Beta", "Accept")


@dataclass(frozen=True)
class Written:
    """A call of the client's verbs as it stands in the source."""

    method: str
    path: str
    pages: bool
    streams: bool
    uploads: bool
    has_params: bool
    security: tuple[str, ...]
    headers: frozenset[tuple[str, str]]


def written() -> dict[type, dict[str, Written]]:
    """Of each resource class, its methods that call a verb of the client."""
    return {kind: found for kind in resource_classes() if (found := dict(_methods(kind)))}


def _methods(kind: type) -> Iterator[tuple[str, Written]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            for call in _calls(function):
                if (
                    isinstance(call.func, ast.Attribute)
                    and call.func.attr in VERBS
                    and ast.unparse(call.func.value) == "self"
                ):
                    yield function.name, _written(function, call)


def _written(function: ast.FunctionDef, call: ast.Call) -> Written:
    assert isinstance(call.func, ast.Attribute)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    path = call.args[0]
    if isinstance(path, ast.Call):
        path = path.args[0]
    method = ast.literal_eval(keywords["method"]).upper() if "method" in keywords else VERBS[call.func.attr]
    return Written(
        method,
        ast.literal_eval(path),
        "page" in keywords,
        "stream_cls" in keywords,
        bool(keywords.keys() & {"files", "content"}),
        any(ast.unparse(inner.func) == "maybe_transform" for inner in _calls(function)),
        _security(function),
        frozenset(_headers(function)),
    )


def _calls(function: ast.FunctionDef) -> list[ast.Call]:
    return [node for node in ast.walk(function) if isinstance(node, ast.Call)]


def _security(function: ast.FunctionDef) -> tuple[str, ...]:
    given = [keyword.value for call in _calls(function) for keyword in call.keywords if keyword.arg == "security"]
    return tuple(sorted(ast.literal_eval(given[0]))) if given else ()


def _headers(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Dict):
            for name, value in zip(node.keys, node.values, strict=True):
                if isinstance(name, ast.Constant) and name.value in HEADERS and isinstance(value, ast.Constant):
                    yield name.value, value.value


def disagreements(method: Method, source: Written) -> list[str]:
    """What the recorder and the source say differently about a method."""
    seen = Written(
        method.first("method"),
        method.first("path"),
        bool(method.first("page")),
        bool(method.first("stream_cls")),
        any(call.files is not None or call.content is not None or call.file_paths for call in method.calls),
        any(call.params for call in method.calls),
        tuple(sorted(method.security)),
        frozenset((name, str(value)) for name, value in method.headers.items() if (name, value) in source.headers),
    )
    return [
        f"{method.id}: {name} is {getattr(source, name)!r} in the source, {value!r} when called"
        for name, value in vars(seen).items()
        if value != getattr(source, name)
    ]
