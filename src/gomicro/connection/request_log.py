"""The line of each request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gomicro.log import entry_logger, request_logger
from gomicro.log.request_lines import request_line_fields

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.http1 import HTTP1

__all__ = ["RequestLog"]


class RequestLog:
    """Logs what became of requests."""

    def __init__(self, logger: Any) -> None:
        self.log_with(logger)

    def log_with(self, logger: Any) -> None:
        """Log with that, as it has it just now: to be told of another level."""
        self._entry = entry_logger(logger)
        self._usual = request_logger(logger)

    def log(self, exchange: Exchange, connection: HTTP1, now: float) -> None:
        """Log one that is answered or cut; see `Service.on_request`."""
        head, client = exchange.head, connection.client_name
        took = now - exchange.started_at
        path = connection.service.root_path + head.path  # the scope is the application's to change
        key = head.method, path, exchange.status, exchange.sent
        if not (head.request_id or head.trace or exchange.cut_by):
            usual = self._usual
            if usual is not None and usual(key, now, took, client, exchange.request_id):
                return
        entry = {
            "time": "",
            "level": "info",
            "logger": "gomicro.access",
            "event": "request",
            **request_line_fields(key, int(took * 1e6) / 1e6, client, exchange.request_id),
        }
        if head.trace is not None:
            entry["trace_id"], entry["span_id"] = head.trace
        if exchange.cut_by:
            entry["cut"] = exchange.cut_by
        self._entry(entry)
