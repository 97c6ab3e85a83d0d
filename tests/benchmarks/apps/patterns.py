"""A multiplexer with one pattern, and one with 10,000 of the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gomicro import ServeMux
from tests.benchmarks.apps.bare import answer_lifespan, reply

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


async def item(scope: Scope, receive: Receive, send: Send) -> None:
    """The name that was matched."""
    await reply(send, b"%s\n" % scope["path_params"]["name"].encode())


def with_patterns(count: int) -> ASGIApp:
    """A multiplexer with `/items/{name}` and `count` - 1 others beside it."""
    mux = ServeMux()
    mux.handle("/items/{name}", item)
    for number in range(1, count):
        mux.handle(f"/group{number}/{{name}}", item)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
        else:
            await mux(scope, receive, send)

    return app


def one() -> ASGIApp:
    """One pattern."""
    return with_patterns(1)


def many() -> ASGIApp:
    """10,000 patterns."""
    return with_patterns(10_000)
