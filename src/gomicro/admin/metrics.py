"""GET /metrics: what has been counted, as Prometheus takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from gomicro.metrics.render import Renderer

if TYPE_CHECKING:
    from starlette.requests import Request

    from gomicro.admin.subject import Subject

__all__ = ["Metrics"]


class Metrics:
    """The metrics of one service."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._renderer = Renderer()

    async def __call__(self, request: Request) -> Response:
        """In Prometheus' text format or in OpenMetrics, by the Accept field."""
        counted, gauges = await self._subject.counted(), await self._subject.gauges()
        accept = request.headers.get("accept", "")
        body, content_type = self._renderer.text(accept, counted, gauges)
        return Response(body, headers={"content-type": content_type})
