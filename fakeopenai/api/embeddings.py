"""Embeddings: texts, or their tokens, as unit vectors."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import msgspec

from fakeopenai import errors, limits, models, vectors
from fakeopenai.errors import ApiError
from fakeopenai.inputs import Passage, context_exceeded, passages
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()

MOST_TOKENS = 300_000
"""The sum of all inputs of one request (the API reference)."""


@routes.on("POST /embeddings")
def create(call: Call) -> Reply:
    body = call.body
    model = _model(call)
    dimensions = _dimensions(body.get("dimensions"), model)
    _check_input(body["input"])
    given = passages(body["input"], model.encoding)
    _check_lengths(given, model)
    packed = body.get("encoding_format") == "base64"
    counted = sum(passage.tokens for passage in given)
    told = call.scripted("embedding") or []
    answer: Object = {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": _embedded(passage.text, told[index : index + 1] or told[-1:], model, dimensions, packed),
            }
            for index, passage in enumerate(given)
        ],
        "model": model.snapshot,
        "usage": {"prompt_tokens": counted, "total_tokens": counted},
    }
    charged = ceil(sum(len(passage.text) for passage in given) / 4)
    return Reply(answer, headers=limits.token_headers(model, charged))


def _model(call: Call) -> Model:
    name = call.body["model"]
    found = call.world.model(name)
    if found is None:
        raise errors.model_not_found(name)
    if found.kind == "embedding":
        return found
    if models.find(name) is None:
        return models.assume(name, "embedding")
    raise errors.not_allowed("generate embeddings")


def _dimensions(asked: int | None, model: Model) -> int:
    if asked is None:
        return model.dimensions
    if asked < 1:
        raise errors.invalid(f"{asked} is less than the minimum of 1 - 'dimensions'")
    if not model.shortens:
        raise errors.invalid("This model does not support specifying dimensions.")
    if asked > model.dimensions:
        raise _too_many_dimensions(asked, model)
    return asked


def _too_many_dimensions(asked: int, model: Model) -> ApiError:
    return errors.invalid(
        f"Invalid value for 'dimensions' = {asked}. Must be less than or equal to {model.dimensions}.", "dimensions"
    )


def _check_input(given: Json) -> None:
    """Refuse empty texts. All else that can be wrong with an input is refused in the same words before."""
    if not given or (isinstance(given, list) and "" in given):
        raise errors.invalid(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )


def _check_lengths(given: list[Passage], model: Model) -> None:
    for passage in given:
        if passage.tokens > model.context:
            raise context_exceeded(model.context, passage.tokens)
    total = sum(passage.tokens for passage in given)
    if total > MOST_TOKENS:
        message = f"Requested {total} tokens, max {MOST_TOKENS} tokens per request"
        raise ApiError(400, message, type="max_tokens_per_request", code="max_tokens_per_request")


def _embedded(text: str, told: list[Json], model: Model, dimensions: int, packed: bool) -> msgspec.Raw:
    """The vector of a text; or the one that a rule gives, or that of the text which it gives."""
    if not told or isinstance(told[0], str):
        return _spelled(*told or [text], model.dimensions, dimensions, packed)
    return msgspec.Raw(msgspec.json.encode(vectors.packed(told[0]) if packed else told[0]))


@lru_cache(maxsize=256)
def _spelled(text: str, size: int, dimensions: int, packed: bool) -> msgspec.Raw:
    """The vector of a text as JSON, some 20 KB, of which those asked for lately are kept."""
    vector = vectors.embed(text, size, dimensions)
    return msgspec.Raw(msgspec.json.encode(vectors.packed(vector) if packed else vector))
