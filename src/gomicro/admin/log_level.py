"""PUT /log-level: another level at run time, for a while or for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from gomicro.config import ServerConfig, options
from gomicro.units import format_duration, parse_duration

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from gomicro.admin.subject import Subject

__all__ = ["put_log_level"]

_KIND = next(option.kind for option in options(ServerConfig) if option.field == "log_level")


async def put_log_level(subject: Subject, request: Request) -> Response:
    """Set the level that the body names; `?for=10m` says for how long."""
    asked = (await request.body()).decode("utf-8", "replace").strip()
    try:
        level = str(_KIND.parse(asked))
        _KIND.check(level)
        seconds = parse_duration(request.query_params.get("for", "0"))
    except ValueError as error:
        return PlainTextResponse(f"{error}\n", 400)
    try:
        await subject.set_log_level(level, seconds)
    except LookupError as error:
        return PlainTextResponse(f"{error.args[0]}\n", 409)
    until = f" for {format_duration(seconds)}" if seconds else ""
    return PlainTextResponse(f"{level}{until}\n")
