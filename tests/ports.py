"""A port for a program that cannot be asked to take any that is free."""

from __future__ import annotations

import secrets
import socket

__all__ = ["unused_port"]

_OF_NOBODY = range(20_000, 32_000)
"""Ports that no system gives to a socket that asks for any: until the program listens, no client
or server of another test comes to have it.
"""


def unused_port() -> int:
    """A port on which nobody listens, and which is given out once, to one process of all."""
    while True:
        port = secrets.choice(_OF_NOBODY)
        mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with mark, socket.socket() as sock:
            try:
                mark.bind(("127.0.0.1", port))
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            mark.detach()  # UDP's port, which nobody uses, is held until this process ends
            return port
