"""Hello and goodbye as a FastAPI application."""

# FastAPI is a peer of the benchmarks only, so the type checker may run where it is not installed.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel


class Item(BaseModel):
    """What an application of FastAPI answers with."""

    id: int
    name: str
    price: float
    tags: list[str]


async def hello(request: Request) -> PlainTextResponse:
    """`Hello ` and the body."""
    return PlainTextResponse(b"Hello %s\n" % await request.body())


async def goodbye() -> PlainTextResponse:
    """`Byee`."""
    return PlainTextResponse("Byee\n")


async def item(number: int) -> Item:
    """JSON of a checked model."""
    return Item(id=number, name="an item", price=9.5, tags=["a", "b"])


app = FastAPI()
app.add_api_route("/items/{number}", item, methods=["GET"])
app.add_api_route("/goodbye", goodbye, methods=["GET"])
app.add_api_route("/", hello, methods=["GET", "POST"])
