"""Safety: alerts about what a model was about to do, and cases about those who asked for it."""

from __future__ import annotations

from fakeopenai.ids import Names
from fakeopenai.resource import Routes
from fakeopenai.wire import Object
from fakeopenai.world import World

routes = Routes()

alerts = routes.resource("/safety/alerts/{id}", object="safety.alert", shape="SafetyAlert")
cases = routes.resource("/safety/cases/{id}", object="safety.case", shape="SafetyCase")


def alert(world: World, names: Names) -> Object:
    """Raise an alert."""
    item = {
        "id": names.new("alert_"),
        "object": alerts.object,
        "created_at": int(world.clock.now),
        "error_type": "other",
        "model": "gpt-5",
        "reason": "The request was flagged for review.",
        "request_id": names.new("req_"),
        "request_paused": False,
        "response_id": names.new("resp_"),
    }
    world.drawer(alerts.collection).put(item)
    return item
