"""Graders: what a sample of a model is worth, by texts, by code, by another model, or by several graders together.

https://platform.openai.com/docs/guides/graders. A sample is a dictionary with `output_text`, `output_json`,
`output_tools` and `choices`, an item any JSON object; templates such as `{{item.answer}}` name parts of the two.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from fakeopenai import evaluator, likeness
from fakeopenai.errors import ApiError, invalid, requested_model_not_found
from fakeopenai.evaluator import Forbidden, Raised
from fakeopenai.wire import Json, Object, Reply, Request

if TYPE_CHECKING:
    from fakeopenai.world import World

TEMPLATE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_STEP = re.compile(r"[^.\[\]]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

ERRORS: Object = {
    "formula_parse_error": False,
    "sample_parse_error": False,
    "truncated_observation_error": False,
    "unresponsive_reward_error": False,
    "invalid_variable_error": False,
    "other_error": False,
    "python_grader_server_error": False,
    "python_grader_server_error_type": None,
    "python_grader_runtime_error": False,
    "python_grader_runtime_error_details": None,
    "model_grader_server_error": False,
    "model_grader_refusal_error": False,
    "model_grader_parse_error": False,
    "model_grader_server_error_details": None,
}


class Failed(Exception):  # noqa: N818  part of a grade, never seen outside
    """A grader that could not do its work: which of the ERRORS that is, and why."""

    def __init__(self, error: str, details: str = "") -> None:
        super().__init__(details or error)
        self.error, self.details = error, details


@dataclass(frozen=True)
class Grade:
    """What a grader found. `said` is the exchange with a model, where one was asked; `usage` counts by model."""

    score: float
    passed: bool
    parts: Mapping[str, float] = field(default_factory=dict)
    errors: Object = field(default_factory=dict)
    usage: Mapping[str, Object] = field(default_factory=dict)
    said: Object | None = None

    @property
    def failed(self) -> bool:
        return any(value is True for value in self.errors.values())


def sample(text: str, tools: Json = ()) -> Object:
    """What a model said, as graders see it."""
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        data = None
    message = {"role": "assistant", "content": text, "tool_calls": list(tools)}
    return {"output_text": text, "output_json": data, "output_tools": list(tools), "choices": [{"message": message}]}


def grade(world: World, grader: Object, item: Json, said: Object) -> Grade:
    """Apply a grader. What goes wrong on the way is part of the grade."""
    try:
        return GRADERS[grader["type"]](world, grader, item, said)
    except Failed as fault:
        noted: Object = {fault.error: True}
        if f"{fault.error}_details" in ERRORS:
            noted[f"{fault.error}_details"] = fault.details
        return Grade(0.0, passed=False, errors=noted)


def _string_check(_: World, grader: Object, item: Json, said: Object) -> Grade:
    text, reference = (render(grader[field], item, said) for field in ("input", "reference"))
    matches = {
        "eq": text == reference,
        "ne": text != reference,
        "like": reference in text,
        "ilike": reference.lower() in text.lower(),
    }
    passed = matches[grader["operation"]]
    return Grade(float(passed), passed)


def _text_similarity(_: World, grader: Object, item: Json, said: Object) -> Grade:
    text, reference = (render(grader[field], item, said) for field in ("input", "reference"))
    score = likeness.measured(grader["evaluation_metric"], text, reference)
    return Grade(score, score >= threshold(grader))


def _python(_: World, grader: Object, item: Json, said: Object) -> Grade:
    try:
        score = evaluator.call(evaluator.load(grader["source"])["grade"], said, item)
    except (Raised, Forbidden) as fault:
        raise Failed("python_grader_runtime_error", str(fault)) from fault
    if not isinstance(score, int | float):
        raise Failed("python_grader_runtime_error", f"grade() must return a number, not {type(score).__name__}")
    if not abs(score) <= sys.float_info.max:
        raise Failed("python_grader_runtime_error", "grade() must return a finite number")
    return Grade(float(score), score >= threshold(grader))


def _multi(world: World, grader: Object, item: Json, said: Object) -> Grade:
    grades = {name: grade(world, part, item, said) for name, part in parts(grader).items()}
    scores = {name: each.score for name, each in grades.items()}
    errors: Object = {}
    usage: dict[str, Object] = {}
    for each in grades.values():
        errors |= each.errors
        add_usage(usage, each.usage)
    try:
        score = evaluator.calculate(grader["calculate_output"], scores)
    except (Raised, Forbidden, ValueError, TypeError):
        score, errors = 0.0, errors | {"formula_parse_error": True}
    return Grade(score, score >= threshold(grader), scores, errors, usage)


def _score_model(world: World, grader: Object, item: Json, said: Object) -> Grade:
    low, high = grader.get("range") or (0, 1)
    wanted = f"Give a score from {low:g} to {high:g}. Answer with the number only."
    result = {"type": "number", "minimum": low, "maximum": high}
    exchange = _asked(world, grader, messages(grader["input"], item, said, wanted), result)
    score = _result(exchange)
    if isinstance(score, str):
        found = _NUMBER.search(score)
        score = float(found[0]) if found else None
    if not isinstance(score, int | float) or not low <= score <= high:
        raise Failed("model_grader_parse_error")
    return Grade(float(score), score >= threshold(grader), usage=_usage(exchange), said=exchange)


def _label_model(world: World, grader: Object, item: Json, said: Object) -> Grade:
    wanted = f"Choose one of these labels: {', '.join(grader['labels'])}. Answer with the label only."
    result = {"type": "string", "enum": grader["labels"]}
    exchange = _asked(world, grader, messages(grader["input"], item, said, wanted), result)
    label = str(_result(exchange)).strip()
    if label not in grader["labels"]:
        raise Failed("model_grader_parse_error")
    passed = label in grader["passing_labels"]
    return Grade(float(passed), passed, usage=_usage(exchange), said=exchange)


GRADERS: dict[str, Callable[[World, Object, Json, Object], Grade]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "python": _python,
    "multi": _multi,
    "score_model": _score_model,
    "label_model": _label_model,
}


def parts(grader: Object) -> dict[str, Object]:
    """The graders that a multi-grader puts together: a table of them as the guide writes it, or a single one."""
    graders: Object = grader["graders"]
    return {graders["name"]: graders} if isinstance(graders.get("type"), str) else graders


def threshold(grader: Object) -> float:
    """From which score on a sample passes: as asked, else from the middle of the range."""
    low, high = grader.get("range") or (0, 1)
    asked = grader.get("pass_threshold")
    return float((low + high) / 2 if asked is None else asked)


def add_usage(total: dict[str, Object], usage: Mapping[str, Object]) -> None:
    for model, counts in usage.items():
        known = total.setdefault(model, dict.fromkeys(counts, 0))
        total[model] = {name: known.get(name, 0) + number for name, number in counts.items()}


# Templates


def render(template: str, item: Json, said: Object) -> str:
    """A text with its templates filled in. Raises Failed for what isn't there."""
    return TEMPLATE.sub(lambda found: _written(looked_up(found[1], item, said)), template)


def looked_up(path: str, item: Json, said: Object) -> Json:
    """What a path leads to; texts on the way are opened as JSON, such as the arguments of a call."""
    value: Json = {"item": item, "sample": said}
    for step in _STEP.findall(path):
        try:
            whole = msgspec.json.decode(value) if isinstance(value, str) else value
            value = whole[int(step)] if isinstance(whole, list) else whole[step]
        except (KeyError, IndexError, ValueError, TypeError, RecursionError) as fault:
            raise Failed("invalid_variable_error", path) from fault
    return value


def _written(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def messages(template: list[Object], item: Json, said: Object, wanted: str = "") -> list[Object]:
    """The messages of a template, filled in, as chat completions take them, behind what is wanted of the model."""
    filled = [{"role": each["role"], "content": _content(each["content"], item, said)} for each in template]
    return [{"role": "system", "content": wanted}, *filled] if wanted else filled


def _content(content: Json, item: Json, said: Object) -> Json:
    pieces = content if isinstance(content, list) else [content]
    made = [_part(piece, item, said) for piece in pieces]
    if all(part["type"] == "text" for part in made):
        return "".join(part["text"] for part in made)
    return made


def _part(piece: Json, item: Json, said: Object) -> Object:
    match piece:
        case {"type": "input_image", "image_url": url}:
            return {"type": "image_url", "image_url": {"url": render(url, item, said)}}
        case {"type": "input_audio", "input_audio": {"data": data, "format": form}}:
            return {"type": "input_audio", "input_audio": {"data": render(data, item, said), "format": form}}
        case {"text": text}:
            return {"type": "text", "text": render(text, item, said)}
        case _:
            return {"type": "text", "text": render(str(piece), item, said)}


# Asking a model


def _asked(world: World, grader: Object, asked: list[Object], result: Object) -> Object:
    """A model's judgement: the request and the reply, on the path of all requests, so that rules can speak for it."""
    body = {"model": grader["model"], "messages": asked} | _form(world, grader["model"], result) | sampling(grader)
    reply = world.answer(Request("POST", "/chat/completions", body=body, key=f"sk-{world.name}"))
    answered = body_of(reply)
    if reply.status != 200 or "choices" not in answered:
        raise Failed("model_grader_server_error", refusal(reply)[1])
    return {"input": asked, "reply": answered}


def body_of(reply: Reply) -> Object:
    """The object of a reply; an empty one for what is none, such as the page of a gateway."""
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def refusal(reply: Reply) -> tuple[str, str]:
    """Code and message of a reply that is no answer."""
    error = body_of(reply).get("error")
    given = error if isinstance(error, dict) else {}
    code, message = given.get("code") or given.get("type"), given.get("message")
    return str(code or "server_error"), str(message or f"The model answered with status {reply.status}.")


def _form(world: World, model: str, result: Object) -> Object:
    """The form of a judgement, for models that can keep to one."""
    found = world.model(model)
    if found is None or not found.structured:
        return {}
    schema = {"type": "object", "properties": {"result": result}, "required": ["result"], "additionalProperties": False}
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "judgement", "schema": schema}}}


def sampling(grader: Object) -> Object:
    """Sampling parameters as chat completions call them."""
    given = {name: value for name, value in (grader.get("sampling_params") or {}).items() if value is not None}
    if "max_completions_tokens" in given:
        given["max_completion_tokens"] = given.pop("max_completions_tokens")
    return given


def _result(exchange: Object) -> Json:
    message = exchange["reply"]["choices"][0]["message"]
    if message.get("refusal"):
        raise Failed("model_grader_refusal_error")
    text: str = message["content"] or ""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return found.get("result") if isinstance(found, dict) else found


def _usage(exchange: Object) -> dict[str, Object]:
    reply = exchange["reply"]
    return {reply["model"]: usage_of(reply["usage"])}


def usage_of(usage: Object) -> Object:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    counted = {name: usage[name] for name in ("prompt_tokens", "total_tokens", "completion_tokens")}
    return counted | {"cached_tokens": cached}


# Checking graders before they are used


def check(world: World, grader: Object, param: str) -> None:
    """Refuse a grader that could never work."""
    for variable in _variables(grader):
        if variable.partition(".")[0].partition("[")[0] not in {"item", "sample"}:
            raise _refused(f"Unknown variable '{variable}' in a template. Use 'item' or 'sample'.", param)
    checked = CHECKS.get(grader["type"])
    if checked:
        checked(world, grader, param)


def _variables(grader: Json) -> Iterator[str]:
    match grader:
        case str():
            yield from TEMPLATE.findall(grader)
        case list():
            for member in grader:
                yield from _variables(member)
        case dict():
            for name, member in grader.items():
                if name != "source":
                    yield from _variables(member)


def _check_python(_: World, grader: Object, param: str) -> None:
    try:
        defined = evaluator.load(grader["source"])
    except (Raised, Forbidden) as fault:
        raise _refused(f"The source can't be used: {fault}.", f"{param}.source") from fault
    if not callable(defined.get("grade")):
        raise _refused("The source must define a function 'grade(sample, item)'.", f"{param}.source")


def _check_multi(world: World, grader: Object, param: str) -> None:
    known = parts(grader)
    for name, part in known.items():
        if part.get("type") not in GRADERS or part["type"] == "multi":
            raise _refused(f"'{part.get('type')}' can't be part of a multi grader.", f"{param}.graders.{name}")
        check(world, part, f"{param}.graders.{name}")
    try:
        unknown = sorted(evaluator.names_in(grader["calculate_output"]) - known.keys())
    except Raised as fault:
        raise _refused(f"The formula can't be read: {fault}.", f"{param}.calculate_output") from fault
    if unknown:
        raise _refused(f"The formula speaks of '{unknown[0]}', which is no grader.", f"{param}.calculate_output")


def _check_score_model(world: World, grader: Object, param: str) -> None:
    _check_model(world, grader)
    span = grader.get("range")
    if span is not None and not (len(span) == 2 and span[0] < span[1]):
        raise _refused("The range must be two numbers, the lower one first.", f"{param}.range")


def _check_label_model(world: World, grader: Object, param: str) -> None:
    _check_model(world, grader)
    strange = [label for label in grader["passing_labels"] if label not in grader["labels"]]
    if strange:
        raise _refused(f"The passing label '{strange[0]}' is none of the labels.", f"{param}.passing_labels")


def _check_model(world: World, grader: Object) -> None:
    if world.model(grader["model"]) is None:
        raise requested_model_not_found(grader["model"])


CHECKS: dict[str, Callable[[World, Object, str], None]] = {
    "python": _check_python,
    "multi": _check_multi,
    "score_model": _check_score_model,
    "label_model": _check_label_model,
}


def _refused(message: str, param: str) -> ApiError:
    return invalid(f"Invalid '{param}': {message}", param, "invalid_grader")
