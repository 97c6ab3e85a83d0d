"""How many header fields, and how long."""

from __future__ import annotations

from tests.wire.asking import ask
from tests.wire.steps import Wait, asked

CASES = {
    "limits/value-8k": asked(ask("GET /goodbye", "X-A: " + "a" * 8192)),
    "limits/headers-500": asked(ask("GET /goodbye", *[f"X-{i}: v" for i in range(499)])),
    "limits/headers-501": asked(ask("GET /goodbye", *[f"X-{i}: v" for i in range(500)])),
    "limits/headers-1000": asked(ask("GET /goodbye", *[f"X-{i}: v" for i in range(999)])),
    "limits/headers-501-same-name": asked(ask("GET /goodbye", *["X-A: v"] * 500)),
    "limits/headers-501-then-request": asked(
        ask("GET /", *[f"X-{i}: v" for i in range(500)]) + ask("GET /goodbye"), finals=2
    ),
    "limits/total-1052672": asked(
        b"GET /goodbye HTTP/1.1\r\nHost: parity.test\r\nX-A: " + b"a" * (1052672 - 51) + b"\r\n\r\n"
    ),
    "limits/total-1200000-post": asked(
        ask("POST /", "X-A: " + "a" * 1200000, "Content-Length: 5") + b"World"
    ),
    "limits/total-3000000": asked(ask("GET /", "X-A: " + "a" * 3000000)),
    "limits/request-line-1048000": asked(ask("GET /goodbye?" + "a" * 1048000)),
    "limits/method-1100000": asked(b"M" * 1100000),
    "limits/second-request-too-large": asked(
        ask("GET /"), Wait(1), ask("GET /goodbye", "X-A: " + "a" * 1200000)
    ),
    "limits/fold-1200000": asked(ask("GET /", "X-A: a" + "\r\n a" * 300000)),
}
