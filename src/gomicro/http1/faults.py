"""The answers to requests that never reach an application, as Go words them."""

from __future__ import annotations

__all__ = [
    "BAD_REQUEST",
    "BODY_TIMEOUT",
    "BODY_TOO_LARGE",
    "HEADERS_TOO_LARGE",
    "HTTP2_PREFACE",
    "INVALID_HEADER_NAME",
    "MALFORMED_HOST",
    "MISSING_HOST",
    "UNSUPPORTED_TRANSFER_ENCODING",
    "UNSUPPORTED_VERSION",
    "Fault",
    "Refusal",
]


class Refusal:
    """What is answered to a request that is refused, before its connection is closed.

    `text` is the body; where it begins with the status it is the status line's text as well
    (Go's `statusError`). Immutable, and shared by all that are refused for the same reason.
    """

    __slots__ = ("phrase", "status", "text")

    def __init__(self, status: int, phrase: str, text: str | None = None) -> None:
        self.status = status
        self.phrase = phrase
        self.text = f"{status} {phrase}" if text is None else text

    def __repr__(self) -> str:
        return f"{self.status} {self.phrase}"

    def answer(self, stamp: bytes) -> bytes:
        """The whole response. `stamp`: header lines that every response has."""
        lines = [f"HTTP/1.1 {self.status} {self.phrase}\r\n".encode(), stamp]
        if self.text:
            lines.append(b"content-type: text/plain; charset=utf-8\r\n")
        lines.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(self.text))
        return b"".join(lines) + self.text.encode()


class Fault(Exception):  # noqa: N818 -- Go's word for it would be an error; ours are for users
    """What a peer sent is refused. Made anew each time that it is raised: an exception holds the
    frames it went through, and a shared one would hold those of all requests for ever.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


BAD_REQUEST = Refusal(400, "Bad Request")
MISSING_HOST = Refusal(400, "Bad Request: missing required Host header")
MALFORMED_HOST = Refusal(400, "Bad Request: malformed Host header")
INVALID_HEADER_NAME = Refusal(400, "Bad Request: invalid header name")
BODY_TIMEOUT = Refusal(408, "Request Timeout")
BODY_TOO_LARGE = Refusal(413, "Request Entity Too Large")
HTTP2_PREFACE = Refusal(400, "Bad Request", "")
HEADERS_TOO_LARGE = Refusal(431, "Request Header Fields Too Large")
UNSUPPORTED_TRANSFER_ENCODING = Refusal(501, "Not Implemented", "Unsupported transfer encoding")
UNSUPPORTED_VERSION = Refusal(505, "HTTP Version Not Supported: unsupported protocol version")
