"""Pictures that a response draws."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

from fakeopenai.media import pictures
from fakeopenai.wire import Object

SIZE = "1024x1024"
FORMATS = frozenset({"png", "jpeg", "webp"})
_MEASURES = re.compile(r"[1-9]\d{1,3}x[1-9]\d{1,3}")


def drawn(words: str, settings: Object) -> Object:
    """What an item says of a picture that shows some words."""
    size, format = _form(settings)
    background = _chosen(settings, "background", "opaque")
    image = pictures.picture(words, size, format, transparent=background == "transparent")
    return {
        "action": _chosen(settings, "action", "generate"),
        "background": background,
        "output_format": format,
        "quality": _chosen(settings, "quality", "high"),
        "result": b64encode(image).decode(),
        "revised_prompt": words,
        "size": size,
    }


def partial(item: Object, count: int) -> Iterator[str]:
    """The picture of an item before it is whole, so many times, each finer than the one before."""
    size, format = _form(item)
    for step in range(count):
        image = pictures.partial(item.get("revised_prompt") or "", size, format, step, count)
        yield b64encode(image).decode()


def _form(settings: Object) -> tuple[str, str]:
    """Size and format of a picture; a script may say what no picture has."""
    size, format = _chosen(settings, "size", SIZE), _chosen(settings, "output_format", "png")
    return size if _MEASURES.fullmatch(size) else SIZE, format if format in FORMATS else "png"


def _chosen(settings: Object, name: str, default: str) -> str:
    asked = settings.get(name)
    return default if asked in {None, "auto"} else str(asked)
