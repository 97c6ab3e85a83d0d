"""What an application has done wrong, or its peer: said in the log, and made good."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING

from gomicro.connection.state import Ours
from gomicro.frames import place

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange

__all__ = ["app_failed", "app_wrong"]


def app_failed(exchange: Exchange, error: BaseException) -> None:
    """The application has raised."""
    ours = exchange.ours
    if ours is Ours.CUT or (ours.over and isinstance(error, CancelledError)):
        return
    log = exchange.stream.service.log
    about = {**_about(exchange), "error": type(error).__name__, "at": place(error)}
    if exchange.failure is None:
        log.error("application failed", **about, exc_info=error)
    else:  # it could not read the body, and that is the peer's doing
        log.debug("application gave up", **about, exc_info=error)
    exchange.give_up()


def app_wrong(exchange: Exchange, result: object) -> None:
    """The application has returned something, or too soon."""
    log = exchange.stream.service.log
    about = _about(exchange)
    if result is not None:
        what = f"application returned {type(result).__name__} instead of None"
        log.error(what, **about)
    elif exchange.failure is not None:
        exchange.cut_by = exchange.cut_by or "client"
        log.debug("application gave up", **about)
    elif exchange.peer_left:
        log.debug("application gave up", **about)
        exchange.end("client")  # an answer in its place would be for nobody
        return
    elif exchange.endless and not exchange.stream.service.phase.keeps:
        log.debug("stream of events ended with the service", **about)
    elif exchange.ours is Ours.SILENT:
        log.error("application returned without starting a response", **about)
    else:
        log.error("application returned without completing its response", **about)
    exchange.give_up()


def _about(exchange: Exchange) -> dict[str, str]:
    head = exchange.head
    return {"method": head.method, "path": head.path, **exchange.log_fields()}
