"""Webhook endpoints and the secrets that sign what is sent to them."""

from __future__ import annotations

from base64 import b64encode

from fakeopenai.api import safety
from fakeopenai.errors import invalid
from fakeopenai.resource import Routes
from fakeopenai.schema import types
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

endpoints = routes.resource(
    "/webhook_endpoints/{webhook_endpoint_id}", object="webhook_endpoint", prefix="we_", shape="WebhookEndpoint"
)

OVERLAP = 86_400
"""Seconds for which a secret that was replaced may go on signing."""


@routes.on("POST /webhook_endpoints")
def create(call: Call) -> Reply:
    _check(call.body)
    item = endpoints.fresh(call, updated_at=int(call.world.clock.now), secrets=[])
    return _with_new_secret(call, item, overlap=0)


@routes.on("POST /webhook_endpoints/{webhook_endpoint_id}")
def update(call: Call) -> Reply:
    _check(call.body)
    item = endpoints.find(call)
    changes = {name: value for name, value in call.body.items() if item.get(name) != value}
    if changes:
        item |= changes | {"updated_at": int(call.world.clock.now)}
        endpoints.drawer(call).put(item)
    return Reply(endpoints.seen(call, item))


@routes.on("POST /webhook_endpoints/{webhook_endpoint_id}/rotate_secret")
def rotate_secret(call: Call) -> Reply:
    keep = call.body.get("keep_old_secret_active_for_24_hours")
    item = endpoints.find(call) | {"updated_at": int(call.world.clock.now)}
    return _with_new_secret(call, item, overlap=OVERLAP if keep else 0)


@routes.on("POST /webhook_endpoints/{webhook_endpoint_id}/test")
def test(call: Call) -> Reply:
    """Pretend that an event happened. What it speaks of can be retrieved."""
    endpoint, event_type = endpoints.find(call), call.body["event_type"]
    if event_type == "safety.alert.created":
        safety.alert(call.world, call.names)
    whole = {"webhook_endpoint_id": endpoint["id"], "event_type": event_type, "status_code": 200, "success": True}
    return Reply({"object": "webhook_endpoint.test", **whole})


@routes.on("GET /webhook_event_types")
def list_event_types(_: Call) -> Reply:
    return Reply(
        {"object": "list", "data": types()["WebhookCreateParams"]["properties"]["event_types"]["items"]["enum"]}
    )


def _check(body: Object) -> None:
    """The real API takes HTTPS only; an endpoint on one's own machine seldom has that."""
    if "url" in body and not body["url"].startswith(("https://", "http://")):
        raise invalid("Invalid 'url': expected an HTTPS URL.", "url", "invalid_value")
    if body.get("event_types") == []:
        raise invalid("Invalid 'event_types': expected at least one event type.", "event_types", "empty_array")


def _with_new_secret(call: Call, item: Object, overlap: int) -> Reply:
    """An endpoint with a secret that is told this once. The ones before it still sign for `overlap` seconds."""
    now = int(call.world.clock.now)
    until = now + overlap
    old = [known | {"until": min(known["until"] or until, until)} for known in item["secrets"]]
    secret = _secret(call.world, item["id"], item.get("rotations", 0))
    item |= {
        "secrets": [{"secret": secret, "until": None}, *(known for known in old if known["until"] > now)],
        "rotations": item.get("rotations", 0) + 1,
        "signing_secret_hint": f"whsec_...{secret[-4:]}",
    }
    endpoints.drawer(call).put(item)
    return Reply(endpoints.seen(call, item) | {"signing_secret": secret})


def signing(world: World, item: Object) -> list[Json]:
    """The secrets that sign for an endpoint now, the newest first."""
    return [known["secret"] for known in item["secrets"] if known["until"] is None or known["until"] > world.clock.now]


def _secret(world: World, id: str, nth: int) -> str:
    drawn = world.names(f"what signs for {id} in {world.name}, {nth}").hex(64)
    return f"whsec_{b64encode(bytes.fromhex(drawn)).decode()}"
