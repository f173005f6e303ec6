"""What the control API is, as data: its endpoints, and the OpenAPI document that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fakeopenai import __version__
from fakeopenai.allowances import RATES, SPENDING
from fakeopenai.wire import Json, Object

ROOT = "/_fakeopenai"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked. `body` and `reply` name a schema of `SCHEMAS`; without one there is no JSON.

    `example` is a body that may be sent. What is `open` needs no token and may be asked from anywhere.
    """

    method: str
    path: str
    answer: Callable[[Any], Json]
    reply: str = ""
    body: str = ""
    example: Json = None
    status: int = 200
    query: tuple[str, ...] = ()
    open: bool = False

    @property
    def name(self) -> str:
        """The function's name as other languages spell it: `addRules`."""
        first, *rest = self.answer.__name__.split("_")
        return first + "".join(word.title() for word in rest)

    @property
    def summary(self) -> str:
        return (self.answer.__doc__ or "").partition("\n")[0]


def _object(*required: str, **properties: Json) -> Object:
    return {
        "type": "object",
        "properties": properties,
        "required": [*(required or properties)],
        "additionalProperties": False,
    }


def _list(item: Json) -> Object:
    return {"type": "array", "items": item}


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
COUNT = {"type": "integer", "minimum": 0}
ANYTHING: Object = {}


def _limiting(properties: Object) -> Object:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_RATES = {word: {"type": ["integer", "null"], "minimum": 1} for word in RATES}
_SPENDING = {
    word: {"type": ["number", "null"], "minimum": 0, "description": "US dollars a month."} for word in SPENDING
}
_BY_MODEL = {
    "type": "object",
    "description": "By the name of a model, or a glob of names.",
    "additionalProperties": _limiting(_RATES),
}
_BY_PROJECT = {
    "type": "object",
    "description": "By the id of a project.",
    "additionalProperties": _limiting({**_RATES, **_SPENDING, "models": _BY_MODEL}),
}

SCHEMAS: Object = {
    "Health": _object(status={"const": "ok"}, version=TEXT, worlds=COUNT),
    "Error": _object(error=_object(code=TEXT, message=TEXT)),
    "Worlds": _object(worlds=_list(TEXT)),
    "World": _object(
        name=TEXT, seed={"type": "integer"}, clock={"$ref": "#/components/schemas/Clock"}, rules=COUNT, requests=COUNT
    ),
    "Fork": _object(name={"type": "string", "minLength": 1}),
    "Rules": {
        "description": "A rule in the form of the rule files, a list of rules, or a mapping with one under `rules`.",
        "type": ["object", "array"],
    },
    "RuleUses": _object(
        rules=_list(_object(name=TEXT, uses=COUNT, used_up={"type": "boolean"}, rule=ANYTHING)),
        trouble={"type": "string", "description": "Why the server's files can't be read as they are now."},
    ),
    "Clock": _object(
        now={"type": "number", "description": "Unix seconds."}, mode={"enum": ["auto", "manual", "rate"]}, rate=NUMBER
    ),
    "ClockMode": _object(
        "mode",
        mode={"enum": ["auto", "manual", "rate"]},
        rate={"type": "number", "exclusiveMinimum": 0, "description": "Virtual seconds for each real one."},
    ),
    "Advance": _object(seconds={"type": "number", "minimum": 0}),
    "Journal": _object(
        requests=_list(
            _object(
                method=TEXT,
                path=TEXT,
                operation=TEXT,
                query={"type": "object"},
                body=ANYTHING,
                status=COUNT,
                reply=ANYTHING,
                rule=TEXT,
            )
        )
    ),
    "Limits": _object(
        limits={"$ref": "#/components/schemas/Allowances"},
        used=_list(
            _object(
                project={"type": "string", "description": "Empty for the whole world."},
                model=TEXT,
                kind={"enum": ["requests", "tokens"]},
                period={"enum": ["minute", "day"]},
                limit=COUNT,
                used=COUNT,
            )
        ),
        spent={"type": "number", "description": "US dollars of this month."},
        soft_spend_reached={"type": "boolean"},
    ),
    "Allowances": {
        **_limiting({**_RATES, **_SPENDING, "models": _BY_MODEL, "projects": _BY_PROJECT}),
        "description": "Rates are for each model by itself, spending is for all together; `null` lifts a limit.",
    },
    "State": {
        "type": "object",
        "properties": {"fakeopenai": {"type": "integer"}, "world": TEXT, "drawers": {"type": "object"}},
        "required": ["fakeopenai", "drawers"],
    },
}

QUERIES: dict[str, Object] = {
    "limit": {"description": "Only the newest so many.", "schema": {"type": "integer", "minimum": 1}},
    "counts": {"description": "`keep`, or they begin anew.", "schema": {"type": "string", "enum": ["keep"]}},
}


def document(endpoints: Iterable[Endpoint]) -> Object:
    """The OpenAPI document of these endpoints."""
    paths: dict[str, Object] = {}
    for endpoint in endpoints:
        paths.setdefault(template(endpoint.path), {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fakeopenai control API",
            "version": __version__,
            "description": "What test harnesses ask of the emulator itself. A world is named by its API key, with or "
            "without `sk-`; in a path, write `%2F` for a slash in it.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def template(path: str) -> str:
    """A route's path as OpenAPI writes it."""
    return ROOT + path.replace(":path", "")


def _operation(endpoint: Endpoint) -> Object:
    operation: Object = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [*_parameters(endpoint)],
        "responses": {str(endpoint.status): _reply(endpoint), "default": _content("Error", "What was wrong.")},
    }
    if endpoint.body:
        body = _content(endpoint.body, "")["content"]
        body["application/json"]["example"] = endpoint.example
        operation["requestBody"] = {"required": True, "content": body}
    if endpoint.open:
        operation["security"] = [{}]
    return operation


def _parameters(endpoint: Endpoint) -> Iterable[Object]:
    for name in re.findall(r"{(\w+)", endpoint.path):
        yield {"name": name, "in": "path", "required": True, "schema": TEXT}
    for name in endpoint.query:
        yield {"name": name, "in": "query", "required": False, **QUERIES[name]}


def _reply(endpoint: Endpoint) -> Object:
    if endpoint.reply:
        return _content(endpoint.reply, "What was asked for.")
    return {"description": "Done." if endpoint.status == 204 else "The document, or the file."}


def _content(schema: str, description: str) -> Object:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
