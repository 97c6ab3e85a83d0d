"""A FastAPI application that does what the Starlette one does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    yield {"database": "open"}


app = FastAPI(lifespan=lifespan)


@app.get("/items/{number}")
def item(number: int, request: Request) -> dict[str, Any]:
    """Runs in a thread, as it is no coroutine."""
    return {"item": number, "database": request.state.database, "url": str(request.url)}


@app.post("/echo")
async def echo(said: dict[str, str]) -> dict[str, str]:
    return said
