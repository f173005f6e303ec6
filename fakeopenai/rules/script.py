"""Rules written in Python: every word of the files is a method, and what is written is read as a file would be."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from fakeopenai.rules.conditions import When
from fakeopenai.rules.media import CERTAIN
from fakeopenai.rules.reading import RuleError
from fakeopenai.rules.rule import Rule
from fakeopenai.turn import Finish
from fakeopenai.wire import Json, Object

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakeopenai.rules.shelf import Shelf
    from fakeopenai.wire import Call

    Said = str | Mapping[str, Json] | Callable[[Call], str]

_PACKAGE = str(Path(__file__).parents[1])


class Flawed(TypedDict, total=False):
    """The words of `flaws`, for editors."""

    keep_alive: bool
    crlf: bool
    no_done: bool
    repeat: int
    swap: int
    garble: int
    empty: int
    hollow: int
    chunk: int
    media: str


class Breaks(TypedDict, total=False):
    """The words of `cut`, for editors."""

    events: int
    bytes: int
    character: int
    unanswered: bool
    reset: bool


class Paced(TypedDict, total=False):
    """The words of `pace`, for editors."""

    first_token_delay: float
    tokens_per_second: float
    jitter: float
    bytes_per_second: float


class Fuzzed(TypedDict, total=False):
    """The words of `fuzz`, for editors."""

    case: int
    only: str | list[str]
    without: str | list[str]


class Used(TypedDict, total=False):
    """The words of `usage`, for editors."""

    input: int
    cached: int
    output: int
    reasoning: int


class Heard(TypedDict, total=False):
    """The words of `transcript`, for editors."""

    text: str
    language: str
    seconds: float
    segments: Sequence[Mapping[str, Json]]


class Moment(TypedDict, total=False):
    """In which status a job ends, and after how many steps in it."""

    at: str
    after: int


class Failed(Moment, total=False):
    """When a job fails, and why: an error's `name`, or other words for it."""

    name: str
    message: str
    code: str
    param: str


class Slow(TypedDict, total=False):
    """How slow a job is, in all it does or in one status."""

    at: str
    seconds: float
    factor: float


class Fated(TypedDict, total=False):
    """The words of `job`, for editors."""

    slow: float | Slow
    fail: Literal[True] | str | Failed
    expire: Literal[True] | Moment
    cancel: Literal[True] | Moment


class Changed(TypedDict, total=False):
    """What an error may have of its own, for editors."""

    status: int
    message: str
    type: str | None
    code: str | None
    param: str | None
    headers: Mapping[str, str]
    retry_after: float


class Replied(TypedDict, total=False):
    """What a reply may have beside its body, for editors."""

    status: int
    headers: Mapping[str, str]
    media: str
    events: Json


def conditions(operation: str, when: When) -> Object:
    """The words of `when`, as a file has them."""
    words = {name.rstrip("_"): value for name, value in when.items()}
    return words if operation == "*" else {"operation": operation} | words


class Script:
    """A rule being written: `on("chat", contains="weather").say("Sunny").times(2)`.

    Each word takes effect at once in the book it was begun in. What the model says, it says in the order written.
    `then` begins what follows the next time: `on("chat").error("rate_limit").then.say("Hello")`.
    """

    def __init__(self, when: Object, shelf: Shelf | None = None) -> None:
        self._head: Object = {"when": when}
        self._outcomes: list[Object] = [{}]
        self._shelf = shelf
        self._source = _caller()
        self.rule = Rule.read(self.words, self._source)
        if shelf is not None:
            shelf.add(self.rule)

    @property
    def words(self) -> Object:
        """The rule as a file would have it."""
        outcomes = [dict(outcome) for outcome in self._outcomes]
        return self._head | (outcomes[0] if len(outcomes) == 1 else {"then": outcomes})

    def say(self, text: Said, *following: Said) -> Script:
        """The model says this; the next times, what follows it.

        A text, one with its annotations or the probabilities of its tokens, or what a function makes of the call.
        """
        self._speak("say", text)
        for other in following:
            self.then._speak("say", other)  # noqa: SLF001  its own kind
        return self

    def json(self, value: Json, schema: Mapping[str, Json] | None = None) -> Script:
        """The model answers with a structured value, which must fit the schema if there is one."""
        self._speak("json", value)
        return self if schema is None else self._put("schema", schema)

    def reasoning(self, summary: str = "", tokens: int | None = None) -> Script:
        """The model thinks first."""
        return self._speak("reasoning", summary if tokens is None else {"summary": summary, "tokens": tokens})

    def refusal(self, text: str) -> Script:
        """The model declines."""
        return self._speak("refusal", text)

    def call(self, tool: str, arguments: Mapping[str, Json] | str | None = None, /, **named: Json) -> Script:
        """The model calls a tool: `.call("get_weather", city="Paris")`. A text goes out as it is."""
        given = arguments if isinstance(arguments, str) else {**(arguments or {}), **named}
        return self._speak("call", {"name": tool, "arguments": given})

    def hosted(self, item: Mapping[str, Json]) -> Script:
        """A tool at the provider has run; its output item, in the Responses API's form."""
        return self._speak("hosted", item)

    def finish(self, reason: Finish) -> Script:
        """Why the model stopped."""
        return self._put("finish", reason)

    def error(self, name: str = "", /, **changes: Unpack[Changed]) -> Script:
        """The API fails: by name, with changes, or spelled out by its `status`, `message`, `type` and `code`."""
        named: Object = {"name": name} if name else {}
        return self._put("error", {**named, **changes} if changes else name)

    def reply(self, body: Json = None, /, **others: Unpack[Replied]) -> Script:
        """The API answers with this body and `status`, `headers`, `media`; or with the `events` of a stream."""
        return self._put("reply", {**others} if body is None else {"body": body, **others})

    def proxy(self) -> Script:
        """The upstream answers."""
        return self._put("proxy", True)

    def delay(self, seconds: float) -> Script:
        """The answer begins so much later."""
        return self._put("delay", seconds)

    def pace(self, **speeds: Unpack[Paced]) -> Script:
        """The answer takes its time."""
        return self._put("pace", speeds)

    def stall(self, *, events: int | None = None, bytes: int | None = None, seconds: float | None = None) -> Script:
        """The answer pauses after so many events or bytes, for good if no seconds are given."""
        words = {"events": events, "bytes": bytes, "seconds": seconds}
        return self._put("stall", {name: value for name, value in words.items() if value is not None})

    def cut(self, **where: Unpack[Breaks]) -> Script:
        """The connection breaks after so many events or bytes, within a character, or without any answer."""
        return self._put("cut", where)

    def fuzz(self, wanted: bool | Literal["all"] = True, /, **chosen: Unpack[Fuzzed]) -> Script:
        """The answer is odd, as correct clients bear it: `.fuzz()`, `.fuzz(only=["cr", "bom"])`, `.fuzz(case=7)`."""
        return self._put("fuzz", chosen or wanted)

    def fail(self, error: str | Mapping[str, Json], *, after: int = 0) -> Script:
        """The stream ends with an error after so many events."""
        return self._put("fail", {"after": after, "error": error})

    def flaws(self, **flaws: Unpack[Flawed]) -> Script:
        """The stream has these flaws: `.flaws(keep_alive=True, no_done=True)`."""
        return self._put("flaws", flaws)

    def job(self, **fate: Unpack[Fated]) -> Script:
        """What becomes of the job that begins: `.job(fail={"at": "running", "message": "No luck"})`."""
        return self._put("job", fate)

    def usage(self, **tokens: Unpack[Used]) -> Script:
        """What the answer is said to have cost: `.usage(input=100, output=20)`."""
        return self._put("usage", tokens)

    def ids(self, **ids: str | Sequence[str]) -> Script:
        """The ids of what the call makes, by their prefixes: `.ids(chatcmpl="chatcmpl-1", call=["call_1"])`."""
        return self._put("ids", ids)

    def choices(self, *answers: str | Mapping[str, Json]) -> Script:
        """What the model says where several answers are wanted (`n`), in turn."""
        return self._put("choices", list(answers))

    def choose(self, *outcomes: str | Mapping[str, Json]) -> Script:
        """One of these happens, by chance: texts, or outcomes as a file has them."""
        return self._set("choose", list(outcomes))

    def flag(self, *categories: str, **scores: float) -> Script:
        """Moderation flags these categories and no others: `.flag("violence", harassment=0.7)`."""
        return self._put("flag", dict.fromkeys(categories, CERTAIN) | scores if scores else list(categories))

    def embedding(self, *vectors: str | Sequence[float]) -> Script:
        """The vectors of the inputs, each as numbers or as the text whose vector it is."""
        return self._put("embedding", [vector if isinstance(vector, str) else list(vector) for vector in vectors])

    def transcript(self, **heard: Unpack[Heard]) -> Script:
        """What is heard: `.transcript(text="Hello", language="en", seconds=2)`, or its `segments`."""
        return self._put("transcript", heard)

    def image(self, file: str | bytes = b"", *, revised_prompt: str = "") -> Script:
        """The picture that is made, and the prompt that it was made of."""
        given = {"file": file, "revised_prompt": revised_prompt}
        return self._put("image", {word: value for word, value in given.items() if value})

    @property
    def then(self) -> Script:
        """What follows happens the next time the rule speaks, the last of it for ever."""
        self._outcomes.append({})
        return self

    def once(self) -> Script:
        """Speak a single time."""
        return self.times(1)

    def times(self, number: int) -> Script:
        """Speak at most so often."""
        return self._set("times", number)

    def nth(self, *numbers: int) -> Script:
        """Speak only at the calls of these numbers, of those that fit; the first is 1."""
        return self._set("nth", list(numbers))

    def after(self, number: int) -> Script:
        """Let so many calls pass first."""
        return self._set("after", number)

    def every(self, number: int) -> Script:
        """Speak at every so manieth call."""
        return self._set("every", number)

    def probability(self, share: float) -> Script:
        """Speak at this share of the calls, chosen by the world's seed and the request."""
        return self._set("probability", share)

    def per(self, counted: Literal["world", "conversation", "server"]) -> Script:
        """Count calls in each conversation, or in all worlds of the server, not in this world."""
        return self._set("per", counted)

    def expires(self, when: float | str) -> Script:
        """Speak only so many seconds from now on, by the world's clock, or until a time such as `2026-03-01T12:00`."""
        return self._set("expires", when)

    def sets(self, **states: str) -> Script:
        """From then on these states hold, for `state` to ask for: `.sets(order="paid")`."""
        return self._set("sets", states)

    def name(self, name: str) -> Script:
        """What reports call the rule."""
        return self._set("name", name)

    def _speak(self, word: str, value: Json) -> Script:
        steps = [*self._outcomes[-1].get("steps", []), {word: value}]
        return self._put("steps", steps)

    def _put(self, word: str, value: Json) -> Script:
        return self._try(self._outcomes[-1], word, value)

    def _set(self, word: str, value: Json) -> Script:
        return self._try(self._head, word, value)

    def _try(self, words: Object, word: str, value: Json) -> Script:
        """Write a word and read the whole again; what can't be read isn't written."""
        before = dict(words)
        words[word] = value
        try:
            rule = Rule.read(self.words, self._source)
        except RuleError:
            words.clear()
            words.update(before)
            raise
        if self._shelf is not None:
            self._shelf.replace(self.rule, rule)
        self.rule = rule
        return self


def _caller() -> str:
    """Where outside this package the rule is written."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  a stack of inspect's costs milliseconds
    while frame and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return ""
    path = Path(frame.f_code.co_filename)
    return f"{path.parent.name}/{path.name}:{frame.f_lineno}"
