"""A transcript: what was said and when, in every form in which the API writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai import tokens
from fakeopenai.ids import Names
from fakeopenai.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakeopenai.wire import Object

_SENTENCE = Pattern(r"\S.*?(?:[.!?。！？]+(?=\s|$)|[。！？]+|$)", re.DOTALL)
_TIMESTAMPS, _TICKS_A_SECOND = 50_364, 50
"""Whisper's vocabulary ends in one token for each 20 ms of its window."""


class Span(NamedTuple):
    """Some words, and when they begin and end, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """The words of a recording. Each character is taken to last equally long, as in our own speech.

    `told` are its segments where a rule gives them, and `speakers` who says each.
    """

    text: str
    seconds: float
    seed: bytes = b""
    told: tuple[Span, ...] = ()
    speakers: tuple[str, ...] = ()
    language: str = ""

    @classmethod
    def scripted(cls, told: Object, seconds: float, seed: bytes) -> Transcript:
        """What a rule says is heard in a recording of this length."""
        spans = tuple(Span(each["text"], each["start"], each["end"]) for each in told["segments"])
        speakers = tuple(each["speaker"] for each in told["segments"])
        length = seconds if told["seconds"] is None else told["seconds"]
        return cls(told["text"], length, seed, spans, speakers, told["language"])

    @cached_property
    def segments(self) -> list[Span]:
        """The sentences."""
        return list(self.told) or [self._span(found) for found in _SENTENCE.finditer(self.text)]

    @cached_property
    def words(self) -> list[Span]:
        if self.told:
            return [word for span in self.told for word in _words(span)]
        return [self._span(found) for found in re.finditer(r"[^\s.,;:!?\"“”。、！？]+(?:[.,:]\w+)*", self.text)]

    def _span(self, found: re.Match[str]) -> Span:
        pace = self.seconds / max(len(self.text), 1)
        return Span(found[0], round(found.start() * pace, 2), round(found.end() * pace, 2))


def _words(span: Span) -> list[Span]:
    """The words of a segment, at their own times."""
    inside = Transcript(span.text, span.end - span.start).words
    return [Span(text, round(span.start + start, 2), round(span.start + end, 2)) for text, start, end in inside]


def text(transcript: Transcript) -> str:
    return f"{transcript.text}\n"


def srt(transcript: Transcript) -> str:
    """SubRip; the API ends it with an empty line more."""
    cues = [
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{words}\n\n"
        for number, (words, start, end) in enumerate(transcript.segments, 1)
    ]
    return "".join(cues) + "\n"


def vtt(transcript: Transcript) -> str:
    cues = [f"{_clock(start, '.')} --> {_clock(end, '.')}\n{words}\n\n" for words, start, end in transcript.segments]
    return "WEBVTT\n\n" + "".join(cues)


SUBTITLES: dict[str, Callable[[Transcript], str]] = {"text": text, "srt": srt, "vtt": vtt}


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def segments(transcript: Transcript, temperature: float) -> list[Object]:
    """The segments of `verbose_json`."""
    return [_segment(transcript, place, temperature) for place in range(len(transcript.segments))]


def _segment(transcript: Transcript, place: int, temperature: float) -> Object:
    span = transcript.segments[place]
    draw = Names(transcript.seed, 0).child(f"segment {place}")
    size = len(span.text.encode())
    return {
        "id": place,
        "seek": int(span.start // 30) * 3000,
        "start": span.start,
        "end": span.end,
        "text": f" {span.text}",
        "tokens": _tokens(span),
        "temperature": float(temperature),
        "avg_logprob": -(50 + draw.number(450)) / 1000,
        "compression_ratio": size / (size + 8),
        "no_speech_prob": (1 + draw.number(200)) / 10_000,
    }


def _tokens(span: Span) -> list[int]:
    """The text between the marks of its times, which count anew in each window of 30 seconds."""
    first, last = (_TIMESTAMPS + round(time % 30 * _TICKS_A_SECOND) for time in (span.start, span.end))
    return [first, *(token % 50_257 for token in tokens.encode(f" {span.text}", "cl100k_base")), last]


def words(transcript: Transcript) -> list[Object]:
    """The words of `verbose_json`."""
    return [{"word": word, "start": start, "end": end} for word, start, end in transcript.words]


def speakers(transcript: Transcript, names: list[str]) -> list[Object]:
    """The segments of `diarized_json`; the speakers take turns."""
    return [
        {
            "type": "transcript.text.segment",
            "text": f" {words}",
            "speaker": _speaker(transcript, place) or names[place % len(names)],
            "start": start,
            "end": end,
            "id": f"seg_{place}",
        }
        for place, (words, start, end) in enumerate(transcript.segments)
    ]


def _speaker(transcript: Transcript, place: int) -> str:
    return transcript.speakers[place] if place < len(transcript.speakers) else ""
