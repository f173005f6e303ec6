"""The Live API over HTTP: sessions of browsers and phones, their forks and recordings."""

from __future__ import annotations

from fakeopenai import errors
from fakeopenai.api.calls import Line, answered
from fakeopenai.errors import ApiError
from fakeopenai.media import sound
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

line = Line("/live/sessions", "session_id", "live_")

routes.on(
    "POST /live/sessions/{session_id}/accept",
    "POST /live/sessions/{session_id}/hangup",
    "POST /live/sessions/{session_id}/refer",
    "POST /live/sessions/{session_id}/reject",
)(line.act)


@routes.on("POST /live/sessions")
def create(call: Call) -> Reply:
    return _open(call, call.body["session"])


@routes.on("POST /live/sessions/{session_id}/fork")
def fork(call: Call) -> Reply:
    """A session that begins where another one is."""
    session: Object = line.find(call).get("session", {})
    return _open(call, session | (call.body.get("session") or {}))


def _open(call: Call, session: Object) -> Reply:
    model = session.get("model")
    if model and call.world.model(model) is None:
        raise errors.requested_model_not_found(model)
    answer = answered(call.body["transport"]["sdp"], call.names)
    id = call.names.new("live_")
    line.put(call, {"id": id, "status": "active", "session": session})
    return Reply({"session": {"id": id}, "transport": {"sdp": answer, "type": "webrtc"}})


@routes.on("GET /live/sessions/{session_id}/content")
def download_recording(call: Call) -> Reply:
    """What was said, if the session was to be stored."""
    id = call.path["session_id"]
    session = (call.world.drawer(line.drawer).get(id) or {}).get("session", {})
    if not (session.get("session") or session).get("store"):
        raise ApiError(404, f"No recording found for session '{id}'.")
    words = " ".join(part["text"] for item in session.get("input") or () for part in item["content"])
    return Reply(sound.speech(words or "Hello.", "wav"), media="audio/wav")
