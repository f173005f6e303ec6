"""Films: the poster of a prompt, held for some seconds; with its thumbnail and its sheet of frames."""

from __future__ import annotations

from fakeopenai.media import h264, mp4, pictures
from fakeopenai.media.envelope import seal
from fakeopenai.media.poster import poster

FRAMES_A_SECOND = 24
_COLUMNS = 4


def movie(prompt: str, seconds: float, size: str) -> bytes:
    """An MP4 file of H.264 that shows the prompt. `size` is `1280x720`, both even."""
    width, height = map(int, size.split("x"))
    frames = [h264.still(width, height, number) for number in range(1, round(seconds * FRAMES_A_SECOND))]
    frames.insert(0, h264.key(poster(prompt, width, height)))
    film = mp4.film(frames, h264.parameters(width, height), (width, height), FRAMES_A_SECOND)
    return film + mp4.box(b"free", seal(prompt))


def thumbnail(prompt: str, size: str) -> bytes:
    """The film's first frame, as WebP."""
    return pictures.picture(prompt, size, "webp")


def spritesheet(prompt: str, seconds: float, size: str) -> bytes:
    """One small frame for each second, four beside each other, as JPEG."""
    width, height = map(int, size.split("x"))
    rows = max(-(-round(seconds) // _COLUMNS), 1)
    return pictures.sheet(prompt, f"{width // _COLUMNS}x{height // _COLUMNS}", "jpeg", _COLUMNS, rows)
