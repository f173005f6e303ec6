"""The WebSocket endpoints of the client: where they are, and what either side may say."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import unquote

import typing_extensions as te
from sdk_calls import Recorder, accessor_of, arms, helpers_replaced, required_only, resource_classes

if TYPE_CHECKING:
    from collections.abc import Iterator

OF_CONNECTION = {
    "return",
    "websocket_connection_options",
    "on_reconnecting",
    "max_retries",
    "initial_delay",
    "max_delay",
    "max_queue_size",
}


@dataclass
class Socket:
    """A way to connect. `server` and `client` are the unions of the events either sends."""

    id: str
    path: str
    query: dict[str, Any]
    beta: str
    server: Any
    client: Any


def sockets() -> Iterator[Socket]:
    client = Recorder()
    accessors = accessor_of(client)
    with helpers_replaced(client):
        for kind in resource_classes():
            if "connect" in vars(kind) and kind in accessors:
                yield _socket(accessors[kind], kind(client))


def _socket(id: str, resource: Any) -> Socket:
    given = required_only(inspect.signature(resource.connect).parameters)
    manager = type(resource.connect(**given))
    path = unquote(resource.connect(**given)._prepare_url().path).removeprefix("/v1")
    hints = te.get_type_hints(type(resource).connect, vars(sys.modules[manager.__module__]))
    query = {name: kind for name, kind in hints.items() if not _of_connection(name) and f"{{{name}}}" not in path}
    beta = re.search(r'"OpenAI-Beta": "([^"]+)"', inspect.getsource(manager))
    scope = vars(sys.modules[manager.__module__])
    connection = te.get_type_hints(manager.__enter__, scope)["return"]  # type: ignore[attr-defined] # a context manager
    server = te.get_type_hints(connection.parse_event, scope, include_extras=True)["return"]
    client = te.get_type_hints(connection.send, scope, include_extras=True)["event"]
    return Socket(id, path, query, beta[1] if beta else "", server, _requests(client))


def _of_connection(name: str) -> bool:
    return name in OF_CONNECTION or name.startswith("extra_")


def _requests(events: Any) -> Any:
    """The events a client may send as dictionaries; the models beside them say the same."""
    return Union[tuple(arm for arm in _opened(events) if te.is_typeddict(arm))]  # noqa: UP007 a union at run time


def _opened(events: Any) -> Iterator[Any]:
    for arm in arms(events):
        if te.get_origin(arm) is te.Annotated:
            yield from _opened(te.get_args(arm)[0])
        else:
            yield arm
