"""A request to an ASGI application, and its answer, without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["LOCAL", "Answered", "ask", "scope_of"]

LOCAL = ("127.0.0.1", 4711)


@dataclass(frozen=True)
class Answered:
    """One response."""

    status: int
    headers: list[tuple[str, str]]
    text: str


def scope_of(
    target: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    client: tuple[str, int] | None = LOCAL,
) -> dict[str, Any]:
    path, _, query = target.partition("?")
    fields = {"host": "localhost:9091"} | dict(headers or {})
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in fields.items()],
        "client": client,
        "server": ("127.0.0.1", 9091),
        "scheme": "http",
        "http_version": "1.1",
    }


async def ask(app: Any, target: str, *, body: bytes = b"", **about: Any) -> Answered:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope_of(target, **about), receive, send)
    headers = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    return Answered(
        sent[0]["status"], headers, b"".join(part["body"] for part in sent[1:]).decode()
    )
