"""Generations, edits and variations of images."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from openai import BadRequestError, OpenAI

from fakeopenai import rules, served
from fakeopenai.emulator import Emulator
from fakeopenai.media import pictures
from fakeopenai.media.pictures import Shape
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from fakeopenai.serving import Server
from fakeopenai.wire import Reply, Upload
from tests.front import Answer, Api

CAT = "A cat with a hat"
PNG = pictures.picture("An old cat", "256x256", transparent=True)


def draw(api: Api, **options: Any) -> Answer:
    return api.post("/images/generations", {"prompt": CAT, "model": "gpt-image-1"} | options)


def edit(api: Api, image: bytes = PNG, *, media: str = "image/png", mask: bytes = b"", **options: Any) -> Answer:
    files = {"image": [Upload("cat.png", media, image)]}
    if mask:
        files["mask"] = [Upload("mask.png", "image/png", mask)]
    return api.post("/images/edits", {"prompt": "Make it blue", "model": "gpt-image-1"} | options, files=files)


def image_of(answer: Answer, nth: int = 0) -> bytes:
    return b64decode(answer.json["data"][nth]["b64_json"])


def linked(api: Api, url: str) -> Reply:
    return served.fetch(api.world, urlsplit(url).path.rpartition("/")[2])


def test_a_picture_shows_its_prompt_and_says_what_it_cost(api: Api) -> None:
    answer = draw(api)

    assert image_of(answer) == pictures.picture(CAT, "1024x1024")
    del answer.json["data"]
    assert {name: value for name, value in answer.json.items() if name != "data"} == {
        "created": 1767225600,
        "background": "opaque",
        "output_format": "png",
        "quality": "medium",
        "size": "1024x1024",
        "usage": {
            "input_tokens": 11,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 11},
            "output_tokens": 1056,
            "output_tokens_details": {"image_tokens": 1056, "text_tokens": 0},
            "total_tokens": 1067,
        },
    }


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("size", ["1024x1024", "1536x1024"])
def test_a_picture_has_the_format_and_size_asked_for(api: Api, format: str, size: str) -> None:
    image = image_of(draw(api, output_format=format, size=size))

    width, height = map(int, size.split("x"))
    assert pictures.inspect(image) == Shape(format, width, height, has_alpha=False)


def test_a_transparent_picture_has_an_alpha_channel(api: Api) -> None:
    answer = draw(api, background="transparent", output_format="webp")

    assert answer.json["background"] == "transparent"
    assert pictures.inspect(image_of(answer)) == Shape("webp", 1024, 1024, has_alpha=True)


def test_several_pictures_differ_and_each_costs(api: Api) -> None:
    answer = draw(api, n=3, quality="low")

    assert len({image_of(answer, nth) for nth in range(3)}) == 3
    assert answer.json["usage"]["output_tokens"] == 3 * 272


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({"prompt": "a siamese cat"}, (10, 1056)),
        ({"prompt": "a siamese cat", "quality": "high"}, (10, 4160)),
        ({"prompt": "An isolated stop sign.", "n": 2}, (22, 2112)),
        ({"prompt": "An isolated stop sign.", "n": 2, "size": "1024x1536"}, (22, 3168)),
    ],
)
def test_pictures_cost_what_the_api_was_seen_to_bill(
    api: Api, options: dict[str, Any], tokens: tuple[int, int]
) -> None:
    usage = draw(api, **options).json["usage"]

    assert (usage["input_tokens"], usage["output_tokens"]) == tokens


def test_edits_cost_what_the_api_was_seen_to_bill(api: Api) -> None:
    prompt = "A big cat with big round eyes and large cat ears, sitting in an empty room and looking at the camera."
    usage = edit(api, pictures.picture("A room", "1024x1024"), prompt=prompt).json["usage"]

    assert (usage["input_tokens_details"], usage["output_tokens"]) == ({"image_tokens": 194, "text_tokens": 45}, 1056)


def test_a_newer_model_is_billed_by_patches(api: Api) -> None:
    logo = f"data:image/png;base64,{b64encode(pictures.picture('Logo', '128x128')).decode()}"
    options = {"size": "1536x864", "quality": "low", "images": [{"image_url": logo}]}
    body = {"model": "gpt-image-2", "prompt": "turn the logo to green"} | options
    usage = api.post("/images/edits", body).json["usage"]

    assert (usage["input_tokens_details"], usage["output_tokens"]) == ({"image_tokens": 64, "text_tokens": 12}, 120)


def test_a_stream_shows_coarse_pictures_before_the_finished_one(api: Api) -> None:
    *partial, completed = draw(api, stream=True, partial_images=2, size="1024x1536").events

    assert [(event["type"], event["partial_image_index"]) for event in partial] == [
        ("image_generation.partial_image", 0),
        ("image_generation.partial_image", 1),
    ]
    assert completed["type"] == "image_generation.completed"
    assert b64decode(completed["b64_json"]) == pictures.picture(CAT, "1024x1536")
    assert completed["usage"]["output_tokens"] == 1584 + 200


def test_an_older_model_answers_with_urls(api: Api) -> None:
    answer = draw(api, model="dall-e-2", size="256x256", n=2).json

    shown = [linked(api, item["url"]) for item in answer["data"]]
    assert [reply.media for reply in shown] == ["image/png", "image/png"]
    assert shown[0].body == pictures.picture(CAT, "256x256")
    assert shown[1].body != shown[0].body


def test_the_default_model_is_dall_e_2(api: Api) -> None:
    assert api.post("/images/generations", {"prompt": CAT}).json["data"][0].keys() == {"url"}


def test_a_url_expires(api: Api) -> None:
    url = draw(api, model="dall-e-2").json["data"][0]["url"]

    api.world.clock.advance(served.LIFE)

    assert linked(api, url).status == 403


def test_dall_e_3_revises_the_prompt(api: Api) -> None:
    [item] = draw(api, model="dall-e-3", response_format="b64_json", quality="hd", style="vivid").json["data"]

    assert CAT in item["revised_prompt"]
    assert pictures.inspect(b64decode(item["b64_json"])) == Shape("png", 1024, 1024, has_alpha=False)


def test_an_edit_shows_what_was_before(api: Api) -> None:
    assert pictures.seen(image_of(edit(api))) == "Make it blue (edit of: An old cat)"


def test_an_edit_streams_under_its_own_name(api: Api) -> None:
    events = edit(api, stream=True, partial_images=1).events

    assert [event["type"] for event in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_a_variation_shows_what_it_varies(api: Api) -> None:
    files = {"image": [Upload("cat.png", "image/png", PNG)]}
    answer = api.post("/images/variations", {"response_format": "b64_json", "n": 2, "size": "256x256"}, files=files)

    assert pictures.seen(image_of(answer, 1)) == "Variation of An old cat"


def test_a_variation_of_a_picture_that_one_cannot_see_through(api: Api) -> None:
    files = {"image": [Upload("cat.png", "image/png", pictures.picture("A cat", "64x64"))]}

    answer = api.post("/images/variations", {"response_format": "b64_json"}, files=files)

    assert pictures.seen(image_of(answer)) == "Variation of A cat"


def test_a_rule_says_what_is_drawn() -> None:
    rule = rules.on("images.generate", contains="cat").say("A dog").rule

    assert pictures.seen(image_of(draw(Api(Emulator(rules=[rule]))))) == "A dog"


def test_a_rule_can_refuse_a_prompt() -> None:
    rule = rules.on("images", contains="cat").error("moderation_blocked").rule

    assert draw(Api(Emulator(rules=[rule]))).error["code"] == "moderation_blocked"


@pytest.mark.parametrize(
    ("options", "param", "message"),
    [
        ({"prompt": ""}, "prompt", "Invalid 'prompt': empty string. Expected a string with minimum length 1, but"),
        ({"response_format": "url"}, "response_format", "Unknown parameter: 'response_format'."),
        ({"model": "dall-e-2", "quality": "hd"}, "quality", "Unknown parameter: 'quality'."),
        (
            {"quality": "hd"},
            "quality",
            "Invalid value: 'hd'. Supported values are: 'low', 'medium', 'high', and 'auto'.",
        ),
        (
            {"output_format": "bmp"},
            "output_format",
            "Invalid value: 'bmp'. Supported values are: 'png', 'webp', and 'jpeg'.",
        ),
        (
            {"background": "red"},
            "background",
            "Invalid value: 'red'. Supported values are: 'transparent', 'opaque', and 'auto'.",
        ),
        (
            {"size": "256x256"},
            "size",
            "Invalid size '256x256'. Supported sizes are 1024x1024, 1024x1536, 1536x1024, and auto.",
        ),
        (
            {"model": "gpt-image-2", "size": "1000x1000"},
            "size",
            "Invalid size '1000x1000'. Width and height must both be divisible by 16.",
        ),
        ({"model": "gpt-image-2", "size": "large"}, "size", "Invalid size 'large'."),
        ({"model": "gpt-image-2", "size": "4000x2000"}, "size", "Invalid size '4000x2000'. The longer side"),
        ({"model": "gpt-4o"}, "model", "The model `gpt-4o` does not exist."),
        ({"model": "dall-e-3", "n": 2}, "n", "Invalid 'n': integer above maximum value."),
        ({"n": 11}, "n", "Invalid 'n': integer above maximum value."),
        ({"model": "dall-e-2", "prompt": "x" * 1001}, "prompt", "Invalid 'prompt': string too long."),
        ({"output_format": "jpeg", "background": "transparent"}, "background", "Transparent background is not"),
        ({"output_compression": 50}, "output_compression", "Compression less than 100 is not supported for PNG"),
        ({"output_format": "webp", "output_compression": 101}, "output_compression", "Invalid 'output_compression'"),
    ],
)
def test_a_bad_request_is_refused_in_the_words_of_the_api(
    api: Api, options: dict[str, Any], param: str, message: str
) -> None:
    answer = draw(api, **options)

    assert (answer.status, answer.error["param"]) == (400, param)
    assert answer.error["message"].startswith(message)


@pytest.mark.parametrize(
    ("media", "image", "message"),
    [
        (
            "audio/wav",
            PNG,
            (
                "Invalid file 'image[0]': unsupported mimetype ('audio/wav'). Supported file formats are 'image/jpeg', "
                "'image/png', and 'image/webp'."
            ),
        ),
        ("image/png", b"Not a picture", "Invalid image data."),
        ("image/png", PNG[:-20], "Invalid image data."),
        ("image/jpeg", pictures.picture("A", "64x64", "jpeg")[:-20], "Invalid image data."),
        ("image/webp", pictures.picture("A", "64x64", "webp")[:-20], "Invalid image data."),
    ],
)
def test_a_bad_picture_is_refused(api: Api, media: str, image: bytes, message: str) -> None:
    answer = edit(api, image, media=media)

    assert (answer.status, answer.error["param"], answer.error["message"]) == (400, "image[0]", message)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (pictures.picture("A", "64x64"), "Invalid input image - format must be in ['RGBA', 'LA', 'L'], got RGB."),
        (pictures.picture("A", "64x64", "webp"), "Uploaded image must be a PNG and less than 4 MB."),
        (pictures.picture("A", "64x32", transparent=True), "Uploaded image must be square."),
    ],
)
def test_an_older_model_edits_only_square_transparent_png(api: Api, image: bytes, message: str) -> None:
    answer = edit(api, image, model="dall-e-2")

    assert (answer.status, answer.error["message"]) == (400, message)


def test_a_picture_may_come_without_a_media_type(api: Api) -> None:
    assert edit(api, PNG, media="").status == 200
    assert edit(api, b"Not a picture", media="").error["code"] == "unsupported_file_mimetype"


def test_dall_e_3_edits_nothing(api: Api) -> None:
    answer = edit(api, model="dall-e-3")

    assert (answer.status, answer.error["param"], answer.error["code"]) == (400, "model", "invalid_value")


@pytest.mark.parametrize(
    ("mask", "fault"),
    [
        (pictures.picture("", "64x64", transparent=True), "mask size does not match image size"),
        (pictures.picture("", "256x256"), "mask image missing alpha channel"),
        (b"Not a picture", "Invalid mask image data."),
    ],
)
def test_a_mask_must_fit(api: Api, mask: bytes, fault: str) -> None:
    answer = edit(api, mask=mask)

    assert (answer.status, answer.error["param"]) == (400, "mask")
    assert fault in answer.error["message"]


@pytest.mark.parametrize(
    ("images", "status"),
    [
        ([{"image_url": "https://example.com/cat.png"}], 200),
        ([{"image_url": "https://example.com/logo.svg?v=2"}], 400),
        ([{"image_url": "data:image/png;base64,!"}], 400),
        ([{"file_id": "file-none"}], 404),
        ([], 400),
    ],
)
def test_json_names_its_pictures(api: Api, images: list[Any], status: int) -> None:
    body = {"model": "gpt-image-1", "prompt": "Make it blue", "images": images}

    assert api.post("/images/edits", body).status == status


@pytest.mark.parametrize("model", ["dall-e-2", "dall-e-3", "gpt-image-1", "gpt-image-2"])
def test_answers_have_the_types_of_the_api(api: Api, model: str) -> None:
    operation = Operations.load().all["POST /images/generations"]

    assert not Checker(types()).reply_errors(operation, draw(api, model=model).json)


def test_the_official_client_draws_edits_and_downloads(client: OpenAI, server: Server) -> None:
    link = client.images.generate(model="dall-e-2", prompt=CAT, size="256x256")
    drawn = client.images.generate(model="gpt-image-1", prompt=CAT)
    assert link.data
    assert drawn.data
    edited = client.images.edit(model="gpt-image-1", prompt="Bluer", image=("cat.png", PNG, "image/png"))
    with pytest.raises(BadRequestError, match="unsupported mimetype"):
        client.images.edit(model="gpt-image-1", prompt="Bluer", image=PNG)

    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{server.base_url.removesuffix('/v1')}{served.ROOT}/nobody/img-0.png")

    with urlopen(link.data[0].url or "") as answer:
        assert answer.read() == pictures.picture(CAT, "256x256")
    assert edited.usage
    assert edited.usage.input_tokens_details.image_tokens == 194
