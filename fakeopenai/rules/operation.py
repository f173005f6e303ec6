"""Which operations a rule means: `chat`, `chat.completions.create`, `POST /chat/completions`, `beta.*`, `GET *`."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache

from fakeopenai.operations import Operation, Operations


def fits(pattern: str, operation: Operation) -> bool:
    """A pattern is a family (`chat`, `vector_stores.files`), the client's method name, the reference's, or a glob."""
    return _fits(pattern, operation.id, str(operation))


@lru_cache(maxsize=65536)
def _fits(pattern: str, id: str, reference: str) -> bool:
    names = (id, id.removeprefix("beta."), reference, reference.partition(" ")[2])
    return any(name == pattern or name.startswith(f"{pattern}.") or fnmatchcase(name, pattern) for name in names)


@lru_cache(maxsize=4096)
def unknown(pattern: str) -> str:
    """What is wrong with a pattern that no operation fits, or nothing."""
    operations = list(Operations.load().all.values())
    if any(fits(pattern, operation) for operation in operations):
        return ""
    words = sorted({word for operation in operations for word in (*_prefixes(operation.id), str(operation))})
    near = get_close_matches(pattern, words, n=1)
    return f"unknown operation '{pattern}'" + (f"; did you mean '{near[0]}'?" if near else "")


def _prefixes(id: str) -> list[str]:
    parts = id.removeprefix("beta.").split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
