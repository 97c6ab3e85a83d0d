"""StripPrefix: an application that sees the paths below a prefix without it (Go's)."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gomicro.handlers.inner import checked
from gomicro.mux.answers import close_websocket, not_found
from gomicro.mux.paths import escape

__all__ = ["StripPrefix"]


class StripPrefix:
    """An ASGI application that takes a prefix from the path, and is 404 for all other paths.

    As in Go nothing is added: of `/api` the prefix `/api` leaves an empty path, and of `/apis` the
    `s`. A path that was escaped otherwise than it would be (`%2F`) must have the prefix as it was
    sent, too. The prefix is below a `root_path`, which stays. A WebSocket without the prefix is
    closed; lifespan passes through.

    Where the other application makes links to itself, a mount of its framework or a `root_path` is
    better: those it is told.
    """

    def __init__(self, prefix: str, app: ASGIApp) -> None:
        self.prefix = prefix
        self.app = checked(app, "StripPrefix")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        app = self.app
        if self.prefix and scope["type"] in ("http", "websocket"):
            stripped = self._strip(scope)
            if stripped is not None:
                scope = {**scope, **stripped}
            else:
                app = not_found if scope["type"] == "http" else close_websocket
        await app(scope, receive, send)

    def _strip(self, scope: Scope) -> Scope | None:
        """The scope's paths without the prefix, or None if they do not have it."""
        root, path = _split(scope.get("root_path", ""), scope["path"])
        if not path.startswith(self.prefix):
            return None
        below = path[len(self.prefix) :]
        raw: bytes | None = scope.get("raw_path")
        if raw is None:
            return {"path": root + below}
        escaped_root = escape(root.encode())
        if raw == escaped_root + escape(path.encode()):  # then Go has no RawPath
            return {"path": root + below, "raw_path": escaped_root + escape(below.encode())}
        start = escaped_root + self.prefix.encode()
        if not raw.startswith(start):
            return None
        return {"path": root + below, "raw_path": escaped_root + raw[len(start) :]}


def _split(root: str, path: str) -> tuple[str, str]:
    """A path as what `root_path` is of it, and the rest."""
    below = path[len(root) :]
    return (root, below) if path.startswith(root) and below[:1] in ("", "/") else ("", path)
