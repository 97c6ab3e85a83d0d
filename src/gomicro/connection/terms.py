"""What holds for a request: its deadlines, its limits, and whether it is logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from gomicro.connection.deadlines import Timeouts

if TYPE_CHECKING:
    from gomicro.config import ServerConfig
    from gomicro.connection.state import Deadline

__all__ = ["Terms", "server_terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a request. Shared by all for which the same holds.

    `max_body` is bytes, infinite for no limit. `route`: the pattern of the route they are of, empty
    for the server's own. `moved`: the deadlines that the application has set for this request.
    `told`: whether `Service.on_request` is to hear of it, since it is logged or since all requests
    are counted.
    """

    timeouts: Timeouts
    max_body: float
    logged: bool
    route: str = ""
    moved: frozenset[Deadline] = frozenset()
    counted: bool = False
    write: float = field(init=False)
    """Seconds of the write deadline; infinite if there is none."""
    told: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "write", self.timeouts.write or inf)
        object.__setattr__(self, "told", self.logged or self.counted)


def server_terms(config: ServerConfig) -> Terms:
    """What holds for every request that nothing else is said of."""
    return Terms(
        timeouts=Timeouts(*config.timeouts(), idle=config.idle_timeout),
        max_body=config.max_body_bytes or inf,
        logged=config.access_log,
        counted=config.admin_port is not None,
    )
