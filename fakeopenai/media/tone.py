"""The tone that stands for a voice: one block of 60 ms for each letter, higher or lower as the letter is."""

from __future__ import annotations

from functools import lru_cache

RATE = 24_000
BLOCK = 1_440
STEP = 256
"""How far the wave moves from one sample to the next. Its samples are multiples of it, so their low byte is free."""

_DEEPEST, _LETTERS = 14, 12
_VOICES = {"shimmer": 0, "nova": 1, "coral": 2, "marin": 2, "sage": 3, "alloy": 4, "fable": 5, "verse": 5}
_VOICES |= {"ballad": 6, "ash": 7, "cedar": 7, "echo": 8, "onyx": 10}


def melody(text: str, blocks: int, voice: str) -> tuple[int, ...]:
    """The height of the wave in each block, in steps; 0 is a pause. A higher wave is slower, so it sounds lower."""
    depth = _DEEPEST + _VOICES.get(voice, len(voice) % 11)
    return tuple(_height(text[place * len(text) // blocks], depth) if text else 0 for place in range(blocks))


def _height(letter: str, depth: int) -> int:
    return depth + ord(letter) % _LETTERS if letter.isalnum() else 0


def during(melody: tuple[int, ...], frame: int, samples: int) -> float:
    """The frequency that sounds in the middle of a frame of so many samples; 0 for a pause."""
    block = (2 * frame + 1) * samples // (2 * BLOCK)
    height = melody[block] if block < len(melody) else 0
    return RATE / (4 * height) if height else 0


def moves(height: int) -> list[int]:
    """How the wave of one block moves, sample by sample, in steps: whole triangles, then rest at zero."""
    if not height:
        return [0] * BLOCK
    cycle = [1] * height + [-1] * (2 * height) + [1] * height
    cycles = BLOCK // len(cycle)
    return cycle * cycles + [0] * (BLOCK - cycles * len(cycle))


@lru_cache(maxsize=64)
def samples(height: int) -> bytes:
    """One block as 16-bit little-endian samples, beginning and ending at zero."""
    level, levels = 0, [0]
    for move in moves(height)[:-1]:
        level += move
        levels.append(level)
    return b"".join((each * STEP).to_bytes(2, "little", signed=True) for each in levels)
