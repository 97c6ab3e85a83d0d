"""All that the page shows, in one object: what is counted so far, and what is in flight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gomicro.metrics.families import (
    ACTIVE_REQUESTS,
    CONNECTIONS,
    DEADLINES_PASSED,
    LOOP_LAG,
    REQUESTS,
    RESTARTS,
    SHED,
    WORKERS,
    Family,
)

if TYPE_CHECKING:
    from gomicro.admin.subject import Gauges, Subject
    from gomicro.metrics.store import Series

__all__ = ["overview"]

MOST_REQUESTS = 100
MOST_ROUTES = 100


async def overview(subject: Subject) -> dict[str, Any]:
    """What the page shows. Counts are since the start: the page takes their differences."""
    counted, gauges = list(await subject.counted()), await subject.gauges()
    requests = await subject.requests()
    return {
        "ready": [
            f"{check.name}: {check.why}" for check in subject.checks("readyz") if not check.ok
        ],
        "bounds": REQUESTS.bounds,
        "routes": _routes(counted),
        "lag_bounds": LOOP_LAG.bounds,
        "lag": _summed(counted, LOOP_LAG)[:-1],
        "deadlines": _by_label(counted, DEADLINES_PASSED),
        "shed": _by_label(counted, SHED),
        "restarts": sum(sum(one.values) for one in counted if one.family is RESTARTS),
        "active": sum(gauges.get(ACTIVE_REQUESTS, {}).values()),
        "connections": _gauge(gauges, CONNECTIONS),
        "workers": _gauge(gauges, WORKERS),
        "requests": requests[:MOST_REQUESTS],
    }


def _routes(counted: Iterable[Series]) -> list[dict[str, Any]]:
    """For each method and route its counts by bucket, and its errors; the most used first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in counted:
        if one.family is not REQUESTS or not any(one.values):
            continue
        method, route, status = one.labels
        row = found.setdefault(
            (method, route),
            {
                "method": method,
                "route": route,
                "counts": [0.0] * (REQUESTS.cells - 1),
                "errors": 0.0,
            },
        )
        row["counts"] = [a + b for a, b in zip(row["counts"], one.values, strict=False)]
        row["errors"] += sum(one.values[:-1]) if status.startswith("5") else 0
    rows = sorted(found.values(), key=lambda row: -sum(row["counts"]))
    return rows[:MOST_ROUTES]


def _summed(counted: Iterable[Series], family: Family) -> list[float]:
    values = [one.values for one in counted if one.family is family]
    return [sum(column) for column in zip(*values, strict=True)]


def _by_label(counted: Iterable[Series], family: Family) -> dict[str, float]:
    sums: dict[str, float] = {}
    for one in counted:
        if one.family is family and one.values[0]:
            sums[one.labels[0]] = sums.get(one.labels[0], 0.0) + one.values[0]
    return sums


def _gauge(gauges: Gauges, family: Family) -> dict[str, float]:
    return {labels[0]: value for labels, value in sorted(gauges.get(family, {}).items())}
