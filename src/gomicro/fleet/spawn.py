"""Starting a worker: a fresh interpreter, which loads code and configuration as they are now."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gomicro.config import SEAT_VARIABLE
from gomicro.fleet.channel import Channel
from gomicro.fleet.seat import Seat

if TYPE_CHECKING:
    from gomicro.fleet.line import Line

__all__ = ["Command", "Hands", "again", "directory", "spawn"]


@dataclass(frozen=True)
class Command:
    """What a worker runs: an executable, its arguments and what is added to the environment.

    It is run in `directory`, looked up anew each time: the path may lead through a link that
    a deployment sets to another release.
    """

    executable: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: str


@dataclass(eq=False)
class Hands:
    """The supervisor's side of one worker's process."""

    pid: int
    channel: Channel
    located_fd: int
    record: int
    line: Line | None = None
    """For an admin listener's questions."""
    said: bytes = b""
    """What has come of its stack."""

    def close(self) -> None:
        self.channel.close()
        if self.line is not None:
            self.line.close()
        os.close(self.located_fd)


def again() -> Command:
    """This process's own command line."""
    return Command(sys.executable, sys.orig_argv, {}, directory())


def spawn(
    command: Command,
    records_fd: int,
    listener_fds: Sequence[int],
    *,
    make_line: Callable[[socket.socket], Line] | None = None,
    **fields: Any,
) -> Hands:
    """Start a worker, whose seat has these fields beside the descriptors. With `make_line` it is to
    answer an admin listener.

    Raises OSError if the process cannot be started.
    """
    asking, answering = (None, None) if make_line is None else socket.socketpair()
    ours, theirs = socket.socketpair()
    located, locating = os.pipe()
    os.set_blocking(located, False)
    os.set_blocking(locating, False)
    handed = [theirs.fileno(), locating, records_fd, *listener_fds]
    if answering is not None:
        handed.append(answering.fileno())
    seat = Seat(
        channel_fd=theirs.fileno(),
        located_fd=locating,
        records_fd=records_fd,
        listener_fds=tuple(listener_fds),
        asking_fd=-1 if answering is None else answering.fileno(),
        **fields,
    )
    line = make_line(asking) if make_line is not None and asking is not None else None
    hands = Hands(0, Channel(ours), located, seat.record, line)
    try:
        with contextlib.suppress(OSError):  # it may be gone: then the one we have must do
            os.chdir(command.directory)
        with _inheritable(handed):
            hands.pid = os.posix_spawn(
                command.executable,
                tuple(command.arguments),
                {**os.environ, **command.environment, SEAT_VARIABLE: seat.variable()},
                setsigmask=(),
            )
    except BaseException:
        hands.close()
        raise
    finally:
        theirs.close()
        os.close(locating)
        if answering is not None:
            answering.close()
    return hands


@contextlib.contextmanager
def _inheritable(descriptors: Sequence[int]) -> Iterator[None]:
    """Hand these down to what is started meanwhile, and to nothing after that."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)


def directory() -> str:
    """The working directory, by the name it has in the shell that started us if that holds."""
    with contextlib.suppress(KeyError, OSError):
        named = os.environ["PWD"]
        if Path(named).samefile("."):
            return named
    return str(Path.cwd())
