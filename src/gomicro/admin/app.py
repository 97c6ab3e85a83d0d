"""The admin listener's application: which path is whose, and who may ask."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import request_response

from gomicro.admin.debug import Debug
from gomicro.admin.events import Events
from gomicro.admin.guard import local_only
from gomicro.admin.health import PROBES, health
from gomicro.admin.log_level import put_log_level
from gomicro.admin.metrics import Metrics
from gomicro.admin.page import Page
from gomicro.mux import ServeMux

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gomicro.admin.subject import Subject

__all__ = ["make_app"]

_HEADERS = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}


def make_app(subject: Subject) -> ASGIApp:
    """The application that tells of a service. It belongs to one event loop."""
    mux = ServeMux()
    debug = Debug(subject)

    async def ask_health(request: Request) -> Response:
        return health(subject, request)

    for probe in PROBES:
        mux.handle(f"GET /{probe}", request_response(ask_health))
    mux.handle("GET /metrics", request_response(Metrics(subject).__call__))
    private: dict[str, Any] = {
        "GET /{$}": Page().__call__,
        "GET /debug/events": Events(subject).__call__,
        "GET /debug/requests": debug.requests,
        "GET /debug/stacks": debug.stacks,
        "GET /debug/config": debug.config,
        "GET /debug/profile": debug.profile,
        "PUT /log-level": partial(put_log_level, subject),
    }
    for pattern, endpoint in private.items():
        mux.handle(pattern, local_only(request_response(endpoint)))
    return _with_headers(mux)


def _with_headers(app: ASGIApp) -> ASGIApp:
    """An application whose answers nobody keeps, nor takes for something else than they say."""

    async def headed(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = dict(message["headers"]) | _HEADERS
                message["headers"] = list(fields.items())
            await send(message)

        await app(scope, receive, send_headed)

    return headed
