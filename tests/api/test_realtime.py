"""Realtime and Live over HTTP: secrets, sessions, calls."""

from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.access import session_of
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from fakeopenai.world import world_name
from tests.front import Api

CHECKER = Checker(types())
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n"
)


def posted(api: Api, path: str, body: Any = None) -> Any:
    """An answer that fits its schema."""
    answer = api.post(path, body if body is not None else {})
    assert answer.status == 200, answer.content
    assert CHECKER.reply_errors(Operations.load().match("POST", path)[0], answer.json) == []
    return answer.json


def test_a_secret_opens_a_session_with_every_default(api: Api) -> None:
    secret = posted(api, "/realtime/client_secrets", {"session": {"type": "realtime", "instructions": "Be nice."}})

    session = secret["session"]
    assert list(secret) == ["value", "expires_at", "session"]
    assert secret["expires_at"] == int(api.world.clock.now) + 600
    assert (session["model"], session["instructions"], session["output_modalities"]) == (
        "gpt-realtime",
        "Be nice.",
        ["audio"],
    )
    assert session["audio"] == {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
    }


def test_a_secret_leads_back_to_its_world_until_it_expires(api: Api) -> None:
    asked = {"expires_after": {"anchor": "created_at", "seconds": 60}, "session": {"type": "realtime"}}
    secret = posted(api, "/realtime/client_secrets", asked)

    before = session_of(api.world, secret["value"])
    api.world.clock.advance(61)

    assert secret["value"].startswith("ek_")
    assert world_name(secret["value"]) == api.world.name
    assert (before, session_of(api.world, secret["value"])) == (secret["session"], None)


def test_a_secret_calls_a_model_and_does_nothing_else_until_it_expires(api: Api) -> None:
    session = {"type": "realtime", "instructions": "Be nice."}
    asked = {"expires_after": {"anchor": "created_at", "seconds": 60}, "session": session}
    browser = Api(api.emulator, posted(api, "/realtime/client_secrets", asked)["value"])

    called, listed = browser.post("/realtime/calls", {"sdp": OFFER}), browser.get("/files")
    api.world.clock.advance(61)
    late = browser.post("/realtime/calls", {"sdp": OFFER})

    assert called.status == 201
    assert [call["session"]["instructions"] for call in api.world.drawer("/realtime/calls")] == ["Be nice."]
    assert (listed.status, "Missing scopes" in listed.error["message"]) == (401, True)
    assert (late.status, late.error["code"]) == (401, "invalid_api_key")


def test_worlds_have_secrets_of_their_own(api: Api) -> None:
    mine = posted(api, "/realtime/client_secrets")
    yours = posted(Api(api.emulator, "sk-other"), "/realtime/client_secrets")

    assert mine["value"] != yours["value"]


def test_a_transcription_session_only_listens(api: Api) -> None:
    secret = posted(api, "/realtime/client_secrets", {"session": {"type": "transcription"}})

    session = secret["session"]
    assert (session["object"], list(session["audio"])) == ("realtime.transcription_session", ["input"])
    assert "create_response" not in session["audio"]["input"]["turn_detection"]


def test_turn_detection_can_be_semantic_or_off(api: Api) -> None:
    def detection(asked: Any) -> Any:
        session = {"type": "realtime", "audio": {"input": {"turn_detection": asked}}}
        made = posted(api, "/realtime/client_secrets", {"session": session})
        return made["session"]["audio"]["input"]["turn_detection"]

    assert detection(None) is None
    assert detection({"type": "semantic_vad"}) == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }


def test_the_sessions_of_the_beta_are_flat(api: Api) -> None:
    session = posted(api, "/realtime/sessions", {"model": "gpt-4o-realtime-preview", "instructions": "Be nice."})

    assert (session["voice"], session["turn_detection"]["type"]) == ("alloy", "server_vad")
    assert session["client_secret"]["value"].startswith("ek_")
    assert list(session)[-2:] == ["client_secret", "include"]


def test_the_transcription_sessions_of_the_beta(api: Api) -> None:
    session = posted(api, "/realtime/transcription_sessions")

    assert session["input_audio_format"] == "pcm16"
    assert session["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
    }


def test_a_secret_for_translations(api: Api) -> None:
    asked = {"model": "gpt-realtime-translate", "audio": {"output": {"language": "fr"}}}

    secret = posted(api, "/realtime/translations/client_secrets", {"session": asked})

    assert (secret["session"]["type"], secret["session"]["audio"]["output"]) == ("translation", {"language": "fr"})


def test_an_unknown_model_opens_nothing(api: Api) -> None:
    answer = api.post("/realtime/client_secrets", {"session": {"type": "realtime", "model": "nonsense"}})

    assert (answer.status, answer.error["code"]) == (400, "model_not_found")


def test_the_official_client_makes_a_call(client: OpenAI) -> None:
    made = client.realtime.calls.with_raw_response.create(sdp=OFFER, session={"type": "realtime", "instructions": "Hi"})

    location = made.headers["location"]
    assert (made.status_code, made.headers["content-type"]) == (201, "text/plain; charset=utf-8")
    assert location.startswith("/v1/realtime/calls/rtc_u0_")
    answer = made.parse().text
    assert "a=group:BUNDLE 0 1" in answer
    assert [line[:7] for line in answer.split("\r\n") if line.startswith("m=")] == ["m=audio", "m=appli"]
    client.realtime.calls.hangup(location.rpartition("/")[2])


def test_an_offer_must_be_one(api: Api) -> None:
    answer = api.post("/realtime/calls", {"sdp": "hello"})

    assert (answer.status, answer.error["param"]) == (400, "sdp")


@pytest.mark.parametrize("root", ["/realtime/calls/rtc_1", "/live/sessions/live_1"])
def test_a_phone_call_is_accepted_referred_and_over(api: Api, root: str) -> None:
    session = (
        {"type": "realtime"} if root.startswith("/realtime") else {"session": {"type": "live", "model": "gpt-live-1"}}
    )

    accepted = api.post(f"{root}/accept", session)
    again = api.post(f"{root}/accept", session)
    referred = api.post(f"{root}/refer", {"target_uri": "tel:+123"})
    gone = api.post(f"{root}/hangup")

    assert (accepted.status, accepted.content, again.status, referred.status, gone.status) == (200, b"", 400, 200, 404)


@pytest.mark.parametrize("root", ["/realtime/calls", "/live/sessions"])
def test_an_id_of_another_kind_is_no_call(api: Api, root: str) -> None:
    assert api.post(f"{root}/file-1/hangup").status == 404


def live(api: Api, **settings: Any) -> Any:
    transport = {"type": "webrtc", "sdp": OFFER}
    return posted(api, "/live/sessions", {"session": {"model": "gpt-live-1", **settings}, "transport": transport})


def test_a_live_session_is_forked(api: Api) -> None:
    made = live(api, store=True)
    id = made["session"]["id"]

    fork = posted(api, f"/live/sessions/{id}/fork", {"transport": {"type": "webrtc", "sdp": OFFER}})

    assert made["transport"]["sdp"].startswith("v=0")
    assert fork["session"]["id"] not in {id, ""}
    assert api.get(f"/live/sessions/{fork['session']['id']}/content").content.startswith(b"RIFF")


def test_only_stored_sessions_have_recordings(api: Api) -> None:
    id = live(api)["session"]["id"]

    assert api.get(f"/live/sessions/{id}/content").status == 404
