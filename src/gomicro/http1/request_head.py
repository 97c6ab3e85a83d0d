"""The head of a request, as it is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gomicro.http1.request_names import Trace
    from gomicro.http1.usual_lines import Wanted

__all__ = ["CHUNKED", "Meaning", "RequestHead"]

CHUNKED: Final = -1
"""The `length` of a body in the chunked coding."""

Meaning = tuple[
    int,
    bool,
    bool,
    bool,
    bool,
    bool,
    bytes,
    bytes,
    bool,
    bool,
    "Trace | None",
]


class RequestHead:
    """One request's head. Shared by the requests that have the very same bytes: not to be changed.

    `plain`: nothing in it asks for more than to be answered (no expectation, no upgrade, not HEAD,
    CONNECT or HTTP/1.0). `named`: the response is to have the request's id. `short`: plain, and not
    named. `kept`: the head is remembered, and so will come again. `scope` and `terms` are the
    engine's, to keep what its requests share.
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
        "named",
        "path",
        "plain",
        "post",
        "query",
        "raw_path",
        "request_id",
        "scope",
        "short",
        "terms",
        "trace",
        "upgrade",
        "wanted",
    )

    wanted: Wanted | None
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
    named: bool
    short: bool
    trace: Trace | None
    upgrade: bytes
    kept: bool
    scope: dict[str, Any] | None
    terms: Any

    def __init__(self, wanted: Wanted | None = None) -> None:
        self.http_10 = self.kept = False
        self.wanted = wanted
        if wanted is None:
            self.scope = None
        else:
            self.scope = wanted.scope
            self.terms = wanted.terms
            self.method = wanted.method
            self.path = wanted.path
            self.raw_path = wanted.raw_path

    def take_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Have header fields that mean nothing to the server."""
        self.headers = headers
        self.length = 0
        self.keep_alive = self.plain = self.short = True
        self.expect_continue = self.expect_other = self.forwarded = False
        self.upgrade = self.request_id = b""
        self.named = False
        self.trace = None

    def meaning(self) -> Meaning:
        """What the header fields mean to the server, for `take_fields`."""
        return (
            self.length,
            self.plain,
            self.keep_alive,
            self.expect_continue,
            self.expect_other,
            self.forwarded,
            self.upgrade,
            self.request_id,
            self.named,
            self.short,
            self.trace,
        )

    def take_fields(self, headers: list[tuple[bytes, bytes]], meaning: Meaning) -> None:
        """Have these header fields, and the meaning of those of another head."""
        self.headers = headers
        (
            self.length,
            self.plain,
            self.keep_alive,
            self.expect_continue,
            self.expect_other,
            self.forwarded,
            self.upgrade,
            self.request_id,
            self.named,
            self.short,
            self.trace,
        ) = meaning
