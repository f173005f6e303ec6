"""Films of a prompt."""

from __future__ import annotations

from hashlib import blake2b

import pytest

from fakeopenai.media import film, pictures, sound
from fakeopenai.media.pictures import Shape


@pytest.mark.parametrize("size", ["1280x720", "720x1280", "1792x1024", "320x192", "1920x1080"])
@pytest.mark.parametrize("seconds", [4, 12])
def test_a_film_lasts_as_long_as_asked(seconds: int, size: str) -> None:
    movie = film.movie("A cat rides a bicycle.", seconds, size)

    assert movie[4:8] == b"ftyp"
    assert sound.length(movie) == seconds


def test_a_film_keeps_its_prompt() -> None:
    assert pictures.seen(film.movie("A cat rides a bicycle.", 1, "64x64")) == "A cat rides a bicycle."


def test_a_frame_in_which_nothing_moves_costs_almost_nothing() -> None:
    short, long = (film.movie("A cat.", seconds, "1280x720") for seconds in (4, 8))

    assert len(long) - len(short) < 4 * film.FRAMES_A_SECOND * 30


def test_no_start_code_stands_inside_a_frame() -> None:
    movie = film.movie("A cat.", 4, "640x480")

    frames = movie[movie.index(b"mdat") + 4 : movie.rindex(b"free") - 4]
    at = 0
    while at < len(frames):
        size = int.from_bytes(frames[at : at + 4])
        assert b"\0\0\1" not in frames[at + 4 : at + 4 + size]
        at += 4 + size


def test_the_thumbnail_is_as_large_as_the_film() -> None:
    assert pictures.inspect(film.thumbnail("A cat.", "1280x720")) == Shape("webp", 1280, 720, has_alpha=False)


def test_the_spritesheet_has_a_frame_for_each_second() -> None:
    assert pictures.inspect(film.spritesheet("A cat.", 8, "1280x720")) == Shape("jpeg", 1280, 360, has_alpha=False)


def test_the_bytes_are_the_same_on_every_machine() -> None:
    movie = film.movie("The same bytes, everywhere.", 2, "320x180")

    assert blake2b(movie, digest_size=8).hexdigest() == "221fb77891d6ecca"
