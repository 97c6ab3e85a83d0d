"""A worker's thread that answers what its supervisor's admin listener asks, also while the worker's
event loop is blocked.
"""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from gomicro.metrics.families import ACTIVE_REQUESTS, CONNECTIONS
from gomicro.metrics.gauges import active_requests, connections
from gomicro.threads import OwnThread
from gomicro.watch.profile import collapsed, sample
from gomicro.watch.requests import described
from gomicro.watch.stacks import stacks

if TYPE_CHECKING:
    from gomicro.admin.here import Here

__all__ = ["Answering"]


class Answering:
    """A thread that answers, until its supervisor is gone. A context."""

    def __init__(self, sock: socket.socket, here: Here) -> None:
        self._sock = sock
        self._here = here
        self._profile: list[str] = []
        """That which was begun last; empty while it is being taken."""
        self._thread = OwnThread(self._run, "gomicro admin")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._here.end()
        with suppress(OSError):  # the supervisor is gone
            self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _run(self) -> None:
        with self._sock, self._sock.makefile("rb") as lines, suppress(OSError):
            for line in lines:
                number, word, args = json.loads(line)
                answer = json.dumps([number, self._answer(word, args)])
                self._sock.sendall(answer.encode() + b"\n")

    def _answer(self, word: str, args: list[Any]) -> Any:
        """None where the question fails: the next one may be answered."""
        try:
            return getattr(self, f"_say_{word}")(*args)
        except Exception as error:
            self._here.service.log.error("admin listener failed", exc_info=error)
            return None

    def _say_requests(self) -> list[dict[str, Any]]:
        return described(self._here.service, self._here.thread)

    def _say_stacks(self) -> str:
        return stacks(self._here.loop, self._here.service)

    def _say_gauges(self) -> dict[str, dict[str, int]]:
        service = self._here.service
        return {
            ACTIVE_REQUESTS.name: active_requests(service),
            CONNECTIONS.name: connections(service),
        }

    def _say_begin_profile(self, seconds: float) -> None:
        self._profile = taken = []

        def take() -> None:
            taken.append(collapsed(sample(self._here.thread, seconds, self._here.ended)))

        OwnThread(take, "gomicro profile").start()

    def _say_profile(self) -> str | None:
        """None while it is being taken."""
        return self._profile[0] if self._profile else None

    def _say_log_level(self, level: str, ends_at: float) -> None:
        """`ends_at` is of the monotonic clock, which all processes share; 0 for good."""
        if not ends_at:
            self._here.change_log_level(level, 0)
        elif (left := ends_at - monotonic()) > 0:  # else it has passed while this process started
            self._here.change_log_level(level, left)
