"""What supervisor and worker say to each other: a line of JSON each, over a pair of sockets.

A worker says `ready`, `failed`, `leave` (somebody else wants it to) and `rests` (it has been told
to, and accepts nothing more). A supervisor says `leave`, `reopen`, and `hold` and `go on`, between
which nobody is accepted. The end of the stream means that the other one is gone.
"""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any, Final

__all__ = ["Channel"]

LAST_PATIENCE: Final = 5.0


class Channel:
    """One end. It owns its socket, and never waits but at last."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.ended = False
        """Whether the other end has been closed."""
        self._read = b""

    def fileno(self) -> int:
        return self.sock.fileno()

    def say(self, word: str, **fields: Any) -> None:
        """Say something. Whoever is gone does not hear it, nor who has not listened to so much that
        no more is kept: that is one who blocks, and is ended where it is to leave.
        """
        try:
            self.sock.send(_line(word, fields))
        except BlockingIOError:
            pass
        except OSError:
            self.ended = True

    def say_at_last(self, word: str, **fields: Any) -> None:
        """Say something before this process ends, however long it is: wait for it to be heard, and
        for LAST_PATIENCE seconds at most. Nothing more can be said or heard.
        """
        with suppress(OSError):
            self.sock.settimeout(LAST_PATIENCE)
            self.sock.sendall(_line(word, fields))
        self.ended = True

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """What has come since the last call, without waiting for more."""
        while not self.ended:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self._read += data
            self.ended = not data
        *lines, self._read = self._read.split(b"\n")
        return [(word, fields) for word, fields in map(json.loads, lines)]

    def close(self) -> None:
        self.sock.close()


def _line(word: str, fields: dict[str, Any]) -> bytes:
    return json.dumps([word, fields]).encode() + b"\n"
