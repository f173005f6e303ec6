"""Speech in every format, and the length of recordings."""

from __future__ import annotations

import struct
import subprocess
import wave
from hashlib import blake2b
from io import BytesIO
from shutil import which

import pytest

from fakeopenai.media import sound

FORMATS = list(sound.MEDIA_TYPES)
FILES = [format for format in FORMATS if format != "pcm"]
FRAME = {"mp3": 0.024, "aac": 0.043}
MAGIC = {"mp3": b"\xff\xf3", "opus": b"OggS", "aac": b"\xff\xf1", "flac": b"fLaC", "wav": b"RIFF\xff\xff\xff\xffWAVE"}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", ["Hello, world!", "x", "", "Grüße 🎉 an alle", "The quick brown fox. " * 200])
def test_speech_can_be_heard_again(text: str, format: str) -> None:
    assert sound.heard(sound.speech(text, format)) == text


@pytest.mark.parametrize("format", FORMATS)
def test_fast_speech_still_carries_all_its_words(format: str) -> None:
    text = "漢字かな交じり文" * 500

    assert sound.heard(sound.speech(text, format, speed=4.0)) == text


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_a_file_lasts_as_long_as_its_text_takes(format: str, speed: float) -> None:
    text = "How long does this take to say?"

    seconds = sound.length(sound.speech(text, format, speed=speed))

    assert seconds is not None
    assert 0 <= seconds - sound.duration(text, speed) + 1e-9 <= FRAME.get(format, 0) + 2e-9


def test_bare_samples_last_as_long_as_their_text_takes() -> None:
    assert len(sound.speech("How long?", "pcm")) == sound.duration("How long?") * 48_000


@pytest.mark.parametrize(
    ("text", "speed", "seconds"),
    [("x" * 100, 1.0, 6.0), ("x" * 100, 2.0, 3.0), ("", 1.0, 0.3), ("x" * 99_999, 1.0, 600.0)],
)
def test_duration_follows_text_and_speed_within_bounds(text: str, speed: float, seconds: float) -> None:
    assert sound.duration(text, speed) == pytest.approx(seconds)


@pytest.mark.parametrize(("format", "magic"), MAGIC.items())
def test_a_file_begins_as_its_format_says(format: str, magic: bytes) -> None:
    assert sound.speech("Hello", format).startswith(magic)


def test_samples_saved_as_a_wav_file_are_still_heard() -> None:
    file = BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setparams((1, 2, 24_000, 0, "NONE", "not compressed"))
        recording.writeframes(sound.speech("One.", "pcm") + sound.speech("Two.", "pcm"))

    assert sound.heard(file.getvalue()) == "One. Two."


def test_samples_after_a_silence_are_still_heard() -> None:
    assert sound.heard(bytes(4321 * 2) + sound.speech("Late.", "pcm")) == "Late."


@pytest.mark.parametrize("format", FORMATS)
def test_voices_sound_different(format: str) -> None:
    assert sound.speech("Hello", format, voice="onyx") != sound.speech("Hello", format, voice="nova")


@pytest.mark.skipif(not which("ffmpeg"), reason="there is no ffmpeg here")
@pytest.mark.parametrize("format", FILES)
def test_letters_sound_and_pauses_do_not(format: str) -> None:
    command = ["ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-ar", "24000", "-"]
    audio = sound.speech("aaaaaaaaaa          zzzzzzzzzz", format)

    decoded = subprocess.run(command, input=audio, check=True, capture_output=True).stdout

    first, pause, last = (_loudness(decoded, second) for second in (0.1, 0.7, 1.3))
    assert len(decoded) / 48_000 == pytest.approx(1.8, abs=0.05)
    assert (pause < 50, min(first, last) > 2_000) == (True, True)


def _loudness(samples: bytes, second: float) -> float:
    """The mean height of 0.4 s from there on."""
    start = int(second * 48_000) // 2 * 2
    heights: tuple[int, ...] = struct.unpack("<9600h", samples[start : start + 19_200])
    return sum(map(abs, heights)) / len(heights)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"Example data",
        b"\xff",
        b"\xff\xfb",
        b"RIFF",
        b"fLaC",
        b"OggS",
        b"\x1aE\xdf\xa3",
        b"\0\0\0\0ftyp",
        bytes(99),
    ],
)
def test_what_is_no_recording_has_neither_length_nor_words(data: bytes) -> None:
    assert (sound.length(data), sound.heard(data)) == (None, None)


@pytest.mark.parametrize("format", FILES)
def test_a_file_cut_short_is_still_read(format: str) -> None:
    audio = sound.speech("A fairly long sentence, cut short.", format)

    for size in range(0, len(audio), 97):
        sound.length(audio[:size])
        sound.heard(audio[:size])


def test_an_mp3_behind_a_tag_has_the_length_of_its_frames() -> None:
    tag = b"ID3\x04\0\0\0\0\x02\0" + bytes(256)

    assert sound.length(tag + sound.speech("x" * 20, "mp3")) == pytest.approx(1.2)


@pytest.mark.parametrize("version", [0, 1])
def test_an_mp4_lasts_as_its_movie_header_says(version: int) -> None:
    layout = ">B3xQQIQ" if version else ">B3xIIII"
    header = struct.pack(layout, version, 0, 0, 600, 1_500)
    movie = _box(b"moov", _box(b"mvhd", header))

    assert sound.length(_box(b"ftyp", b"M4A \0\0\0\0") + movie) == 2.5


@pytest.mark.parametrize(
    ("flags", "samples"),
    [(0x000, b""), (0x100, struct.pack(">II", 500, 500)), (0x301, struct.pack(">I4I", 0, 500, 9, 500, 9))],
)
def test_a_live_mp4_lasts_as_long_as_its_samples(flags: int, samples: bytes) -> None:
    header = _box(b"mdhd", struct.pack(">B3xIIII", 0, 0, 0, 1_000, 0))
    fragment = _box(b"tfhd", struct.pack(">III", 8, 1, 500)) + _box(b"trun", struct.pack(">II", flags, 2) + samples)
    movie = _box(b"moov", _box(b"trak", _box(b"mdia", header))) + _box(b"moof", _box(b"traf", fragment)) * 2

    assert sound.length(_box(b"ftyp", b"M4A \0\0\0\0") + movie) == 2.0


def test_a_webm_lasts_as_its_info_says() -> None:
    info = b"\x15\x49\xa9\x66\x8b" + b"\x44\x89\x88" + struct.pack(">d", 2_500.0)

    assert sound.length(b"\x1aE\xdf\xa3\x80" + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + info) == 2.5


def test_a_live_webm_lasts_until_its_last_block() -> None:
    cluster = b"\x1f\x43\xb6\x75\xff" + b"\xe7\x82\x03\xe8" + b"\xa3\x85\x81\x01\xf4\x80\x00"

    assert sound.length(b"\x1aE\xdf\xa3\x80" + b"\x18\x53\x80\x67\xff" + cluster) == 1.5


DIGESTS = {
    "mp3": "7be0a1c68bf219c9",
    "opus": "4656ce903ec9bcb2",
    "aac": "75c5b59f43c10b69",
    "flac": "8d8a4d09b6dc97a2",
    "wav": "6a48a05010e4cb6f",
    "pcm": "22b23488f47fde14",
}


@pytest.mark.parametrize(("format", "digest"), DIGESTS.items())
def test_the_bytes_are_the_same_on_every_machine(format: str, digest: str) -> None:
    assert blake2b(sound.speech("Same bytes.", format), digest_size=8).hexdigest() == digest


def _box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body
