"""What is counted when it is asked for: requests in flight, and connections by state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gomicro.connection.http1 import HTTP1
from gomicro.metrics.counting import METHODS
from gomicro.metrics.families import OTHER
from gomicro.watch.requests import in_flight

if TYPE_CHECKING:
    from gomicro.connection.service import Service

__all__ = ["active_requests", "connections"]


def active_requests(service: Service) -> Counter[str]:
    """Requests in flight by method. From any thread."""
    methods = (exchange.head.method for _, exchange in in_flight(service))
    return Counter(method if method in METHODS else OTHER for method in methods)


def connections(service: Service) -> Counter[str]:
    """Connections by state, in lower case. From any thread."""
    return Counter(
        one.state.name.lower() if isinstance(one, HTTP1) else "upgraded"
        for one in list(service.connections)
    )
