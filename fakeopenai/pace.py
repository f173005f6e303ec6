"""When and how far an answer goes out: what a rule says of it, and what that makes of the bytes. Nothing waits here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from fakeopenai.flaws import FLAWLESS, Flaws, marred, spoilt
from fakeopenai.wire import LOOK

if TYPE_CHECKING:
    from fakeopenai.fuzz import Fuzz

Timed = tuple[float, bytes]
"""Bytes, and the seconds before them. Without bytes it is a wait only."""

HANG = 365 * 86_400.0
"""Seconds of a stall that has no end."""

STEPS = 20
"""Writes a second of a body that comes slowly."""


class Cut(Exception):  # noqa: N818  it is what a rule asked for
    """The connection breaks here: it is closed before the answer is whole."""


class Reset(Cut):
    """The connection breaks here, and the client is told so by a reset."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a connection breaks.

    After so many `events` or `bytes` of the body, after the first byte of the `character` of that number, the first
    being 1, of those that have several; or before any of the answer, if it stays `unanswered`. A `reset` tears the
    connection down instead of closing it; by itself it does so before the answer.
    """

    events: int | None = None
    bytes: int | None = None
    character: int = 0
    unanswered: bool = False
    reset: bool = False

    @property
    def at_once(self) -> bool:
        """Whether nothing is answered at all."""
        later = self.events is not None or self.bytes is not None or self.character > 0
        return self.unanswered or (self.reset and not later)

    def cut(self) -> Cut:
        return Reset() if self.reset else Cut()


@dataclass(frozen=True, slots=True)
class Stall:
    """Where an answer pauses: after so many events or bytes, for so many seconds or for good."""

    events: int | None = None
    bytes: int | None = None
    seconds: float = HANG


@dataclass(frozen=True, slots=True)
class Pace:
    """When and how far an answer goes out.

    `delay` seconds pass before the headers, `first_token_delay` before the first event; the others follow at
    `tokens_per_second` (0: at once), each up to the share `jitter` later, which follows from the `seed`. The body comes
    at `bytes_per_second` (0: at once). The connection breaks at `cut`; the answer pauses at `stall`. It has these
    `flaws`, and the oddities of `fuzz`. `waits` are the seconds before each event of a recording.
    """

    delay: float = 0
    first_token_delay: float = 0
    tokens_per_second: float = 0
    jitter: float = 0
    bytes_per_second: float = 0
    cut: Break = Break()
    stall: Stall | None = None
    flaws: Flaws = FLAWLESS
    fuzz: Fuzz | None = None
    seed: bytes = b""
    waits: tuple[float, ...] = ()

    def sown(self, seed: bytes) -> Pace:
        """The pace of one answer: all chance in it follows from the seed."""
        return replace(self, seed=seed, fuzz=self.fuzz and self.fuzz.sown(seed))

    def wait(self, event: int) -> float:
        """The seconds before the event of that number, the first being 0."""
        if self.waits:
            return self.waits[event] if event < len(self.waits) else 0
        if event == 0:
            return self.first_token_delay
        if not self.tokens_per_second:
            return 0
        share = blake2b(b"%d" % event, key=self.seed[:64], digest_size=2).digest() if self.jitter else b"\0"
        return (1 + self.jitter * int.from_bytes(share) / 65_535) / self.tokens_per_second

    @property
    def chunk(self) -> int:
        """The bytes of each write; 0 where events are written as they come."""
        return self.flaws.chunk or (self.fuzz.chunk if self.fuzz else 0)

    @property
    def measured(self) -> bool:
        """Whether a whole answer says its length beforehand."""
        return not self.chunk


def streamed(frames: Iterable[bytes], pace: Pace) -> Iterator[Timed]:
    """The events of a stream, each with the seconds before it. Raises Cut; an empty frame is a wait for one."""
    if pace.fuzz:
        frames = pace.fuzz.events(frames)
    return _body(_broken_off(_timed(spoilt(frames, pace.flaws), pace), pace.cut), pace)


def whole(body: bytes, pace: Pace) -> Iterator[Timed]:
    """A body that goes out at some pace. Raises Cut."""
    return _body(iter([(0.0, body)]), pace)


def content(body: bytes, media: str, pace: Pace) -> bytes:
    """What a whole answer is made into before it goes out."""
    odd = pace.fuzz.body(body) if pace.fuzz and media.startswith("application/json") else body
    return marred(odd, pace.flaws)


def _timed(frames: Iterable[bytes], pace: Pace) -> Iterator[Timed]:
    count = 0
    for frame in frames:
        if not frame:
            yield LOOK, frame
            continue
        if pace.stall and pace.stall.events == count:
            yield pace.stall.seconds, b""
        yield pace.wait(count), frame
        count += 1


def _broken_off(parts: Iterator[Timed], cut: Break) -> Iterator[Timed]:
    """The events before the one at which the connection breaks."""
    count = 0
    for seconds, frame in parts:
        if frame and cut.events is not None and count >= cut.events:
            raise cut.cut()
        yield seconds, frame
        count += bool(frame)


def _body(parts: Iterator[Timed], pace: Pace) -> Iterator[Timed]:
    """The parts of a body as they are written: in what sizes, how fast, with which pause, up to which byte."""
    if pace.chunk:
        parts = _sized(parts, pace.chunk, grows=pace.fuzz is not None)
    if pace.bytes_per_second:
        parts = _slowed(parts, pace.bytes_per_second)
    if pace.stall and pace.stall.bytes is not None:
        parts = _paused(parts, pace.stall.bytes, pace.stall.seconds)
    if pace.cut.bytes is not None:
        parts = _cut_off(parts, pace.cut.bytes, pace.cut)
    return _cut_within(parts, pace.cut) if pace.cut.character else parts


def _sized(parts: Iterator[Timed], size: int, *, grows: bool) -> Iterator[Timed]:
    """Writes of one size; if it grows, of twice the size after every so many, lest a large body takes for ever."""
    held, count = b"", 0
    try:
        for seconds, part in parts:
            if seconds:
                yield seconds, b""
            held, at = held + part, 0
            while len(held) - at >= size:
                yield 0, held[at : at + size]
                at, count = at + size, count + 1
                size = size * 2 if grows and count % MANY == 0 else size
            held = held[at:]
    except Cut:
        yield 0, held
        raise
    if held:
        yield 0, held


MANY = 5000


def _slowed(parts: Iterator[Timed], rate: float) -> Iterator[Timed]:
    size = max(1, int(rate / STEPS))
    for seconds, part in parts:
        yield seconds, b""
        for at in range(0, len(part), size):
            piece = part[at : at + size]
            yield len(piece) / rate, piece


def _paused(parts: Iterator[Timed], limit: int, pause: float) -> Iterator[Timed]:
    sent = 0
    for seconds, part in parts:
        if sent <= limit < sent + len(part):
            yield seconds, part[: limit - sent]
            yield pause, part[limit - sent :]
        else:
            yield seconds, part
        sent += len(part)


def _cut_off(parts: Iterator[Timed], limit: int, cut: Break) -> Iterator[Timed]:
    sent = 0
    for seconds, part in parts:
        if sent + len(part) > limit:
            yield seconds, part[: limit - sent]
            raise cut.cut()
        yield seconds, part
        sent += len(part)


def _cut_within(parts: Iterator[Timed], cut: Break) -> Iterator[Timed]:
    seen = 0
    for seconds, part in parts:
        heads = [at for at, byte in enumerate(part) if byte >= FIRST_OF_SEVERAL]
        if seen + len(heads) >= cut.character:
            yield seconds, part[: heads[cut.character - seen - 1] + 1]
            raise cut.cut()
        yield seconds, part
        seen += len(heads)


FIRST_OF_SEVERAL = 0xC0
"""From here on bytes begin a character of more than one byte in UTF-8."""
