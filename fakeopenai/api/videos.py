"""Videos: made in stages, remixed, edited, extended; their films show their prompts."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as BadBase64

from fakeopenai import errors
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.filing import content_of
from fakeopenai.media import film, pictures, sound
from fakeopenai.models import Model
from fakeopenai.resource import Resource, Routes
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

LIFE = 86_400
"""Seconds for which a finished film can be downloaded."""
SMALL = ["720x1280", "1280x720"]
LARGE = [*SMALL, "1024x1792", "1792x1024"]
UPLOAD_SIZE = "720x1280"
"""What is taken for the size of a film that was not made here."""


def _progress(_: World, video: Object) -> None:
    video["progress"] += 33


def _finish(world: World, video: Object) -> None:
    video["progress"] = 100
    video["expires_at"] = int(world.clock.now) + LIFE


def _fail(_: World, video: Object, error: ApiError) -> None:
    video |= {"status": "failed", "error": {"code": error.code or "server_error", "message": error.message}}


routes.courses.append(
    Course(
        "video",
        (
            Stage("in_progress", 5),
            Stage("in_progress", 20, enter=_progress, again=lambda _, video: video["progress"] < 66),
            Stage("completed", 20, stamp="completed_at", enter=_finish),
        ),
        fail=_fail,
    )
)

videos = routes.resource(
    "/videos/{video_id}",
    object="video",
    course="video",
    missing="Video with id '{id}' not found.",
    deleted="video.deleted",
)
characters = Resource(
    "/videos/characters/{character_id}", prefix="char_", missing="Character with id '{id}' not found."
)
routes["GET /videos/characters/{character_id}"] = characters.retrieve


@routes.on("POST /videos")
def create(call: Call) -> Reply:
    body, model = call.body, _model(call)
    size = body.get("size") or SMALL[0]
    known = LARGE if "pro" in model.id else SMALL
    if size not in known:
        raise errors.invalid_value("size", size, known)
    _check_reference(call, size)
    for character in body.get("characters") or ():
        characters.find(call, character["id"])
    return Reply(_begin(call, prompt=body["prompt"], model=model.id, size=size, seconds=body.get("seconds") or "4"))


@routes.on("POST /videos/{video_id}/remix")
def remix(call: Call) -> Reply:
    """Make a finished video anew, with another prompt."""
    source = _finished(videos.find(call))
    return Reply(_begin_from(call, source, remixed_from_video_id=source["id"]))


@routes.on("POST /videos/edits")
def edit(call: Call) -> Reply:
    return Reply(_begin_from(call, _source(call)))


@routes.on("POST /videos/extensions")
def extend(call: Call) -> Reply:
    """Make a video that goes on for some seconds after the source's end."""
    source = _source(call)
    return Reply(_begin_from(call, source, seconds=str(int(source["seconds"]) + int(call.body["seconds"]))))


@routes.on("GET /videos/{video_id}/content")
def content(call: Call) -> Reply:
    """The film, or what stands for it, as long as it can be downloaded."""
    video = videos.find(call)
    if video["status"] != "completed":
        message = f"Video is not ready yet, use GET /v1/videos/{video['id']} to check status."
        raise ApiError(404, message)
    if call.world.clock.now >= video["expires_at"]:
        raise ApiError(404, "Video content has expired and is no longer available for download.")
    prompt, seconds, size = video["prompt"] or "", int(video["seconds"]), video["size"]
    match call.query.get("variant"):
        case "thumbnail":
            return Reply(film.thumbnail(prompt, size), media="image/webp")
        case "spritesheet":
            return Reply(film.spritesheet(prompt, seconds, size), media="image/jpeg")
    return Reply(film.movie(prompt, seconds, size), media="video/mp4")


@routes.on("POST /videos/characters")
def create_character(call: Call) -> Reply:
    """Keep whoever is seen in a film, under a name."""
    _film_seconds(_upload(call))
    return Reply(characters.add(call, name=call.body["name"]))


def _model(call: Call) -> Model:
    name = call.body.get("model") or "sora-2"
    model = call.world.model_of(name, "video")
    if model is None:
        raise errors.invalid_value("model", name, ["sora-2", "sora-2-pro"])
    return model


def _begin(call: Call, **facts: Json) -> Object:
    """Send a new video down its course."""
    video = {
        "id": call.names.new("video_"),
        "object": "video",
        "created_at": int(call.world.clock.now),
        "status": "queued",
        "completed_at": None,
        "error": None,
        "expires_at": None,
        "progress": 0,
        "remixed_from_video_id": None,
    } | facts
    drawer = call.world.drawer(videos.collection)
    drawer.put(video)
    call.world.clock.begin("video", drawer.path, video)
    return video


def _begin_from(call: Call, source: Object, **facts: Json) -> Object:
    alike = {name: source[name] for name in ("model", "size", "seconds")}
    return _begin(call, **alike | {"prompt": call.body["prompt"]} | facts)


def _source(call: Call) -> Object:
    """The video that a request works on: one made here, by its id, or an uploaded film."""
    named = call.body["video"]
    if isinstance(named, dict):
        return _finished(videos.find(call, named["id"]))
    upload = _upload(call)
    return {"model": "sora-2", "size": UPLOAD_SIZE, "seconds": str(max(round(_film_seconds(upload)), 1))}


def _finished(video: Object) -> Object:
    if video["status"] != "completed":
        message = f"Video '{video['id']}' has status '{video['status']}'; only completed videos can be used."
        raise errors.invalid(message, "video")
    return video


def _upload(call: Call) -> bytes:
    files = call.request.files.get("video")
    if not files:
        raise errors.missing("video")
    return files[0].content


def _film_seconds(data: bytes) -> float:
    """How long an uploaded film is, which must be MP4."""
    seconds = sound.length(data) if data[4:8] == b"ftyp" else None
    if seconds is None:
        raise errors.invalid("Invalid video data. The video must be an MP4 file.", "video", "invalid_video_file")
    return seconds


def _check_reference(call: Call, size: str) -> None:
    """The picture that a film begins with, if one is given, is as large as the film."""
    for image in _references(call):
        shape = pictures.inspect(image)
        if shape is None:
            raise errors.invalid("Invalid image data.", "input_reference", "invalid_image_file")
        if f"{shape.width}x{shape.height}" != size:
            raise errors.invalid("Inpaint image must match the requested width and height", "input_reference")


def _references(call: Call) -> list[bytes]:
    """The picture as a form brings it or as JSON names it; one behind a URL is not fetched."""
    if files := call.request.files.get("input_reference"):
        return [files[0].content]
    reference = call.body.get("input_reference")
    if not isinstance(reference, dict):
        return []
    if file_id := reference.get("file_id"):
        return [content_of(call.world, file_id)]
    url = reference.get("image_url") or ""
    return [_decoded(url)] if url.startswith("data:") else []


def _decoded(url: str) -> bytes:
    try:
        return b64decode(url.partition(",")[2], validate=True)
    except (BadBase64, ValueError):
        return b""
