"""Tools that run at the provider, and those of fixed form that the caller runs: what their calls are and come to.

A call may be scripted with as little as its `type`; what it lacks is found out by doing it: searching, reckoning,
drawing. `use` says what the model does with a tool that it wants to use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec

from fakeopenai import calculator, search, speech, voice, web
from fakeopenai.api import containers
from fakeopenai.api.responses import context, items, mcp, pictures, tools, wishes
from fakeopenai.api.responses.task import Task
from fakeopenai.speech import Spoken
from fakeopenai.turn import Hosted, Prompt, Step, Text, Tool, ToolCall, Turn
from fakeopenai.voice.arithmetic import sum_in
from fakeopenai.voice.filling import compact
from fakeopenai.wire import Call, Object

_QUOTED = re.compile(r"[`\"“']([^`\"”']+)[`\"”']")
_SEARCHING = re.compile(
    r"^\W*(?:please\s+)?(?:(?:can|could) you\s+)?(?:search|look up|google|browse|find)"
    r"(?:\s+(?:on\s+)?(?:the\s+)?(?:web|internet))?(?:\s+(?:for|about))?\b",
    re.IGNORECASE,
)
_PATH = re.compile(r"[\w./-]+\.\w{1,5}\b")


def speak(call: Call, prompt: Prompt) -> Spoken:
    """What the model says, with the tools that it uses on the way."""
    spoken = speech.speak(call, prompt)
    scripted = call.rule is not None and call.rule.speaks
    if not scripted:
        spoken = _with_tools(call, prompt, spoken)
    told = any(isinstance(step, Hosted) and step.item["type"] == "tool_search_call" for step in spoken.turn.steps)
    steps = [step for given in spoken.turn.steps for step in ([given] if told else _found(call, given))]
    whole = [Hosted(completed(Task(call, prompt, step.item))) if isinstance(step, Hosted) else step for step in steps]
    return replace(spoken, turn=replace(spoken.turn, steps=tuple(_allowed(call, whole))))


def _with_tools(call: Call, prompt: Prompt, spoken: Spoken) -> Spoken:
    """The turn as it is with the hosted tools that the prompt asks for."""
    listed = mcp.listed(call, prompt)
    used = [] if spoken.turn.calls else _used(call, prompt)
    if not listed and not used:
        return spoken
    said = [] if used else [step for step in spoken.turn.steps if step not in spoken.turn.thoughts]
    turn = Turn((*listed, *spoken.turn.thoughts, *used, *said), spoken.turn.finish)
    return speech.hold(turn, prompt, spoken.seed)


def _used(call: Call, prompt: Prompt) -> list[Step]:
    tool = wishes.wished(prompt)
    approved = mcp.approved(call)
    if approved:
        return approved
    return list(USES[wishes.family(tool.kind)](Task(call, prompt, tool.settings))) if tool else []


def _allowed(call: Call, steps: list[Step]) -> Iterator[Step]:
    """The steps with no more uses of tools than `max_tool_calls` allows."""
    left = call.body.get("max_tool_calls")
    for step in steps:
        if isinstance(step, Hosted) and step.item["type"].endswith("_call") and left is not None:
            left -= 1
            if left < 0:
                continue
        yield step


def _found(call: Call, step: Step) -> Iterator[Step]:
    """A step, after the search for the tool that it calls if that one wasn't at hand."""
    deferred = tools.deferred(call.body)
    if isinstance(step, ToolCall) and step.name in deferred:
        if tools.searches_itself(call.body):
            yield Hosted(_CLIENTS | {"arguments": {"paths": [step.name]}})
            return
        found = tools.echoed(deferred[step.name])
        yield Hosted({"type": "tool_search_call", "arguments": {"paths": [step.name]}})
        yield Hosted({"type": "tool_search_output", "tools": [found]})
    yield step


_SERVER = {"call_id": None, "execution": "server"}
"""A search for tools that the API makes itself."""

_CLIENTS: Object = {"type": "tool_search_call", "execution": "client"}
"""A search for tools that the caller is to make."""


def completed(task: Task) -> Object:
    """A call with all that it needs; what it says itself stands."""
    fill = COMPLETED.get(task.item["type"])
    status = {} if task.item["type"] in items.STATELESS else {"status": "completed"}
    whole = status | (fill(task) if fill else {}) | task.item | _written(task.item)
    return items.demanded(task.names, whole) | whole


def _written(item: Object) -> Object:
    """The arguments of a call as text, where a rule gives them as an object."""
    given = item.get("arguments")
    return {"arguments": compact(given)} if item["type"] in WRITTEN and not isinstance(given, str | None) else {}


def _web_search(task: Task) -> Object:
    asked = task.action.get("query") or _searched(task)
    sources = [{"type": "url", "url": page.url} for page in web.find(task.world, asked)]
    return {"action": {"type": "search", "queries": [asked], "query": asked, "sources": sources}}


def _searched(task: Task) -> str:
    """What is searched: what the user wants to know, without the words that ask for a search."""
    return search.rewritten(_SEARCHING.sub("", task.text)) or task.text


def _use_web(task: Task) -> Iterator[Step]:
    page = web.find(task.world, _searched(task))[0]
    yield Hosted({"type": "web_search_call"})
    url = f"{page.url}?utm_source=openai"
    link = f"([{page.host}]({url}))"
    text = f"{page.summary} {link}"
    place = {"start_index": len(text) - len(link), "end_index": len(text)}
    yield Text(text, ({"type": "url_citation", "title": page.title, "url": url} | place,))


def _file_search(task: Task) -> Object:
    queries = task.item.get("queries") or [search.rewritten(task.text)]
    return {"queries": queries, "results": _hits(task, queries)}


def _hits(task: Task, queries: list[str]) -> list[Object]:
    settings = task.settings("file_search")
    stores = settings.get("vector_store_ids") or []
    options = settings.get("ranking_options")
    limit = settings.get("max_num_results") or 20
    found = search.search(task.world, stores, queries, limit, settings.get("filters"), options=options)
    return [_hit(task, stores, hit) for hit in found]


def _hit(task: Task, stores: list[str], hit: Object) -> Object:
    id = hit["file_id"]
    return {
        "attributes": hit["attributes"],
        "file_id": id,
        "filename": hit["filename"],
        "score": hit["score"],
        "text": "".join(part["text"] for part in hit["content"]),
        "vector_store_id": next(store for store in stores if id in task.world.drawer(f"{search.STORES}/{store}/files")),
    }


def _use_files(task: Task) -> Iterator[Step]:
    hits = _hits(task, [search.rewritten(task.text)])
    yield Hosted({"type": "file_search_call"})
    if not hits:
        yield Text("I couldn't find anything about that in the files.")
        return
    best = hits[0]
    text = " ".join(best["text"].split())[:400]
    note = {"type": "file_citation", "file_id": best["file_id"], "filename": best["filename"], "index": len(text)}
    yield Text(text, (note,))


def _code_interpreter(task: Task) -> Object:
    code = task.item.get("code") or _code(task)
    return {"code": code, "container_id": container(task), "outputs": _outputs(code)}


def _code(task: Task) -> str:
    """The code that works out what the user asks for."""
    asked = sum_in(task.text)
    return asked[0] if asked and asked[0][0] in "(-+0123456789" else "None"


def _outputs(code: str) -> list[Object]:
    try:
        logs = calculator.run(code.replace("^", "**").replace("×", "*").replace("÷", "/"))
    except calculator.Beyond:
        return []
    return [{"type": "logs", "logs": logs}] if logs else []


def container(task: Task) -> str:
    """The container that the code runs in: the one that is named, the one that it ran in before, or a new one."""
    asked = task.settings("code_interpreter").get("container")
    if isinstance(asked, str):
        return asked
    before = _container_before(task)
    return before or containers.automatic(task.world, task.names, (asked or {}).get("file_ids") or ())


def _container_before(task: Task) -> str:
    """The latest container of the conversation, if it still runs."""
    drawer = task.world.drawer(containers.containers.collection)
    said = [*context.before(task.call), *context.own(task.call)]
    used = [item["container_id"] for item in said if item["type"] == "code_interpreter_call"]
    return next((id for id in reversed(used) if (drawer.get(id) or {}).get("status") == "running"), "")


def _use_code(task: Task) -> Iterator[Step]:
    asked = sum_in(task.text)
    yield Hosted({"type": "code_interpreter_call"})
    yield Text(f"{asked[0]} equals {asked[1]}." if asked else "The code has run.")


def _image_generation(task: Task) -> Object:
    settings = task.settings("image_generation")
    return pictures.drawn(task.item.get("revised_prompt") or task.text, settings | task.item)


def _use_pictures(_task: Task) -> Iterator[Step]:
    yield Hosted({"type": "image_generation_call"})
    yield Text("Here is the picture that you asked for.")


def _computer(task: Task) -> Object:
    action = {} if "actions" in task.item else {"action": {"type": "screenshot"}}
    return action | {"call_id": task.names.new("call_"), "pending_safety_checks": []}


def _local_shell(task: Task) -> Object:
    action = {"type": "exec", "command": _command(task).split(), "env": {}}
    return {"action": action, "call_id": task.names.new("call_")}


def _shell(task: Task) -> Object:
    action = {"commands": [_command(task)], "max_output_length": None, "timeout_ms": None}
    return {"action": action, "call_id": task.names.new("call_"), "environment": None}


def _command(task: Task) -> str:
    """The command that the user quotes, else a harmless one."""
    quoted = _QUOTED.search(task.text)
    return quoted[1] if quoted else "ls -a"


def _apply_patch(task: Task) -> Object:
    path = _PATH.search(task.text)
    lines = task.text.splitlines() or [""]
    diff = "".join(f"+{line}\n" for line in lines)
    operation = {"type": "create_file", "diff": diff, "path": path[0] if path else "notes.txt"}
    return {"call_id": task.names.new("call_"), "operation": operation}


def _tool_search(task: Task) -> Object:
    client = task.item.get("execution") == "client"
    return {"call_id": task.names.new("call_"), "execution": "client"} if client else {**_SERVER}


def _use_tool_search(task: Task) -> Iterator[Step]:
    """The caller searches, once for each message of the user."""
    if task.item.get("execution") != "client" or tools.gained(task.call.body):
        return
    tool = Tool("tool_search", task.item.get("description") or "", task.item.get("parameters"))
    made = voice.answer(replace(task.prompt, tools=(tool,), choice="required"), task.names.seed).calls[0]
    yield Hosted(_CLIENTS | {"arguments": msgspec.json.decode(made.arguments)})


def _use_alone(type: str) -> Callable[[Task], Iterator[Step]]:
    """The call is all there is to say until it is answered."""
    return lambda _task: iter([Hosted({"type": type})])


WRITTEN = frozenset({"function_call", "mcp_call", "mcp_approval_request"})
"""Types of calls whose arguments are JSON in a text."""

COMPLETED: dict[str, Callable[[Task], Object]] = {
    "web_search_call": _web_search,
    "file_search_call": _file_search,
    "code_interpreter_call": _code_interpreter,
    "image_generation_call": _image_generation,
    "computer_call": _computer,
    "local_shell_call": _local_shell,
    "shell_call": _shell,
    "apply_patch_call": _apply_patch,
    "mcp_call": mcp.called,
    "tool_search_call": _tool_search,
    "tool_search_output": _tool_search,
    "message": lambda _task: {"role": "assistant"},
}
"""What a call needs, by the type of its item."""

USES: dict[str, Callable[[Task], Iterator[Step]]] = {
    "web_search": _use_web,
    "file_search": _use_files,
    "code_interpreter": _use_code,
    "image_generation": _use_pictures,
    "computer": _use_alone("computer_call"),
    "local_shell": _use_alone("local_shell_call"),
    "shell": _use_alone("shell_call"),
    "apply_patch": _use_alone("apply_patch_call"),
    "mcp": mcp.used,
    "tool_search": _use_tool_search,
}
"""What the model does with a tool, by the tool's family."""
