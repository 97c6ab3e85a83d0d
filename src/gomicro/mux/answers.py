"""What a ServeMux answers itself, as ASGI applications: the words and headers are net/http's."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from gomicro.reply.answers import error, reply

__all__ = [
    "MethodNotAllowed",
    "Redirect",
    "bad_target",
    "close_websocket",
    "lifespan",
    "not_found",
    "server_options",
]

_OPTIONS_BODY: Final = 4096
"""Bytes of a body of `OPTIONS *` that are read; a longer one ends the connection."""

_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_HTML: Final = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&#34;",
    ord("'"): "&#39;",
}


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """404: no pattern matches."""
    await error(send, 404, "404 page not found")


class MethodNotAllowed:
    """405: patterns match, but for other methods."""

    def __init__(self, methods: set[str]) -> None:
        self.allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the sorted `Allow` (RFC 9110 section 15.5.6)."""
        await error(send, 405, "Method Not Allowed", [(b"allow", self.allow.encode("ascii"))])


class Redirect:
    """307 to an escaped path of the same host; the request's query is kept."""

    def __init__(self, path: bytes) -> None:
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a short page to GET; HEAD has its type, other methods have neither."""
        query = scope.get("query_string", b"")
        url = self.path + b"?" + query if query else self.path
        # RFC 3986 section 2: an octet beyond ASCII stands percent-encoded in a reference.
        location = _NOT_ASCII.sub(lambda octet: b"%%%02x" % ord(octet[0]), url)
        headers = [(b"location", location)]
        if scope["method"] not in ("GET", "HEAD"):
            await reply(send, 307, headers)
            return
        headers.append((b"content-type", b"text/html; charset=utf-8"))
        body = b""
        if scope["method"] == "GET":
            link = url.decode("latin-1").translate(_HTML).encode("latin-1")
            body = b'<a href="%b">Temporary Redirect</a>.\n\n' % link
        await reply(send, 307, headers, body)


async def server_options(scope: Scope, receive: Receive, send: Send) -> None:
    """200 without a body to `OPTIONS *` (RFC 9110 section 9.3.7).

    Its body is read and thrown away; one above 4096 bytes is given up.
    """
    headers = [(b"content-length", b"0")]
    size = 0
    while size <= _OPTIONS_BODY:
        message: Message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    if size > _OPTIONS_BODY:
        headers.append((b"connection", b"close"))
    await reply(send, 200, headers)


async def bad_target(scope: Scope, receive: Receive, send: Send) -> None:
    """400, and the connection ends: the target `*` is for OPTIONS (RFC 9112 section 3.2.4)."""
    old = scope.get("http_version") == "1.0"  # ends it anyway
    await reply(send, 400, [] if old else [(b"connection", b"close")])


async def close_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a handshake: no pattern matches."""
    await send({"type": "websocket.close", "code": 1000, "reason": ""})


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Start up and shut down; the applications behind the patterns hear nothing of it."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
