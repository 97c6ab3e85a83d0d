"""Hello and goodbye as a Starlette application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def hello(request: Request) -> Response:
    """`Hello ` and the body."""
    return PlainTextResponse(b"Hello %s\n" % await request.body())


async def goodbye(request: Request) -> Response:
    """`Byee`."""
    return PlainTextResponse("Byee\n")


app = Starlette(
    routes=[
        Route("/goodbye", goodbye),
        Route("/", hello, methods=["GET", "POST"]),
    ]
)
