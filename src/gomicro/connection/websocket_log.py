"""The lines of a WebSocket: opened or refused, closed with what it carried, and what failed.

uvicorn's protocols log in their own way; what they tell is taken from them here, and said as of a
request.
"""

from __future__ import annotations

import logging
import sys
from asyncio import CancelledError
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from gomicro.connection.exchange import WHY_CUT
from gomicro.frames import place

if TYPE_CHECKING:
    from gomicro.connection.service import Service
    from gomicro.http1.request_head import RequestHead

__all__ = ["Account", "UvicornLines"]

ABNORMAL = 1006
"""The code of a connection that was lost without a close frame (RFC 6455 section 7.1.5)."""

_PEER_LEFT = "WebSocketDisconnect"
"""What Starlette and Litestar call what they raise in a handler whose peer has left."""


class Account:
    """What one WebSocket has carried each way, and its lines; none if requests have none."""

    def __init__(
        self, service: Service, head: RequestHead, client: str, names: dict[str, str]
    ) -> None:
        """`names`: those of its handshake, which each of its lines has."""
        self._service = service
        self._head = head
        self._names = names
        self._who = {"client": client, **names}
        self._began = monotonic()
        self._open = self._lost = self._over = False
        self._code = ABNORMAL
        self._reason = ""
        self._cut_by = ""
        self._received = [0, 0]
        self._sent = [0, 0]

    def watch(self, protocol: Any) -> None:
        """Count what one of uvicorn's protocols takes in and gives out, and log in its place."""
        protocol.logger = _Lines(self)
        if hasattr(protocol, "conn") and hasattr(protocol.conn, "logger"):
            protocol.conn.logger = protocol.logger
        if hasattr(protocol, "queue"):
            protocol.queue.put_nowait = self._noting(protocol.queue.put_nowait)
            protocol.send = self._counting(protocol.send)

    def answered(self, status: int) -> None:
        """The handshake has been answered with this status."""
        if status == 101:
            self._open = True
            self._began = monotonic()
            self._log("WebSocket opened")
        else:
            self._refused(status)

    def cut(self, by: str) -> None:
        """It is ended by somebody before its time."""
        self._cut_by = self._cut_by or by

    def losing(self) -> None:
        """The connection is lost: nothing that is told from now on came from the peer."""
        self._lost = True

    def ended(self) -> None:
        """The connection is lost."""
        if not self._open:
            self._refused(0)
        else:
            self._log(
                "WebSocket closed",
                code=self._code,
                **({"reason": self._reason} if self._reason else {}),
                duration=self._took(),
                received=self._received[0],
                received_bytes=self._received[1],
                sent=self._sent[0],
                sent_bytes=self._sent[1],
                **self._cut(),
            )

    def failed(self, error: BaseException | None) -> None:
        """The application has raised. That it was cut, or its peer has left, is not its fault."""
        if self._cut_by in WHY_CUT and isinstance(error, CancelledError):
            return
        about = {"method": self._head.method, "path": self._head.path, **self._names}
        about["error"] = type(error).__name__
        about["at"] = "" if error is None else place(error)
        if self._lost and about["error"] == _PEER_LEFT:
            self._service.log.debug("application gave up", **about, exc_info=error)
        else:
            self.cut("application")
            self._service.log.error("application failed", **about, exc_info=error)

    def unanswered(self) -> None:
        """The application has returned without accepting: an answer of another kind will do, and
        so will none to a peer that has left.
        """
        if not self._over and not self._lost:
            self.wrong("application returned without starting a response")

    def wrong(self, what: str) -> None:
        """The application has returned as none may."""
        about = {"method": self._head.method, "path": self._head.path, **self._names}
        self._service.log.error(what, **about)

    def _refused(self, status: int) -> None:
        if not self._over:
            self._over = True
            self._log("WebSocket refused", status=status, duration=self._took(), **self._cut())

    def _cut(self) -> dict[str, str]:
        return {"cut": self._cut_by} if self._cut_by else {}

    def _took(self) -> float:
        return int((monotonic() - self._began) * 1e6) / 1e6

    def _log(self, event: str, **fields: Any) -> None:
        if self._service.terms_for(self._head).logged:
            path = self._service.root_path + self._head.path
            self._service.access_log.info(event, path=path, **fields, **self._who)

    def _noting(self, put: Callable[[Any], None]) -> Callable[[Any], None]:
        """As `put`, for what the protocol tells the application."""

        def note(message: Any) -> None:
            kind = message["type"]
            if kind == "websocket.receive":
                _count(self._received, message)
            elif kind == "websocket.disconnect" and not self._lost:
                self._code = message.get("code", ABNORMAL)
                self._reason = message.get("reason") or ""
                self._lost = True
            put(message)

        return note

    def _counting(self, send: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """As `send`, of the protocol for the application."""

        async def count(message: Any) -> None:
            await send(message)
            if message["type"] == "websocket.send":
                _count(self._sent, message)

        return count


class _Lines(logging.LoggerAdapter[logging.Logger]):
    """What uvicorn's protocols log with: their lines become those of an account."""

    def __init__(self, account: Account) -> None:
        super().__init__(logging.getLogger("uvicorn.error"))
        self._account = account

    @property
    def level(self) -> int:
        """More than uvicorn's traces ask for."""
        return logging.WARNING

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log what went wrong. That it went well is in the account's own lines."""
        text = str(msg)
        if text.startswith("Exception in ASGI application"):
            self._account.failed(sys.exc_info()[1])
        elif text.startswith("ASGI callable returned without"):
            self._account.unanswered()
        elif text.startswith("ASGI callable should return None"):
            kind = type(args[0]).__name__
            self._account.wrong(f"application returned {kind} instead of None")
        elif level >= logging.WARNING:
            super().log(level, msg, *args, **kwargs)


class UvicornLines(logging.LoggerAdapter[logging.Logger]):
    """uvicorn's logger, in its own server, without the queries of WebSockets: they hold tokens."""

    @property
    def level(self) -> int:
        """The logger's own, which uvicorn asks for."""
        return self.logger.level

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log, with each path up to its query."""
        shown = (arg.partition("?")[0] if isinstance(arg, str) else arg for arg in args)
        super().log(level, msg, *(shown if '"WebSocket %s"' in str(msg) else args), **kwargs)


def _count(counts: list[int], message: Any) -> None:
    data = message.get("bytes")
    if data is None:
        data = message.get("text") or ""
        size = len(data) if data.isascii() else len(data.encode())
    else:
        size = len(data)
    counts[0] += 1
    counts[1] += size
