"""Answers: a question answered from documents, as the API did until 2022-12."""

from __future__ import annotations

from fakeopenai import errors, reranking
from fakeopenai.api.engine_names import version
from fakeopenai.reranking import Document
from fakeopenai.resource import Routes
from fakeopenai.speech import speak
from fakeopenai.turn import Message, Prompt
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

MOST_TOKENS = 16
"""The default of `max_tokens`."""
RULE = "\n\n===\n"
"""What stands between the examples of the prompt; an answer ends before it."""


@routes.reads("POST /answers")
def read(call: Call) -> Prompt:
    """Read the prompt that the API built from examples, the documents that fit best, and the question."""
    name = call.body["model"]
    model = call.world.model_of(name, "completion")
    if model is None:
        raise errors.model_not_found(name, gateway=False)
    stop = call.body.get("stop") or ()
    return Prompt(
        model=model,
        messages=(Message("user", _written(call)),),
        limit=call.body.get("max_tokens") or MOST_TOKENS,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )


def _written(call: Call) -> str:
    context = "\n".join(found["text"].strip() for found in _selected(call))
    shown = "\n".join(f"Q: {question}\nA: {answer}" for question, answer in call.body["examples"])
    parts = (
        "Please answer the question according to the above context.",
        f"Context: {call.body['examples_context']}\n{shown}",
        f"Context: {context}\nQ: {call.body['question']}\nA:",
    )
    return RULE.join(parts)


@routes.on("POST /answers")
def create(call: Call) -> Reply:
    body, prompt = call.body, call.ask()
    file = body.get("file")
    search_model = body.get("search_model") or "ada"
    answer = {
        "answers": [speak(call, prompt, index).text for index in range(body.get("n") or 1)],
        "completion": call.names.new("cmpl-"),
        **({"file": file} if file else {}),
        "model": version(prompt.model.id),
        "object": "answer",
        "search_model": version(search_model) if file else search_model,
        "selected_documents": _selected(call),
    }
    return Reply(answer | ({"prompt": prompt.messages[0].text} if body.get("return_prompt") else {}))


def _selected(call: Call) -> list[Object]:
    """The documents that the model reads: few ones as they came, else those that fit best, the very best last."""
    reranking.check_source(call, "documents")
    question, most = call.body["question"], call.body.get("max_rerank") or reranking.MOST
    given = call.body.get("documents")
    if given is not None and len(given) <= most:
        return [{"document": place, "text": f"{text} "} for place, text in enumerate(given)]
    documents = [Document(place, text) for place, text in enumerate(given or ())]
    found = reranking.ranked(question, documents or reranking.from_file(call, question, most))[:most]
    return [
        {
            "document": each.document.place,
            "object": "search_result",
            "score": each.score,
            "text": each.document.text,
            **({"metadata": each.document.metadata} if call.body.get("return_metadata") else {}),
        }
        for each in reversed(found)
    ]
