"""The call of an application for one request, and all that is awaited for it.

What may be sent and received is the exchange's affair, which waits for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gomicro.connection.blame import app_failed, app_wrong
from gomicro.log.request import current

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.request_body import Message
    from gomicro.connection.service import ASGIApp

__all__ = ["Call"]

_make_current = current.set


class Call:
    """What an application is called with, beside its scope: ASGI's `receive` and `send`."""

    __slots__ = ("exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    async def run(self, app: ASGIApp) -> None:
        """Call the application, and answer in its place if it does not."""
        exchange = self.exchange
        _make_current(exchange)
        try:
            result: object = await app(exchange.scope, self.receive, self.send)  # type: ignore[func-returns-value] # ASGI says None; applications err
        except BaseException as error:  # nothing may escape into the event loop
            app_failed(exchange, error)
        else:
            if result is not None or not exchange.ours.over:
                app_wrong(exchange, result)
        finally:
            exchange.task = None

    async def receive(self) -> Message:
        """ASGI's `receive`: see `Exchange.take`."""
        exchange = self.exchange
        while (message := exchange.take()) is None:
            await exchange.change().wait()
        return message

    async def send(self, message: Message) -> None:
        """ASGI's `send`: see `Exchange.give`."""
        exchange = self.exchange
        if exchange.stream.write_paused and not exchange.ours.over:
            await exchange.stream.taken().wait()
        if exchange.give(message):
            await exchange.stream.service.turns.wait()
