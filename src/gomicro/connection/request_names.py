"""The names of a request by which its lines are found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gomicro.http1.response_head import REQUEST_ID, ResponseStart
from gomicro.log.request import is_plain

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.http1.request_head import RequestHead

__all__ = ["Names", "log_fields", "name_line", "only_name"]


def log_fields(head: RequestHead, request_id: str) -> dict[str, str]:
    """What each line has that is logged for a request: see `Identified`."""
    if head.trace is None:
        return {"request_id": request_id}
    trace_id, span_id = head.trace
    return {"request_id": request_id, "trace_id": trace_id, "span_id": span_id}


def only_name(head: RequestHead, request_id: str) -> str:
    """The id of a request, if its lines have no other name: see `Identified`."""
    if head.trace is not None or (head.request_id and not is_plain(request_id)):
        return ""
    return request_id


def name_line(exchange: Exchange, start: ResponseStart | None = None) -> bytes:
    """The line of a response that names the request, if it is to have one and the application's
    `start` has none.
    """
    if not exchange.head.named or (start is not None and REQUEST_ID in start.block):
        return b""
    return _line(exchange.request_id)


def _line(request_id: str) -> bytes:
    return REQUEST_ID + request_id.encode() + b"\r\n"


class Names:
    """Those of a request that is no exchange: the handshake of a WebSocket."""

    def __init__(self, head: RequestHead, request_id: str) -> None:
        self._fields = log_fields(head, request_id)
        self.only_name = only_name(head, request_id)
        self.line = _line(request_id) if head.named else b""
        """The line of the answer that names it, empty if it is to have none."""

    def log_fields(self) -> dict[str, str]:
        return self._fields.copy()
