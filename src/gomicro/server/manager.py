"""Whoever has started the service, and may want to know how it fares."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

__all__ = ["Manager", "Nobody", "find_manager"]


class Manager(Protocol):
    """What a manager is told. Nothing of it raises."""

    watchdog: float
    """Seconds without `alive` after which it takes the service for dead, 0 for never."""

    def ready(self, status: str) -> None:
        """The service is up, or up again after `reloading`; `status` is a line for people."""
        ...

    def reloading(self) -> None:
        """The service reads anew what it is made of; `ready` follows."""
        ...

    def stopping(self, status: str) -> None:
        """The service leaves; it is alive until its process ends."""
        ...

    def alive(self) -> None:
        """A sign of life."""
        ...

    def guarding(self) -> AbstractContextManager[None]:
        """A context in which the event loop that runs here gives the signs of life by itself."""
        ...


class Nobody:
    """No manager."""

    watchdog = 0.0

    def ready(self, status: str) -> None: ...
    def reloading(self) -> None: ...
    def stopping(self, status: str) -> None: ...
    def alive(self) -> None: ...
    def guarding(self) -> AbstractContextManager[None]:
        return nullcontext()


def find_manager(log: Any) -> Manager:
    """The manager that the environment names. Its variables go, so that no child speaks for the
    service.
    """
    if not os.environ.get("NOTIFY_SOCKET"):
        return Nobody()
    from gomicro.server.notify import Systemd

    return Systemd.named_by(os.environ, log)
