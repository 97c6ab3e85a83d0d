"""What has come from a peer, and waits in the kernel to be read."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket
    from socket import socket

__all__ = ["unread"]


def unread(sock: socket | TransportSocket | None) -> bool:
    """Whether bytes wait, or the peer's end; where the socket listens, a client. Of one that is
    closed, or gone, nothing does.

    Whoever closes a connection because of a time that has passed asks first: this process may have
    stood still in it, and what came meanwhile came in time.
    """
    descriptor = -1 if sock is None else sock.fileno()
    if descriptor < 0:
        return False
    waiter = select.poll()
    waiter.register(descriptor, select.POLLIN)
    return bool(waiter.poll(0))
