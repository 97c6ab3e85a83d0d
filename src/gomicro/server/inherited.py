"""Sockets that listen already when the process starts, as systemd and others pass them."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

from gomicro.errors import StartupError
from gomicro.server.sockets import cannot_listen

__all__ = ["adopt", "take_passed"]

FIRST = 3
"""The first descriptor that is passed (sd_listen_fds(3): SD_LISTEN_FDS_START)."""

TCP = (socket.AF_INET, socket.AF_INET6)


def take_passed(environment: MutableMapping[str, str]) -> dict[int, str]:
    """The descriptors that systemd's protocol has passed to this process, each with its name.

    The variables go: a descriptor is taken once, and no child shall think that it is passed on.
    """
    pid = environment.pop("LISTEN_PID", "")
    count = environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdecimal():
        return {}
    numbers = range(FIRST, FIRST + int(count))
    return {n: names[n - FIRST] if n - FIRST < len(names) else "" for n in numbers}


def adopt(number: int) -> socket.socket:
    """The socket of a descriptor, which is its from now on; it does not block, and no child has it.

    Raises StartupError unless it is a listening stream socket, of TCP or Unix; then the descriptor
    is left as it was.
    """
    where = f"fd:{number}"
    try:
        found = socket.socket(fileno=number)
    except OSError as error:
        raise cannot_listen(where, error) from error
    family = found.family
    fault = _fault(found)
    found.detach()
    if fault:
        raise StartupError(f"cannot listen on {where}: {fault}")
    # Said to be TCP, without which asyncio leaves the connections to Nagle's algorithm.
    proto = socket.IPPROTO_TCP if family in TCP else 0
    sock = socket.socket(family, socket.SOCK_STREAM, proto, fileno=number)
    sock.set_inheritable(False)
    sock.setblocking(False)
    return sock


def _fault(sock: socket.socket) -> str:
    if sock.family not in (*TCP, socket.AF_UNIX):
        return "it is a socket neither of TCP nor Unix"
    if sock.type != socket.SOCK_STREAM:
        return "it is not a stream socket"
    if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return "it is not a listening socket"
    return ""
