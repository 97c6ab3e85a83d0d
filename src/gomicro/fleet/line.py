"""What an admin listener asks of a worker: a line of JSON each way, over a pair of sockets of their
own.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from typing import Any

__all__ = ["Line"]


class Line:
    """The asking end. Several threads may ask; who is gone, or late, is not waited for."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._read = b""
        self._asked = 0

    def ask(self, word: str, *args: Any, patience: float = 2.0) -> Any:
        """The answer; None if none comes within so many seconds."""
        ends_at = time.monotonic() + patience
        if not self._lock.acquire(timeout=patience):
            return None
        try:
            self._say(word, args, patience)
            return self._answer(self._asked, ends_at)
        except OSError:
            return None
        finally:
            self._lock.release()

    def tell(self, word: str, *args: Any, patience: float = 2.0) -> None:
        """Ask without waiting for the answer: a worker that only starts has it before all that is
        asked later. What finds no room within so many seconds is left out.
        """
        with self._lock, suppress(OSError):
            self._say(word, args, patience)

    def _say(self, word: str, args: tuple[Any, ...], patience: float) -> None:
        self._asked += 1
        self._sock.settimeout(patience)
        self._sock.sendall(json.dumps([self._asked, word, args]).encode() + b"\n")

    def _answer(self, number: int, ends_at: float) -> Any:
        while True:
            line, found, rest = self._read.partition(b"\n")
            if found:
                self._read = rest
                answers, answer = json.loads(line)
                if answers == number:  # else it answers what nobody waits for any more
                    return answer
                continue
            self._sock.settimeout(max(0.001, ends_at - time.monotonic()))
            data = self._sock.recv(1 << 20)
            if not data:
                return None
            self._read += data

    def close(self) -> None:
        """Ask no more."""
        self._sock.close()
