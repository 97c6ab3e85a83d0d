"""Expectations of a client that nobody here meets."""

from __future__ import annotations

from typing import Any

__all__ = ["expectation_failed"]


async def expectation_failed(scope: Any, receive: Any, send: Any) -> None:
    """Answer an expectation other than 100-continue (RFC 9110 section 10.1.1), as Go does."""
    await send(
        {"type": "http.response.start", "status": 417, "headers": [(b"connection", b"close")]}
    )
    await send({"type": "http.response.body"})
