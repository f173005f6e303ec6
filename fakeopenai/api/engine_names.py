"""How answers of the engines' time name the model that gave them: `text-ada:001`, `davinci:2020-05-03`."""

from __future__ import annotations

import re

FIRST = frozenset({"ada", "babbage", "curie", "davinci"})

_NUMBERED = re.compile(r"-(\d{3})$")
_SECOND = re.compile(r"-v(\d)$")


def version(engine: str) -> str:
    """The version of an engine, spelled as in recordings up to 2022."""
    if engine in FIRST:
        return f"{engine}:2020-05-03"
    return _SECOND.sub(r":00\1", _NUMBERED.sub(r":\1", engine))
