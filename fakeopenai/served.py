"""Files that the server serves to anybody who has their URL, for a while: pictures that an answer only links to.

What is kept is how to make the file, not its bytes, since they follow from that.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from fakeopenai.wire import Reply

if TYPE_CHECKING:
    from fakeopenai.wire import Call
    from fakeopenai.world import World

ROOT = "/_fakeopenai/files"
LIFE = 3600
"""Seconds for which a picture's URL works (the API reference)."""

_DRAWER = "/_served"
_EXPIRED = b"""<?xml version="1.0" encoding="utf-8"?>
<Error><Code>AuthenticationFailed</Code><Message>The signature of this URL has expired.</Message></Error>"""
_ABSENT = b"""<?xml version="1.0" encoding="utf-8"?>
<Error><Code>ResourceNotFound</Code><Message>There is no such file.</Message></Error>"""


def publish(call: Call, prompt: str, size: str, seed: str, data: bytes = b"") -> str:
    """Serve a picture, or the bytes of one, under a URL of its own."""
    now = int(call.world.clock.now)
    name = f"{call.names.new('img-')}.png"
    picture = {"id": name, "prompt": prompt, "size": size, "seed": seed, "expires_at": now + LIFE}
    if data:
        picture["data"] = b64encode(data).decode()
    call.world.drawer(_DRAWER).put(picture)
    address = urlsplit(call.request.root)
    terms = (
        f"st={_time(now)}&se={_time(now + LIFE)}&sp=r&sr=b&rscd=inline&rsct=image/png&sig={call.names.b62(43, 'sig')}"
    )
    return f"{address.scheme}://{address.netloc}{ROOT}/{quote(call.world.name, safe='')}/{name}?{terms}"


def fetch(world: World | None, name: str) -> Reply:
    """What stands under a URL: the picture, or that it has expired, in the form of the store the API links to."""
    found = world.drawer(_DRAWER).get(name) if world else None
    if world is None or found is None:
        return Reply(_ABSENT, 404, media="application/xml")
    if world.clock.now >= found["expires_at"]:
        return Reply(_EXPIRED, 403, media="application/xml")
    if "data" in found:
        return Reply(b64decode(found["data"]), media="image/png")
    from fakeopenai.media import pictures

    return Reply(pictures.picture(found["prompt"], found["size"], seed=found["seed"]), media="image/png")


def _time(seconds: int) -> str:
    return quote(datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), safe="")
