"""The names that a client gives its request: X-Request-Id, and the traceparent of W3C's Trace
Context. What is none is not taken, so that a name can stand in logs and headers as it is.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Trace", "request_id", "trace"]

Trace = tuple[str, str]
"""A trace's id and that of the client's span in it, in lower-case hexadecimal digits."""

_REQUEST_ID: Final = re.compile(rb"[!-~]{1,128}\Z")

_TRACEPARENT: Final = re.compile(
    rb"([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?\Z"
)


def request_id(value: bytes) -> bytes:
    """The id, or b"" where the value is none: 1 to 128 visible characters of ASCII."""
    return value if _REQUEST_ID.match(value) else b""


def trace(values: list[bytes]) -> Trace | None:
    """The ids in the values of all `traceparent` fields (Trace Context section 3.2).

    None if there is not exactly one, or it is not valid. Version ff is none, and only a version
    that is later than ours may go on after the flags.
    """
    match = _TRACEPARENT.match(values[0]) if len(values) == 1 else None
    if match is None or match[1] == b"ff" or (match[1] == b"00" and match[4] is not None):
        return None
    return match[2].decode(), match[3].decode()
