"""Engines: what models were called until 2022, and what could be asked of them by their URL."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fakeopenai import models, reranking
from fakeopenai.api import chat, completions, edits, embeddings
from fakeopenai.api.engine_names import version
from fakeopenai.errors import ApiError
from fakeopenai.models import Model
from fakeopenai.reranking import Document, Found
from fakeopenai.resource import Routes
from fakeopenai.turn import Prompt
from fakeopenai.wire import DONE, Call, Event, Object, Reply

routes = Routes()

SCALED = "/engines"
"""The drawer of what engines were told of their replicas."""


@routes.on("GET /engines")
def list_all(call: Call) -> Reply:
    return Reply({"object": "list", "data": [_shown(call, model) for model in models.catalogue()]})


@routes.on("GET /engines/{engine}")
def retrieve(call: Call) -> Reply:
    return Reply(_shown(call, _engine(call)))


@routes.on("POST /engines/{engine}")
def update(call: Call) -> Reply:
    """Ask for another number of replicas; they are ready at once."""
    engine = _engine(call)
    replicas = call.body.get("replicas")
    scaled = {"replicas": replicas, "ready_replicas": replicas, "max_replicas": replicas}
    call.world.drawer(SCALED).put({"id": engine.id} | scaled)
    return Reply(_shown(call, engine))


def _engine(call: Call) -> Model:
    model = call.world.model(call.path["engine"])
    if model is None:
        raise ApiError(404, "Engine not found")  # openai/openai-python#59
    return model


def _shown(call: Call, model: Model) -> Object:
    plain = {
        "object": "engine",
        "id": model.id,
        "ready": True,
        "owner": model.owned_by,
        "permissions": None,
        "created": None,
    }
    return plain | (call.world.drawer(SCALED).get(model.id) or {})


def _modern(call: Call) -> Call:
    """Put the engine's name where the model's stands today."""
    body = {name: value for name, value in call.body.items() if name != "engine"}
    call.request.body = body | {"model": call.path["engine"]}
    call.request.raw = b""
    return call


@routes.reads("POST /engines/{engine}/completions")
def read_completion(call: Call) -> Prompt:
    return completions.read(_modern(call))


@routes.on("POST /engines/{engine}/completions")
def complete(call: Call) -> Reply:
    reply = completions.create(call)
    reply.body["model"] = reply.headers["openai-model"] = version(reply.body["model"])
    return reply


@routes.reads("POST /engines/{engine}/chat/completions")
def read_chat(call: Call) -> Prompt:
    return chat.read(_modern(call))


routes["POST /engines/{engine}/chat/completions"] = chat.create


@routes.on("POST /engines/{engine}/embeddings")
def embed(call: Call) -> Reply:
    return embeddings.create(_modern(call))


@routes.reads("POST /engines/{engine}/edits")
def read_edit(call: Call) -> Prompt:
    return edits.read(_modern(call))


routes["POST /engines/{engine}/edits"] = edits.create


@routes.reads("POST /engines/{engine}/generate")
def read_generation(call: Call) -> Prompt:
    """Read the first form of completions: a context, and how long its continuation is to be."""
    body = _modern(call).body
    renamed = {"context": "prompt", "length": "max_tokens", "completions": "n"}
    call.request.body = {renamed.get(name, name): value for name, value in body.items()}
    return completions.read(call)


@routes.on("POST /engines/{engine}/generate")
def generate(call: Call) -> Reply:
    """The answer is a completion whose choices are its data. No recording shows one."""
    reply = complete(call)
    reply.body = _generation(reply.body)
    if reply.events is not None:
        reply.events = _generations(iter(reply.events))
    return reply


def _generation(completion: Object) -> Object:
    kept = ("id", "object", "created", "model")
    return {name: completion[name] for name in kept} | {"data": completion["choices"]}


def _generations(events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        if event is DONE:
            yield event
            return
        chunk = msgspec.json.decode(event.data) if isinstance(event.data, bytes) else event.data
        yield Event(_generation(chunk))


@routes.on("POST /engines/{engine}/search")
def search(call: Call) -> Reply:
    """Score documents in the order in which they came, or those of a file, the best first."""
    reranking.check_source(call, "documents")
    engine, query, given = _engine(call), call.body["query"], call.body.get("documents")
    if given is not None:
        documents = [Document(place, text) for place, text in enumerate(given)]
        found = sorted(reranking.ranked(query, documents), key=lambda each: each.document.place)
        results = [_result(each) for each in found]
    else:
        documents = reranking.from_file(call, query, call.body.get("max_rerank") or reranking.MOST)
        results = [_of_file(call, each) for each in reranking.ranked(query, documents)]
    return Reply({"object": "list", "data": results, "model": version(engine.id)})


def _result(found: Found) -> Object:
    return {"object": "search_result", "document": found.document.place, "score": found.score}


def _of_file(call: Call, found: Found) -> Object:
    told = {"metadata": found.document.metadata} if call.body.get("return_metadata") else {}
    return _result(found) | {"text": found.document.text} | told
