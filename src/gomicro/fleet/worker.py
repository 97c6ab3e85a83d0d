"""A worker's side of its fleet: it serves on the sockets that it was handed, tells how it does in
shared memory, and leaves when its supervisor says so, or is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from math import inf
from typing import TYPE_CHECKING

from gomicro.config import ServerConfig
from gomicro.errors import GomicroError
from gomicro.fleet.channel import Channel
from gomicro.fleet.log_files import LogFiles
from gomicro.fleet.orphan import BEYOND_GRACE, end_without
from gomicro.fleet.records import Records
from gomicro.fleet.seat import Seat
from gomicro.frames import place
from gomicro.log.among import Among
from gomicro.log.form import for_people
from gomicro.server.signal_handlers import take

if TYPE_CHECKING:
    from gomicro.admin.here import Here
    from gomicro.connection.address import Address
    from gomicro.connection.service import Service
    from gomicro.fleet.holding import Holding
    from gomicro.fleet.pulse import Pulse
    from gomicro.server.binding import Bound
    from gomicro.server.listener import Listener
    from gomicro.server.orders import Orders
    from gomicro.server.signals import End, Hear

__all__ = ["Worker"]


class Worker:
    """This process, as one of a fleet: a server's home (`gomicro.server.home.Home`)."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self._channel = Channel(socket.socket(fileno=seat.channel_fd))
        self._records = Records(seat.records_fd)
        self._files = LogFiles(seat.logs)
        self._sockets = [socket.socket(fileno=number) for number in seat.listener_fds]
        self._for_people = False
        self._pulse: Pulse | None = None
        self._holding: Holding | None = None
        self._answering = socket.socket(fileno=seat.asking_fd) if seat.asking_fd >= 0 else None
        asked = () if self._answering is None else (seat.asking_fd,)
        for descriptor in (seat.channel_fd, seat.located_fd, *asked, *seat.listener_fds):
            os.set_inheritable(descriptor, False)
        self._patience = 0.0
        """Seconds that it has for its end when the supervisor is gone: none while it is loaded."""
        end_without(seat.channel_fd, lambda: self._patience)
        # A terminal sends these to all processes at once; the supervisor says what they mean.
        take(signal.SIGINT, signal.SIG_IGN)
        take(signal.SIGHUP, signal.SIG_IGN)
        # The interpreter writes the stack by itself, whatever blocks it.
        faulthandler.register(signal.SIGURG, file=seat.located_fd, all_threads=False)
        os.register_at_fork(after_in_child=self._part)

    @classmethod
    def here(cls) -> Worker:
        """This process's own. Raises GomicroError if no supervisor has started it."""
        seat = Seat.taken()
        if seat is None:
            raise GomicroError("a worker is started by its supervisor: see gomicro.Fleet")
        Seat.mine = seat
        return cls(seat)

    @property
    def among(self) -> Among:
        """What its lines have, and how they take turns with those of others."""
        fields = {"worker": self.seat.place, "pid": os.getpid()}
        return Among(fields, self._records.descriptor)

    def heed(self, config: ServerConfig) -> None:
        """Tell what keeps this process from starting in the form of its log."""
        self._for_people = for_people(config.log_format)

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Tell the supervisor what keeps this process from starting, and exit with its status."""
        try:
            yield
        except GomicroError as error:
            cause = error.__cause__
            theirs = cause is not None and place(cause)  # where the application's own code failed
            traces = self._traces(cause) if cause is not None and theirs else {}
            said = {"reason": str(error), "exit_code": error.exit_code, **traces}
            self._channel.say_at_last("failed", **said)
            raise SystemExit(error.exit_code) from None

    def _traces(self, error: BaseException) -> dict[str, str]:
        from gomicro.tracebacks import from_users

        own = from_users(error)
        if self._for_people:
            return {"trace": own}
        whole = "".join(traceback.format_exception(error)).rstrip("\n")
        return {"trace": whole, "own_trace": own}

    # What a server asks of its home.

    @property
    def gives_way(self) -> Callable[[], bool]:
        return self._gives_way

    def handler(self, orders: Orders) -> Hear:
        """SIGTERM comes from somebody else than the supervisor: this one is replaced first."""

        def on_signal(which: signal.Signals) -> End | None:
            if which is signal.SIGTERM and self._pulse is not None:
                self._channel.say("leave")
            elif which is signal.SIGTERM or which is signal.SIGQUIT:
                return orders.on_signal(which)
            return None

        return on_signal

    def attach(self, loop: asyncio.AbstractEventLoop, orders: Orders) -> None:
        loop.add_reader(self._channel, self._hear, loop, orders)

    def bind(self, config: ServerConfig) -> Bound:
        """The supervisor has bound them."""
        from gomicro.server.binding import Bound

        grace = config.shutdown_grace or inf
        self._patience = config.shutdown_delay + grace + BEYOND_GRACE
        bound = Bound()
        bound.sockets += self._sockets
        inherited = self.seat.inherited_fds
        bound.inherited += [sock for sock in self._sockets if sock.fileno() in inherited]
        return bound

    def serving(self, service: Service, listener: Listener, config: ServerConfig) -> None:
        from gomicro.fleet.holding import Holding
        from gomicro.fleet.pulse import Pulse

        record = self._records.record(self.seat.record)
        self._pulse = Pulse(record, self._records, service, listener)
        self._pulse.begin()
        self._holding = Holding(service, listener)
        self._channel.say("ready")

    def counters(self) -> memoryview:
        """Its record's: what it counts is there after it."""
        return self._records.record(self.seat.record).counters

    @contextlib.contextmanager
    def telling_of(self, here: Here, config: ServerConfig) -> Iterator[list[Address]]:
        """The supervisor has the admin listener, and asks."""
        from gomicro.fleet.answering import Answering

        if self._answering is None:
            yield []
            return
        with Answering(self._answering, here):
            yield []

    # Inside.

    def _part(self) -> None:
        """In a forked child, which is no worker: it says nothing to the supervisor."""
        self._channel.close()
        faulthandler.unregister(signal.SIGURG)

    def _gives_way(self) -> bool:
        return self._pulse is not None and self._pulse.gives_way()

    def _hear(self, loop: asyncio.AbstractEventLoop, orders: Orders) -> None:
        for word, fields in self._channel.heard():
            if word == "leave":
                self._leave(orders, **fields)
            elif word == "reopen":
                self._files.reopen()
            elif self._holding is not None:
                (self._holding.hold if word == "hold" else self._holding.go_on)()
        if self._channel.ended:
            loop.remove_reader(self._channel)
            self._leave(orders, "supervisor gone", patient=True, last=True)

    def _leave(self, orders: Orders, reason: str, patient: bool, last: bool) -> None:
        orders.last = last
        self._holding = None
        if self._pulse is not None and not last:
            self._pulse.leave()
            self._channel.say("rests")
        orders.stop(reason, patient=patient)
