"""The API that requests are passed on to. Nothing else is ever contacted: who is sent elsewhere is told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass
from weakref import WeakKeyDictionary

from fakeopenai.errors import ApiError
from fakeopenai.wire import Request

if TYPE_CHECKING:
    import httpx2

PATIENCE = 600.0
"""Seconds that the upstream may be silent, as long as the official client waits."""

CONNECTING = 10.0
"""Seconds that a connection may take to open."""

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "host", "content-length", "expect"}
)
"""Headers that are about one connection only, or that follow from the body."""


class UpstreamError(ValueError):
    """An upstream that can't be one, and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the upstream answers: its head, and its body while it comes. Reading the body raises Broken."""

    status: int
    headers: dict[str, str]
    chunks: AsyncGenerator[bytes, None]


class Broken(Exception):  # noqa: N818  it is what happened
    """The answer broke off."""


class Upstream:
    """An OpenAI-compatible API, by its base URL, such as `https://api.openai.com/v1`. Raises UpstreamError.

    Clients send their own key, unless there is one that takes its place.
    """

    def __init__(self, url: str, key: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UpstreamError(f"{url!r} is no base URL such as https://api.openai.com/v1")
        if parts.username or parts.password:
            raise UpstreamError("the upstream's URL has a user and a password; clients send their own key")
        self.url = url.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._key = key
        self._host, self._scheme = parts.netloc, parts.scheme
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()
        self._borrowers: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
        _library()

    async def ask(self, request: Request) -> Answer:
        """Pass a request on. Raises ApiError if there is no answer, or none of the upstream's own."""
        httpx2 = _library()
        client = self._client()
        asked = client.build_request(
            request.method, self._address(request), headers=self._headers(request.headers), content=request.sent or None
        )
        try:
            response = await client.send(asked, stream=True)
        except httpx2.TransportError as error:
            raise self._unreachable(error) from None
        if 300 <= response.status_code < 400 and "location" in response.headers:
            await response.aclose()
            raise self._redirected(response.headers["location"])
        return Answer(response.status_code, _returned(response.headers), _chunks(response))

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[None]:
        """Where a loop may end any time: what is open in it is closed once the last who asks has been answered."""
        loop = asyncio.get_running_loop()
        self._borrowers[loop] = self._borrowers.get(loop, 0) + 1
        try:
            yield
        finally:
            self._borrowers[loop] -= 1
            if not self._borrowers[loop]:
                await self.close()

    async def close(self) -> None:
        """Close what is open in the running loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client:
            await client.aclose()

    def _client(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            httpx2 = _library()
            self._clients[loop] = httpx2.AsyncClient(
                timeout=httpx2.Timeout(PATIENCE, connect=CONNECTING),
                limits=httpx2.Limits(max_connections=None),
                follow_redirects=False,
                trust_env=False,  # would add credentials of a .netrc
                proxy=self._proxy(),
            )
        return self._clients[loop]

    def _proxy(self) -> str | None:
        """The way out that the environment names, if it names one for this host."""
        proxies = getproxies_environment()
        if proxy_bypass(self._host):
            return None
        return proxies.get(self._scheme) or proxies.get("all")

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        sent = _forwarded(headers)
        own = {"authorization": f"Bearer {self._key}", "api-key": self._key} if self._key else {}
        return sent | {name: value for name, value in own.items() if name in sent}

    def _address(self, request: Request) -> str:
        path, _, query = request.target.partition("?")
        if request.dialect:
            return f"{self.origin}{request.target}"
        return f"{self.url}{request.path or path}{'?' if query else ''}{query}"

    def _unreachable(self, error: Exception) -> ApiError:
        reason = str(error) or type(error).__name__
        return failure(f"The upstream {self.url} can't be reached: {reason}.", "upstream_unreachable")

    def _redirected(self, target: str) -> ApiError:
        to = urlsplit(target)._replace(query="", fragment="").geturl()
        message = f"The upstream {self.url} redirects to {to}; only the stated upstream is ever contacted."
        return failure(message, "upstream_redirects")


def failure(message: str, code: str) -> ApiError:
    """The emulator's own word on a request that could not be passed on."""
    return ApiError(502, message, type="fakeopenai_error", code=code)


def _library() -> Any:
    """httpx2, which the official client brings."""
    try:
        import httpx2
    except ImportError:
        raise UpstreamError("requests are passed on by httpx2: pip install 'fakeopenai-server[record]'") from None
    return httpx2


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    kept = {name: value for name, value in headers.items() if name not in HOP_BY_HOP | named}
    return kept | {"accept-encoding": "identity"}


def _returned(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of an answer whose body is decoded; its length stands if there was nothing to decode."""
    encoded = headers.get("content-encoding", "identity") != "identity"
    dropped = HOP_BY_HOP | {"content-encoding"} if encoded else HOP_BY_HOP - {"content-length"} | {"content-encoding"}
    return {name.lower(): value for name, value in headers.items() if name.lower() not in dropped}


async def _chunks(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    httpx2 = _library()
    try:
        async for chunk in response.aiter_bytes():
            if chunk:
                yield chunk
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        raise Broken(str(error) or type(error).__name__) from None
    finally:
        await response.aclose()
