"""A Litestar application that does what the Starlette one does."""

# Litestar reads the annotations of handlers when they are declared: no postponed ones here.

from typing import Any

from litestar import Litestar, Request, get, post


@get("/items/{number:int}")
async def item(number: int, request: Request[Any, Any, Any]) -> dict[str, Any]:
    database = request.app.state.database
    return {"item": number, "database": database, "url": str(request.url)}


@post("/echo", status_code=200)
async def echo(data: dict[str, str]) -> dict[str, str]:
    return data


async def open_database(app: Litestar) -> None:
    app.state.database = "open"


app = Litestar([item, echo], on_startup=[open_database])
