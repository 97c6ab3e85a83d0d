"""The sorts of answers that applications give, by Starlette."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

ROWS = [{"id": n, "name": f"name {n}", "price": n * 1.5, "tags": ["a", "b"]} for n in range(1700)]
FILE = Path(tempfile.gettempdir()) / "gomicro-benchmark-1-MB"
PARTS = 100


async def small(request: Request) -> Response:
    """1 kB of JSON."""
    return JSONResponse(ROWS[:17])


async def large(request: Request) -> Response:
    """100 kB of JSON."""
    return JSONResponse(ROWS)


async def file(request: Request) -> Response:
    """A file of 1 MB, made when it is first asked for."""
    if not FILE.exists():
        FILE.write_bytes(bytes(1_000_000))
    return FileResponse(FILE)


async def parts(request: Request) -> Response:
    """An answer in 100 parts of 100 bytes."""

    async def each() -> AsyncIterator[bytes]:
        for _ in range(PARTS):
            yield bytes(100)

    return StreamingResponse(each())


app = Starlette(
    routes=[
        Route("/small", small),
        Route("/large", large),
        Route("/file", file),
        Route("/parts", parts),
    ]
)
