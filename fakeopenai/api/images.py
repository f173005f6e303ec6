"""Images: generations, edits, variations. Every picture shows the words that asked for it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterator
from dataclasses import dataclass

from fakeopenai import errors, served, tokens
from fakeopenai.api import image_models
from fakeopenai.errors import ApiError
from fakeopenai.filing import content_of
from fakeopenai.media import pictures
from fakeopenai.media.pictures import Shape
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.turn import Media, Message, Prompt
from fakeopenai.wire import Call, Event, Object, Reply, Upload

routes = Routes()

DEFAULT = "dall-e-2"
"""The model when none is named (recorded until 2026-04)."""
UPLOADABLE = ["image/jpeg", "image/png", "image/webp"]
UNKNOWN = "application/octet-stream"
SQUARE_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True)
class Given:
    """A picture that a request brings along. `data` is empty for one behind a URL, which is not fetched."""

    param: str
    data: bytes = b""

    @property
    def shape(self) -> Shape:
        return pictures.inspect(self.data) or Shape("png", 1024, 1024, has_alpha=True)

    @property
    def words(self) -> str:
        """What it was asked to show, if it is one of ours."""
        return pictures.seen(self.data) or ""


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn, all defaults resolved."""

    words: str
    size: str
    format: str
    quality: str
    transparent: bool
    count: int
    data: bytes = b""
    revised_prompt: str = ""

    @property
    def background(self) -> str:
        return "transparent" if self.transparent else "opaque"

    def image(self, nth: int) -> bytes:
        return self.data or pictures.picture(
            self.words, self.size, self.format, transparent=self.transparent, seed=_seed(nth)
        )

    def partial(self, nth: int, step: int, steps: int) -> bytes:
        return pictures.partial(
            self.words, self.size, self.format, step, steps, transparent=self.transparent, seed=_seed(nth)
        )

    @property
    def facts(self) -> Object:
        """What the answer says of all pictures alike."""
        return {
            "background": self.background,
            "output_format": self.format,
            "quality": self.quality,
            "size": self.size,
        }


def _seed(nth: int) -> str:
    return str(nth or "")


@routes.reads("POST /images/generations", "POST /images/edits", "POST /images/variations")
def read(call: Call) -> Prompt:
    """Read the words, and that there are pictures, if any were given."""
    given = tuple(Media("image", name=field) for field in call.request.files)
    return Prompt(model=_model(call), messages=(Message("user", call.body.get("prompt") or "", given),))


@routes.on("POST /images/generations")
def generate(call: Call) -> Reply:
    image_models.check(call.body, call.ask().model.id)
    return _answer(call, [], call.body["prompt"], "image_generation")


@routes.on("POST /images/edits")
def edit(call: Call) -> Reply:
    """Draw the prompt, and what the first picture was asked to show."""
    model = call.ask().model
    if model.id.startswith("dall-e-3"):
        raise errors.invalid_value("model", model.id, image_models.EDITING)
    image_models.check(call.body, model.id)
    given = _given(call, model)
    _check_mask(call, given[0])
    before = given[0].words
    return _answer(call, given, call.body["prompt"] + (f" (edit of: {before})" if before else ""), "image_edit")


@routes.on("POST /images/variations")
def vary(call: Call) -> Reply:
    model = call.ask().model
    if not model.id.startswith("dall-e-2"):
        raise errors.invalid_value("model", model.id, ["dall-e-2"])
    image_models.check(call.body, model.id)
    given = _given(call, model)
    return _answer(call, given, f"Variation of {given[0].words or 'an uploaded picture'}", "")


def _model(call: Call) -> Model:
    name = call.body.get("model") or DEFAULT
    model = call.world.model_of(name, "image")
    if model is None:
        message = f"The model `{name}` does not exist."
        raise ApiError(400, message, type="image_generation_user_error", param="model", code="invalid_value")
    return model


def _answer(call: Call, given: list[Given], words: str, event: str) -> Reply:
    """Draw, and answer as the model does: with links or bytes, and with what it cost."""
    model = call.ask().model
    drawing = _drawing(call, words)
    if image_models.traits(model.id).links:
        return Reply(_linked(call, drawing, model))
    usage = _usage(call, drawing, given)
    answer = {
        "created": int(call.world.clock.now),
        "background": drawing.background,
        "data": [{"b64_json": _text(drawing.image(nth))} for nth in range(drawing.count)],
        **{name: drawing.facts[name] for name in ("output_format", "quality", "size")},
        "usage": usage,
    }
    reply = Reply(answer)
    if call.body.get("stream"):
        reply.events = _events(call, drawing, answer, event)
    return reply


def _drawing(call: Call, words: str) -> Drawing:
    body = call.body
    turn = call.rule.turn(call) if call.rule else None
    quality = body.get("quality") or "auto"
    given = call.scripted("image") or {}
    return Drawing(
        words=turn.text if turn else words,
        size=_default(body.get("size"), "1024x1024"),
        format=body.get("output_format") or "png",
        quality=_default(quality, "medium"),
        transparent=body.get("background") == "transparent",
        count=body.get("n") or 1,
        **given,
    )


def _default(asked: str | None, default: str) -> str:
    return default if asked in {None, "auto"} else str(asked)


def _linked(call: Call, drawing: Drawing, model: Model) -> Object:
    """The older models' answer: URLs that work for an hour, or bytes."""
    told = drawing.revised_prompt or f"A detailed picture of {drawing.words}"
    revised = {"revised_prompt": told} if model.id.startswith("dall-e-3") or drawing.revised_prompt else {}
    if call.body.get("response_format") == "b64_json":
        data = [{"b64_json": _text(drawing.image(nth)), **revised} for nth in range(drawing.count)]
    else:
        data = [
            {**revised, "url": served.publish(call, drawing.words, drawing.size, _seed(nth), drawing.data)}
            for nth in range(drawing.count)
        ]
    return {"created": int(call.world.clock.now), "data": data}


def _usage(call: Call, drawing: Drawing, given: list[Given]) -> Object:
    """Tokens read and made; all of it counts for each picture."""
    model = call.ask().model
    prompt = tokens.count(call.body["prompt"], model.encoding)
    text = image_models.read(model.id, prompt, len(given)) * drawing.count
    sizes = [(each.shape.width, each.shape.height) for each in given]
    seen = sum(image_models.looked_at(model.id, *size) for size in sizes) * drawing.count
    partial = image_models.PARTIAL * (call.body.get("partial_images") or 0)
    made = (image_models.made(model.id, drawing.size, drawing.quality) + partial) * drawing.count
    thought = image_models.thought(model.id) * drawing.count
    return {
        "input_tokens": text + seen,
        "input_tokens_details": {"image_tokens": seen, "text_tokens": text},
        "output_tokens": made + thought,
        "output_tokens_details": {"image_tokens": made, "text_tokens": thought},
        "total_tokens": text + seen + made + thought,
    }


def _events(call: Call, drawing: Drawing, answer: Object, kind: str) -> Iterator[Event]:
    """Coarse pictures first, then the finished one, for each picture asked for."""
    steps = call.body.get("partial_images") or 0
    facts = {"created_at": answer["created"], **drawing.facts}
    for nth, finished in enumerate(answer["data"]):
        for step in range(steps):
            name, image = f"{kind}.partial_image", _text(drawing.partial(nth, step, steps))
            yield Event({"type": name, "b64_json": image, "partial_image_index": step, **facts}, name)
        name = f"{kind}.completed"
        yield Event({"type": name, "b64_json": finished["b64_json"], **facts, "usage": answer["usage"]}, name)


def _text(image: bytes) -> str:
    return b64encode(image).decode()


def _given(call: Call, model: Model) -> list[Given]:
    """The pictures of the request, each one the model can take; as a form brings them, or as JSON names them."""
    uploads = call.request.files.get("image", [])
    given = [_uploaded(upload, place, model) for place, upload in enumerate(uploads)]
    given += [_referenced(call, place, each) for place, each in enumerate(call.body.get("images") or ())]
    if not given:
        raise errors.missing("image")
    edits = call.operation.path == "/images/edits"
    for each in given:
        _check_picture(each, model, opaque=not edits or "mask" in call.request.files)
    return given


def _uploaded(upload: Upload, place: int, model: Model) -> Given:
    older, media = image_models.traits(model.id).links, upload.content_type or _media(upload.content)
    if media not in UPLOADABLE and not (older and media == UNKNOWN):
        message = f"Invalid file 'image[{place}]': unsupported mimetype ('{media}'). "
        message += f"Supported file formats are {errors.listed(UPLOADABLE)}."
        raise errors.invalid(message, f"image[{place}]", "unsupported_file_mimetype")
    return Given(f"image[{place}]", upload.content or b"?")


def _media(content: bytes) -> str:
    """The media type of a picture that came without one, which is taken (recorded)."""
    shape = pictures.inspect(content)
    return pictures.MEDIA_TYPES[shape.format] if shape else UNKNOWN


def _referenced(call: Call, place: int, reference: Object) -> Given:
    """A picture behind a URL, which nobody fetches, in a data URL, or among the files. SVG is no picture."""
    if file_id := reference.get("file_id"):
        return Given(f"images[{place}].file_id", content_of(call.world, file_id) or b"?")
    param, url = f"images[{place}].image_url", reference.get("image_url") or ""
    if url.startswith(("http://", "https://")) and not url.partition("?")[0].endswith(".svg"):
        return Given(param)
    try:
        return Given(param, b64decode(url.partition(",")[2], validate=True) or b"?")
    except (BadBase64, ValueError):
        return Given(param, b"?")


def _check_picture(given: Given, model: Model, *, opaque: bool) -> None:
    """Refuse what the model can't take; older ones edit where a picture is transparent, unless a mask tells where."""
    shape = pictures.inspect(given.data)
    if given.data and (shape is None or shape.format == "gif" or not pictures.is_whole(given.data)):
        raise _user_error("Invalid image data.", given.param, "invalid_image_file")
    if not image_models.traits(model.id).links or shape is None:
        return
    if shape.format != "png" or len(given.data) >= SQUARE_LIMIT:
        raise errors.invalid("Uploaded image must be a PNG and less than 4 MB.")
    if shape.width != shape.height:
        raise errors.invalid("Uploaded image must be square.")
    if not shape.has_alpha and not opaque:
        raise _user_error("Invalid input image - format must be in ['RGBA', 'LA', 'L'], got RGB.")


def _check_mask(call: Call, image: Given) -> None:
    """A mask is as large as the picture, and transparent where it is to be edited."""
    for upload in call.request.files.get("mask", []):
        shape = pictures.inspect(upload.content)
        if shape is None:
            raise _user_error("Invalid mask image data.", "mask", "invalid_mask_image_file")
        if shape[1:3] != image.shape[1:3]:
            size = "Invalid mask image format - mask size does not match image size"
            raise _user_error(size, "mask", "invalid_mask_image_format")
        if not shape.has_alpha:
            alpha = "Invalid mask image format - mask image missing alpha channel"
            raise _user_error(alpha, "mask", "invalid_mask_image_format")


def _user_error(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, type="image_generation_user_error", param=param, code=code)
