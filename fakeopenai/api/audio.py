"""Audio: speech, transcriptions, translations, and voices of one's own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import blake2b
from math import ceil

from fakeopenai import errors, limits, tokens
from fakeopenai.api import transcript
from fakeopenai.api.transcript import Transcript
from fakeopenai.dictation import dictation, in_english
from fakeopenai.errors import ApiError
from fakeopenai.languages import NAMES, language_of
from fakeopenai.media import sound
from fakeopenai.models import Kind, Model
from fakeopenai.resource import Resource, Routes
from fakeopenai.speech import hold, logprobs
from fakeopenai.turn import Media, Message, Prompt, Text, Turn
from fakeopenai.wire import DONE, Call, Event, Json, Object, Reply, Upload

routes = Routes()

LARGEST = 26_214_400
"""Bytes of a recording (recorded in the 413)."""
SHORTEST = 0.1
UNCHUNKED = 30
"""Seconds up to which speakers can be told apart in a recording that isn't cut into pieces (reference)."""
PIECE = 4096
"""Bytes of sound in one event of a stream (recorded: 5,464 characters of base 64)."""
TOKENS_SPOKEN, TOKENS_HEARD = 20, 10
"""Tokens a second of sound that is made, and that is listened to (the latter recorded)."""

SUFFIXES = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"]
VOICES = ["alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse"]
NEWER_VOICES = [*VOICES, "marin", "cedar"]
OLDER_VOICES = [voice for voice in VOICES if voice not in {"ballad", "verse"}]


@routes.reads("POST /audio/speech")
def read_speech(call: Call) -> Prompt:
    return Prompt(model=_model(call, "speech"), messages=(Message("user", call.body["input"]),))


@routes.on("POST /audio/speech")
def speak(call: Call) -> Reply:
    """Speak the input, or what a rule says in its place."""
    body, model = call.body, call.ask().model
    words = _scripted(call) or body["input"]
    form, speed = body.get("response_format") or "mp3", body.get("speed") or 1.0
    _check_speech(call, model)
    audio = sound.speech(words, form, voice=_voice_name(body["voice"]), speed=speed)
    reply = Reply(audio, media=sound.MEDIA_TYPES[form], headers=_limits(model, body["input"]))
    if body.get("stream_format") == "sse":
        reply.events = _speech_events(audio, _speech_usage(body, model, sound.duration(words, speed)))
    return reply


def _check_speech(call: Call, model: Model) -> None:
    body, older = call.body, model.id.startswith("tts-")
    if not body["input"]:
        raise _fault("string_too_short", "input", "String should have at least 1 character", min_length=1)
    if older and body.get("stream_format") == "sse":
        raise _not_among("stream_format", ["audio"])
    known, voice = OLDER_VOICES if older else NEWER_VOICES, _voice_name(body["voice"])
    if voice not in known and voice not in call.world.drawer(voices.collection):
        raise _not_among("voice", known)


def _voice_name(voice: Json) -> str:
    return str(voice["id"] if isinstance(voice, dict) else voice)


def _speech_usage(body: Object, model: Model, seconds: float) -> Object:
    asked = tokens.count(body["input"] + (body.get("instructions") or ""), model.encoding)
    spoken = ceil(seconds * TOKENS_SPOKEN)
    return {"input_tokens": asked, "output_tokens": spoken, "total_tokens": asked + spoken}


def _speech_events(audio: bytes, usage: Object) -> Iterator[Event]:
    for at in range(0, len(audio), PIECE):
        piece = b64encode(audio[at : at + PIECE]).decode()
        yield Event({"type": "speech.audio.delta", "audio": piece})
    yield Event({"type": "speech.audio.done", "usage": usage})
    yield DONE


@routes.reads("POST /audio/transcriptions", "POST /audio/translations")
def read_recording(call: Call) -> Prompt:
    """Read the recording, with what the request says of it as text."""
    file = _recording(call)
    heard = Media("audio", f"data:{file.content_type};base64,", file.filename)
    message = Message("user", call.body.get("prompt") or "", (heard,))
    return Prompt(model=_model(call, "transcription"), messages=(message,))


@routes.on("POST /audio/transcriptions")
def transcribe(call: Call) -> Reply:
    body, model = call.body, call.ask().model
    form = _form(body, model)
    _check_language(body.get("language"))
    heard = _listen(call)
    if "diarize" in model.id:
        _check_diarizing(body, heard.seconds)
    headers = limits.request_headers(model)
    if form in transcript.SUBTITLES:
        return _plain(transcript.SUBTITLES[form](heard), headers)
    answer = FORMS[form](call, heard)
    reply = Reply(answer | {"usage": _usage(call, heard)}, headers=headers)
    if body.get("stream") and model.id != "whisper-1":
        reply.events = _transcript_events(reply.body, heard, model)
    return reply


@routes.on("POST /audio/translations")
def translate(call: Call) -> Reply:
    """Answer in English: what a rule says, English words as heard, known phrases translated, or sentences that fit."""
    form = _form(call.body, call.ask().model)
    heard = _listen(call)
    headers = limits.request_headers(call.ask().model)
    if form in transcript.SUBTITLES:
        return _plain(transcript.SUBTITLES[form](heard), headers)
    if form == "json":
        return Reply({"text": heard.text}, headers=headers)
    return Reply(_verbose(call, heard) | {"task": "translate", "language": "english"}, headers=headers)


def _plain(text: str, headers: dict[str, str]) -> Reply:
    return Reply(text.encode(), media="text/plain; charset=utf-8", headers=headers)


def _json(call: Call, heard: Transcript) -> Object:
    answer: Object = {"text": heard.text}
    if "logprobs" in (call.body.get("include") or ()) and call.ask().model.id != "whisper-1":
        answer["logprobs"] = _logprobs(call, heard)
    return answer


def _verbose(call: Call, heard: Transcript) -> Object:
    wanted = call.body.get("timestamp_granularities") or ["segment"]
    language = (heard.language or call.body.get("language") or language_of(heard.text)).lower()
    answer: Object = {
        "task": "transcribe",
        "language": NAMES.get(language, language),
        "duration": round(heard.seconds, 2),
        "text": heard.text,
    }
    if "segment" in wanted:
        answer["segments"] = transcript.segments(heard, call.body.get("temperature") or 0.0)
    if "word" in wanted:
        answer["words"] = transcript.words(heard)
    return answer


def _diarized(call: Call, heard: Transcript) -> Object:
    """Our own speech has one speaker; in any other recording two take turns."""
    names = call.body.get("known_speaker_names") or (["A"] if _is_ours(call) else ["A", "B"])
    return {
        "text": heard.text,
        "task": "transcribe",
        "duration": round(heard.seconds, 2),
        "segments": transcript.speakers(heard, names),
    }


FORMS = {"json": _json, "verbose_json": _verbose, "diarized_json": _diarized}


def _form(body: Object, model: Model) -> str:
    """The format asked for, if the model can write it."""
    form: str = body.get("response_format") or "json"
    known = ["json", "text", "vtt", "srt", "verbose_json"]
    if model.id.startswith("whisper"):
        if form not in known:
            raise _not_among("response_format", known)
        return form
    known = ["json", "text", "diarized_json"] if "diarize" in model.id else ["json", "text"]
    if form not in known:
        message = f"response_format '{form}' is not compatible with model '{model.id}'. Use "
        raise errors.invalid(
            message + f"{errors.joined(errors.quoted(known), 'or')} instead.", "response_format", "unsupported_value"
        )
    return form


def _not_among(field: str, known: list[str]) -> ApiError:
    """The answer of the older check that guards audio, printed as it is (recorded)."""
    *most, last = errors.quoted(known)
    expected = f"{', '.join(most)} or {last}" if most else last
    return _fault("enum", field, f"Input should be {expected}", expected=expected)


def _fault(kind: str, field: str, message: str, **context: Json) -> ApiError:
    return errors.invalid(str([{"type": kind, "loc": ("body", field), "msg": message, "ctx": context}]))


def _check_language(language: str | None) -> None:
    if language is None or language.lower() in NAMES:
        return
    message = f"Invalid language '{language}'. Language parameter must be specified in ISO-639-1 format."
    usage = {"usage": {"type": "duration", "seconds": 0}}
    raise ApiError(400, message, param="language", code="invalid_language_format", beside=usage)


def _check_diarizing(body: Object, seconds: float) -> None:
    """What models that tell speakers apart refuse (wordings from public reports; short recordings pass: recorded)."""
    if body.get("prompt"):
        raise errors.invalid("Prompt is not supported for diarization models", "prompt")
    if seconds > UNCHUNKED and not body.get("chunking_strategy"):
        raise errors.invalid("chunking_strategy is required for diarization models", "chunking_strategy")


def _recording(call: Call, field: str = "file") -> Upload:
    """The uploaded recording; a form without one lacks its field."""
    files = call.request.files.get(field)
    if not files:
        raise errors.invalid(str([{"type": "missing", "loc": ("body", field), "msg": "Field required"}]))
    return files[0]


def _listen(call: Call) -> Transcript:
    """The words of the recording: a rule's, or its own if it is speech of ours, or some that follow from its bytes."""
    content = _recording(call).content
    seconds = _length(_recording(call))
    seed = blake2b(content, key=call.world.seed, digest_size=16).digest()
    if told := call.scripted("transcript"):
        return Transcript.scripted(told, seconds, seed)
    text = _scripted(call) or _words(call, content, seconds, seed)
    return Transcript(" ".join(text.split()), seconds, seed)


def _words(call: Call, content: bytes, seconds: float, seed: bytes) -> str:
    text = sound.heard(content) or dictation(seconds, seed)
    return in_english(text, seconds, seed) if call.operation.path == "/audio/translations" else text


def _is_ours(call: Call) -> bool:
    return sound.heard(_recording(call).content) is not None


def _scripted(call: Call) -> str:
    turn = call.rule.turn(call) if call.rule else None
    return turn.text if turn else ""


def _length(file: Upload) -> float:
    """Seconds of a recording, if it is one that the API takes."""
    if len(file.content) > LARGEST:
        raise errors.too_large(LARGEST, len(file.content))
    seconds = sound.length(file.content)
    if seconds is None:
        raise _not_a_recording(file)
    if seconds < SHORTEST:
        message = f"Audio file is too short. Minimum audio length is {SHORTEST} seconds."
        raise errors.invalid(message, "file", "audio_too_short")
    return seconds


def _not_a_recording(file: Upload) -> ApiError:
    if file.filename.rpartition(".")[2].lower() in SUFFIXES:
        return errors.invalid("The audio file could not be decoded or its format is not supported.", "file")
    return errors.invalid(f"Invalid file format. Supported formats: {SUFFIXES}")


def _usage(call: Call, heard: Transcript) -> Object:
    """Whisper is paid by the started second, other models by tokens of what they hear, read and write."""
    model = call.ask().model
    if model.id.startswith("whisper"):
        return {"type": "duration", "seconds": ceil(heard.seconds)}
    audio, text = int(heard.seconds * TOKENS_HEARD + 1e-6), tokens.count(call.body.get("prompt") or "", model.encoding)
    written = tokens.count(heard.text, model.encoding) + 2
    if "diarize" in model.id:
        written += 40 + int(25 * heard.seconds)
    return {
        "type": "tokens",
        "total_tokens": audio + text + written,
        "input_tokens": audio + text,
        "input_token_details": {"text_tokens": text, "audio_tokens": audio},
        "output_tokens": written,
    }


def _logprobs(call: Call, heard: Transcript) -> list[Object]:
    spoken = hold(Turn((Text(heard.text),)), call.ask(), heard.seed)
    return [{name: each[name] for name in ("token", "logprob", "bytes")} for each in logprobs(spoken, heard.text, 0)]


def _transcript_events(answer: Object, heard: Transcript, model: Model) -> Iterator[Event]:
    """The transcript token by token, or segment by segment where speakers are told apart."""
    if "segments" in answer:
        yield from map(Event, answer["segments"])
    else:
        probs = answer.get("logprobs")
        for place, piece in enumerate(tokens.pieces(heard.text, model.encoding)):
            more = {"logprobs": [probs[place]]} if probs else {}
            yield Event({"type": "transcript.text.delta", "delta": piece, **more})
    probs = {"logprobs": answer["logprobs"]} if "logprobs" in answer else {}
    yield Event({"type": "transcript.text.done", "text": heard.text, **probs, "usage": answer["usage"]})
    yield DONE


def _model(call: Call, kind: Kind) -> Model:
    model = call.world.model_of(call.body["model"], kind)
    if model is None:
        raise errors.model_not_found(call.body["model"], gateway=False)
    return model


def _limits(model: Model, text: str) -> dict[str, str]:
    """Tokens are limited only where they are the price."""
    if model.id.startswith(("tts-", "whisper")):
        return limits.request_headers(model)
    return limits.token_headers(model, ceil(len(text) / 4))


consents = routes.resource(
    "/audio/voice_consents/{consent_id}",
    object="audio.voice_consent",
    prefix="cons_",
    deleted="audio.voice_consent",
    missing="Voice consent with id '{id}' not found.",
)
voices = Resource("/audio/voices/{voice_id}", object="audio.voice", prefix="voice_", missing="Voice '{id}' not found.")
routes["DELETE /audio/voices/{voice_id}"] = voices.delete


@routes.on("POST /audio/voice_consents")
def consent(call: Call) -> Reply:
    """Keep who consents, in a recording, to the use of their voice."""
    _length(_recording(call, "recording"))
    language = call.body["language"]
    if language.partition("-")[0].lower() not in NAMES:
        raise _not_among("language", sorted(NAMES))
    return consents.create(call)


@routes.on("POST /audio/voices")
def create_voice(call: Call) -> Reply:
    """Make a voice of a sample with its speaker's consent, or of a description."""
    kind = call.body.get("type") or "audio_sample"
    if kind == "audio_sample":
        consents.find(call, call.body["consent"])
        _length(_recording(call, "audio_sample"))
    return Reply(voices.add(call, type=kind))
