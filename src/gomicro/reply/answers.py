"""Answers as Go's ResponseWriter gives them to a handler that writes its whole body at once."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Final

from starlette.types import Message, Send

from gomicro.reply.sniff import detect_content_type

__all__ = ["error", "reply", "send_body", "start_ok"]

BUFFER: Final = 2048
"""Bytes of a body up to which Go knows its length before it writes the headers (server.go,
bufferBeforeChunkingSize); a longer one goes out chunked."""

_CONTENT_TYPE: Final = b"content-type"
_NOT_SNIFFED: Final = frozenset((_CONTENT_TYPE, b"transfer-encoding"))
_REPLACED_BY_ERROR: Final = frozenset((b"content-length", _CONTENT_TYPE, b"x-content-type-options"))

# One start message a content type, shared by all answers. Sniffing knows a few dozen types.
_starts: Final[dict[bytes, Message]] = {}


async def reply(
    send: Send, status: int, headers: Iterable[tuple[bytes, bytes]] = (), body: bytes = b""
) -> None:
    """Send one whole answer.

    `headers` have lower-case names. A body that comes without content type, content encoding and
    transfer encoding gets the type that its first 512 bytes tell. A status that allows no body
    (1xx, 204, 304: RFC 9110 section 6.4.1) drops it.
    """
    fields = list(headers)
    if status < 200 or status in (204, 304):
        body = b""
    elif body and not any(
        name in _NOT_SNIFFED or (name == b"content-encoding" and value) for name, value in fields
    ):
        fields.append((_CONTENT_TYPE, detect_content_type(body)))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send_body(send, body)


async def error(
    send: Send, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send `text` and a newline as plain text that no browser takes for anything else.

    As Go's http.Error: a content type, content length or x-content-type-options among `headers`
    was meant for another answer and is left out.
    """
    fields = [field for field in headers if field[0] not in _REPLACED_BY_ERROR]
    fields.append((_CONTENT_TYPE, b"text/plain; charset=utf-8"))
    fields.append((b"x-content-type-options", b"nosniff"))
    await reply(send, status, fields, text.encode() + b"\n")


def start_ok(body: bytes) -> Message:
    """The start of a 200 answer with the sniffed type of `body`, which is not empty.

    The message is shared between answers of the same type: whoever gets it only reads it.
    """
    content_type = detect_content_type(body)
    start = _starts.get(content_type)
    if start is None:
        start = _starts[content_type] = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(_CONTENT_TYPE, content_type)],
        }
    return start


def send_body(send: Send, body: bytes) -> Awaitable[None]:
    """Send `body` so that it goes out with its length up to 2048 bytes, and chunked above."""
    if len(body) > BUFFER:
        return _send_long(send, body)
    return send({"type": "http.response.body", "body": body})


async def _send_long(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
