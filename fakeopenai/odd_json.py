"""The same JSON, written in unusual ways that are all JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.ids import Names

MORE: Json = {"of": [None, 1.5, "é"]}
"""The value of a field that nobody knows."""


def written(data: bytes, odd: Collection[str], names: Names) -> bytes:
    """JSON again, with `more_fields`, `key_order`, `escapes`, `spaces` and `lines` as wanted; all else as it is."""
    try:
        value = json.loads(data)
    except ValueError:
        return data
    if "more_fields" in odd and isinstance(value, dict):
        value["x_unheard_of"] = MORE
    if "key_order" in odd:
        value = _reordered(value, names)
    spaces = [space for name, space in SPACES if name in odd]
    return _Pen(names, escapes="escapes" in odd, spaces=spaces).value(value).encode()


def _reordered(value: Json, names: Names) -> Json:
    match value:
        case dict():
            keys = sorted(value, key=lambda _: names.number(1 << 30, "order"))
            return {key: _reordered(value[key], names) for key in keys}
        case list():
            return [_reordered(member, names) for member in value]
        case _:
            return value


class _Pen:
    """Writes JSON. Where it breaks lines, no token is broken."""

    def __init__(self, names: Names, *, escapes: bool, spaces: Sequence[str]) -> None:
        self._names = names
        self._escapes = escapes
        self._spaces = spaces

    def value(self, value: Json) -> str:
        match value:
            case str():
                return self._text(value)
            case dict():
                return self._joined("{", "}", [f"{self._text(key)}:{self.value(each)}" for key, each in value.items()])
            case list():
                return self._joined("[", "]", [self.value(each) for each in value])
            case _:
                return json.dumps(value)

    def _joined(self, begin: str, end: str, members: list[str]) -> str:
        if not self._spaces:
            return f"{begin}{','.join(members)}{end}"
        return f"{begin}{self._space}{f' ,{self._space}'.join(members)}{self._space}{end}"

    @property
    def _space(self) -> str:
        number = self._names.number(len(self._spaces) + 1, "space")
        return ["", *self._spaces][number]

    def _text(self, text: str) -> str:
        if not self._escapes:
            return json.dumps(text, ensure_ascii=False)
        return f'"{"".join(map(self._character, text))}"'

    def _character(self, char: str) -> str:
        if char.isascii() and self._names.number(4, "escape"):
            return json.dumps(char)[1:-1]
        units = char.encode("utf-16-be")
        return "".join(f"\\u{units[at]:02X}{units[at + 1]:02x}" for at in range(0, len(units), 2))


SPACES = (("spaces", " "), ("spaces", "   "), ("lines", "\n"), ("lines", "\n  "))
