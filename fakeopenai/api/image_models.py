"""What image models take, and what their pictures cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from fakeopenai import errors
from fakeopenai.errors import ApiError
from fakeopenai.wire import Object

NEWER_ONLY = (
    "background",
    "moderation",
    "output_format",
    "output_compression",
    "partial_images",
    "stream",
    "input_fidelity",
)
EDITING = ["gpt-image-2", "gpt-image-1.5", "gpt-image-1", "gpt-image-1-mini", "dall-e-2"]
"""The models that edit, as a refusal names them."""
QUALITIES = ("low", "medium", "high", "auto")
FORMATS = ("png", "webp", "jpeg")
MEDIUM = {"1024x1024": 1056, "1024x1536": 1584, "1536x1024": 1568}
"""Tokens of a picture of medium quality (recorded for the first two, else the guide's table)."""
_WEIGHT = {"low": 272 / 1056, "medium": 1.0, "high": 4160 / 1056, "xhigh": 8320 / 1056, "max": 16640 / 1056}
_FREE_SIZE = {"low": 196, "medium": 1756, "high": 7024, "xhigh": 14_048, "max": 28_096}
PARTIAL = 100
"""Tokens of a partial image (image guide)."""


@dataclass(frozen=True)
class Traits:
    """What a family of models takes. `sizes` is empty where any multiple of 16 will do."""

    sizes: tuple[str, ...]
    qualities: tuple[str, ...]
    refused: tuple[str, ...] = ()
    longest: int = 32_000
    most: int = 10

    @property
    def links(self) -> bool:
        """Whether it can answer with URLs, and does unless asked otherwise."""
        return "response_format" not in self.refused


DALLE_2 = Traits(("256x256", "512x512", "1024x1024"), ("standard",), ("quality", "style", *NEWER_ONLY), 1000)
DALLE_3 = Traits(("1024x1024", "1024x1792", "1792x1024"), ("standard", "hd"), NEWER_ONLY, 4000, most=1)
GPT_1 = Traits(("1024x1024", "1024x1536", "1536x1024", "auto"), QUALITIES, ("response_format", "style"))
GPT_2 = Traits((), (*QUALITIES, "xhigh", "max"), ("response_format", "style"))


def traits(model: str) -> Traits:
    if model.startswith("dall-e"):
        return DALLE_3 if "3" in model else DALLE_2
    return GPT_1 if model.startswith("gpt-image-1") else GPT_2


def check(body: Object, model: str) -> None:
    """Refuse what the model doesn't take, in the API's words."""
    takes = traits(model)
    for name in takes.refused:
        if body.get(name) is not None:
            raise errors.unknown_parameter(name)
    _check_prompt(body.get("prompt"), takes.longest)
    if (body.get("n") or 1) > takes.most:
        raise errors.above_maximum("n", "integer", takes.most, body["n"])
    _check_choice(body, "quality", takes.qualities)
    _check_choice(body, "output_format", FORMATS)
    _check_choice(body, "style", ("vivid", "natural"))
    _check_choice(body, "response_format", ("url", "b64_json"))
    _check_size(body.get("size"), takes.sizes)
    _check_format(body)


def _check_prompt(prompt: str | None, longest: int) -> None:
    if prompt == "":
        raise errors.too_short("prompt", "string", 1, 0)
    if prompt is not None and len(prompt) > longest:
        raise errors.too_long("prompt", "string", longest, len(prompt))


def _check_choice(body: Object, name: str, known: Sequence[str]) -> None:
    value = body.get(name)
    if value is not None and value not in known:
        raise errors.invalid_value(name, value, list(known))


def _check_size(size: str | None, known: Sequence[str]) -> None:
    if size is None or size in known or (not known and size == "auto"):
        return
    if known:
        raise _bad_size(size, f"Supported sizes are {errors.joined(list(known), 'and')}.")
    sides = size.split("x")
    if len(sides) != 2 or not all(side.isdecimal() and 0 < int(side) < 100_000 for side in sides):
        raise _bad_size(size, "Expected a size like 1024x1024, or auto.")
    width, height = map(int, sides)
    if width % 16 or height % 16:
        raise _bad_size(size, "Width and height must both be divisible by 16.")
    if max(width, height) > 3840 or max(width, height) > 3 * min(width, height):
        raise _bad_size(size, "The longer side must be at most 3840 and at most three times the shorter one.")


def _bad_size(size: str, rule: str) -> ApiError:
    message = f"Invalid size '{size}'. {rule}"
    return ApiError(400, message, type="image_generation_user_error", param="size", code="invalid_value")


def _check_format(body: Object) -> None:
    form, compression = body.get("output_format") or "png", body.get("output_compression")
    if compression is not None and not 0 <= compression <= 100:
        limit = errors.below_minimum if compression < 0 else errors.above_maximum
        raise limit("output_compression", "integer", 0 if compression < 0 else 100, compression)
    if form == "png" and compression not in {None, 100}:
        raise _unsupported("Compression less than 100 is not supported for PNG output format", "output_compression")
    if form == "jpeg" and body.get("background") == "transparent":
        raise _unsupported("Transparent background is not supported for JPEG output format", "background")


def _unsupported(message: str, param: str) -> ApiError:
    return ApiError(400, message, type="image_generation_user_error", param=param, code="invalid_value")


def made(model: str, size: str, quality: str) -> int:
    """Tokens of a picture that is made. Of the newer models one shape was recorded; the others follow their sides."""
    if traits(model) is GPT_1:
        return round(MEDIUM[size] * _WEIGHT[quality])
    width, height = map(int, size.split("x"))
    shape: float = (min(width, height) / max(width, height)) ** 0.85
    return round(_FREE_SIZE[quality] * shape)


def thought(model: str) -> int:
    """Tokens of text that a model writes before it draws (recorded for gpt-image-1.5)."""
    return 272 if model.startswith("gpt-image-1.5") else 0


def looked_at(model: str, width: int, height: int) -> int:
    """Tokens of a picture that is given: tiles of 512 once the shorter side is 512, or else patches of 16."""
    if traits(model) is not GPT_1:
        return min(ceil(width / 16) * ceil(height / 16), 4096)
    short, long = sorted((max(width, 1), max(height, 1)))
    return 65 + 129 * ceil(long / short - 1e-9)


def read(model: str, prompt: int, images: int) -> int:
    """Tokens of text that are read: the prompt's, and some around it and each picture (recorded)."""
    if traits(model) is not GPT_1:
        return prompt + 7
    return prompt + 6 + 16 * images
