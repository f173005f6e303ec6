"""The control API under `/_fakeopenai`: what test harnesses ask of the emulator itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakeopenai import __version__

if TYPE_CHECKING:
    from starlette.requests import Request

    from fakeopenai.emulator import Emulator


def control(emulator: Emulator) -> Starlette:
    """The control API of an emulator."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__, "worlds": len(emulator.worlds)})

    return Starlette(routes=[Route("/_fakeopenai/health", health)])
