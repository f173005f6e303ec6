"""Which operations there are, and how each is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fakeopenai import api
from fakeopenai.operations import Operation, Operations


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. `synthesised` ones get the smallest answer that fits their schema."""

    operation: Operation
    how: Literal["implemented", "synthesised"]

    @property
    def family(self) -> str:
        return self.operation.path.split("/", 2)[1]


def answered() -> list[Row]:
    """All operations, in the order of their paths."""
    table = sorted(Operations.load().all.items(), key=lambda row: (row[1].path, row[1].method))
    return [Row(operation, "implemented" if key in api.HANDLERS else "synthesised") for key, operation in table]
