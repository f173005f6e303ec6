"""Assistants: a model with instructions, tools, and the files that its tools work on."""

from __future__ import annotations

from fakeopenai import errors, filing, strict
from fakeopenai.api import chat_prompt, vector_stores
from fakeopenai.errors import invalid
from fakeopenai.ids import Names
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.search import usable
from fakeopenai.turn import Format, Prompt
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

assistants = routes.resource(
    "/assistants/{assistant_id}",
    object="assistant",
    prefix="asst_",
    missing="No assistant found with id '{id}'.",
)

DEFAULTS: Object = {
    "name": None,
    "description": None,
    "model": "",
    "instructions": None,
    "tools": [],
    "top_p": 1.0,
    "temperature": 1.0,
    "reasoning_effort": None,
    "tool_resources": {},
    "metadata": {},
    "response_format": "auto",
}


@routes.on("POST /assistants")
def create(call: Call) -> Reply:
    head = {
        "id": call.names.new(assistants.prefix),
        "object": assistants.object,
        "created_at": int(call.world.clock.now),
    }
    item = head | _configured(call, DEFAULTS)
    assistants.drawer(call).put(item)
    return Reply(item)


@routes.on("POST /assistants/{assistant_id}")
def update(call: Call) -> Reply:
    item = assistants.find(call)
    item |= _configured(call, item)
    assistants.drawer(call).put(item)
    return Reply(item)


def _configured(call: Call, current: Object) -> Object:
    """The assistant's settings with those of the request laid over them; null goes back to the default."""
    body = call.body
    settings = {name: body.get(name, current[name]) for name in DEFAULTS}
    settings = {name: DEFAULTS[name] if value is None else value for name, value in settings.items()}
    check(call.world, settings)
    sampling = {name: float(settings[name]) for name in ("top_p", "temperature")}
    resources = current["tool_resources"] | resources_of(call.world, call.names, body.get("tool_resources"))
    tools = list(map(tool, settings["tools"]))
    return settings | sampling | {"tools": tools, "tool_resources": _with_interpreter(resources, tools)}


def check(world: World, settings: Object) -> None:
    """Refuse settings that assistants and runs can't have."""
    model = model_of(world, settings["model"])
    if settings["reasoning_effort"] is not None and not model.reasoning:
        raise errors.unsupported_parameter("reasoning_effort")
    if settings["response_format"] != "auto":
        _check_form(model, chat_prompt.format_of(settings["response_format"]))
    for index, given in enumerate(settings["tools"]):
        if given["type"] == "function":
            _check_function(given["function"], f"tools[{index}].function")


def model_of(world: World, name: str) -> Model:
    """The model of that name, if it can be an assistant."""
    model = world.model(name)
    if model is None:
        raise errors.requested_model_not_found(name)
    if model.kind != "chat" or model.responses_only:
        message = f"The requested model '{name}' cannot be used with the Assistants API."
        raise invalid(message, "model", "unsupported_model")
    return model


def _check_form(model: Model, form: Format) -> None:
    if form.kind == "json_schema":
        chat_prompt.check_schema(Prompt(model=model, messages=(), format=form))


def _check_function(function: Object, place: str) -> None:
    strict.check_name(function["name"], f"{place}.name")
    if function.get("parameters") is not None:
        strict.check(
            function["parameters"],
            name=function["name"],
            kind="function",
            param=f"{place}.parameters",
            strict=bool(function.get("strict")),
        )


def tool(given: Object) -> Object:
    """A tool as the API repeats it, with its defaults."""
    match given["type"]:
        case "function":
            blank = {
                "name": "",
                "description": None,
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            }
            return {"type": "function", "function": blank | _present(given["function"])}
        case "file_search":
            return {"type": "file_search", "file_search": _searching(_present(given.get("file_search") or {}))}
    return given


def _present(given: Object) -> Object:
    return {name: value for name, value in given.items() if value is not None}


def _searching(given: Object) -> Object:
    options = _present(given.get("ranking_options") or {})
    ranker = options.get("ranker", "auto")
    limit = {"max_num_results": given["max_num_results"]} if "max_num_results" in given else {}
    ranking = {
        "ranker": "default_2024_08_21" if ranker == "auto" else ranker,
        "score_threshold": float(options.get("score_threshold", 0)),
        "hybrid_search": options.get("hybrid_search"),
    }
    return limit | {"ranking_options": ranking}


def resources_of(world: World, names: Names, given: Json, expires_after: Object | None = None) -> Object:
    """What tools work on, as it is asked for: vector stores that are described are made, with this expiry."""
    check_resources(world, given)
    asked, resources = given or {}, {}
    if search := asked.get("file_search"):
        ids = list(search.get("vector_store_ids") or ())
        made = [{"expires_after": expires_after} | store for store in search.get("vector_stores") or ()]
        ids += [vector_stores.new_store(world, names, store)["id"] for store in made]
        resources["file_search"] = {"vector_store_ids": ids}
    if interpreter := asked.get("code_interpreter"):
        resources["code_interpreter"] = {"file_ids": interpreter.get("file_ids") or []}
    return resources


def check_resources(world: World, given: Json) -> None:
    """All stores and files that tools are to work on must exist; nothing is made before that is known."""
    asked = given or {}
    search, interpreter = asked.get("file_search") or {}, asked.get("code_interpreter") or {}
    for id in search.get("vector_store_ids") or ():
        usable(world, id)
    for described in (*(search.get("vector_stores") or ()), interpreter):
        check_files(world, described.get("file_ids") or [])


def check_files(world: World, ids: list[str]) -> None:
    """All of these files must exist."""
    for id in ids:
        if filing.find_file(world, id) is None:
            raise filing.no_such_file(id)


def _with_interpreter(resources: Object, tools: list[Object]) -> Object:
    """An assistant that runs code has a list of files for it, be it empty (recorded)."""
    if {"type": "code_interpreter"} in tools:
        return resources | {"code_interpreter": resources.get("code_interpreter") or {"file_ids": []}}
    return resources
