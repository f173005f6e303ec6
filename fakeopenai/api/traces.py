"""Traces: what agent sessions did, as OpenTelemetry has it, and what the Agents SDK sends in."""

from __future__ import annotations

from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()


@routes.on("POST /traces/ingest")
def ingest(_: Call) -> Reply:
    """Take in traces and spans; nobody can ask for them again."""
    return Reply(status=204)


def trace(call: Call, turn: Object) -> Object:
    """The trace of a turn: a span for the turn, and in it one for each item of the model."""
    drawer = call.world.drawer(f"/agents/sessions/{turn['session_id']}/items")
    items = [item for item in drawer if item["turn_id"] == turn["id"] and "output_index" in item]
    names = call.world.names(f"trace of {turn['id']}")
    trace_id, root = names.hex(32), names.hex(16)
    first = {"spanId": root, "parentSpanId": "", "name": "invoke_agent"}
    spans = [{"traceId": trace_id} | first | _span(turn, {"gen_ai.agent.id": turn["agent_id"]})]
    for item in items:
        of_item = {"spanId": names.hex(16), "parentSpanId": root, "name": item["type"]}
        spans.append({"traceId": trace_id} | of_item | _span(turn, _about(item)))
    scope = {"scope": {"name": "openai.agents"}, "spans": spans}
    resource = {"attributes": _attributes({"service.name": "openai-agents"})}
    return {
        "id": turn["id"],
        "object": "agent.session.trace",
        "created_at": turn["created_at"],
        "otlp": {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]},
        "session_id": turn["session_id"],
    }


def _about(item: Object) -> Object:
    named = {"gen_ai.tool.name": item["name"]} if "name" in item else {}
    return {"openai.item.id": item["id"], **named}


def _span(turn: Object, attributes: Object) -> Object:
    started, ended = turn["started_at"], turn.get("completed_at") or turn["started_at"]
    return {
        "kind": 1,
        "startTimeUnixNano": f"{started}000000000",
        "endTimeUnixNano": f"{ended}000000000",
        "attributes": _attributes(attributes | {"openai.session.id": turn["session_id"]}),
        "status": {"code": 2 if turn["status"] == "failed" else 1},
    }


def _attributes(values: Object) -> list[Json]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in values.items()]
