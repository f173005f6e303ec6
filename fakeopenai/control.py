"""The control API under `/_fakeopenai`: what test harnesses ask of the emulator itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakeopenai import __version__, served

if TYPE_CHECKING:
    from starlette.requests import Request

    from fakeopenai.emulator import Emulator


def control(emulator: Emulator) -> Starlette:
    """The control API of an emulator."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__, "worlds": len(emulator.worlds)})

    async def file(request: Request) -> Response:
        world = emulator.worlds.get(request.path_params["world"])
        reply = served.fetch(world, request.path_params["name"])
        return Response(reply.body, reply.status, media_type=reply.media)

    routes = [Route("/_fakeopenai/health", health), Route(f"{served.ROOT}/{{world:path}}/{{name}}", file)]
    return Starlette(routes=routes)
