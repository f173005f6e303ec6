"""The errors that a rule can inject, by name, as the API words them.

Wordings are those of recorded traffic, or of issue threads where none was recorded; `timeout`, `conflict` and
`unprocessable` follow the envelope of the others. Pages of the network in front of the API are no JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from fakeopenai import errors, limits, models
from fakeopenai.errors import ApiError
from fakeopenai.ids import Names
from fakeopenai.wire import Reply

if TYPE_CHECKING:
    from fakeopenai.models import Model
    from fakeopenai.wire import Call

Fault = Callable[["Call"], ApiError]

DAY = 86_400_000
"""Milliseconds."""

DAILY = 200
"""Requests a day of an account that has paid nothing (recorded: a limit of 200 resets by 7m12s)."""

_RATE_LIMITS = "Visit https://platform.openai.com/account/rate-limits to learn more."


class PageError(ApiError):
    """What the network in front of the API answers: a page for people."""

    def __init__(self, status: int, page: str, media: str = "text/html") -> None:
        super().__init__(status, page, type=None, gateway=True)
        self.media = media

    def reply(self) -> Reply:
        return Reply(self.message.encode(), self.status, dict(self.headers), media=self.media, gateway=True)


def rate_limit(call: Call) -> ApiError:
    """Too many requests in this minute; the next one may come as soon as the bucket has room for it."""
    limit = _model(call).requests_per_minute
    used = f"on requests per min (RPM): Limit {limit}, Used {limit}, Requested 1."
    return _limited(call, "requests", used, _spent("requests", limit), 60_000 // limit)


def rate_limit_day(call: Call) -> ApiError:
    """Too many requests today, of the few that a small account has."""
    used = f"on requests per day (RPD): Limit {DAILY}, Used {DAILY}, Requested 1."
    return _limited(call, "requests", used, _spent("requests", DAILY, DAY), DAY // DAILY)


def rate_limit_tokens(call: Call) -> ApiError:
    """Too many tokens in this minute."""
    limit, wanted = _model(call).tokens_per_minute, _tokens(call)
    used = f"on tokens per min (TPM): Limit {limit}, Used {limit}, Requested {wanted}."
    return _limited(call, "tokens", used, _spent("tokens", limit), wanted * 60_000 // limit)


def request_too_large(call: Call) -> ApiError:
    """More tokens in one request than a minute has; no time to retry after was recorded."""
    limit = _model(call).tokens_per_minute
    return ApiError(
        429,
        f"Request too large for {_model_name(call)} in organization {organization(call)} on tokens per min (TPM): "
        f"Limit {limit}, Requested {limit + _tokens(call)}. The input or output tokens must be reduced in order to run "
        f"successfully. {_RATE_LIMITS}",
        type="tokens",
        code="rate_limit_exceeded",
        gateway=True,
        headers=limits.token_headers(_model(call), 0),
    )


def _limited(call: Call, kind: str, used: str, spent: dict[str, str], milliseconds: int) -> ApiError:
    """What is spent, and beside it what is left of the other kind (recorded 429s have all six headers)."""
    wait = max(milliseconds, 1)
    named = f"Rate limit reached for {_model_name(call)} in organization {organization(call)}"
    message = f"{named} {used} Please try again in {limits.duration(wait)}. {_RATE_LIMITS}"
    headers = limits.token_headers(_model(call), 0) | spent | retry_headers(wait / 1000)
    return ApiError(429, message, type=kind, code="rate_limit_exceeded", gateway=True, headers=headers)


def _spent(kind: str, limit: int, period: int = 60_000) -> dict[str, str]:
    """The headers of an empty bucket: it is full again after the whole period, in milliseconds."""
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": "0",
        f"x-ratelimit-reset-{kind}": limits.duration(period),
    }


def retry_headers(seconds: float) -> dict[str, str]:
    """When to retry: in milliseconds, and in whole seconds for clients that know only those."""
    return {"retry-after-ms": str(ceil(round(seconds * 1000, 6))), "retry-after": str(ceil(seconds))}


def insufficient_quota(_: Call) -> ApiError:
    return ApiError(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        type="insufficient_quota",
        code="insufficient_quota",
        gateway=True,
    )


def billing_hard_limit(_: Call) -> ApiError:
    return errors.invalid("Billing hard limit has been reached", code="billing_hard_limit_reached")


def invalid_api_key(call: Call) -> ApiError:
    return errors.incorrect_key(call.request.key, call.operation.path)


def missing_api_key(call: Call) -> ApiError:
    return errors.no_key(call.operation.path)


def mismatched_organization(_: Call) -> ApiError:
    """The header names an organization that the key is not of (openai/codex#1000)."""
    message = "OpenAI-Organization header should match organization for API key"
    return ApiError(401, message, code="mismatched_organization", gateway=True)


def no_organization(_: Call) -> ApiError:
    """Whose key it is belongs to no organization any more (abi/screenshot-to-code#9)."""
    return ApiError(
        401,
        "You must be a member of an organization to use the API. Please contact us through our help center at "
        "help.openai.com.",
        code="no_organization",
        gateway=True,
    )


def missing_scopes(_: Call) -> ApiError:
    return ApiError(
        401,
        "You have insufficient permissions for this operation. Missing scopes: model.request. Check that you have the "
        "correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using a "
        "restricted API key, that it has the necessary scopes.",
    )


def permission_denied(call: Call) -> ApiError:
    does = "generate embeddings from" if call.operation.path == "/embeddings" else "sample from"
    return ApiError(403, f"You are not allowed to {does} this model", gateway=True)


def model_forbidden(call: Call) -> ApiError:
    message = f"Project `{Names(call.world.seed, 0).new('proj_')}` does not have access to model `{_model_name(call)}`"
    return ApiError(403, message, code="model_not_found", gateway=True)


def unsupported_country(_: Call) -> ApiError:
    message = "Country, region, or territory not supported"
    return ApiError(403, message, type="request_forbidden", code="unsupported_country_region_territory", gateway=True)


def not_found(call: Call) -> ApiError:
    """The object whose id comes last in the path, or else the URL, isn't there."""
    if not call.path:
        return ApiError(404, f"Invalid URL ({call.request.method} /v1{call.request.path})")
    name, id = list(call.path.items())[-1]
    if name == "file_id":
        return ApiError(404, f"No such File object: {id}", param="id")
    return ApiError(404, f"No {name.removesuffix('_id').replace('_', ' ')} found with id '{id}'.")


def model_not_found(call: Call) -> ApiError:
    name = _model_name(call)
    if call.operation.path.startswith("/responses"):
        return errors.invalid(f"The requested model '{name}' does not exist.", "model", "model_not_found")
    message = f"The model `{name}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found", gateway=True)


def model_deprecated(call: Call) -> ApiError:
    """The model was there once (recorded)."""
    message = f"The model `{_model_name(call)}` has been deprecated, learn more here: "
    address = "https://platform.openai.com/docs/deprecations"
    return ApiError(404, message + address, code="model_not_found", gateway=True)


def unknown_url(call: Call) -> ApiError:
    return errors.unknown_url(call.request.method, call.request.path)


def context_length_exceeded(call: Call) -> ApiError:
    if call.operation.path.startswith("/responses"):
        message = "Your input exceeds the context window of this model. Please adjust your input and try again."
        return errors.invalid(message, "input", "context_length_exceeded")
    context = _model(call).context
    return errors.invalid(
        f"This model's maximum context length is {context} tokens. However, your messages resulted in "
        f"{context + _tokens(call)} tokens. Please reduce the length of the messages.",
        "messages",
        "context_length_exceeded",
    )


def content_filter(_: Call) -> ApiError:
    """Azure's refusal to read a prompt; OpenAI's own is `invalid_prompt`."""
    return errors.invalid(
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
        "Please modify your prompt and retry. To learn more about our content filtering policies please read our "
        "documentation: "
        "https://go.microsoft.com/fwlink/?linkid=2198766",
        "prompt",
        "content_filter",
    )


def invalid_prompt(_: Call) -> ApiError:
    return errors.invalid(
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
        "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
        code="invalid_prompt",
    )


def moderation_blocked(call: Call) -> ApiError:
    return ApiError(
        400,
        "Your request was rejected by the safety system. If you believe this is an error, contact us at "
        f"help.openai.com and include the request ID {request_id(call)}. safety_violations=[violence].",
        type="image_generation_user_error",
        code="moderation_blocked",
    )


def unverified_organization(_: Call) -> ApiError:
    return errors.invalid(
        "Your organization must be verified to stream this model. Please go to: "
        "https://platform.openai.com/settings/organization/general and click on Verify Organization. If you just "
        "verified, it can take up to 15 minutes for access to propagate.",
        "stream",
        "unsupported_value",
    )


def timeout(_: Call) -> ApiError:
    return ApiError(408, "Request timed out.", type="server_error")


def conflict(_: Call) -> ApiError:
    return ApiError(409, "The resource was changed by another request. Please try again.", code="conflict")


def too_large(_: Call) -> ApiError:
    return errors.too_large(26_214_400, 26_214_401)


def unprocessable(_: Call) -> ApiError:
    return ApiError(422, "The request was well-formed but could not be processed.", code="unprocessable_entity")


def server_error(call: Call) -> ApiError:
    return errors.server_error(request_id(call))


def overloaded(call: Call) -> ApiError:
    return ApiError(
        503,
        "That model is currently overloaded with other requests. You can retry your request, or contact us through our "
        "help center at help.openai.com if the error persists. (Please include the request ID "
        f"{request_id(call)} in your message.)",
        type="server_error",
    )


def site_overloaded(_: Call) -> ApiError:
    """529, as gateways and other providers say that they are overloaded."""
    return ApiError(529, "Overloaded", type="overloaded_error")


def bad_gateway(_: Call) -> ApiError:
    return PageError(502, _cloudflare(502, "Bad gateway"), "text/html; charset=UTF-8")


def service_unavailable(_: Call) -> ApiError:
    message = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
    return PageError(503, message, "text/plain")


def service_unavailable_page(_: Call) -> ApiError:
    return PageError(503, _nginx("503 Service Temporarily Unavailable"))


def gateway_timeout(_: Call) -> ApiError:
    return PageError(504, _nginx("504 Gateway Time-out"))


def _cloudflare(status: int, reason: str) -> str:
    """The outline of Cloudflare's page, which begins with these comments (recorded)."""
    ages = "".join(
        f'<!--[if {test}]> <html class="no-js {name} oldie" lang="en-US"> <![endif]-->\n'
        for test, name in (("lt IE 7", "ie6"), ("IE 7", "ie7"), ("IE 8", "ie8"))
    )
    return (
        f"<!DOCTYPE html>\n{ages}"
        '<!--[if gt IE 8]><!--> <html class="no-js" lang="en-US"> <!--<![endif]-->\n'
        f"<head>\n<title>api.openai.com | {status}: {reason}</title>\n</head>\n"
        f'<body>\n<div id="cf-wrapper">\n<h1>{reason} <span>Error code {status}</span></h1>\n</div>\n</body>\n</html>\n'
    )


def _nginx(title: str) -> str:
    lines = [
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "<hr><center>nginx</center>",
        "</body>",
        "</html>",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def organization(call: Call) -> str:
    """The organization that a message names: the one the caller named, or the world's."""
    return call.request.headers.get("openai-organization") or f"org-{Names(call.world.seed, 0).b62(24, 'org-')}"


def request_id(call: Call) -> str:
    """The id that the answer's `x-request-id` will have."""
    return call.names.request_id


def _model_name(call: Call) -> str:
    return str(call.body.get("model", "gpt-4o")) if isinstance(call.body, dict) else "gpt-4o"


def _model(call: Call) -> Model:
    return models.find(_model_name(call)) or models.assume(_model_name(call))


def _tokens(call: Call) -> int:
    return limits.estimate(replace(call.prompt, limit=None)) if call.prompt else 1


FAULTS: dict[str, Fault] = {
    "rate_limit": rate_limit,
    "rate_limit_day": rate_limit_day,
    "rate_limit_tokens": rate_limit_tokens,
    "request_too_large": request_too_large,
    "insufficient_quota": insufficient_quota,
    "billing_hard_limit": billing_hard_limit,
    "invalid_api_key": invalid_api_key,
    "missing_api_key": missing_api_key,
    "mismatched_organization": mismatched_organization,
    "no_organization": no_organization,
    "missing_scopes": missing_scopes,
    "permission_denied": permission_denied,
    "model_forbidden": model_forbidden,
    "unsupported_country": unsupported_country,
    "not_found": not_found,
    "model_not_found": model_not_found,
    "model_deprecated": model_deprecated,
    "unknown_url": unknown_url,
    "context_length_exceeded": context_length_exceeded,
    "content_filter": content_filter,
    "invalid_prompt": invalid_prompt,
    "moderation_blocked": moderation_blocked,
    "unverified_organization": unverified_organization,
    "timeout": timeout,
    "conflict": conflict,
    "too_large": too_large,
    "unprocessable": unprocessable,
    "server_error": server_error,
    "overloaded": overloaded,
    "site_overloaded": site_overloaded,
    "bad_gateway": bad_gateway,
    "service_unavailable": service_unavailable,
    "service_unavailable_page": service_unavailable_page,
    "gateway_timeout": gateway_timeout,
}
