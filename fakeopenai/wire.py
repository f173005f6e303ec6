"""What crosses the boundary: a Request comes in, a Reply goes out. Plain data, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fakeopenai.access import Holder
    from fakeopenai.api.responses.memory import Memory
    from fakeopenai.azure import Azure
    from fakeopenai.errors import ApiError
    from fakeopenai.ids import Names
    from fakeopenai.operations import Operation
    from fakeopenai.recording.passing import Passing
    from fakeopenai.rules import Pace, Rule
    from fakeopenai.turn import Prompt
    from fakeopenai.world import World

Json = Any
Object = dict[str, Any]


class Upload(NamedTuple):
    """A file of a multipart request."""

    filename: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Request:
    """An HTTP request, decoded.

    `path` starts below the API root (`/chat/completions`), whose URL is `root`; without a root it is the whole path.
    Header names are lower case. `body` holds the JSON object or the text fields of a form; an uploaded file is its name
    there and its bytes in `files`, one list for each field. `key` is the API key it came with. `fault` is why its body
    could not be read, if it could not. `dialect` is how it is spoken, if not as OpenAI does; `memory` is what the
    WebSocket remembers that it came on. `target` is its whole path with the query, as they came; `sent` are the bytes
    of its body, if it may be passed on. `in_pieces` says that a long file can be answered as a `Packed` one.
    """

    method: str
    path: str
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)
    raw: bytes = b""
    root: str = "http://127.0.0.1:8000/v1"
    key: str = ""
    is_form: bool = False
    in_pieces: bool = False
    fault: ApiError | None = None
    dialect: Azure | None = None
    target: str = ""
    sent: bytes = b""
    memory: Memory | None = None


class Event(NamedTuple):
    """One server-sent event. `data` is a JSON value, or bytes that are encoded already."""

    data: Json
    name: str = ""


DONE = Event(b"[DONE]")


@dataclass(frozen=True, slots=True)
class Chunks:
    """The events of a stream whose data all begin with the same bytes, up to `[DONE]`."""

    head: bytes
    rests: Sequence[bytes]

    def __iter__(self) -> Iterator[Event]:
        yield from (Event(self.head + rest) for rest in self.rests)
        yield DONE


WAIT = Event(b"", "wait")
"""Stands in a stream where nothing more has happened yet. Such a stream has a pace; the edge looks again after LOOK."""

LOOK = 0.01

RAW = "\0"
"""The name of an event that goes out as it is: a piece of a recorded stream."""


@dataclass(slots=True)
class Reply:
    """A whole body, or the server-sent events that spell one out.

    `body` is a JSON value; bytes go out as they are, under `media`. `None` is an empty body. With `events`, `body` is
    the object that they spell out, for the journal; `failed` says that they fail already where a rule wants them to.
    `gateway` marks answers of the layer before the model, which carry none of the `openai-*` headers. With `passing` it
    is the upstream that answers, and the edge that asks it.
    """

    body: Json = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    events: Iterable[Event] | None = None
    media: str = "application/json"
    pace: Pace | None = None
    gateway: bool = False
    failed: bool = False
    passing: Passing | None = None


@dataclass(slots=True)
class Call:
    """A request that has found its operation, its world, and perhaps a rule: all that a handler needs.

    `path` holds the ids of the path by name. `names` makes the ids of whatever this call creates. `holder` is whom its
    key acts for, if the world made that key.
    """

    request: Request
    operation: Operation
    path: dict[str, str]
    world: World
    names: Names
    rule: Rule | None = None
    read: Callable[[Call], Prompt] | None = None
    holder: Holder | None = None
    _prompt: Prompt | None = None

    @property
    def body(self) -> Json:
        return self.request.body

    @property
    def query(self) -> Mapping[str, Json]:
        return self.request.query

    def scripted(self, word: str) -> Json:
        """What a rule gives under a word of the media families, such as `embedding`; None if none does."""
        return self.rule.given(word, self) if self.rule else None

    @property
    def prompt(self) -> Prompt | None:
        """What the model is asked, if this operation asks it anything; read once."""
        return self.ask() if self.read else None

    def ask(self) -> Prompt:
        """What the model is asked, by an operation that does ask it."""
        if self._prompt is None:
            assert self.read is not None, f"{self.operation} asks the model nothing"
            self._prompt = self.read(self)
        return self._prompt


Handler = Callable[[Call], Reply]
