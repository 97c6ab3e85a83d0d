"""The route of a request in the frameworks that tell it, and in our own mux."""

from __future__ import annotations

import asyncio
from typing import Any

import fastapi
import litestar
import pytest
from litestar.params import FromPath
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from gomicro import ServeMux
from gomicro.metrics.counting import Counting
from gomicro.metrics.families import REQUESTS
from gomicro.metrics.store import SIZE, Store, read
from gomicro.mux import telling
from tests.connection.harness import Peer, make_service, request


def starlette_app() -> Any:
    async def item(request: Request) -> PlainTextResponse:
        return PlainTextResponse("item")

    routes = [Route("/items/{item}", item), Mount("/under", routes=[Route("/{name}", item)])]
    return Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)])


def fastapi_app() -> Any:
    app = fastapi.FastAPI()
    router = fastapi.APIRouter(prefix="/items")

    @router.get("/{item}")
    async def read_item(item: str) -> str:
        return item

    app.include_router(router)
    return app


def litestar_app() -> Any:
    @litestar.get("/items/{item:str}")
    async def read_item(item: FromPath[str]) -> str:
        return item

    return litestar.Litestar([read_item])


def mux_app() -> Any:
    mux = ServeMux()

    async def item(request: Request) -> PlainTextResponse:
        return PlainTextResponse("item")

    mux.handle_func("GET /items/{item}", item)
    return mux


async def ask(app: Any, *targets: str) -> dict[tuple[str, ...], float]:
    """Requests counted by their labels."""
    memory = memoryview(bytearray(SIZE))
    service = make_service(app, admin_port=0)
    counting = Counting(Store(memory), service, lambda: 0)
    counting.begin()
    for target in targets:
        peer = Peer(service)
        peer.wire.deliver(request("GET", target=target))
        while not peer.wire.written:  # noqa: ASYNC110 -- a wire tells nobody
            await asyncio.sleep(0)
        while service.tasks:  # noqa: ASYNC110 -- nor do tasks
            await asyncio.sleep(0)
        peer.wire.lose(None)
    return {
        s.labels: sum(s.values[:-1])
        for s in read(counting.copy())
        if s.family is REQUESTS and s.values[-1]
    }


@pytest.mark.parametrize(
    ("make", "route"),
    [
        (starlette_app, "/items/{item}"),
        (fastapi_app, "/items/{item}"),
        (litestar_app, "/items/{item}"),
        (mux_app, "/items/{item}"),
    ],
)
def test_the_route_is_told_and_a_path_that_nobody_serves_is_none(
    make: Any, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "_told", [])
    telling.tell_routes()
    counts = asyncio.run(ask(make(), "/items/1", "/items/2", "/nothing/3"))
    assert counts == {("GET", route, "200"): 2, ("GET", "", "404"): 1}


def test_below_a_mount_it_is_the_inner_route() -> None:
    counts = asyncio.run(ask(starlette_app(), "/under/anything"))
    [(_, route, _)] = counts
    assert "anything" not in route
    assert route.endswith("/{name}")
