"""A conversation as the voice hears it, and the chance that makes two conversations differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fakeopenai.pattern import Pattern
from fakeopenai.turn import Message, Prompt, Tool
from fakeopenai.voice.words import WORD, asks, topic

if TYPE_CHECKING:
    from fakeopenai.turn import ToolCall

T = TypeVar("T")
_LONG = 6000


class lazy(Generic[T]):  # noqa: N801  reads as a decorator
    """A property that is worked out once; functools.cached_property costs a lock in Python 3.11."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self.work = work

    def __get__(self, talk: object, owner: type) -> T:
        value = self.work(talk)
        talk.__dict__[self.work.__name__] = value
        return value


class Talk:
    """What was said, with the last user message at hand. `words` are that message's words in lower case.

    Of very long messages only the ends are heard, except where a question is answered from them (`whole`).
    """

    def __init__(self, prompt: Prompt, digest: bytes) -> None:
        self.prompt = prompt
        self.digest = digest
        self.number = int.from_bytes(digest)
        self.last = _ends(prompt.last_user_text.strip())
        self.words = frozenset(WORD.findall(self.last.lower()))
        self.has_system = self.has_media = self.has_results = False
        for message in prompt.messages:
            self.has_system |= message.role == "system"
            self.has_media |= bool(message.media)
            self.has_results |= message.role == "tool"

    def pick(self, options: Sequence[T], nth: int = 0) -> T:
        """One of the options; picks with different `nth` are independent."""
        return options[(self.number >> (12 * nth)) % len(options)]

    @lazy
    def tools(self) -> tuple[Tool, ...]:
        """The tools that the caller runs; hosted ones answer elsewhere."""
        if not self.prompt.tools:
            return ()
        return tuple(tool for tool in self.prompt.tools if tool.kind in ("function", "custom"))

    @lazy
    def subject(self) -> str:
        """A few words that say what the last user message is about."""
        subject = topic(self.last)
        if not subject:
            return "your message"
        return subject if asks(self.last) or not subject.isascii() else f"“{subject}”"

    @lazy
    def system(self) -> str:
        return _ends("\n".join(message.text for message in self.prompt.messages if message.role == "system"), 2 * _LONG)

    @lazy
    def since(self) -> tuple[Message, ...]:
        """What followed the last user message: calls and their results."""
        messages = self.prompt.messages
        last = max((at for at, message in enumerate(messages) if message.role == "user"), default=-1)
        return messages[last + 1 :]

    @lazy
    def results(self) -> tuple[str, ...]:
        """The texts of tool results that wait for words."""
        return tuple(message.text for message in self.since if message.role == "tool")

    @lazy
    def made(self) -> tuple[ToolCall, ...]:
        """The calls made since the last user message."""
        return tuple(call for message in self.since for call in message.calls)

    @lazy
    def earlier(self) -> tuple[str, ...]:
        """What the user said before the last message, the latest first."""
        texts = [_ends(message.text) for message in self.prompt.messages if message.role == "user"]
        return tuple(reversed(texts[:-1]))

    @property
    def whole(self) -> str:
        """The last user message at its full length."""
        return self.prompt.last_user_text

    @lazy
    def asked(self) -> str:
        """The user's last messages, if several stand in a row."""
        texts: list[str] = []
        for message in reversed(self.prompt.messages):
            if message.role == "assistant" and texts:
                break
            if message.role == "user":
                texts.insert(0, message.text)
        return _ends("\n".join(texts))

    def asking(self, question: str) -> Talk:
        """The same talk as if the user had last said only this."""
        messages = [*self.prompt.messages]
        at = max((at for at, message in enumerate(messages) if message.role == "user"), default=None)
        if at is None or question == self.last:
            return self
        messages[at] = replace(messages[at], text=question)
        return Talk(replace(self.prompt, messages=tuple(messages)), self.digest)

    def says(self, pattern: Pattern) -> re.Match[str] | None:
        """Where the pattern stands: in the last user message, else in the system message."""
        return pattern.search(self.last) or (pattern.search(self.system) if self.system else None)


def _ends(text: str, most: int = _LONG) -> str:
    """The beginning and the end of a long text, where requests stand: what is searched must stay short."""
    return text if len(text) <= most else f"{text[: most // 2]}\n{text[-most // 2 :]}"


def listen(prompt: Prompt, seed: bytes, index: int) -> Talk:
    """The talk, whose chance comes from the seed, what was said, and the number of the choice."""
    parts = [f"{index}\x1d{prompt.seed}"]
    parts += [_canonical(message) for message in prompt.messages]
    return Talk(prompt, blake2b("\x1e".join(parts).encode("utf-8", "replace"), key=seed[:64], digest_size=16).digest())


def _canonical(message: Message) -> str:
    if not (message.media or message.calls or message.name):
        return f"{message.role}\x1f{message.text}"
    media = "\x1f".join(f"{media.kind} {media.name} {media.source}" for media in message.media)
    calls = "\x1f".join(f"{call.name} {call.arguments}" for call in message.calls)
    return f"{message.role}\x1f{message.name}\x1f{message.text}\x1f{media}\x1f{calls}"
