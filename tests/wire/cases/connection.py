"""The Connection header, and upgrades."""

from __future__ import annotations

from tests.wire.asking import ask, fill, post
from tests.wire.steps import asked

CASES = {
    "connection/close-capital": asked(ask("GET /", "Connection: Close")),
    "connection/close-list-last": asked(ask("GET /", "Connection: x-a ,close")),
    "connection/close-space-separated": asked(ask("GET /", "Connection: x-a close")),
    "connection/close-semicolon": asked(ask("GET /", "Connection: x-a;close")),
    "connection/closed-is-not-close": asked(ask("GET /", "Connection: closed")),
    "connection/keep-alive-and-close": asked(ask("GET /", "Connection: keep-alive, close")),
    "connection/two-headers-close-first": asked(
        ask("GET /", "Connection: close", "Connection: keep-alive")
    ),
    "connection/two-headers-space-separated": asked(
        ask("GET /", "Connection: x", "Connection: y close")
    ),
    "connection/empty": asked(ask("GET /", "Connection:")),
    "connection/keep-alive-parameters": asked(
        ask("GET /", "Connection: keep-alive", "Keep-Alive: timeout=1, max=1")
    ),
    "connection/http10-keep-alive-list": asked(ask("GET / HTTP/1.0", "Connection: x, keep-alive")),
    "connection/close-unread-body-goodbye": asked(
        post(fill(1000), "/goodbye", "Connection: close")
    ),
    "connection/close-large-response": asked(post(fill(100000), "/", "Connection: close")),
    "connection/upgrade-websocket": asked(
        ask(
            "GET /",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
    ),
    "connection/upgrade-websocket-goodbye": asked(
        ask(
            "GET /goodbye",
            "Connection: keep-alive, Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
    ),
    "connection/upgrade-websocket-incomplete": asked(
        ask("GET /goodbye", "Connection: Upgrade", "Upgrade: websocket")
    ),
    "connection/upgrade-websocket-post": asked(
        post(b"World", "/", "Connection: Upgrade", "Upgrade: websocket")
    ),
    "connection/upgrade-unknown": asked(
        ask("GET /goodbye", "Connection: Upgrade", "Upgrade: tea/1.0")
    ),
    "connection/upgrade-without-connection": asked(ask("GET /goodbye", "Upgrade: websocket")),
    "connection/upgrade-and-close": asked(
        ask("GET /goodbye", "Connection: Upgrade, close", "Upgrade: websocket")
    ),
}
