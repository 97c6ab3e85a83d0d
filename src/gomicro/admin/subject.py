"""What the admin listener asks of the service that it tells about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gomicro.metrics.families import Family
from gomicro.metrics.store import Series

__all__ = ["Check", "Gauges", "Subject"]

Gauges = Mapping[Family, Mapping[tuple[str, ...], float]]
"""For each family of gauges its values, by the values of its labels."""


@dataclass(frozen=True)
class Check:
    """One thing that has to be so, and why it is not."""

    name: str
    ok: bool
    why: str = ""


class Subject(Protocol):
    """A service, of one process or of many. All is called in the admin listener's own loop."""

    def checks(self, probe: str) -> list[Check]:
        """What `livez`, `readyz` or `startupz` asks for."""
        ...

    async def counted(self) -> Iterable[Series]:
        """What has been counted, in all processes."""
        ...

    async def gauges(self) -> Gauges:
        """What is counted when it is asked for."""
        ...

    async def requests(self) -> list[dict[str, Any]]:
        """The requests in flight, the oldest first."""
        ...

    async def stacks(self) -> str:
        """All threads, requests and tasks, as text."""
        ...

    async def profile(self, seconds: float) -> str:
        """The collapsed stacks of the event loop's thread, sampled for so long; "" if there is none
        to look at.
        """
        ...

    def config(self) -> str:
        """What is in force and where it came from, as TOML."""
        ...

    async def set_log_level(self, level: str, seconds: float) -> None:
        """Log from `level` up; after `seconds`, if not 0, as before. Raises LookupError if logging
        is not gomicro's to set.
        """
        ...
