"""Who may see what a service does, and tell it something: peers on the loopback."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["local_only", "refusal"]

_SAME = (b"same-origin", b"none")
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")


def local_only(app: ASGIApp) -> ASGIApp:
    """An application for peers on the loopback; others are answered 403."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        why = refusal(scope)
        if why:
            await PlainTextResponse(f"{why}\n", 403)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return guarded


def refusal(scope: Scope) -> str:
    """Why a request is refused; "" if it is not.

    The peer has a loopback address, and speaks for itself: no proxy has passed it on, and no page
    of another origin has sent it through a browser, be it under a name that has come to stand for
    a loopback address (DNS rebinding).
    """
    client = scope["client"]
    if client is None or not _is_loopback(client[0]):
        return "only for peers on this machine: use a port-forward, or ask here"
    fields = dict(scope["headers"])
    if any(name in fields for name in _FORWARDED):
        return "only for peers on this machine: this came through a proxy"
    foreign = fields.get(b"sec-fetch-site", b"none") not in _SAME  # which not all browsers send
    if foreign or not _is_own(fields.get(b"origin"), fields.get(b"host", b"")):
        return "only for this origin: a page of another one has sent this"
    if not _is_literal(fields.get(b"host", b"localhost").decode("latin-1")):
        return "only under an address or localhost, not under a name"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_own(origin: bytes | None, host: bytes) -> bool:
    """Whether an Origin field, if there is one, is that of who is asked."""
    return origin is None or origin.partition(b"://")[2].lower() == host.lower() != b""


def _is_literal(host: str) -> bool:
    """Whether a Host field names an address itself, or localhost: no name that anyone can point
    anywhere.
    """
    name = host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
