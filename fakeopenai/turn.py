"""One turn of the model, in no endpoint's format: what it is asked (Prompt) and what it says (Turn).

Every family that makes the model speak reads its request into a Prompt and writes the Turn out in its own shape, so the
same conversation gets the same words, tool calls and token counts through all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar, TypeVarTuple

from fakeopenai.wire import Json, Object

if TYPE_CHECKING:
    from fakeopenai.models import Model

Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Media:
    """An image, sound or file that stands in a message. `source` is a URL, a data URL or a file id."""

    kind: Literal["image", "audio", "file"]
    source: str = ""
    name: str = ""
    detail: str = "auto"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model calls. `arguments` is JSON text for a function, free text for a custom tool."""

    name: str
    arguments: str
    id: str = ""
    kind: Literal["function", "custom"] = "function"


@dataclass(frozen=True, slots=True)
class Message:
    """A message; developer messages count as system. `answers` is the id of the tool call it answers."""

    role: Role
    text: str = ""
    media: tuple[Media, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model is offered. `kind` is `function`, `custom`, or a hosted tool's name such as `web_search`."""

    name: str
    description: str = ""
    parameters: Json = None
    strict: bool = False
    kind: str = "function"
    settings: Json = None


@dataclass(frozen=True, slots=True)
class Format:
    """The form the text must have."""

    kind: Literal["text", "json_object", "json_schema"] = "text"
    name: str = ""
    schema: Json = None
    strict: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Prompt:
    """All that the model is asked.

    `choice` is `auto`, `none`, `required`, or the name of the tool that must be called. `limit` bounds the tokens of
    the answer, reasoning included. `known` is what has been worked out `once`.
    """

    model: Model
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    choice: str = "auto"
    parallel: bool = True
    format: Format = Format()
    limit: int | None = None
    stop: tuple[str, ...] = ()
    effort: str | None = None
    seed: int | None = None
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def last_user_text(self) -> str:
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")


Found = TypeVar("Found")
Others = TypeVarTuple("Others")


def once(pure: Callable[[Prompt, *Others], Found]) -> Callable[[Prompt, *Others], Found]:
    """Let what follows from a prompt be worked out once. The prompt keeps it, so it is forgotten with the prompt."""

    @wraps(pure)
    def remembered(prompt: Prompt, *others: *Others) -> Found:
        key = (pure, *others)
        if key not in prompt.known:
            prompt.known[key] = pure(prompt, *others)
        found: Found = prompt.known[key]
        return found

    return remembered


@dataclass(frozen=True, slots=True)
class Text:
    """Words to the user. `annotations` are in the Responses API's form.

    `chances` are the tokens of the text with their probabilities, each before those that might stand in its place;
    chance decides for tokens beyond them.
    """

    text: str
    annotations: tuple[Object, ...] = ()
    chances: tuple[Mapping[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning. The user sees at most its summary; it costs `tokens`."""

    summary: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model declines, in these words."""

    text: str


@dataclass(frozen=True, slots=True)
class Hosted:
    """A call of a tool that runs at the provider, as an output item in the Responses API's form (without its id)."""

    item: Object = field(hash=False)


Step = Text | Thought | Refusal | Hosted | ToolCall


@dataclass(frozen=True, slots=True)
class Spent:
    """What a turn costs whatever it says, in tokens; what is None is counted."""

    input: int | None = None
    cached: int | None = None
    output: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True)
class Turn:
    """What the model said, step by step."""

    steps: tuple[Step, ...] = ()
    finish: Finish = "stop"
    spent: Spent = Spent()

    @cached_property
    def text(self) -> str:
        return "".join(step.text for step in self.steps if isinstance(step, Text))

    @cached_property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(step for step in self.steps if isinstance(step, ToolCall))

    @cached_property
    def refusal(self) -> str:
        return "".join(step.text for step in self.steps if isinstance(step, Refusal))

    @cached_property
    def thoughts(self) -> tuple[Thought, ...]:
        return tuple(step for step in self.steps if isinstance(step, Thought))
