"""A picture before it has a format: bands of equal rows, each row made of runs of one colour.

Everything drawn here is large and flat, so a picture of a million dots is a few hundred runs, and each format can be
written from the runs themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

Colour = tuple[int, int, int, int]
"""Red, green, blue, and how opaque, each up to 255."""

Runs = tuple[tuple[int, int], ...]
"""A row from left to right: which colour of the palette, and for how many dots."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """`bands` are rows from the top: how many equal ones, and their runs. `caption` travels inside the file."""

    width: int
    height: int
    palette: tuple[Colour, ...]
    bands: tuple[tuple[int, Runs], ...]
    caption: str = ""

    @property
    def transparent(self) -> bool:
        return any(colour[3] < 255 for colour in self.palette)


def joined(runs: Iterable[tuple[int, int]]) -> Runs:
    """The row without empty runs, neighbours of one colour made one."""
    groups = groupby((run for run in runs if run[1] > 0), key=lambda run: run[0])
    return tuple((colour, sum(length for _, length in group)) for colour, group in groups)


def tiled(canvas: Canvas, columns: int, rows: int) -> Canvas:
    """The picture many times over, as a sheet."""
    bands = tuple((count, joined(runs * columns)) for count, runs in canvas.bands) * rows
    return Canvas(canvas.width * columns, canvas.height * rows, canvas.palette, bands, canvas.caption)


def coarse(canvas: Canvas, cell: int) -> Canvas:
    """The picture as a mosaic: each square cell has the colour of the dot in its middle."""
    rows = [runs for count, runs in canvas.bands for _ in range(count)]
    bands = [
        (min(cell, canvas.height - top), joined(_cells(rows[min(top + cell // 2, canvas.height - 1)], cell)))
        for top in range(0, canvas.height, cell)
    ]
    return Canvas(canvas.width, canvas.height, canvas.palette, tuple(bands), canvas.caption)


def _cells(runs: Runs, cell: int) -> Iterator[tuple[int, int]]:
    dots = b"".join(bytes([colour]) * length for colour, length in runs)
    for left in range(0, len(dots), cell):
        yield dots[min(left + cell // 2, len(dots) - 1)], min(cell, len(dots) - left)
