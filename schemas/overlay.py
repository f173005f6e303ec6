"""Lays over the description what the client doesn't say: bounds, defaults, corrections."""

from __future__ import annotations

from typing import Any


def apply(groups: list[dict[str, Any]], rows: list[dict[str, Any]], types: dict[str, Any]) -> None:
    """Change rows and types in place."""
