"""Azure OpenAI: the same worlds under Azure's paths, with its deployments, headers, content filters and errors.

`/openai/deployments/NAME/chat/completions?api-version=…` and `/openai/files?api-version=…` are its first paths,
`/openai/v1/…` are the ones that need no version, and `/models/chat/completions` are those of its other models. Behind
`/w/WORLD` they lead to the world of that name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fakeopenai import models
from fakeopenai.azure import bodies, filters, headers, refusals
from fakeopenai.errors import ApiError

if TYPE_CHECKING:
    from fakeopenai.ids import Names
    from fakeopenai.wire import Call, Object, Reply, Request
    from fakeopenai.world import Settings, World

__all__ = ["Azure", "mount"]

_ROOTS = re.compile(
    r"(?P<root>(?:/w/(?P<world>[^/]+))?/+(?:openai(?:/v1(?=/))?|models(?=/(?:chat/completions|embeddings)$)))(?P<path>/.+)"
)
_DEPLOYMENT = re.compile(r"/deployments/([^/]+)(/.+)")

ASSUMED = {
    "/completions": "gpt-3.5-turbo-instruct",
    "/embeddings": "text-embedding-3-small",
    "/audio/speech": "tts-1",
    "/audio/transcriptions": "whisper-1",
    "/audio/translations": "whisper-1",
    "/images/generations": "gpt-image-1",
    "/images/generations:submit": "dall-e-2",
    "/images/edits": "gpt-image-1",
}
"""The models of deployments whose names say nothing, by what is asked of them; all others have gpt-4o."""

BATCHED = frozenset({"/chat/completions", "/completions", "/embeddings", "/responses"})
"""What Azure's batches may ask for."""

BASE_MODELS = ("/deployments", "/fine_tuning", "/fine-tunes", "/evals")
"""Families whose `model` is no deployment."""


@dataclass(slots=True)
class Azure:
    """How one request is spoken. `version` is its `api-version`, `deployment` what it asks; each may be empty."""

    root: str
    version: str = ""
    deployment: str = ""

    def read(self, request: Request, settings: Settings, world: World | None) -> None:
        """Put a request into the API's own words. Raises Azure's 404 for what it has not deployed."""
        query = dict(request.query)
        self.version = str(query.pop("api-version", ""))
        request.query, request.raw = query, b""
        if not self.version and not self.root.endswith("/v1"):
            raise ApiError(404, "Resource not found", code="404")
        if found := _DEPLOYMENT.fullmatch(request.path):
            self.deployment, request.path = unquote(found[1]), found[2]
        request.path = request.path.replace("/models/gpt-35", "/models/gpt-3.5")
        if "openai-beta" not in request.headers:
            request.headers = {**request.headers, "openai-beta": "assistants=v2"}
        if isinstance(request.body, dict) and request.method == "POST":
            settings = world.settings if world else settings
            request.body = request.body | _batched(request.body) | self._model(request, settings, world)

    def _model(self, request: Request, settings: Settings, world: World | None) -> Object:
        """The field that names the model, where a deployment or nothing was named."""
        asked = request.body.get("model")
        asked = asked if isinstance(asked, str) else ""
        if not self.deployment and (not asked or request.path.startswith(BASE_MODELS)):
            return {}
        self.deployment = name = self.deployment or asked
        if name in settings.deployments:
            return {"model": settings.deployments[name]}
        if created := world.drawer("/deployments").get(name) if world else None:
            return {"model": created["model"]}
        if settings.deployments:
            raise refusals.deployment_not_found()
        return {"model": _suggested(request.path, name, asked)}

    def write(self, reply: Reply, names: Names, request: Request, call: Call | None) -> None:
        """Put an answer into Azure's form; a prompt that its content filter stops is refused after all."""
        if call and call.rule is None and reply.status < 400 and (stopped := filters.stopped(call)):
            reply.status, reply.body, reply.events = stopped.status, {"error": stopped.error}, None
        if reply.status >= 400:
            refusals.word(reply, self.deployment, call)
        elif call:
            bodies.shape(reply, call, self)
        headers.dress(reply, names, request, self)

    @property
    def filters(self) -> bool:
        """Whether answers tell of content filters: they do since 2023-06."""
        return not self.version or self.version >= "2023-06"


def mount(request: Request, origin: str) -> str:
    """Let a request below one of Azure's roots be spoken so. Gives the root's URL, or nothing if it is below none."""
    found = _ROOTS.fullmatch(request.path)
    if not found:
        return ""
    request.path, request.key = found["path"], found["world"] or request.key
    request.dialect = Azure(found["root"])
    return origin + found["root"]


def _batched(body: Object) -> Object:
    """The endpoint of a batch, with the version that Azure's users leave out."""
    endpoint = str(body.get("endpoint"))
    return {"endpoint": f"/v1{endpoint}"} if endpoint in BATCHED else {}


def _suggested(path: str, *names: str) -> str:
    """The model that the first telling name stands for. Azure writes gpt-35, and let that complete texts too."""
    for name in names:
        known = name.replace("gpt-35", "gpt-3.5")
        if path == "/completions" and known.startswith("gpt-3.5-turbo"):
            return ASSUMED[path]
        if models.find(known):
            return known
    return ASSUMED.get(path, "gpt-4o")
