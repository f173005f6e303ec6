"""Which operations there are, and how each is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fakeopenai import api
from fakeopenai.operations import Operation, Operations

CLIENTS = ("newest", "legacy", "azure", "agents")
"""The official client: the newest, an early one, or one that speaks to Azure; and the Agents SDK."""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. `synthesised` ones get the smallest answer that fits their schema."""

    operation: Operation
    how: Literal["implemented", "synthesised"]

    @property
    def client(self) -> str:
        """The client that knows it, one of CLIENTS."""
        return self.operation.legacy or CLIENTS[0]

    @property
    def family(self) -> str:
        return self.operation.path.split("/", 2)[1]


def answered() -> list[Row]:
    """All operations, in the order of their paths."""
    table = sorted(Operations.load().all.items(), key=lambda row: (row[1].path, row[1].method))
    return [Row(operation, "implemented" if key in api.HANDLERS else "synthesised") for key, operation in table]
