"""Pictures that show their prompt, in every format, and what their headers say."""

from __future__ import annotations

import zlib
from hashlib import blake2b
from itertools import pairwise

import pytest

from fakeopenai.media import pictures
from fakeopenai.media.canvas import Canvas
from fakeopenai.media.pictures import Shape
from fakeopenai.media.poster import poster

FORMATS = ["png", "jpeg", "webp"]
SIZES = ["256x256", "512x512", "1024x1024", "1536x1024", "1024x1792", "33x17", "1x1"]
PROMPTS = ["A cat with a hat", "", "Grüße, 漢字 & 🎉", "word " * 2000, "unbreakable" * 50]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_picture_is_what_was_asked_for(prompt: str, size: str, format: str) -> None:
    image = pictures.picture(prompt, size, format)

    width, height = map(int, size.split("x"))
    assert pictures.inspect(image) == Shape(format, width, height, has_alpha=False)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_picture_keeps_its_prompt(prompt: str, format: str) -> None:
    assert pictures.seen(pictures.picture(prompt, "64x64", format)) == prompt


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_png_holds_the_dots_of_its_poster(prompt: str, size: str, transparent: bool) -> None:
    width, height = map(int, size.split("x"))
    canvas = poster(prompt, width, height, transparent=transparent)

    assert _png_dots(pictures.picture(prompt, size, transparent=transparent)) == _canvas_dots(canvas)


@pytest.mark.parametrize("format", ["png", "webp"])
def test_a_transparent_picture_says_so(format: str) -> None:
    image = pictures.picture("A ghost", "64x64", format, transparent=True)

    assert pictures.inspect(image) == Shape(format, 64, 64, has_alpha=True)


def test_prompts_and_seeds_look_different() -> None:
    images = {pictures.picture(prompt, "64x64", seed=seed) for prompt in ("A cat", "A dog") for seed in ("", "1")}

    assert len(images) == 4


@pytest.mark.parametrize("format", FORMATS)
def test_partial_pictures_grow_finer_up_to_the_whole(format: str) -> None:
    steps = [pictures.partial("A cat with a hat", "256x256", format, index, 3) for index in range(3)]

    sizes = [len(step) for step in steps]
    assert all(fewer < more for fewer, more in pairwise(sizes))
    assert {pictures.inspect(step) for step in steps} == {Shape(format, 256, 256, has_alpha=False)}


@pytest.mark.parametrize(
    "data", [b"", b"Example data", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff\xe0"]
)
def test_what_is_no_picture_has_no_shape(data: bytes) -> None:
    assert pictures.inspect(data) is None


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (b"GIF89a\x10\0\x20\0\0\0\0" + b"\x21\xf9\x04\x01", Shape("gif", 16, 32, has_alpha=True)),
        (b"GIF87a\x10\0\x20\0\0\0\0", Shape("gif", 16, 32, has_alpha=False)),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x0f\0\0\x1f\0\0", Shape("webp", 16, 32, has_alpha=True)),
        (b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x10\0\x20\0", Shape("webp", 16, 32, has_alpha=False)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x11\x08\0\x20\0\x10", Shape("jpeg", 16, 32, has_alpha=False)),
    ],
)
def test_a_header_tells_the_shape(data: bytes, shape: Shape) -> None:
    assert pictures.inspect(data) == shape


DIGESTS = {"png": "fe0e93065b5e971e", "jpeg": "4143fd828097cbc4", "webp": "4fffaddd91614d45"}


@pytest.mark.parametrize(("format", "digest"), DIGESTS.items())
def test_the_bytes_are_the_same_on_every_machine(format: str, digest: str) -> None:
    image = pictures.picture("The same bytes, everywhere: 100 %.", "200x120", format)

    assert blake2b(image, digest_size=8).hexdigest() == digest


def _canvas_dots(canvas: Canvas) -> bytes:
    depth = 4 if canvas.transparent else 3
    rows = (
        b"".join(bytes(canvas.palette[colour][:depth]) * n for colour, n in runs) * count
        for count, runs in canvas.bands
    )
    return b"".join(rows)


def _png_dots(image: bytes) -> bytes:
    """The dots of a PNG file whose rows are plain or equal to the row above."""
    width, depth = int.from_bytes(image[16:20]), 4 if image[25] == 6 else 3
    size = int.from_bytes(image[image.index(b"IDAT") - 4 :][:4])
    lines = zlib.decompress(image[image.index(b"IDAT") + 4 :][:size])
    rows = [b""]
    for at in range(0, len(lines), 1 + width * depth):
        line = lines[at + 1 : at + 1 + width * depth]
        rows.append(line if lines[at] == 0 else rows[-1])
        assert lines[at] == 0 or not any(line)
    return b"".join(rows)
