"""Speech, transcriptions, translations, voices."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai import rules
from fakeopenai.emulator import Emulator
from fakeopenai.languages import language_of
from fakeopenai.media import sound
from fakeopenai.operations import Operations
from fakeopenai.rules import Rule
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Answer, Api

WORDS = "Hello, world! This is a test. Can you hear me?"
SPOKEN = sound.speech(WORDS, "wav")
FOREIGN = SPOKEN[:44] + bytes(len(SPOKEN) - 44)
WHISPER, NEWER, DIARIZING = "whisper-1", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize"


def say(api: Api, **options: Any) -> Answer:
    return api.post("/audio/speech", {"model": "tts-1", "input": WORDS, "voice": "alloy"} | options)


def listen(
    api: Api, audio: bytes = SPOKEN, *, name: str = "speech.wav", to: str = "transcriptions", **options: Any
) -> Answer:
    files = {"file": [Upload(name, "audio/wav", audio)]}
    return api.post(f"/audio/{to}", {"model": WHISPER} | options, files=files)


@pytest.mark.parametrize(("format", "media"), sound.MEDIA_TYPES.items())
def test_speech_comes_in_the_format_asked_for(api: Api, format: str, media: str) -> None:
    answer = say(api, response_format=format)

    assert answer.headers["content-type"] == media
    assert sound.heard(answer.content) == WORDS


def test_speech_is_an_mp3_unless_asked_otherwise(api: Api) -> None:
    answer = say(api)

    assert (answer.headers["content-type"], answer.content[:2]) == ("audio/mpeg", b"\xff\xf3")


def test_fast_speech_is_shorter(api: Api) -> None:
    lengths = [sound.length(say(api, response_format="wav", speed=speed).content) for speed in (0.5, 1, 2)]

    assert lengths == pytest.approx([5.52, 2.76, 1.38])


def test_speech_streams_as_events(api: Api) -> None:
    options: dict[str, Any] = {"model": "gpt-4o-mini-tts", "response_format": "wav"}
    *deltas, done, end = say(api, **options, stream_format="sse").events

    assert b"".join(b64decode(event["audio"]) for event in deltas) == say(api, **options).content
    usage = {"input_tokens": 14, "output_tokens": 56, "total_tokens": 70}
    assert (done, end) == ({"type": "speech.audio.done", "usage": usage}, "[DONE]")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"input": ""}, "'input'), 'msg': 'String should have at least 1 character'"),
        ({"input": "x" * 4097}, "'input'), 'msg': 'String should have at most 4096 characters'"),
        ({"voice": "nobody"}, "'voice'), 'msg': \"Input should be 'alloy', 'ash', "),
        ({"voice": "marin"}, "'nova', 'sage' or 'shimmer'\""),
        ({"response_format": "ogg"}, "Input should be 'mp3', 'opus', 'aac', 'flac', 'wav' or 'pcm'"),
        ({"speed": 5}, "Invalid 'speed': decimal above maximum value. Expected a value <= 4, but got 5 instead."),
        ({"stream_format": "sse"}, "'stream_format'), 'msg': \"Input should be 'audio'\""),
    ],
)
def test_bad_speech_is_refused(api: Api, options: dict[str, Any], fault: str) -> None:
    answer = say(api, **options)

    assert answer.status == 400
    assert fault in answer.error["message"]


@pytest.mark.parametrize("model", ["no-such-model", "gpt-4o"])
def test_speech_needs_a_model_that_speaks(api: Api, model: str) -> None:
    answer = say(api, model=model)

    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("format", [form for form in sound.MEDIA_TYPES if form != "pcm"])
def test_speech_is_transcribed_to_its_own_words(api: Api, format: str) -> None:
    audio = say(api, response_format=format).content

    assert listen(api, audio, name=f"speech.{format}").json["text"] == WORDS


def test_any_recording_is_heard_alike_each_time(api: Api) -> None:
    first, again = (listen(api, FOREIGN).json["text"] for _ in range(2))

    assert first == again
    assert 10 < len(first) <= 15 * 2.76


def test_a_rule_says_what_is_heard() -> None:
    rule = Rule.read({"when": {"operation": "audio.transcriptions"}, "say": "Scripted words."})

    assert listen(Api(Emulator(rules=[rule]))).json["text"] == "Scripted words."


def test_a_rule_says_what_is_spoken() -> None:
    script = rules.on("audio.speech", contains="Hello").say("Goodbye.").rule

    assert sound.heard(say(Api(Emulator(rules=[script]))).content) == "Goodbye."


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        (WHISPER, {"type": "duration", "seconds": 3}),
        (
            NEWER,
            {
                "type": "tokens",
                "total_tokens": 43,
                "input_tokens": 27,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 27},
                "output_tokens": 16,
            },
        ),
    ],
)
def test_json_has_the_text_and_what_it_cost(api: Api, model: str, usage: dict[str, Any]) -> None:
    assert listen(api, model=model).json == {"text": WORDS, "usage": usage}


def test_text_is_plain(api: Api) -> None:
    answer = listen(api, response_format="text")

    assert (answer.headers["content-type"], answer.content.decode()) == ("text/plain; charset=utf-8", f"{WORDS}\n")


def test_subtitles_number_their_cues(api: Api) -> None:
    assert listen(api, response_format="srt").content.decode() == (
        "1\n00:00:00,000 --> 00:00:00,780\nHello, world!\n\n"
        "2\n00:00:00,840 --> 00:00:01,740\nThis is a test.\n\n"
        "3\n00:00:01,800 --> 00:00:02,760\nCan you hear me?\n\n\n"
    )


def test_web_subtitles_begin_with_their_name(api: Api) -> None:
    lines = listen(api, response_format="vtt").content.decode().splitlines()

    assert lines[:4] == ["WEBVTT", "", "00:00:00.000 --> 00:00:00.780", "Hello, world!"]


def test_verbose_json_times_words_and_segments_within_the_recording(api: Api) -> None:
    options: dict[str, Any] = {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]}
    answer = listen(api, **options).json

    assert (answer["task"], answer["language"], answer["duration"]) == ("transcribe", "english", 2.76)
    assert "".join(segment["text"] for segment in answer["segments"]).strip() == WORDS
    assert [word["word"] for word in answer["words"]][:3] == ["Hello", "world", "This"]
    for spans in (answer["segments"], answer["words"]):
        times = [time for span in spans for time in (span["start"], span["end"])]
        assert times == sorted(times)
        assert times[-1] <= answer["duration"]


@pytest.mark.parametrize(("asked", "has"), [(None, {"segments"}), (["word"], {"words"}), (["segment"], {"segments"})])
def test_only_the_times_asked_for_are_given(api: Api, asked: list[str] | None, has: set[str]) -> None:
    options: dict[str, Any] = {"timestamp_granularities": asked} if asked else {}
    answer = listen(api, response_format="verbose_json", **options).json

    assert answer.keys() & {"segments", "words"} == has


def test_the_language_is_named(api: Api) -> None:
    assert listen(api, response_format="verbose_json", language="de").json["language"] == "german"


def test_our_own_speech_has_one_speaker(api: Api) -> None:
    answer = listen(api, model=DIARIZING, response_format="diarized_json").json

    speakers = [(segment["id"], segment["speaker"]) for segment in answer["segments"]]
    assert speakers == [("seg_0", "A"), ("seg_1", "A"), ("seg_2", "A")]


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (WORDS, {"prompt": "A call"}, "Prompt is not supported for diarization models"),
        (WORDS * 12, {}, "chunking_strategy is required for diarization models"),
        (WORDS * 12, {"chunking_strategy": "auto"}, None),
        (WORDS, {}, None),
    ],
)
def test_long_recordings_of_several_speakers_are_cut(
    api: Api, text: str, options: dict[str, Any], told: str | None
) -> None:
    answer = listen(api, sound.speech(text, "wav"), model=DIARIZING, **options)

    assert answer.json.get("error", {}).get("message") == told


def test_known_speakers_are_named(api: Api) -> None:
    options: dict[str, Any] = {"response_format": "diarized_json", "known_speaker_names": ["agent", "customer"]}
    answer = listen(api, model=DIARIZING, **options).json

    assert [segment["speaker"] for segment in answer["segments"]] == ["agent", "customer", "agent"]


def test_a_transcript_streams_token_by_token(api: Api) -> None:
    *deltas, done, end = listen(api, model=NEWER, stream=True, include=["logprobs"]).events

    assert "".join(event["delta"] for event in deltas) == WORDS
    assert [prob for event in deltas for prob in event["logprobs"]] == done["logprobs"]
    assert (done["type"], done["text"], end) == ("transcript.text.done", WORDS, "[DONE]")


def test_speakers_stream_segment_by_segment(api: Api) -> None:
    options: dict[str, Any] = {"model": DIARIZING, "response_format": "diarized_json"}
    *segments, done, end = listen(api, **options, stream=True).events

    assert segments == listen(api, **options).json["segments"]
    assert (done["text"], end) == (WORDS, "[DONE]")


def test_whisper_does_not_stream(api: Api) -> None:
    assert listen(api, stream=True).json["text"] == WORDS


@pytest.mark.parametrize("format", ["json", "verbose_json", "text", "srt", "vtt"])
def test_translations_come_in_every_form(api: Api, format: str) -> None:
    answer = listen(api, to="translations", response_format=format)

    assert (answer.status, b"Hello, world!" in answer.content) == (200, True)


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("Guten Morgen. Wie geht es dir?", "Good morning. How are you?"),
        ("おはようございます。", "Good morning."),
        ("Good morning, Vienna!", "Good morning, Vienna!"),
    ],
)
def test_a_translation_is_english(api: Api, said: str, english: str) -> None:
    answer = listen(api, sound.speech(said, "wav"), to="translations")

    assert answer.json == {"text": english}


def test_what_nobody_can_translate_is_some_english_of_that_length(api: Api) -> None:
    french = sound.speech("Je voudrais un café et un croissant, s'il vous plaît, avec du beurre.", "wav")

    first, again = (listen(api, french, to="translations", response_format="verbose_json").json for _ in range(2))
    told = listen(api, french, response_format="verbose_json").json

    assert first["text"] == again["text"] != told["text"]
    assert language_of(first["text"]) == "en"
    assert (first["task"], first["language"], told["language"]) == ("translate", "english", "french")
    assert first["duration"] == told["duration"]
    assert " ".join(segment["text"].strip() for segment in first["segments"]) == first["text"]


def test_a_rule_translates() -> None:
    script = rules.on("audio.translations").say("Bon appétit!").rule
    api = Api(Emulator(rules=[script]))

    assert listen(api, sound.speech("Guten Appetit!", "wav"), to="translations").json == {"text": "Bon appétit!"}


def test_bad_language_is_refused_with_its_usage(api: Api) -> None:
    answer = listen(api, language="this should cause an error")

    message = "Invalid language 'this should cause an error'. Language parameter must be specified in ISO-639-1 format."
    assert answer.json == {
        "error": {
            "message": message,
            "type": "invalid_request_error",
            "param": "language",
            "code": "invalid_language_format",
        },
        "usage": {"type": "duration", "seconds": 0},
    }


@pytest.mark.parametrize(
    ("model", "form", "message"),
    [
        (
            WHISPER,
            "xml",
            (
                "[{'type': 'enum', 'loc': ('body', 'response_format'), 'msg': \"Input should be 'json', 'text', 'vtt', "
                "'srt' or 'verbose_json'\", 'ctx': {'expected': \"'json', 'text', 'vtt', 'srt' or 'verbose_json'\"}}]"
            ),
        ),
        (
            NEWER,
            "srt",
            "response_format 'srt' is not compatible with model 'gpt-4o-transcribe'. Use 'json' or 'text' instead.",
        ),
    ],
)
def test_a_model_refuses_forms_it_can_not_write(api: Api, model: str, form: str, message: str) -> None:
    answer = listen(api, model=model, response_format=form)

    assert (answer.status, answer.error["message"]) == (400, message)


@pytest.mark.parametrize(
    ("name", "audio", "status", "start"),
    [
        ("a.txt", b"Not a sound", 400, "Invalid file format. Supported formats: ['flac', 'm4a',"),
        ("a.mp3", b"Not a sound", 400, "The audio file could not be decoded"),
        ("a.wav", SPOKEN[:1000], 400, "Audio file is too short."),
        ("a.wav", bytes(26_214_401), 413, "Maximum content size limit (26214400) exceeded (26214401 bytes read)"),
    ],
)
def test_a_bad_recording_is_refused(api: Api, name: str, audio: bytes, status: int, start: str) -> None:
    answer = listen(api, audio, name=name)

    assert (answer.status, answer.error["message"].startswith(start)) == (status, True)


def test_a_recording_must_be_there(api: Api) -> None:
    answer = api.post("/audio/transcriptions", {"model": WHISPER})

    message = "[{'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required'}]"
    assert (answer.status, answer.error["message"]) == (400, message)


@pytest.mark.parametrize(
    ("to", "options"),
    [
        ("transcriptions", {}),
        ("transcriptions", {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]}),
        ("transcriptions", {"model": NEWER, "include": ["logprobs"]}),
        ("transcriptions", {"model": DIARIZING, "response_format": "diarized_json"}),
        ("translations", {"response_format": "verbose_json"}),
    ],
)
def test_answers_have_the_types_of_the_api(api: Api, to: str, options: dict[str, Any]) -> None:
    operation = Operations.load().all[f"POST /audio/{to}"]

    assert not Checker(types()).reply_errors(operation, listen(api, to=to, **options).json)


def test_a_voice_needs_its_speakers_consent(api: Api) -> None:
    sample = {"audio_sample": [Upload("me.wav", "audio/wav", SPOKEN)]}
    recording = {"recording": [Upload("yes.wav", "audio/wav", SPOKEN)]}

    refused = api.post("/audio/voices", {"name": "Mine", "consent": "cons_0"}, files=sample)
    consent = api.post("/audio/voice_consents", {"name": "Ann", "language": "en-US"}, files=recording).json
    voice = api.post("/audio/voices", {"name": "Mine", "consent": consent["id"]}, files=sample).json

    assert refused.status == 404
    assert {name: voice[name] for name in ("object", "name", "type")} == {
        "object": "audio.voice",
        "name": "Mine",
        "type": "audio_sample",
    }
    assert say(api, model="gpt-4o-mini-tts", voice={"id": voice["id"]}).status == 200


def test_a_voice_can_be_described(api: Api) -> None:
    voice = api.post("/audio/voices", {"type": "prompt", "name": "Bear", "prompt": "Deep and calm"}, files={}).json

    assert (voice["type"], voice["prompt"]) == ("prompt", "Deep and calm")
    assert api.delete(f"/audio/voices/{voice['id']}").json["object"] == "audio.voice.deleted"


def test_consents_are_kept(api: Api) -> None:
    recording = {"recording": [Upload("yes.wav", "audio/wav", SPOKEN)]}
    kept = api.post("/audio/voice_consents", {"name": "Ann", "language": "en"}, files=recording).json

    renamed = api.post(f"/audio/voice_consents/{kept['id']}", {"name": "Anna"}).json
    listed = api.get("/audio/voice_consents").json["data"]
    deleted = api.delete(f"/audio/voice_consents/{kept['id']}").json

    assert listed == [renamed] == [kept | {"name": "Anna"}]
    assert deleted == {"id": kept["id"], "object": "audio.voice_consent", "deleted": True}


def test_the_official_client_speaks_and_listens(client: OpenAI) -> None:
    spoken = client.audio.speech.create(model="gpt-4o-mini-tts", voice="marin", input=WORDS, response_format="wav")
    file = ("speech.wav", spoken.content)

    plain = client.audio.transcriptions.create(model=NEWER, file=file)
    verbose = client.audio.transcriptions.create(
        model=WHISPER, file=file, response_format="verbose_json", timestamp_granularities=["word"]
    )
    stream = client.audio.transcriptions.create(model=NEWER, file=file, stream=True)
    with pytest.deprecated_call():
        translated = client.audio.translations.create(model=WHISPER, file=file)

    assert plain.text == verbose.text == translated.text == WORDS
    assert verbose.words is not None
    assert len(verbose.words) == 10
    assert "".join(event.delta for event in stream if event.type == "transcript.text.delta") == WORDS


def test_only_speech_counts_tokens_against_a_limit(api: Api) -> None:
    speech = say(api, model="gpt-4o-mini-tts")
    heard = listen(api, model="gpt-4o-transcribe")

    assert "x-ratelimit-limit-tokens" in speech.headers
    assert ["x-ratelimit-limit-requests" in heard.headers, "x-ratelimit-limit-tokens" in heard.headers] == [True, False]
