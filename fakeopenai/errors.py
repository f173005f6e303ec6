"""The errors the API answers with. Raise one through its named constructor anywhere below the edge.

Wordings, types and codes are those of recorded traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakeopenai.wire import Json, Object, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence


class ApiError(Exception):
    """An answer of 4xx or 5xx in the API's envelope.

    `gateway` marks the errors that the layer before the model answers: they carry none of the `openai-*` headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str | None = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        gateway: bool = False,
        headers: dict[str, str] | None = None,
        beside: Object | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.type, self.param, self.code = status, message, type, param, code
        self.gateway, self.headers, self.beside = gateway, headers or {}, beside or {}

    @property
    def error(self) -> Object:
        """The value under `error`."""
        return {"message": self.message, "type": self.type, "param": self.param, "code": self.code}

    def reply(self) -> Reply:
        media = "application/json; charset=utf-8" if self.gateway else "application/json"
        body = {"error": self.error, **self.beside}
        return Reply(body, self.status, dict(self.headers), media=media, gateway=self.gateway)


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)


def invalid_value(param: str, value: Json, supported: list[str]) -> ApiError:
    return invalid(f"Invalid value: '{value}'. Supported values are: {listed(supported)}.", param, "invalid_value")


def missing(param: str) -> ApiError:
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def unknown_parameter(param: str, near: Sequence[str] = ()) -> ApiError:
    """`near` are the parameters that may have been meant."""
    hint = f" Did you mean {joined(quoted(near), 'or')}?" if near else ""
    return invalid(f"Unknown parameter: '{param}'.{hint}", param, "unknown_parameter")


def unsupported_parameter(param: str, hint: str = "") -> ApiError:
    message = f"Unsupported parameter: '{param}' is not supported with this model.{hint and ' ' + hint}"
    return invalid(message, param, "unsupported_parameter")


def no_key(path: str) -> ApiError:
    """Nobody is asking."""
    if path.startswith("/responses"):
        return _unauthorised("Missing bearer or basic authentication in header", path, None)
    return _unauthorised(
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
        "API from your browser and are prompted for a username and password. You can obtain an API key from "
        "https://platform.openai.com/account/api-keys.",
        path,
        None,
    )


def incorrect_key(key: str, path: str) -> ApiError:
    """The key is none of ours."""
    message = f"Incorrect API key provided: {masked(key)}. You can find your API key at "
    return _unauthorised(f"{message}https://platform.openai.com/account/api-keys.", path, "invalid_api_key")


def masked(key: str) -> str:
    """A key as the API quotes it: up to 12 characters whole, else the first 8 and the last 4 with stars between."""
    return key if len(key) <= 12 else f"{key[:8]}{'*' * (len(key) - 12)}{key[-4:]}"


def _unauthorised(message: str, path: str, code: str | None) -> ApiError:
    """Model endpoints are guarded by the gateway, all others by the application."""
    gateway = path.split("/", 2)[1] in {"chat", "completions", "embeddings"}
    headers = {} if gateway else {"www-authenticate": 'Bearer realm="OpenAI API"'}
    return ApiError(401, message, code=code, gateway=gateway, headers=headers)


def unreadable_body() -> ApiError:
    return invalid(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
        "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
    )


def unsupported_content_type(given: str, accepted: str) -> ApiError:
    return invalid(
        f"Unsupported content type: '{given}'. This API method only accepts '{accepted}' requests, but you specified "
        f"the header 'Content-Type: {given}'. Please try again with a supported content type.",
        code="unsupported_content_type",
    )


def too_large(limit: int, size: int) -> ApiError:
    message = f"Maximum content size limit ({limit}) exceeded ({size} bytes read)"
    return ApiError(413, message, type="server_error")


def beta_required(beta: str, given: str = "") -> ApiError:
    """The endpoint is in beta, and the caller must say so; `given` is what the header says instead."""
    hint = f"Please try again by setting the header 'OpenAI-Beta: {beta}'."
    message = f"You must provide the 'OpenAI-Beta' header to access this API. {hint}"
    if beta == "assistants=v2" and "assistants=v1" in given:
        message = f"The v1 Assistants API has been deprecated. {hint} {_MIGRATION}"
    return invalid(message, code="invalid_beta")


_MIGRATION = "See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."


def server_error(request_id: str) -> ApiError:
    return ApiError(
        500,
        "The server had an error processing your request. Sorry about that! You can retry your request, or contact us "
        "through our help center at help.openai.com if you keep seeing this error. (Please include the request ID "
        f"{request_id} in your email.)",
        type="server_error",
    )


def unknown_request_url(method: str, path: str) -> ApiError:
    """The path lies below no API root; most often `/v1` is missing from a base URL."""
    message = f"Unknown request URL: {method} {path}. Please check the URL for typos, or see the docs at "
    return ApiError(404, f"{message}https://platform.openai.com/docs/api-reference/.", code="unknown_url")


def unknown_url(method: str, path: str) -> ApiError:
    """No operation has such a path (recorded: `GET /v1/files/`)."""
    return ApiError(404, f"Invalid URL ({method} /v1{path})")


def method_not_allowed(method: str, path: str, allowed: list[str]) -> ApiError:
    message = f"Not allowed to {method} on /v1{path}. (HINT: Perhaps you meant to use a different HTTP method?)"
    return ApiError(405, message, headers={"allow": ", ".join(allowed)})


def no_rule(nearest: str) -> ApiError:
    """Nobody has scripted an answer to this, and it must not go unanswered."""
    message = "No rule matches this request, and 'unmatched' is 'error'."
    told = nearest or "There are no rules."
    return ApiError(400, f"{message}\n{told}", type="fakeopenai_error", code="no_rule_matched")


def misfit(source: str, schema: str, faults: str) -> ApiError:
    """A rule gives a structured value that the request didn't ask for."""
    where = f"The rule at {source}" if source else "A rule"
    message = f"{where} gives a value that doesn't fit {schema}: {faults}. To send it all the same, use 'say'."
    return ApiError(400, message, type="fakeopenai_error", code="rule_does_not_fit")


def failing_function(source: str, word: str, failure: str) -> ApiError:
    """A function that a rule asks for a value, or whether it fits, doesn't give any."""
    where = f" of the rule at {source}" if source else ""
    message = f"The function for '{word}'{where} failed: {failure}"
    return ApiError(400, message, type="fakeopenai_error", code="rule_failed")


def impossible_job(kind: str, endings: list[str], statuses: list[str]) -> ApiError:
    """A rule tells of a job what never becomes of its kind."""
    ways = joined([*endings, "be slow"], "or")
    message = f"No '{kind}' comes to what its rule says: it can {ways}, at {joined(quoted(statuses), 'or')}."
    return ApiError(400, message, type="fakeopenai_error", code="impossible_job")


def listed(values: list[str]) -> str:
    """Quoted and joined the way the API does: `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`."""
    return joined(quoted(values), "and")


def quoted(values: Sequence[str]) -> list[str]:
    return [f"'{value}'" for value in values]


def invalid_type(param: str, expected: str, got: str) -> ApiError:
    """`expected` and `got` with their articles: `an integer`, `a string`."""
    return invalid(f"Invalid type for '{param}': expected {expected}, but got {got} instead.", param, "invalid_type")


def unconvertible(param: str, expected: str) -> ApiError:
    """A field of a form or query whose text is no number where one is expected."""
    got = f"but got a string value that could not be converted into {expected}"
    return invalid(f"Invalid type for '{param}': expected {expected}, {got}.", param, "invalid_type")


def below_minimum(param: str, kind: str, limit: Json, got: Json, sign: str = ">=") -> ApiError:
    """`kind` is `integer` or `decimal`."""
    message = f"Invalid '{param}': {kind} below minimum value. Expected a value {sign} {limit}, but got {got} instead."
    return invalid(message, param, f"{kind}_below_min_value")


def above_maximum(param: str, kind: str, limit: Json, got: Json, sign: str = "<=") -> ApiError:
    """`kind` is `integer` or `decimal`."""
    message = f"Invalid '{param}': {kind} above maximum value. Expected a value {sign} {limit}, but got {got} instead."
    return invalid(message, param, f"{kind}_above_max_value")


def too_long(param: str, kind: str, limit: int, got: int) -> ApiError:
    """`kind` is `string` or `array`."""
    article = "an" if kind == "array" else "a"
    expected = (
        f"Expected {article} {kind} with maximum length {limit}, but got {article} {kind} with length {got} instead."
    )
    return invalid(f"Invalid '{param}': {kind} too long. {expected}", param, f"{kind}_above_max_length")


def too_short(param: str, kind: str, limit: int, got: int) -> ApiError:
    """`kind` is `string` or `array`. An empty one has a wording and a code of its own."""
    article = "an" if kind == "array" else "a"
    fault, found, code = f"{kind} too short", f"{article} {kind} with length {got}", f"{kind}_below_min_length"
    if got == 0:
        fault, found, code = f"empty {kind}", f"an empty {kind}", f"empty_{kind}"
    expected = f"Expected {article} {kind} with minimum length {limit}, but got {found} instead."
    return invalid(f"Invalid '{param}': {fault}. {expected}", param, code)


def too_many_properties(param: str, limit: int, got: int) -> ApiError:
    expected = f"Expected an object with at most {limit} properties, but got an object with {got} properties instead."
    return invalid(f"Invalid '{param}': too many properties. {expected}", param, "object_above_max_properties")


def too_few_properties(param: str, limit: int, got: int) -> ApiError:
    expected = f"Expected an object with at least {limit} properties, but got an object with {got} properties instead."
    return invalid(f"Invalid '{param}': too few properties. {expected}", param, "object_below_min_properties")


def property_name_too_long(param: str, name: str, limit: int) -> ApiError:
    expected = f"Expected a string with maximum length {limit}, but got a string with length {len(name)} instead."
    message = f"Invalid property name in '{param}': '{shortened(name)}' is too long. {expected}"
    return invalid(message, f"{param}.{name}", "property_name_above_max_length")


def pattern_mismatch(param: str, pattern: str) -> ApiError:
    expected = f"Expected a string that matches the pattern '{pattern}'."
    return invalid(f"Invalid '{param}': string does not match pattern. {expected}", param, "invalid_value")


def missing_model() -> ApiError:
    """What the gateway says before chat, completions and embeddings."""
    return invalid("you must provide a model parameter")


def model_not_found(name: str, *, gateway: bool = True) -> ApiError:
    """What the gateway says before chat, completions and embeddings."""
    message = f"The model `{name}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found", gateway=gateway)


def no_such_model(name: str) -> ApiError:
    """What `GET` and `DELETE /models/{model}` say."""
    return ApiError(404, f"The model '{name}' does not exist", param="model", code="model_not_found")


def requested_model_not_found(name: str) -> ApiError:
    """What responses say."""
    return invalid(f"The requested model '{name}' does not exist.", "model", "model_not_found")


def not_a_chat_model() -> ApiError:
    message = "This is not a chat model and thus not supported in the v1/chat/completions endpoint."
    return ApiError(404, f"{message} Did you mean to use v1/completions?", param="model")


def only_in_responses() -> ApiError:
    message = "This model is only supported in v1/responses and not in v1/chat/completions."
    return ApiError(404, message, param="model")


def no_tools() -> ApiError:
    return ApiError(
        404,
        "tools is not supported in this model. For a list of supported models, refer to "
        "https://platform.openai.com/docs/guides/function-calling#models-supporting-function-calling.",
    )


def not_a_completion_model() -> ApiError:
    message = "This is a chat model and not supported in the v1/completions endpoint."
    return ApiError(404, f"{message} Did you mean to use v1/chat/completions?", param="model")


def not_allowed(doing: str) -> ApiError:
    """The gateway knows the model, but it is for something else. `doing` completes "You are not allowed to"."""
    return ApiError(403, f"You are not allowed to {doing} from this model", gateway=True)


def moved_parameter(param: str, target: str) -> ApiError:
    """A parameter of chat completions sent to responses."""
    message = (
        f"Unsupported parameter: '{param}'. In the Responses API, this parameter has moved to '{target}'. "
        "Try again with the new parameter. See the API documentation for more information: "
        "https://platform.openai.com/docs/api-reference/responses/create."
    )
    return invalid(message, code="unsupported_parameter")


def lacks_content(message: int | str) -> ApiError:
    """A chat message without content. This check spells paths in its own way."""
    return invalid("Invalid value for 'content': expected a string, got null.", f"messages.[{message}].content")


def unrecognized_argument(param: str) -> ApiError:
    """The older families' word for an unknown parameter."""
    return invalid(f"Unrecognized request argument supplied: {param}")


def alternatives(values: list[str]) -> str:
    """What a value may be, as a type mismatch puts it: `one of 'a', 'b', or 'c'`."""
    return f"one of {joined(quoted([shortened(value) for value in values]), 'or')}"


def shortened(text: str) -> str:
    """Long words lose their middle inside a sentence about types."""
    return text if len(text) <= 10 else f"{text[:3]}...{text[-3:]}"


def joined(words: list[str], conjunction: str) -> str:
    """`a`, `a or b`, `a, b, or c`."""
    match words:
        case [] | [_] | [_, _]:
            return f" {conjunction} ".join(words)
        case [*most, last]:
            return f"{', '.join(most)}, {conjunction} {last}"
    raise AssertionError(words)
