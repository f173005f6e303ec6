"""Steering: what the user says to a response that is being told, over the WebSocket that it is told on.

It waits for the end of an item, or of the response; then a successor answers it, unless a tool's output is wanted
first.
"""

from __future__ import annotations

from dataclasses import dataclass

from fakeopenai.wire import Json, Object

MOST = 16
"""How many may wait for one response; the API's number isn't known."""

FIELDS = frozenset({"type", "previous_response_id", "input"})
PARTS = frozenset({"input_text", "input_image", "input_file"})

UNSTEERABLE = ("conversation", "context_management", "background")
"""What rules steering out (the client's documentation)."""

MESSAGES = {
    "response_not_found": "Response with id '{id}' not found on this connection.",
    "response_already_completed": "Response '{id}' has already completed.",
    "response_not_active": "Response '{id}' no longer takes steering input.",
    "invalid_input": "Steering takes a text, or messages of the user with text, images and files.",
    "steering_not_supported": "Response '{id}' does not support steering.",
    "too_many_pending_steers": "Too much steering input is pending for response '{id}'.",
    "successor_creation_failed": "The successor of response '{id}' could not be created.",
}
"""Our own words; none were recorded."""


@dataclass(frozen=True, slots=True)
class Steer:
    """Input that waits for a successor of a response."""

    id: str
    response: str
    input: Json

    @property
    def items(self) -> list[Object]:
        if isinstance(self.input, list):
            return self.input
        return [{"type": "message", "role": "user", "content": self.input}]

    def event(self, kind: str, **fields: Json) -> Object:
        steer = {"id": self.id, "previous_response_id": self.response}
        return {"type": f"response.steer.{kind}", **fields, "sequence_number": 0, "steer": steer}

    def failed(self, code: str) -> Object:
        """It comes back."""
        return refused({"previous_response_id": self.response, "input": self.input}, code, self.id)


def refused(asked: Object, code: str, id: str = "") -> Object:
    """What is said of input that can't be taken, or not be followed."""
    response = asked.get("previous_response_id") or ""
    error = {"code": code, "message": MESSAGES[code].format(id=response), "type": "invalid_request_error"}
    steer = {"input": asked.get("input"), "previous_response_id": response} | ({"id": id} if id else {})
    return {"type": "response.steer.failed", "error": error, "sequence_number": 0, "steer": steer}


def is_valid(asked: Object) -> bool:
    """Whether an event says what may be said."""
    given = asked.get("input")
    if not asked.keys() <= FIELDS or not isinstance(asked.get("previous_response_id"), str):
        return False
    return bool(given) and (isinstance(given, str) or (isinstance(given, list) and all(map(_is_said, given))))


def _is_said(item: Json) -> bool:
    match item:
        case {"role": "user", "content": str() | list() as content, **rest}:
            parts = content if isinstance(content, list) else ()
            return rest.get("type", "message") == "message" and all(_is_part(part) for part in parts)
        case _:
            return False


def _is_part(part: Json) -> bool:
    return isinstance(part, dict) and part.get("type") in PARTS


def required(output: list[Object]) -> list[Object]:
    """What the client has to say before the response can be followed."""
    return [stub for item in output if (stub := _stub(item))]


def _stub(item: Object) -> Object | None:
    match item:
        case {"type": "function_call", "call_id": id, "name": name}:
            return {"call_id": id, "name": name, "type": "function_call_output"}
        case {"type": "tool_search_call", "call_id": str(id), "execution": "client"}:
            return {"call_id": id, "execution": "client", "type": "tool_search_output"}
        case {"type": "mcp_approval_request", "id": id}:
            return {"approval_request_id": id, "type": "mcp_approval_response"}
        case {"type": type, "call_id": id} if type in AWAITED:
            return {"call_id": id, "type": f"{type}_output"}
        case _:
            return None


AWAITED = frozenset({"custom_tool_call", "computer_call", "shell_call", "apply_patch_call", "local_shell_call"})
