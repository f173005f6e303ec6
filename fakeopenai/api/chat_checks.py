"""Chat completions: what the schema allows and a model doesn't take, refused before anything is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeopenai import errors, filing, image_urls, models
from fakeopenai.errors import ApiError, invalid
from fakeopenai.models import Model
from fakeopenai.turn import Prompt
from fakeopenai.wire import Object

if TYPE_CHECKING:
    from fakeopenai.world import World

PICTURES = ("png", "jpeg", "gif", "webp")


def check_sound(body: Object) -> None:
    """Spoken answers need a voice, and are streamed in one format only (wordings from public issue threads)."""
    if "audio" not in (body.get("modalities") or ()):
        return
    audio = body.get("audio")
    if audio is None:
        raise errors.missing("audio")
    if body.get("stream") and audio.get("format") != "pcm16":
        raise invalid(
            f"Unsupported value: 'audio.format' does not support '{audio.get('format')}' when stream=true. "
            "Supported values are: 'pcm16'.",
            "audio.format",
            "unsupported_value",
        )


def check_effort(body: Object, model: Model) -> None:
    """Each model knows its own efforts; nothing is known of models that have been made up."""
    effort = body.get("reasoning_effort")
    if effort is None or effort in model.efforts or models.find(model.id) is None:
        return
    if not model.reasoning:
        raise errors.unrecognized_argument("reasoning_effort")
    raise invalid(
        f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. "
        f"Supported values are: {errors.listed([*model.efforts])}.",
        "reasoning_effort",
        "unsupported_value",
    )


def check_parts(messages: list[Object], model: Model) -> None:
    """Pictures must be ones, and the model must see; sounds are for models that hear."""
    for index, message in enumerate(messages):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            if isinstance(part, dict) and (refusal := _refused(part, index, place, model)):
                raise refusal


def check_files(world: World, prompt: Prompt) -> None:
    """Uploaded files must exist, and be no pictures (the latter recorded)."""
    files = [media.source for message in prompt.messages for media in message.media if media.kind == "file"]
    for id in files:
        file = filing.find_file(world, id) if id.startswith("file-") else {"filename": ""}
        if file is None:
            raise filing.no_such_file(id)
        extension = file["filename"].rpartition(".")[2].lower().replace("jpg", "jpeg")
        if extension in PICTURES:
            expected = "Expected a file with an application/pdf MIME type, but got unsupported MIME type"
            raise invalid(f"Invalid file data: 'file_id'. {expected} 'image/{extension}'.", "file_id", "invalid_value")


def _refused(part: Object, index: int, place: int, model: Model) -> ApiError | None:
    match part:
        case {"type": "image_url", "image_url": {"url": url}} if model.sees:
            return next(_faults(url), None)
        case {"type": "image_url"}:
            return invalid(
                "Invalid content type. image_url is only supported by certain models.",
                f"messages.[{index}].content.[{place}].type",
            )
        case {"type": "input_audio"} if not model.audio and models.find(model.id):
            message = "Content blocks are expected to be either text or image_url type."
            return invalid(f"Invalid 'messages[{index}]'. {message}", f"messages[{index}]", "invalid_value")
    return None


def _faults(url: str) -> Iterator[ApiError]:
    """What is wrong with the address of a picture, as far as it can be told without following it."""
    scheme = url.partition(":")[0].lower()
    if scheme not in {"http", "https", "data"}:
        yield invalid(f"Failed to download image from {url}. Image URL is invalid.", code="invalid_image_url")
    match image_urls.fault(url) if scheme == "data" else "":
        case "type" | "picture":
            yield invalid(
                "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
                f"{[*PICTURES]}.",
                code="invalid_image_format",
            )
        case "empty" | "base64":
            yield invalid("Invalid base64 image_url.", code="invalid_base64_image")
