"""Pictures made in the background, as Azure's first client asked for them: submitted, then polled."""

from __future__ import annotations

from fakeopenai.api import images
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.resource import Resource, Routes
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

routes = Routes()

LIFE = 86_400
"""Seconds for which a result is kept."""
RESULTS = "/operations/images/results"
"""The drawer of pictures that are made, but not shown yet."""


def _show(world: World, operation: Object) -> None:
    kept = world.drawer(RESULTS).get(operation["id"])
    if kept is not None:
        operation["result"] = kept["result"]


def _fail(_: World, operation: Object, error: ApiError) -> None:
    operation |= {"status": "failed", "error": {"code": error.code or "internal_error", "message": error.message}}


STAGES = (Stage("running", 1), Stage("succeeded", 1, enter=_show))
routes.courses.append(Course("image operation", STAGES, fail=_fail, cancel=Stage("canceled")))

operations = Resource(
    "/operations/images/{operation_id}", missing="Operation not found", missing_code="404", course="image operation"
)


@routes.reads("POST /images/generations:submit")
def read(call: Call) -> Prompt:
    return images.read(call)


@routes.on("POST /images/generations:submit")
def submit(call: Call) -> Reply:
    """Draw at once, and show it when it is polled for."""
    result = images.generate(call).body
    now = int(call.world.clock.now)
    operation = {"created": now, "expires": now + LIFE, "id": call.names.new("op-"), "status": "notRunning"}
    call.world.drawer(RESULTS).put({"id": operation["id"], "result": result})
    call.world.drawer(operations.collection).put(operation)
    call.world.clock.begin(operations.course, operations.collection, operation)
    location = f"{call.request.root}{operations.collection}/{operation['id']}"
    started = {"id": operation["id"], "status": operation["status"]}
    return Reply(started, 202, {"operation-location": location, "retry-after": "1"})


@routes.on("GET /operations/images/{operation_id}")
def retrieve(call: Call) -> Reply:
    """The first look at an operation already finds its pictures, when time goes by reads."""
    operations.retrieve(call)
    reply = operations.retrieve(call)
    if reply.body["status"] != "succeeded":
        reply.headers["retry-after"] = "1"
    return reply
