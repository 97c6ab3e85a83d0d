"""The phases of a service's life, as its connections are told them."""

from __future__ import annotations

from enum import Enum

__all__ = ["Phase"]


class Phase(Enum):
    """Where a service stands in its life. It goes forward only, and may skip a phase."""

    STARTING = "the application starts, nothing is accepted yet"
    SERVING = "connections are accepted, and kept"
    LEAVING = "it has been told to stop; connections are accepted still, and kept"
    PARTING = "as before, and each answer closes its connection"
    DRAINING = "what was begun is finished; an idle connection has a second for one more request"
    HURRYING = "what was begun is finished; an idle connection is closed at once"
    STOPPED = "nothing is left"

    keeps: bool  # connections are kept after an answer
    patient: bool  # an idle connection has time for one more request


for _phase in Phase:
    _phase.keeps = _phase in (Phase.STARTING, Phase.SERVING, Phase.LEAVING)
    _phase.patient = _phase not in (Phase.HURRYING, Phase.STOPPED)
