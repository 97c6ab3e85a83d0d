"""The head of a request, as it is understood."""

from __future__ import annotations

from typing import Any

__all__ = ["CHUNKED", "Fields", "RequestHead"]

CHUNKED = -1
"""The `length` of a body in the chunked coding."""

Fields = tuple[list[tuple[bytes, bytes]], int, bool, bool, bool, bool, bool, bytes, bytes]


class RequestHead:
    """One request's head. Shared by the requests that have the very same bytes: not to be changed.

    `plain`: nothing in it asks for more than to be answered (no expectation, no upgrade, not HEAD,
    CONNECT or HTTP/1.0). `kept`: the head is remembered, and so will come again. `scope` and
    `terms` are the engine's, to keep what its requests share.
    """

    __slots__ = (
        "expect_continue",
        "expect_other",
        "forwarded",
        "headers",
        "http_10",
        "keep_alive",
        "kept",
        "length",
        "method",
        "path",
        "plain",
        "post",
        "query",
        "raw_path",
        "request_id",
        "scope",
        "terms",
        "upgrade",
    )

    method: str
    raw_path: bytes
    path: str
    plain: bool
    post: bool
    query: bytes
    http_10: bool
    headers: list[tuple[bytes, bytes]]
    length: int
    keep_alive: bool
    expect_continue: bool
    expect_other: bool
    forwarded: bool
    request_id: bytes
    upgrade: bytes
    kept: bool
    scope: dict[str, Any] | None
    terms: Any

    def __init__(self) -> None:
        self.http_10 = self.kept = False
        self.scope = None

    def forget_fields(self) -> None:
        """Be the head of a request without header fields."""
        self.headers = []
        self.length = 0
        self.keep_alive = self.plain = True
        self.expect_continue = self.expect_other = self.forwarded = False
        self.upgrade = self.request_id = b""

    def fields(self) -> Fields:
        """What the header fields say, for `take_fields`."""
        return (
            self.headers,
            self.length,
            self.plain,
            self.keep_alive,
            self.expect_continue,
            self.expect_other,
            self.forwarded,
            self.upgrade,
            self.request_id,
        )

    def take_fields(self, fields: Fields) -> None:
        """Say what the header fields of another head say."""
        (
            self.headers,
            self.length,
            self.plain,
            self.keep_alive,
            self.expect_continue,
            self.expect_other,
            self.forwarded,
            self.upgrade,
            self.request_id,
        ) = fields
