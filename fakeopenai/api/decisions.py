"""Decisions: how likely, which one, how much. The model answers in numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from math import exp

import msgspec

from fakeopenai import errors, tokens
from fakeopenai.errors import invalid
from fakeopenai.resource import Routes
from fakeopenai.turn import Message, Prompt, Role
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()

MODEL = "gpt-6-luna"
MOST = 400
"""Questions of one request."""

_WORD = re.compile(r"\w{3,}")
_SURE = 4.0
"""How much more likely a scripted answer is than another one, as a power of e."""


@routes.reads("POST /decisions")
def read(call: Call) -> Prompt:
    body = call.body
    model = call.world.model(body["model"])
    if model is None:
        raise errors.requested_model_not_found(body["model"])
    if not body["questions"]:
        raise errors.too_short("questions", "array", 1, 0)
    if len(body["questions"]) > MOST:
        raise errors.too_long("questions", "array", MOST, len(body["questions"]))
    asked = "\n".join(_text(question["instructions"]) for question in body["questions"])
    return Prompt(model=model, messages=(Message("system", asked), *_messages(body["input"])))


def _messages(given: Json) -> Iterator[Message]:
    if isinstance(given, str):
        yield Message("user", given)
        return
    for item in given:
        role: Role = "assistant" if item.get("role") == "assistant" else "user"
        yield Message(role, _text(item.get("content") or item.get("output") or item.get("arguments") or ""))


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    return " ".join(part.get("text") or part.get("refusal") or _data(part) for part in content)


def _data(part: Object) -> str:
    return msgspec.json.encode(part["data"]).decode() if "data" in part else ""


@routes.on("POST /decisions")
def create(call: Call) -> Reply:
    prompt = call.ask()
    turn = call.rule.turn(call) if call.rule else None
    said = turn.text if turn else ""
    refused = bool(turn and turn.refusal)
    answers = [_answer(prompt, question, said, refused=refused) for question in call.body["questions"]]
    used, spoken = tokens.input_tokens(prompt), 4 * len(answers)
    usage = {
        "input_tokens": used,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": spoken,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": used + spoken,
    }
    return Reply({"answers": answers, "model": prompt.model.snapshot, "usage": usage})


def _answer(prompt: Prompt, question: Object, said: str, *, refused: bool) -> Object:
    """The answer to a question; what a rule says is what is chosen."""
    kind, name = question["type"], question.get("name")
    if refused:
        return {"name": name, "type": "refusal"}
    asked = _text(question["instructions"])
    match kind:
        case "predicate":
            chance = _chances(prompt, asked, [True, False], ["true yes", "false no"], said)[0]
            return {"name": name, "probability": chance, "type": kind}
        case "choice":
            return _choice(prompt, question, asked, said)
        case _:
            return _score(prompt, question, asked, said)


def _choice(prompt: Prompt, question: Object, asked: str, said: str) -> Object:
    values = [choice["value"] for choice in question["choices"]]
    if len(values) < 2 or len({(type(value), value) for value in values}) < len(values):
        raise invalid("Provide at least 2 choices, each of them once.", "questions", "invalid_value")
    about = [f"{choice['value']} {choice.get('description') or ''}" for choice in question["choices"]]
    chances = _chances(prompt, asked, values, about, said)
    best = max(range(len(values)), key=chances.__getitem__)
    return {
        "choice": values[best],
        "confidence": chances[best],
        "name": question.get("name"),
        "probabilities": [
            {"probability": chance, "value": value} for chance, value in zip(chances, values, strict=True)
        ],
        "type": "choice",
    }


def _score(prompt: Prompt, question: Object, asked: str, said: str) -> Object:
    labels = [level["label"] for level in question["levels"]]
    if len(labels) < 2:
        raise invalid("Provide at least 2 levels.", "questions", "invalid_value")
    about = [f"{level['label']} {level.get('description') or ''}" for level in question["levels"]]
    chances = _chances(prompt, asked, labels, about, said)
    return {
        "confidence": max(chances),
        "name": question.get("name"),
        "probabilities": [
            {"label": label, "probability": chance, "value": value}
            for value, (label, chance) in enumerate(zip(labels, chances, strict=True))
        ],
        "score": round(sum(value * chance for value, chance in enumerate(chances)), 6),
        "type": "score",
    }


def _chances(prompt: Prompt, asked: str, values: list[Json], about: list[str], said: str) -> list[float]:
    """How likely each value is: what is spoken of in the input more so than others; chance decides the rest."""
    known = set(_WORD.findall(" ".join(message.text for message in prompt.messages[1:]).lower()))
    weights = []
    for value, words in zip(values, about, strict=True):
        overlap = len(known & set(_WORD.findall(words.lower())))
        scripted = _SURE * (2 if said.strip().lower() == str(value).lower() else 0)
        weights.append(exp(min(overlap, 4) + scripted + _luck(prompt, asked, value)))
    whole = sum(weights)
    return [round(weight / whole, 6) for weight in weights]


def _luck(prompt: Prompt, asked: str, value: Json) -> float:
    seed = msgspec.json.encode([[message.text for message in prompt.messages], asked, value])
    return blake2b(seed, digest_size=1).digest()[0] / 255
