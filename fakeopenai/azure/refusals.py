"""Azure's errors. Those of its gateway have a code and a message only; those of the API stay as they are.

Recorded: 401, DeploymentNotFound, 408, 413, 429. From issue threads: the content filter's 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakeopenai.azure import filters
from fakeopenai.errors import ApiError

if TYPE_CHECKING:
    from fakeopenai.wire import Call, Object, Reply

REGION = "East US 2"

_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
_NOT_DEPLOYED = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again."
)
_GUIDE = (
    "Please check this guide to understand why this error code might have been returned \n"
    "https://docs.microsoft.com/en-us/azure/machine-learning/how-to-troubleshoot-online-endpoints#http-status-codes\n"
)
_PLAIN = {408: "upstream request timeout", 413: "Failed to buffer the request body: length limit exceeded"}


def deployment_not_found() -> ApiError:
    return ApiError(404, _NOT_DEPLOYED, code="DeploymentNotFound")


def word(reply: Reply, deployment: str, call: Call | None) -> None:
    """Put an error of the API into Azure's words. What isn't in the API's envelope stays."""
    if reply.status in _PLAIN:
        reply.body, reply.media = f"{_PLAIN[reply.status]}\n{_GUIDE}".encode(), "text/plain"
        return
    match reply.body:
        case {"error": {"message": str(), "type": _} as error}:
            reply.body = {"error": _worded(reply, error, deployment, call)}
            reply.media = "application/json"


def _worded(reply: Reply, error: Object, deployment: str, call: Call | None) -> Object:
    match reply.status, error["code"]:
        case _, "content_filter":
            return _filtered(call)
        case 429, _:
            return _limited(deployment)
        case 401, _:
            return {"code": "401", "message": _DENIED}
        case ((400 | 404), "DeploymentNotFound" | "model_not_found") if deployment:
            return _absent(reply, "DeploymentNotFound", _NOT_DEPLOYED)
        case ((404 | 405), _) if call is None:
            return _absent(reply, "404", "Resource not found")
    return {"code": str(reply.status), "message": error["message"]} if reply.status >= 500 else error


def _absent(reply: Reply, code: str, message: str) -> Object:
    reply.status = 404
    return {"code": code, "message": message}


def _limited(deployment: str) -> Object:
    region = REGION.replace(" ", "").lower()
    message = f"Your requests to {deployment} for {deployment} in {region} have exceeded rate limit."
    return {"code": "RateLimitReached", "message": message, "details": message}


def _filtered(call: Call | None) -> Object:
    """The refusal of a prompt, with what the filter found in it."""
    text = call.prompt.last_user_text if call and call.prompt else ""
    found = filters.of_prompt(text)
    if not any(each["filtered"] for each in found.values()):
        found["violence"] = {"filtered": True, "severity": "medium"}
    details = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": found}
    return {
        "message": filters.REFUSED,
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": details,
    }
