"""The supervisor: holds the listeners, and does what the machine decides. It never waits for one
thing: not for a worker, not for a reader of its log.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from gomicro.config import ServerConfig
from gomicro.connection.address import addresses_of, host_and_port
from gomicro.errors import StartupError
from gomicro.fleet.actions import (
    Action,
    Beat,
    CloseListeners,
    Exit,
    Failure,
    Listening,
    Locate,
    Send,
    Spawn,
    Tell,
)
from gomicro.fleet.actions import Log as LogLine
from gomicro.fleet.channel import Channel
from gomicro.fleet.located import ask, line_of
from gomicro.fleet.log import Log
from gomicro.fleet.log_files import LogFiles
from gomicro.fleet.machine import Machine
from gomicro.fleet.reaping import leave_alone, reap_strangers
from gomicro.fleet.records import Field, Records
from gomicro.fleet.signals import Signals
from gomicro.fleet.spawn import Command, Hands, spawn
from gomicro.fleet.telling import Telling
from gomicro.log.among import Among
from gomicro.server.binding import Bound
from gomicro.server.listening import where
from gomicro.server.manager import find_manager

if TYPE_CHECKING:
    from gomicro.fleet.line import Line

__all__ = ["Supervisor"]

_NANO = 1e9


class Supervisor:
    """One fleet's. `run` serves until a signal ends it.

    `bound` are the listeners, which are its own from now on. Whatever else is to be heard of
    meanwhile is added to `selector`, with a function to call as its data.
    """

    def __init__(
        self, machine: Machine, command: Command, bound: Bound, config: ServerConfig
    ) -> None:
        self.machine = machine
        self.selector = selectors.DefaultSelector()
        self.records = Records.make()
        self.log = Log(config, Among({}, self.records.descriptor))
        self._command = command
        self._bound = bound
        at = " ".join(map(host_and_port, addresses_of(bound.sockets)))
        self._telling = Telling(find_manager(self.log), machine.alive, f"listening on {at}")
        self.config = config
        self.hands: dict[int, Hands] = {}
        self.aside: Callable[[], AbstractContextManager[None]] = nullcontext  # while it runs
        self.make_line: Callable[[socket.socket], Line] | None = None  # to ask workers with
        self.restarts = 0  # workers that have been started in the place of others
        self._filled: set[int] = set()
        self._files = LogFiles()
        self._exit: Exit | None = None
        self._closed = False
        self._reap_strangers = reap_strangers if os.getpid() == 1 else leave_alone
        self._do: dict[type[Action], Callable[..., None]] = {
            Spawn: self._spawn,
            Tell: lambda it: self.hands[it.key].channel.say(it.word, **it.fields),
            Send: self._send,
            Locate: self._locate,
            CloseListeners: lambda _: self._close_listeners(),
            Listening: lambda _: self._say_listening(),
            LogLine: lambda it: self.log.write(it.level, it.event, **it.fields),
            Exit: self._end,
        }

    def run(self) -> int:
        """Serve; the exit status. Raises StartupError, with the worker's own text and status, if
        no worker could ever start.
        """
        try:
            with self.aside(), Signals(self._on_signal) as signals:
                self.selector.register(signals, selectors.EVENT_READ, signals.deliver)
                self.machine.start(time.monotonic())
                while self._exit is None:
                    self._act()
                    self._wait()
        finally:
            self._close()
        return self._status(self._exit)

    def _status(self, end: Exit) -> int:
        if end.failure is not None:
            error = StartupError(end.failure.reason)
            error.exit_code = end.failure.exit_code
            error.trace = end.failure.own_trace
            raise error
        return end.status

    def _act(self) -> None:
        while actions := self.machine.actions():
            self._telling.look(*self.machine.stands())
            for action in actions:
                if isinstance(action, Tell | Send | Locate) and action.key not in self.hands:
                    continue  # it has ended in the meantime
                self._do[type(action)](action)

    def _wait(self) -> None:
        if self._exit is not None:
            return
        due = min(self.machine.due(), self._telling.due())
        patience = None if due == inf else max(0.0, due - time.monotonic())
        for key, _ in self.selector.select(patience):
            key.data()
        self._reap()
        self.log.flush()
        self.machine.tick(self._beats(), time.monotonic())
        self._telling.tick(time.monotonic())

    # Workers.

    def _spawn(self, action: Spawn) -> None:
        index = self.records.take()
        try:
            hands = spawn(
                self._command,
                self.records.descriptor,
                [sock.fileno() for sock in self._bound.sockets],
                inherited_fds=tuple(sock.fileno() for sock in self._bound.inherited),
                place=action.place,
                generation=action.generation,
                record=index,
                logs=self._files.paths,
                make_line=self.make_line,
            )
        except OSError as error:
            self.records.give_back(index)
            reason = f"cannot start {self._command.executable!r}: {error.strerror}"
            self.machine.failed(action.key, Failure(reason, 3))
            self.machine.died(action.key, 127, time.monotonic())
            return
        self.restarts += action.place in self._filled
        self._filled.add(action.place)
        self.hands[action.key] = hands
        record = self.records.record(index)
        record[Field.PLACE], record[Field.GENERATION] = action.place, action.generation
        record[Field.PID] = hands.pid
        hear = partial(self._hear, action.key)
        self.selector.register(hands.channel, selectors.EVENT_READ, hear)
        read = partial(self._read_stack, action.key)
        self.selector.register(hands.located_fd, selectors.EVENT_READ, read)
        self.machine.spawned(action.key, hands.pid)

    def _hear(self, key: int) -> None:
        hands, now = self.hands[key], time.monotonic()
        for word, fields in hands.channel.heard():
            if word == "ready":
                self.machine.ready(key, now)
            elif word == "failed":
                self.machine.failed(key, Failure(**fields))
            elif word == "rests":
                self.machine.rests(key, now)
            else:
                self.machine.wants_to_leave(key, now)
        if hands.channel.ended:
            self._deaf_to(hands.channel)

    def _read_stack(self, key: int) -> None:
        hands = self.hands[key]
        data = os.read(hands.located_fd, 65536)
        if not data:
            self._deaf_to(hands.located_fd)
        hands.said += data
        where = line_of(hands.said)
        if where:
            hands.said = b""
            self.machine.located(key, where, time.monotonic())

    def _locate(self, action: Locate) -> None:
        self.hands[action.key].said = b""
        ask(self.hands[action.key].pid)

    def _send(self, action: Send) -> None:
        os.kill(self.hands[action.key].pid, action.signal)  # it is ours, and not reaped yet

    def _deaf_to(self, file: Channel | int) -> None:
        if file in self.selector.get_map():
            self.selector.unregister(file)

    def _reap(self) -> None:
        for key, hands in list(self.hands.items()):
            pid, status = os.waitpid(hands.pid, os.WNOHANG)
            if pid:
                self._forget(key, os.waitstatus_to_exitcode(status))
        self._reap_strangers({hands.pid for hands in self.hands.values()})

    def _forget(self, key: int, status: int) -> None:
        self._hear(key)  # what it said last
        hands = self.hands.pop(key)
        self._deaf_to(hands.channel)
        self._deaf_to(hands.located_fd)
        hands.close()
        self.records.give_back(hands.record)
        self.machine.died(key, status, time.monotonic())

    def _beats(self) -> dict[int, Beat]:
        beats = {}
        for key, hands in self.hands.items():
            record = self.records.record(hands.record)
            if record[Field.HEARTBEAT]:
                beats[key] = Beat(
                    at=record[Field.HEARTBEAT] / _NANO,
                    connections=record[Field.CONNECTIONS],
                    in_flight=record[Field.IN_FLIGHT],
                    requests=record[Field.REQUESTS],
                    memory=record[Field.MEMORY],
                )
        return beats

    # Orders.

    def _on_signal(self, which: signal.Signals) -> None:
        now, machine = time.monotonic(), self.machine
        if which is signal.SIGTERM:
            machine.stop(which.name, now, patient=True)
        elif which is signal.SIGINT:
            machine.stop(which.name, now, patient=False)
        elif which is signal.SIGHUP:
            machine.restart(which.name, now)
        elif which is signal.SIGUSR1:
            self._reopen()
        elif which is signal.SIGQUIT:
            self._quit(now)
        elif which is not signal.SIGCHLD:
            done = which is signal.SIGTTIN and machine.more(now)
            done = done or (which is signal.SIGTTOU and machine.fewer(now))
            if not done:
                self.log.write("info", "signal ignored", signal=which.name)

    def _reopen(self) -> None:
        reopened, failed = self._files.reopen()
        for hands in self.hands.values():
            hands.channel.say("reopen")
        self.log.write("info", "log files reopened", files=reopened)
        for path, reason in failed.items():
            self.log.write("error", "log file not reopened", file=path, reason=reason)

    def _quit(self, now: float) -> None:
        import faulthandler

        faulthandler.dump_traceback()
        self.machine.quit(now)

    # The end.

    def _say_listening(self) -> None:
        fields = where(addresses_of(self._bound.sockets), self.config)
        self.log.write("info", "listening", logger="gomicro.server", **fields)

    def _end(self, action: Exit) -> None:
        self._exit = self._exit or action

    def _close_listeners(self) -> None:
        if not self._closed:
            self._closed = True
            self._bound.close()

    def _close(self) -> None:
        """Whatever became of it, nobody is left that was started."""
        self._close_listeners()
        for hands in self.hands.values():
            os.kill(hands.pid, signal.SIGKILL)
            os.waitpid(hands.pid, 0)
            hands.close()
        self.hands.clear()
        self.selector.close()
        if self._exit is not None and self._exit.failure is None:
            self.log.write("info", "stopped", status=self._exit.status)
        self.log.flush(1.0)
