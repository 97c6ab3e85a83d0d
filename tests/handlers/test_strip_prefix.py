"""StripPrefix: what the other application sees."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gomicro import StripPrefix
from tests.connection.harness import request, talk
from tests.handlers.test_handlers import exchange


async def shown(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "shown", "scope": scope})


def seen(prefix: str, **scope: Any) -> Any:
    """What the application behind sees of the paths, or what is sent in its place."""
    given = {"type": "http", **scope}
    before = dict(given)
    first = exchange(StripPrefix(prefix, shown), scope=given)[0]
    assert given == before
    if first["type"] != "shown":
        return first.get("status", first["type"])
    found = first["scope"]
    return {key: found[key] for key in ("path", "raw_path", "root_path") if key in found}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        pytest.param({"path": "/v1/x"}, {"path": "/x"}, id="without a raw path"),
        pytest.param({"path": "/x"}, 404, id="without the prefix"),
        pytest.param(
            {"path": "/api/v1/x", "raw_path": b"/api/v1/x", "root_path": "/api"},
            {"path": "/api/x", "raw_path": b"/api/x", "root_path": "/api"},
            id="below a root path",
        ),
        pytest.param(
            {"path": "/api/v1/a/b", "raw_path": b"/api/v1/a%2Fb", "root_path": "/api"},
            {"path": "/api/a/b", "raw_path": b"/api/a%2Fb", "root_path": "/api"},
            id="escaped below a root path",
        ),
        pytest.param(
            {"path": "/v1/x", "raw_path": b"/v1/x", "root_path": "/v"},
            {"path": "/x", "raw_path": b"/x", "root_path": "/v"},
            id="a root path that ends within a segment is none of its",
        ),
        pytest.param(
            {"path": "/api", "raw_path": b"/api", "root_path": "/api"}, 404, id="the root itself"
        ),
        pytest.param({"type": "websocket", "path": "/v1/x"}, {"path": "/x"}, id="a WebSocket"),
        pytest.param(
            {"type": "websocket", "path": "/x"}, "websocket.close", id="another WebSocket"
        ),
    ],
)
def test_the_prefix_is_taken_from_the_path(scope: dict[str, Any], expected: Any) -> None:
    assert seen("/v1", **scope) == expected


def test_lifespan_passes_through() -> None:
    assert exchange(StripPrefix("/v1", shown), scope={"type": "lifespan"})[0]["type"] == "shown"


def test_a_framework_routes_by_what_is_left() -> None:
    async def item(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.path_params['name']} of {request.url.path}")

    app: Any = Starlette(routes=[Route("/items/{name}", item)])
    story = talk(StripPrefix("/shop", app), request("GET", target="/shop/items/7"), 0.1)
    assert story.answer.endswith(b"\r\n\r\n7 of /items/7")
