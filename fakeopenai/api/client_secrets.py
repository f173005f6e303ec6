"""Client secrets: short-lived keys for browsers, each bound to the session it may open."""

from __future__ import annotations

from fakeopenai import keys
from fakeopenai.access import SECRETS
from fakeopenai.clock import Course, Stage
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Object
from fakeopenai.world import World

routes = Routes()


def issue(call: Call, seconds: int, session: Object) -> Object:
    """A new secret and when it expires."""
    value = keys.ephemeral(call.world.name, call.names)
    expires_at = int(call.world.clock.now) + seconds
    secret = {"id": value, "status": "active", "expires_at": expires_at, "session": session}
    call.world.drawer(SECRETS).put(secret)
    call.world.clock.begin("client secret", SECRETS, secret)
    return {"value": value, "expires_at": expires_at}


def _left(world: World, secret: Object) -> float:
    return float(secret["expires_at"]) - world.clock.now


EXPIRED = Stage("expired", after=_left)
routes.courses.append(Course("client secret", [EXPIRED], awaited=False, expire=EXPIRED))
