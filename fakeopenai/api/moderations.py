"""Moderations: texts and images scored by the lexicon."""

from __future__ import annotations

from fakeopenai import errors, ids, lexicon, models
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()

DEFAULT = "omni-moderation-latest"
UNFLAGGED = 0.01
"""The score of a category that the words deserve and a rule doesn't flag."""


@routes.on("POST /moderations")
def create(call: Call) -> Reply:
    model = _model(call)
    given = call.body["input"]
    if given == []:
        raise errors.too_short("input", "array", 1, 0)
    many = given if isinstance(given, list) else [given]
    if isinstance(many[0], dict):
        results = [_of_parts(many, model)]
    else:
        results = [result(model, text, ["text"]) for text in many]
    results = [flagged(call, found) for found in results]
    return Reply({"id": _id(call, model), "model": model.snapshot, "results": results})


def result(model: Model, text: str, inputs: list[str]) -> Object:
    """Moderate one text; `inputs` are the kinds of input it came with, `text` and `image`."""
    categories = _categories(model)
    scores = {category: value for category, value in lexicon.score(text).items() if category in categories}
    scores = {category: scores[category] for category in categories}
    flags = {category: value >= lexicon.FLAGGED for category, value in scores.items()}
    found: Object = {"flagged": any(flags.values()), "categories": flags, "category_scores": scores}
    if _is_omni(model):
        found["category_applied_input_types"] = {category: _applied(category, inputs) for category in categories}
    return found


def flagged(call: Call, found: Object) -> Object:
    """The result as a rule flags it, if one does: in these categories and in no others."""
    told = call.scripted("flag")
    if told is None:
        return found
    scores = {
        category: told.get(category, score if score < lexicon.FLAGGED else UNFLAGGED)
        for category, score in found["category_scores"].items()
    }
    flags = {category: score >= lexicon.FLAGGED for category, score in scores.items()}
    return found | {"flagged": any(flags.values()), "categories": flags, "category_scores": scores}


def moderated(call: Call, prompt: Prompt, said: str) -> Object | None:
    """What a chat or a response says under `moderation`: its input and its output scored, where the request asks it."""
    asked = call.body.get("moderation")
    if not asked:
        return None
    name = asked["model"]
    model = call.world.model(name)
    if model is None or model.kind != "moderation":
        raise errors.requested_model_not_found(name)
    return {"input": _scored(call, model, prompt.last_user_text), "output": _scored(call, model, said)}


def _scored(call: Call, model: Model, text: str) -> Object:
    scored = flagged(call, result(model, text, ["text"])) | {"model": model.id, "type": "moderation_result"}
    return {name: scored[name] for name in sorted(scored)}


def _of_parts(parts: list[Object], model: Model) -> Object:
    """One result for all parts together."""
    if not _is_omni(model):
        raise errors.invalid_type("input[0]", "a string", "an object")
    text = "\n".join(part["text"] for part in parts if part["type"] == "text")
    kinds = {part["type"].removesuffix("_url") for part in parts}
    return result(model, text, sorted(kinds, reverse=True))


def _applied(category: str, inputs: list[str]) -> list[str]:
    return [kind for kind in inputs if kind == "text" or category in lexicon.SEEN_IN_IMAGES]


def _categories(model: Model) -> tuple[str, ...]:
    if _is_omni(model):
        return lexicon.OMNI
    return lexicon.FIRST if model.legacy else lexicon.TEXT


def _is_omni(model: Model) -> bool:
    return not model.snapshot.startswith("text-moderation")


def _model(call: Call) -> Model:
    name: Json = call.body.get("model") or DEFAULT
    found = call.world.model(name)
    if found is not None and found.kind == "moderation":
        return found
    if found is not None and models.find(name) is None:
        return models.assume(name, "moderation")
    raise errors.model_not_found(name, gateway=False)


def _id(call: Call, model: Model) -> str:
    return call.names.new("modr-", None if _is_omni(model) else ids.timed_b62(29))
