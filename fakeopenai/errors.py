"""The errors the API answers with. Raise one through its named constructor anywhere below the edge.

Wordings, types and codes are those of recorded traffic.
"""

from __future__ import annotations

from fakeopenai.wire import Json, Object, Reply


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
        return Reply({"error": self.error, **self.beside}, self.status, dict(self.headers), media=media)


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)


def invalid_value(param: str, value: Json, supported: list[str]) -> ApiError:
    return invalid(f"Invalid value: '{value}'. Supported values are: {listed(supported)}.", param, "invalid_value")


def missing(param: str) -> ApiError:
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def unknown_parameter(param: str) -> ApiError:
    return invalid(f"Unknown parameter: '{param}'.", param, "unknown_parameter")


def unsupported_parameter(param: str, hint: str = "") -> ApiError:
    message = f"Unsupported parameter: '{param}' is not supported with this model.{hint and ' ' + hint}"
    return invalid(message, param, "unsupported_parameter")


def listed(values: list[str]) -> str:
    """Quoted and joined the way the API does: `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`."""
    quoted = [f"'{value}'" for value in values]
    match quoted:
        case [] | [_] | [_, _]:
            return " and ".join(quoted)
        case [*most, last]:
            return f"{', '.join(most)}, and {last}"
    raise AssertionError(quoted)
