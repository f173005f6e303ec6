"""Videos on the virtual clock."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.media import film, pictures, sound
from fakeopenai.media.pictures import Shape
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Answer, Api

PROMPT = "A cat rides a bicycle through Tokyo"


def make(api: Api, **options: Any) -> Any:
    answer = api.post("/videos", {"prompt": PROMPT} | options)
    assert answer.status == 200, answer.json
    return answer.json


def finish(api: Api, id: str) -> Any:
    api.world.clock.advance(100)
    return api.get(f"/videos/{id}").json


def made(api: Api, **options: Any) -> Any:
    return finish(api, make(api, **options)["id"])


def content(api: Api, id: str, variant: str = "video") -> Answer:
    return api.get(f"/videos/{id}/content?variant={variant}")


def test_a_new_video_is_queued(api: Api) -> None:
    video = make(api)

    assert video.pop("id").startswith("video_")
    assert video == {
        "object": "video",
        "created_at": 1767225600,
        "status": "queued",
        "completed_at": None,
        "error": None,
        "expires_at": None,
        "progress": 0,
        "remixed_from_video_id": None,
        "prompt": PROMPT,
        "model": "sora-2",
        "size": "720x1280",
        "seconds": "4",
    }


def test_each_look_brings_a_video_further(api: Api) -> None:
    id = make(api)["id"]

    looks = [api.get(f"/videos/{id}").json for _ in range(4)]

    seen = [(video["status"], video["progress"]) for video in looks]
    assert seen == [("in_progress", 0), ("in_progress", 33), ("in_progress", 66), ("completed", 100)]
    assert looks[-1]["completed_at"] == 1767225600 + 65


def test_a_finished_video_can_be_downloaded_in_every_form(api: Api) -> None:
    id = made(api, size="1280x720", seconds="8")["id"]

    movie, thumbnail, sheet = (content(api, id, variant) for variant in ("video", "thumbnail", "spritesheet"))

    assert (movie.headers["content-type"], sound.length(movie.content)) == ("video/mp4", 8)
    assert pictures.seen(movie.content) == PROMPT
    assert pictures.inspect(thumbnail.content) == Shape("webp", 1280, 720, has_alpha=False)
    assert pictures.inspect(sheet.content) == Shape("jpeg", 1280, 360, has_alpha=False)


def test_an_unfinished_video_can_not_be_downloaded(api: Api) -> None:
    id = make(api)["id"]
    answer = content(api, id)

    message = f"Video is not ready yet, use GET /v1/videos/{id} to check status."
    assert (answer.status, answer.error["message"]) == (404, message)


def test_a_video_expires(api: Api) -> None:
    video = made(api)

    api.world.clock.advance(86_400)

    assert content(api, video["id"]).status == 404


def test_a_remix_names_its_source(api: Api) -> None:
    source = made(api, size="1280x720", seconds="12")

    remix = api.post(f"/videos/{source['id']}/remix", {"prompt": "Now in snow"}).json

    assert remix["remixed_from_video_id"] == source["id"]
    assert [remix[name] for name in ("prompt", "size", "seconds")] == ["Now in snow", "1280x720", "12"]


def test_an_extension_is_longer(api: Api) -> None:
    source = made(api, seconds="8")

    body = {"prompt": "It goes on", "seconds": "4", "video": {"id": source["id"]}}
    extended = finish(api, api.post("/videos/extensions", body).json["id"])

    assert sound.length(content(api, extended["id"]).content) == 12


def test_an_uploaded_film_can_be_edited(api: Api) -> None:
    files = {"video": [Upload("cat.mp4", "video/mp4", film.movie("Old", 6, "64x64"))]}

    edited = api.post("/videos/edits", {"prompt": "Bluer"}, files=files).json

    assert (edited["prompt"], edited["seconds"]) == ("Bluer", "6")


def test_an_unfinished_video_can_not_be_edited(api: Api) -> None:
    body = {"prompt": "Bluer", "video": {"id": make(api)["id"]}}

    assert api.post("/videos/edits", body).status == 400


def test_videos_are_listed_and_deleted(api: Api) -> None:
    first, second = make(api), make(api, prompt="Another")

    listed = api.get("/videos").json["data"]
    deleted = api.delete(f"/videos/{first['id']}").json

    assert [video["id"] for video in listed] == [second["id"], first["id"]]
    assert deleted == {"id": first["id"], "object": "video.deleted", "deleted": True}
    assert api.get(f"/videos/{first['id']}").status == 404


def test_a_character_is_kept(api: Api) -> None:
    files = {"video": [Upload("cat.mp4", "video/mp4", film.movie("Cat", 2, "64x64"))]}

    kept = api.post("/videos/characters", {"name": "Mittens"}, files=files).json

    assert kept["name"] == "Mittens"
    assert api.get(f"/videos/characters/{kept['id']}").json == kept


def test_a_character_appears_in_a_video(api: Api) -> None:
    files = {"video": [Upload("cat.mp4", "video/mp4", film.movie("Cat", 2, "64x64"))]}
    character = api.post("/videos/characters", {"name": "Tom"}, files=files).json

    known, unknown = (
        api.post("/videos", {"prompt": "Tom on a piano", "characters": [{"id": id}]}).status
        for id in (character["id"], "char_none")
    )

    assert (known, unknown) == (200, 404)


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"model": "gpt-4o"}, "model"),
        ({"seconds": "5"}, "seconds"),
        ({"size": "1x1"}, "size"),
        ({"size": "1792x1024"}, "size"),
        ({"input_reference": {"image_url": "data:image/png;base64,AAAA"}}, "input_reference"),
    ],
)
def test_a_bad_request_is_refused(api: Api, options: dict[str, Any], param: str) -> None:
    answer = api.post("/videos", {"prompt": PROMPT} | options)

    assert (answer.status, answer.error["param"]) == (400, param)


@pytest.mark.parametrize(("size", "status"), [("720x1280", 200), ("64x64", 400)])
def test_a_first_picture_is_as_large_as_the_film(api: Api, size: str, status: int) -> None:
    files = {"input_reference": [Upload("cat.png", "image/png", pictures.picture("A cat", size))]}

    assert api.post("/videos", {"prompt": PROMPT}, files=files).status == status


def test_only_films_have_characters(api: Api) -> None:
    files = {"video": [Upload("cat.mp4", "video/mp4", b"Not a film")]}
    answer = api.post("/videos/characters", {"name": "Mittens"}, files=files)

    assert (answer.status, answer.error["param"]) == (400, "video")


def test_answers_have_the_types_of_the_api(api: Api) -> None:
    operations, checker = Operations.load().all, Checker(types())

    assert not checker.reply_errors(operations["GET /videos/{video_id}"], made(api))
    assert not checker.reply_errors(operations["GET /videos"], api.get("/videos").json)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_waits_and_downloads(client: OpenAI) -> None:
    video = client.videos.create_and_poll(prompt=PROMPT, size="1280x720", poll_interval_ms=1)
    movie = client.videos.download_content(video.id).content

    assert (video.status, video.progress) == ("completed", 100)
    assert sound.length(movie) == 4
