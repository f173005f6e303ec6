"""Content provenance: whether a picture or a sound says that a model made it."""

from __future__ import annotations

from datetime import UTC, datetime

from fakeopenai.errors import invalid
from fakeopenai.media import sound
from fakeopenai.media.envelope import unseal
from fakeopenai.media.pictures import inspect
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

MANIFEST = b"c2pa"
"""What the manifest store of a signed picture is labelled with."""


@routes.on("POST /content_provenance_checks")
def check(call: Call) -> Reply:
    """Pictures can have a manifest and a watermark, sounds a watermark. The emulator's own works have both."""
    uploads = call.request.files.get("file")
    if not uploads:
        raise invalid("Invalid type for 'file': expected a file, but got a string instead.", "file")
    content = uploads[0].content
    ours = (unseal(content) or sound.heard(content)) is not None
    results = [_found("synthid", ours, call)]
    if inspect(content):
        signed = ours or MANIFEST in content
        state = "trusted" if ours else "valid" if signed else "not_present"
        whole = _found("c2pa", ours, call) | {"issuer": "OpenAI" if ours else None, "validation_state": state}
        results.insert(0, whole)
    now = int(call.world.clock.now)
    return Reply({"object": "content_provenance_check", "created_at": now, "results": results})


def _found(kind: str, detected: bool, call: Call) -> Object:
    at = datetime.fromtimestamp(int(call.world.clock.now), UTC).isoformat().replace("+00:00", "Z")
    return {
        "type": kind,
        "outcome": "detected" if detected else "not_detected",
        "model": "gpt-image-1" if detected else None,
        "generated_at": at if detected else None,
    }
