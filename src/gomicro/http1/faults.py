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
]


class Fault(Exception):  # noqa: N818 -- the thing itself, which is raised on its way to the wire
    """A request that is refused: what is answered, before the connection is closed.

    `text` is the body; where it begins with the status it is the status line's text as well
    (Go's `statusError`).
    """

    def __init__(self, status: int, phrase: str, text: str | None = None) -> None:
        super().__init__(f"{status} {phrase}")
        self.status = status
        self.phrase = phrase
        self.text = f"{status} {phrase}" if text is None else text

    def answer(self, stamp: bytes) -> bytes:
        """The whole response. `stamp`: header lines that every response has."""
        lines = [f"HTTP/1.1 {self.status} {self.phrase}\r\n".encode(), stamp]
        if self.text:
            lines.append(b"content-type: text/plain; charset=utf-8\r\n")
        lines.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(self.text))
        return b"".join(lines) + self.text.encode()


BAD_REQUEST = Fault(400, "Bad Request")
MISSING_HOST = Fault(400, "Bad Request: missing required Host header")
MALFORMED_HOST = Fault(400, "Bad Request: malformed Host header")
INVALID_HEADER_NAME = Fault(400, "Bad Request: invalid header name")
BODY_TIMEOUT = Fault(408, "Request Timeout")
BODY_TOO_LARGE = Fault(413, "Request Entity Too Large")
HTTP2_PREFACE = Fault(400, "Bad Request", "")
HEADERS_TOO_LARGE = Fault(431, "Request Header Fields Too Large")
UNSUPPORTED_TRANSFER_ENCODING = Fault(501, "Not Implemented", "Unsupported transfer encoding")
UNSUPPORTED_VERSION = Fault(505, "HTTP Version Not Supported: unsupported protocol version")
