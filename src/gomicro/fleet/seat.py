"""What a worker is handed by its supervisor: descriptors and numbers, in one variable.

The variable is taken out of the environment as soon as it is read, so that what the application
starts does not take itself for a worker.
"""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from typing import ClassVar

from gomicro.config import SEAT_VARIABLE

__all__ = ["Seat"]


@dataclass(frozen=True)
class Seat:
    """Where a worker sits. Numbers that end in _fd are descriptors, which it owns."""

    place: int
    """Its number among the workers, from 1 on."""
    generation: int
    channel_fd: int
    located_fd: int
    """A pipe for its stack, when the supervisor asks which line it is at."""
    records_fd: int
    record: int
    """The number of its record in shared memory."""
    listener_fds: tuple[int, ...]
    inherited_fds: tuple[int, ...] = ()
    """Those among them that were passed to the supervisor."""
    logs: tuple[tuple[int, str], ...] = ()
    """The descriptors of standard streams that are regular files, and the files' paths."""
    asking_fd: int = -1
    """The answering end of what an admin listener asks; -1 where there is none."""

    mine: ClassVar[Seat | None] = None
    """That of this process, once its worker has sat down."""

    def variable(self) -> str:
        """The value of the variable."""
        return json.dumps(asdict(self))

    @classmethod
    def taken(cls, environment: MutableMapping[str, str] = os.environ) -> Seat | None:
        """The seat of this process, if it is a worker; from the second call on None."""
        text = environment.pop(SEAT_VARIABLE, None)
        if text is None:
            return None
        fields = json.loads(text)
        for name in ("listener_fds", "inherited_fds"):
            fields[name] = tuple(fields.get(name, ()))  # the supervisor may be an older one
        fields["logs"] = tuple((number, path) for number, path in fields["logs"])
        return cls(**fields)
