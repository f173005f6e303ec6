"""Builds `operations.jsonl`, `types.jsonl` and `sockets.jsonl` from the installed `openai` package.

    python schemas/build.py            write them
    python schemas/build.py --check    exit with 1 and say what differs from what is written

The overlay adds what the client doesn't say; `legacy.json` adds the operations that only older clients know.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
from merge import reachable, renamed, short_names, with_discriminators
from openai.types import AllModels
from openai.types.webhooks.unwrap_webhook_event import UnwrapWebhookEvent
from overlay import apply
from sdk_calls import Method, arms, methods
from sdk_sockets import Socket, sockets
from sdk_syntax import disagreements, written
from sdk_types import Schema, Walker, ref, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HERE = Path(__file__).parent
Row = dict[str, Any]

PAGES = {
    "SyncPage": "page",
    "SyncCursorPage": "cursor",
    "SyncConversationCursorPage": "conversation",
    "SyncNextCursorPage": "next",
    "SyncTokenPage": "token",
}
OR_NULL: Schema = {"type": ["string", "null"]}
ENVELOPES: dict[str, Schema] = {
    "page": {},
    "cursor": {"first_id": OR_NULL, "last_id": OR_NULL, "has_more": {"type": "boolean"}},
    "conversation": {"first_id": OR_NULL, "last_id": OR_NULL, "has_more": {"type": "boolean"}},
    "next": {"has_more": {"type": "boolean"}, "next": OR_NULL},
    "token": {"has_more": {"type": "boolean"}, "next": OR_NULL},
}
OPTIONAL = {"first_id", "last_id"}
FIELDS = (
    *("id", "method", "path", "beta_query", "legacy", "deprecated", "admin", "beta"),
    *("query", "content", "files", "body"),
    *("reply_kind", "media", "reply", "page", "item", "streams", "event"),
)
SOCKET_FIELDS = ("id", "path", "query", "beta", "server", "client")
BYTES = "HttpxBinaryResponseContent"


class Build:
    """The description while it grows. Rows refer to types by the client's long names until all are there."""

    def __init__(self) -> None:
        self.walker = Walker()
        self.rows: list[Row] = []

    @property
    def types(self) -> dict[str, Schema]:
        return self.walker.types

    def add(self, method: Method) -> None:
        path, _, twin = method.first("path").partition("?")
        row = {"id": method.id, "method": method.first("method"), "path": path, "beta_query": twin == "beta=true"}
        row |= self._request(method) | self._reply(method) | self._stream(method)
        row["beta"] = str(method.headers.get("OpenAI-Beta", ""))
        row["admin"] = "admin_api_key_auth" in method.security
        row["deprecated"] = method.deprecated
        self.rows.append(row)

    def _request(self, method: Method) -> Row:
        files = sorted({path[0] for path in method.first("file_paths") or ()})
        row: Row = {"files": files}
        if method.query:
            [row["query"]] = self._parameters(method, "query").values()
        if method.first("method") == "POST" and method.body:
            row["content"] = [_content(method, files)]
            row["body"] = self._body(method)
        return row

    def _body(self, method: Method) -> Schema:
        names = {f"{name}@{method.id}": schema for name, schema in self._parameters(method, "body").items()}
        self.types.update(names)
        return union([ref(name) for name in names])

    def _parameters(self, method: Method, place: str) -> dict[str, Schema]:
        kinds = [arm for kind in getattr(method, place) for arm in arms(kind)]
        return _without_stream_pair({_long(kind): self.walker.project(kind, method.keys(place)) for kind in kinds})

    def _reply(self, method: Method) -> Row:
        kind = method.casts
        if method.first("page"):
            return self._list(method)
        if any(getattr(cast, "__name__", "") == BYTES for cast in kind):
            return {"reply_kind": "binary", "media": method.headers["Accept"]}
        whole = [cast for cast in kind if cast is not type(None)]
        if whole and not _always_streams(method):
            return {"reply_kind": "json", "reply": union([self.walker.schema(cast) for cast in whole])}
        return {"reply_kind": "text", "media": "text/event-stream"} if method.event else {"reply_kind": "empty"}

    def _list(self, method: Method) -> Row:
        page = PAGES[method.first("page").__name__.partition("[")[0]]
        item = self.walker.schema(method.first("model"))
        envelope = ENVELOPES[page]
        name = f"{item['$ref'].removeprefix('#/$defs/')}List@{method.id}" if "$ref" in item else f"{method.id}.List@"
        self.types[name] = {
            "type": "object",
            "properties": {
                "object": {"type": "string", "const": "list"},
                "data": {"type": "array", "items": item},
                **envelope,
            },
            "required": ["object", "data", *(key for key in envelope if key not in OPTIONAL)],
        }
        return {"reply_kind": "json", "reply": ref(name), "item": item, "page": page}

    def _stream(self, method: Method) -> Row:
        if method.event is None:
            return {"streams": "never"}
        streams = "always" if _always_streams(method) else "optional"
        return {"streams": streams, "event": self.walker.schema(method.event)}

    def socket(self, socket: Socket) -> Row:
        query = {name: self.walker.schema(kind) for name, kind in socket.query.items()}
        return {
            "id": socket.id,
            "path": socket.path,
            "query": {"type": "object", "properties": query},
            "beta": socket.beta,
            "server": self.walker.schema(socket.server),
            "client": self.walker.schema(socket.client),
        }


def _content(method: Method, files: list[str]) -> str:
    return (
        "multipart/form-data" if files or "multipart" in str(method.headers.get("Content-Type")) else "application/json"
    )


def _always_streams(method: Method) -> bool:
    return all(call.stream is True for call in method.calls)


def _long(kind: Any) -> str:
    return f"{kind.__module__.removeprefix('openai.types.')}.{kind.__name__}"


def _without_stream_pair(alternatives: dict[str, Schema]) -> dict[str, Schema]:
    """The client has a type for a request with `stream: true` and one for the others; the API has one type."""
    pair = [name for name in alternatives if name.endswith(("Streaming", "NonStreaming"))]
    if len(pair) != 2 or len(alternatives) != 2:
        return alternatives
    schema = alternatives[pair[0]]
    stream = {"stream": {"type": ["boolean", "null"]}}
    properties = {name: stream.get(name, value) for name, value in schema["properties"].items()}
    required = [name for name in schema.get("required", ()) if name != "stream"]
    joined = schema | {"properties": properties, "required": required}
    return {pair[0].removesuffix("Streaming").removesuffix("Non"): joined}


def checked_methods() -> list[Method]:
    """Both ways of reading the client must agree about everything they both see."""
    source = written()
    found = list(methods({kind: set(names) for kind, names in source.items()}))
    problems = [
        text for method in found for text in disagreements(method, source[method.owner][method.function.__name__])
    ]
    if problems:
        raise SystemExit("\n".join(problems))
    return found


def one_for_each_path(found: list[Method]) -> list[Method]:
    """Where the client has two methods for one request, the one that isn't deprecated."""
    best: dict[tuple[str, str], Method] = {}
    for method in sorted(found, key=lambda method: (method.deprecated, method.id)):
        best.setdefault((method.first("method"), method.first("path")), method)
    return sorted(best.values(), key=lambda method: method.id)


def described() -> tuple[list[Row], list[Row], list[Schema], dict[str, Schema]]:
    """Operations, sockets, further types worth having, and all types, as the client alone tells them."""
    build = Build()
    for method in one_for_each_path(checked_methods()):
        build.add(method)
    ends = [build.socket(socket) for socket in sockets()]
    extra = [build.walker.schema(UnwrapWebhookEvent), build.walker.schema(AllModels)]
    return build.rows, ends, extra, build.types


def built() -> dict[str, bytes]:
    """The files, by name."""
    rows, ends, extra, known = described()
    apply(json.loads((HERE / "overlay.json").read_text()), rows, known)
    legacy = json.loads((HERE / "legacy.json").read_text())
    known |= legacy["types"]
    for row in legacy["operations"]:
        rows.append(likened(row, rows, known) if "like" in row else row)

    types = reachable([rows, ends, extra], known)
    names = short_names(types)
    short = {names[name]: renamed(types[name], names.__getitem__) for name in types}
    told = sorted(with_discriminators(short).items())
    return {
        "operations.jsonl": lines(told_of(renamed(row, names.__getitem__), FIELDS) for row in sorted(rows, key=_order)),
        "sockets.jsonl": lines(
            told_of(renamed(end, names.__getitem__), SOCKET_FIELDS) for end in sorted(ends, key=_order)
        ),
        "types.jsonl": lines({"name": name, "schema": schema} for name, schema in told),
    }


def likened(row: Row, rows: list[Row], types: dict[str, Schema]) -> Row:
    """A row that is like another one, but for `properties` of the body it has besides and `optional` ones."""
    [model] = [
        other for other in rows if f"{other['method']} {other['path']}" == row["like"] and not other.get("beta_query")
    ]
    told = {key: value for key, value in row.items() if key not in {"like", "optional", "properties"}}
    if "body" not in model:
        return model | told
    body = types[model["body"]["$ref"].removeprefix("#/$defs/")]
    name = f"{row['id']}.EngineParams@"
    types[name] = body | {
        "properties": body["properties"] | row["properties"],
        "required": [name for name in body["required"] if name not in row["optional"]],
    }
    return model | told | {"body": ref(name)}


def _order(row: Row) -> tuple[str, str, str]:
    return row["path"], row.get("method", ""), row["id"]


def told_of(row: Row, fields: tuple[str, ...]) -> Row:
    """The fields that say something, in a fixed order."""
    return {field: row[field] for field in fields if row.get(field)}


def lines(rows: Iterable[Row]) -> bytes:
    return b"".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for row in rows)


def differences(name: str, fresh: bytes) -> Iterator[str]:
    """What a rebuild adds to, removes from and changes in a file."""
    old, new = _by_key((HERE / name).read_bytes()), _by_key(fresh)
    yield from (f"{name}: {key} is missing" for key in new.keys() - old.keys())
    yield from (f"{name}: {key} is no longer there" for key in old.keys() - new.keys())
    yield from (f"{name}: {key} differs" for key in new.keys() & old.keys() if old[key] != new[key])


def _by_key(text: bytes) -> dict[str, bytes]:
    rows = [(json.loads(line), line) for line in text.splitlines()]
    return {row.get("name") or f"{row.get('method', 'socket')} {row['path']} ({row['id']})": line for row, line in rows}


def main(arguments: list[str]) -> int:
    files = built()
    if arguments == ["--check"]:
        found = sorted(line for name, fresh in files.items() for line in differences(name, fresh))
        print("\n".join([*found[:40], f"{len(found)} differences from openai {openai.__version__}"]))
        return bool(found)
    for name, fresh in files.items():
        (HERE / name).write_bytes(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
