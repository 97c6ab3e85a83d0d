"""What a client does in a case, step by step, and what it gets for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.wire.answers import Answer

__all__ = ["Case", "Drip", "Fin", "Pause", "Reset", "Step", "Wait", "asked", "case"]

HEAVY = 1 << 20
"""Bytes from which a case is one of few that are played at a time."""


@dataclass(frozen=True)
class Pause:
    """Send nothing for so many seconds. Not `reading`: until then, nothing is read either."""

    seconds: float
    reading: bool = True


@dataclass(frozen=True)
class Drip:
    """Send bytes in pieces of a size, so many seconds apart."""

    data: bytes
    seconds: float
    size: int = 1

    def pieces(self) -> list[bytes]:
        """The bytes of each packet."""
        return [self.data[at : at + self.size] for at in range(0, len(self.data), self.size)]


@dataclass(frozen=True)
class Fin:
    """Close the client's side; its other side still reads."""


@dataclass(frozen=True)
class Reset:
    """Drop the connection with a TCP reset. `kept` then says that a new one is answered."""


@dataclass(frozen=True)
class Wait:
    """Wait for so many answers in all, interim ones included, or for so many seconds."""

    answers: int = 1
    seconds: float = 6.0


Step = bytes | Pause | Drip | Fin | Reset | Wait


@dataclass(frozen=True)
class Case:
    """Steps to play, and what a client sees then. Made by `case` or `asked`.

    `finals`: answers to wait for, interim ones not counted, before the connection is examined.
    `methods`: of the requests, in order, as far as it takes to know a HEAD. `probe`: whether one
    more request may be sent to see that the connection is open and in step.
    """

    steps: tuple[Step, ...]
    finals: int
    methods: tuple[bytes, ...]
    answers: tuple[Answer, ...] = ()
    kept: bool = False
    closed_at: float | None = None
    probe: bool = True

    @property
    def heavy(self) -> bool:
        """Whether it moves so much that others would wait for it."""
        return sum(len(step) for step in self.steps if isinstance(step, bytes)) >= HEAVY

    @property
    def timed(self) -> bool:
        """Whether it depends on the clock, and so on who is late."""
        waits = any(isinstance(step, Pause | Drip) for step in self.steps)
        return waits or self.closed_at is not None

    @property
    def duration(self) -> float:
        """Seconds that its steps take at least."""
        pauses = [step.seconds for step in self.steps if isinstance(step, Pause)]
        drips = [step for step in self.steps if isinstance(step, Drip)]
        return sum(pauses) + sum(drip.seconds * len(drip.pieces()) for drip in drips)


def case(
    *steps: Step,
    gets: Answer | Sequence[Answer] = (),
    kept: bool | None = None,
    closed_at: float | None = None,
) -> Case:
    """Steps to play, and what a client gets for them.

    `kept`: whether the connection is open and in step after the answers; by default as the last
    one says. `closed_at`: seconds from the connect until it is closed, where time is the point.
    """
    answers = (gets,) if isinstance(gets, Answer) else tuple(gets)
    if kept is None:
        kept = bool(answers) and not (answers[-1].close or answers[-1].framing == "close")
    finals = sum(answer.status >= 200 for answer in answers)
    return Case(steps, finals, _methods(steps), answers, kept, closed_at)


def asked(
    *steps: Step, finals: int | None = None, methods: str | None = None, probe: bool = True
) -> Case:
    """Steps whose answers are recorded from Go.

    `methods`: those of the requests, where they are not the first words of the steps with bytes.
    `finals`: where it is not one answer to each of these. See `Case` for `probe`.
    """
    words = _methods(steps) if methods is None else tuple(methods.encode().split())
    return Case(steps, len(words) if finals is None else finals, words, probe=probe)


def _methods(steps: Sequence[Step]) -> tuple[bytes, ...]:
    sent = [step.data if isinstance(step, Drip) else step for step in steps]
    return tuple(data.split(b" ", 1)[0] for data in sent if isinstance(data, bytes))
