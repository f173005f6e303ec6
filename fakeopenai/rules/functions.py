"""Functions in rules: what their authors wrote in Python, and what is told where it fails."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

from fakeopenai import errors
from fakeopenai.errors import ApiError
from fakeopenai.rules.reading import Node
from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.wire import Call


def asked(node: Node, call: Call) -> Json:
    """What a function of a rule makes of a call. Raises ApiError where it fails, and says why."""
    try:
        return node.value(call)
    except ApiError:
        raise
    except Exception as error:  # it is not ours, and may raise anything
        raise errors.failing_function(node.source, node.name, _told(error)) from error


def _told(error: Exception) -> str:
    """`KeyError: 'city' (test_weather.py:12)`."""
    place = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
