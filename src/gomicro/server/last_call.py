"""The end of listening: whoever has connected is accepted, and nobody connects after that."""

from __future__ import annotations

import socket
import struct
import sys
from array import array
from contextlib import suppress
from typing import Final

__all__ = ["refuse_new"]

_SO_ATTACH_FILTER: Final = 26
_FLAGS: Final = 13  # the byte of a TCP header that has them
_SYN, _ACK = 0x02, 0x10

# Instructions of the classic BPF, `struct sock_filter` (linux/filter.h): code, the jumps if true
# and if false, an operand.
_NO_SYN: Final = (
    (0x30, 0, 0, _FLAGS),  # load the byte
    (0x54, 0, 0, _SYN | _ACK),  # leave these flags of it
    (0x15, 0, 1, _SYN),  # the one flag alone?
    (0x06, 0, 0, 0),  # drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # take all of it
)


def refuse_new(sock: socket.socket) -> None:
    """Let nobody connect to a listening socket any more. Who has connected stays in the kernel's
    queue, to be accepted.

    Without it a client that connects between the last accept(2) and close(2) is reset, and with it
    the request that it has sent. What begins a connection over TCP is dropped: a client that knocks
    just then tries again after a second, as it would where a packet is lost, and is refused. It
    holds for all processes that have the socket, for good. Linux only; elsewhere nothing is done.
    """
    if sys.platform != "linux":  # pragma: no cover
        return
    with suppress(OSError):  # a sandbox may not allow it: then there is that moment
        if sock.family == socket.AF_UNIX:
            sock.shutdown(socket.SHUT_RD)
            return
        code = array("B", b"".join(struct.pack("=HBBI", *one) for one in _NO_SYN))
        program = struct.pack("HP", len(_NO_SYN), code.buffer_info()[0])
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
