"""The head and the transport, as uvicorn's WebSocket protocols see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes

from gomicro.connection.address import peer_address, server_address

if TYPE_CHECKING:
    import asyncio

    from gomicro.connection.websocket import WebSocket
    from gomicro.http1.request_head import RequestHead

__all__ = ["Wire", "stamped", "written_out"]

_PRINTABLE = bytes(range(0x21, 0x7F)).decode()


class Wire:
    """The transport as the protocol sees it: its addresses as the service has them, and until the
    handshake is answered what it writes and closes is the WebSocket's affair.
    """

    def __init__(self, websocket: WebSocket, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.write = websocket.write
        self.close = websocket.close

    def become(self, transport: asyncio.Transport) -> None:
        """Be nothing more than the transport."""
        self.write = transport.write
        self.close = transport.close

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As a transport's, without the socket, whose addresses are mapped ones."""
        if name == "peername":
            return peer_address(self._transport)
        if name == "sockname":
            address = server_address(self._transport)
            return address[0] if address and address[1] is None else address  # a Unix socket's path
        return default if name == "socket" else self._transport.get_extra_info(name, default)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def written_out(head: RequestHead) -> bytes:
    """The head in bytes that uvicorn's protocols read: a path in ASCII among them."""
    target = head.raw_path + (b"?" + head.query if head.query else b"")
    line = f"GET {quote_from_bytes(target, safe=_PRINTABLE)} HTTP/1.1".encode()
    return b"\r\n".join((line, *(b": ".join(field) for field in head.headers), b"", b""))


def stamped(answer: bytes, stamp: bytes) -> bytes:
    """An answer that begins with its whole head, with the line `stamp` in that, unless it has one
    of the same name.
    """
    name = b"\r\n" + stamp.partition(b" ")[0]
    if name in answer.partition(b"\r\n\r\n")[0].lower():
        return answer
    status, _, rest = answer.partition(b"\r\n")
    return b"%b\r\n%b%b" % (status, stamp, rest)
