"""Items of a response's input and output, in the form in which the API keeps and lists them.

An item has its `id`, `type` and `status` first and its other keys in alphabetical order (recorded since 2026-01). The
first 18 hex digits of its id are those of its response.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cache

from fakeopenai.ids import Names, shared_and_own
from fakeopenai.operations import Operations
from fakeopenai.resource import fitted
from fakeopenai.schema import types
from fakeopenai.wire import Json, Object

PREFIXES = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "function_call_output": "fc_",
    "custom_tool_call": "ctc_",
    "custom_tool_call_output": "ctco_",
    "file_search_call": "fs_",
    "web_search_call": "ws_",
    "code_interpreter_call": "ci_",
    "image_generation_call": "ig_",
    "computer_call": "cu_",
    "computer_call_output": "cuo_",
    "local_shell_call": "lsh_",
    "local_shell_call_output": "lsho_",
    "shell_call": "sh_",
    "shell_call_output": "sho_",
    "apply_patch_call": "apc_",
    "apply_patch_call_output": "apco_",
    "mcp_list_tools": "mcpl_",
    "mcp_call": "mcp_",
    "mcp_approval_request": "mcpr_",
    "mcp_approval_response": "mcpa_",
    "tool_search_call": "tsc_",
    "tool_search_output": "tso_",
    "compaction": "cmp_",
    "compaction_trigger": "cmpt_",
    "additional_tools": "at_",
    "agent_message": "amsg_",
    "multi_agent_call": "mac_",
    "multi_agent_call_output": "maco_",
    "configuration_update": "cfg_",
    "program": "cm_",
    "program_output": "cmo_",
}

STATELESS = frozenset(
    (
        *("reasoning", "compaction", "compaction_trigger", "configuration_update", "additional_tools", "program"),
        *("mcp_list_tools", "mcp_approval_request", "mcp_approval_response"),
        *("agent_message", "multi_agent_call", "multi_agent_call_output"),
    )
)
"""Types of items that have no status."""

TRIGGER = "compaction_trigger"
"""What stands at the end of an input that is to be compacted; nobody keeps it."""

IMAGE_URL = "message.input_image.image_url"
SCREENSHOT_URL = "computer_call_output.output.image_url"


def new_id(names: Names, type: str) -> str:
    return names.new(PREFIXES.get(type, "item_"), shared_and_own)


def demanded(names: Names, item: Object) -> Object:
    """What an item of its type must have and doesn't say."""
    schema = _shapes().get(item["type"], {})
    lacking = [name for name in schema.get("required", ()) if name not in item and name != "id"]
    return {name: _least(names, name, schema["properties"][name]) for name in lacking}


def _least(names: Names, name: str, schema: Object) -> Json:
    match name:
        case "call_id":
            return names.new("call_")
        case "fingerprint":
            return names.hex(32, "fingerprint")
        case _:
            return fitted(schema, None)


@cache
def _shapes() -> dict[str, Object]:
    """What an item of output is like, by its type."""
    reply = Operations.load().all["POST /responses?beta=true"].reply
    listed = types().properties(reply or {})["output"]["items"]
    return {schema["properties"]["type"]["const"]: schema for schema in types().alternatives(listed)}


def ordered(item: Object) -> Object:
    """The item with its keys in the order of the API."""
    head = {name: item[name] for name in ("id", "type", "status") if name in item}
    return head | {name: item[name] for name in sorted(item) if name not in head}


def typed(part: Object) -> Object:
    """A part of an item, its type first and its other keys in alphabetical order."""
    return {"type": part["type"]} | {name: part[name] for name in sorted(part) if name != "type"}


def given(input: Json) -> list[Object]:
    """The items of a request's `input`, as they were sent; a text is a message of the user."""
    if isinstance(input, str):
        return [{"type": "message", "role": "user", "content": input}]
    return [item if item.get("type") else item | {"type": _type(item)} for item in input or ()]


def _type(item: Object) -> str:
    return "message" if "role" in item else "item_reference"


def kept(names: Names, items: Iterable[Object]) -> list[Object]:
    """Items of an input as the API keeps them: named, whole, in parts."""
    return [_kept(item, item.get("id") or new_id(names, item["type"])) for item in items]


def _kept(item: Object, id: str) -> Object:
    whole = {name: value for name, value in item.items() if value is not None} | {"id": id}
    if item["type"] == "message":
        whole["content"] = parts(item)
    if item["type"] not in STATELESS:
        whole["status"] = item.get("status") or "completed"
    return ordered(whole)


def parts(message: Object) -> list[Object]:
    """The parts of a message, every key of each present."""
    content = message["content"]
    if isinstance(content, list):
        return [typed(_BLANK.get(part["type"], {}) | part) for part in content]
    return [typed(_BLANK["output_text"] | {"text": content})] if message["role"] == "assistant" else [_text(content)]


def _text(text: str) -> Object:
    return {"type": "input_text", "text": text}


_BLANK: dict[str, Object] = {
    "output_text": {"type": "output_text", "annotations": [], "logprobs": []},
    "input_image": {"detail": "auto", "file_id": None, "image_url": None},
    "input_file": {"file_id": None},
}


def listed(item: Object, include: Container[str]) -> Object:
    """An item of an input as it is listed: contents that were sent along are hidden unless they are asked for."""
    screen = item.get("output") if item["type"] == "computer_call_output" else None
    if isinstance(screen, dict) and SCREENSHOT_URL not in include:
        return item | {"output": screen | {"image_url": None}}
    if item["type"] != "message":
        return item
    return item | {"content": [_listed(part, include) for part in item["content"]]}


def _listed(part: Object, include: Container[str]) -> Object:
    if part["type"] == "input_image" and IMAGE_URL not in include:
        return part | {"image_url": None}
    if part["type"] == "input_file":
        return {name: value for name, value in part.items() if name != "file_data"}
    return part
