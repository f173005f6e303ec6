"""Pictures that a response draws."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from fakeopenai.media import pictures
from fakeopenai.wire import Object

SIZE = "1024x1024"


def drawn(words: str, settings: Object) -> Object:
    """What an item says of a picture that shows some words."""
    size, format = _chosen(settings, "size", SIZE), _chosen(settings, "output_format", "png")
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
    for step in range(count):
        image = pictures.partial(item["revised_prompt"], item["size"], item["output_format"], step, count)
        yield b64encode(image).decode()


def _chosen(settings: Object, name: str, default: str) -> str:
    asked = settings.get(name)
    return default if asked in {None, "auto"} else str(asked)
