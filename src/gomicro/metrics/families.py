"""The metrics: names (OpenTelemetry's where it has one), labels and buckets."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ACTIVE_REQUESTS",
    "CONNECTIONS",
    "COUNTED",
    "DEADLINES_PASSED",
    "LOG_LINES_LOST",
    "LOOP_LAG",
    "OTHER",
    "REQUESTS",
    "RESTARTS",
    "SHED",
    "WORKERS",
    "Family",
]

OTHER = "_OTHER"
"""OpenTelemetry's name for a method that nobody knows, and here for what there is no room for."""


@dataclass(frozen=True)
class Family:
    """One metric. With `bounds`, the upper ends of its buckets, it is a histogram."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def cells(self) -> int:
        """How many numbers a series of it has: for a histogram its buckets, one for all that is
        above them, and the sum.
        """
        return len(self.bounds) + 2 if self.bounds else 1


REQUESTS = Family(
    "http_server_request_duration_seconds",
    "Time from the end of a request's head to the end of its response.",
    ("http_request_method", "http_route", "http_response_status_code"),
    (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
"""Name, attributes and buckets: OpenTelemetry's semantic conventions for HTTP, 1.23 and later."""

LOOP_LAG = Family(
    "gomicro_event_loop_lag_seconds",
    "Time that the event loop took to give a sign of life, asked for one five times a second.",
    (),
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
DEADLINES_PASSED = Family(
    "gomicro_deadlines_passed", "Deadlines that passed and ended something.", ("deadline",)
)
SHED = Family("gomicro_requests_shed", "Requests refused with 503 at once, by gate.", ("gate",))
LOG_LINES_LOST = Family(
    "gomicro_log_lines_lost", "Log lines thrown away, since nobody read them in time."
)

RESTARTS = Family(
    "gomicro_worker_restarts", "Workers started in the place of others, for whatever reason."
)

COUNTED = (REQUESTS, LOOP_LAG, DEADLINES_PASSED, SHED, LOG_LINES_LOST)
"""Those that only grow, in a `Store`."""

ACTIVE_REQUESTS = Family(
    "http_server_active_requests", "Requests in flight.", ("http_request_method",)
)
WORKERS = Family("gomicro_workers", "Workers, by state.", ("state",))
CONNECTIONS = Family("gomicro_connections", "Connections, by state.", ("state",))
