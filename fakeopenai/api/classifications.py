"""Classifications: a text given the label of the examples nearest to it, as the API did until 2022-12."""

from __future__ import annotations

from fakeopenai import errors, reranking
from fakeopenai.api.engine_names import version
from fakeopenai.reranking import Document, Found
from fakeopenai.resource import Routes
from fakeopenai.speech import speak
from fakeopenai.turn import Message, Prompt
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

UNKNOWN = "Unknown"
"""The label of a text for which the model finds none of the labels allowed (the API reference of 2021)."""


@routes.reads("POST /classifications")
def read(call: Call) -> Prompt:
    """Read the prompt that the API built from the nearest examples and the query."""
    name = call.body["model"]
    model = call.world.model_of(name, "completion")
    if model is None:
        raise errors.model_not_found(name, gateway=False)
    found = _nearest(call)
    shown = "".join(f"Text: {each.document.text}\nCategory: {each.document.label}\n---\n" for each in reversed(found))
    labels = ", ".join(dict.fromkeys(call.body.get("labels") or [each.document.label for each in found]))
    asked = f"Please classify a piece of text into the following categories: {labels}.\n\n"
    return Prompt(model=model, messages=(Message("user", f"{asked}{shown}Text: {call.body['query']}\nCategory:"),))


@routes.on("POST /classifications")
def create(call: Call) -> Reply:
    body, found = call.body, _nearest(call)
    file = body.get("file")
    search_model = body.get("search_model") or "ada"
    answer = {
        "completion": call.names.new("cmpl-"),
        **({"file": file} if file else {}),
        "label": _label(call, found),
        "model": body["model"],
        "object": "classification",
        "search_model": version(search_model) if file else search_model,
        "selected_examples": [_example(each, scored=bool(file)) for each in found],
    }
    prompt = call.ask().messages[0].text
    return Reply(answer | ({"prompt": prompt} if body.get("return_prompt") else {}))


def _label(call: Call, found: list[Found]) -> str:
    """What a rule says, else the label of the nearest example; one of those allowed, if some are."""
    label = speak(call, call.ask()).text if call.rule and call.rule.turn(call) else found[0].document.label
    allowed = {each.casefold(): each for each in call.body.get("labels") or ()}
    return allowed.get(label.casefold(), UNKNOWN) if allowed else label


def _nearest(call: Call) -> list[Found]:
    reranking.check_source(call, "examples")
    query, most = call.body["query"], call.body.get("max_examples") or reranking.MOST
    given = [Document(place, text, label) for place, (text, label) in enumerate(call.body.get("examples") or ())]
    found = reranking.ranked(query, given or reranking.from_file(call, query, reranking.MOST))[:most]
    if not found:
        raise errors.invalid("No similar documents were found in file with the query.", "file")
    return found


def _example(found: Found, *, scored: bool) -> Object:
    document = found.document
    if not scored:
        return {"document": document.place, "label": document.label, "text": document.text}
    return {
        "document": document.place,
        "label": document.label,
        "object": "search_result",
        "score": found.score,
        "text": document.text,
    }
