"""A server as a process: started on a free port, its log read as it comes, ended by a signal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

__all__ = [
    "GOMICRO",
    "NOBODY_IS_SHED",
    "ONE_MORE_REQUEST",
    "PATIENCE",
    "ROOT",
    "Process",
    "Service",
    "command_with",
]

GOMICRO = str(Path(sysconfig.get_path("scripts")) / "gomicro")
ROOT = Path(__file__).parents[2]

PATIENCE = 90.0
"""Seconds after which something that should have happened is taken for a failure."""

NOBODY_IS_SHED = "--max-lag=0"
"""The flag of a service of which all is asked, however late a busy machine lets its loop run."""


def command_with(constants: Mapping[str, float]) -> tuple[str, ...]:
    """The command, its workers' as well, where constants of gomicro's have other values: such as
    `gomicro.log.sink.PATIENCE`, which a client or a reader on a busy machine would not keep to.
    """
    program = ["import sys"]
    for name, value in constants.items():
        program += [f"import {name.rpartition('.')[0]}", f"{name} = {value!r}"]
    program += ["from gomicro.cli import main", "sys.exit(main())"]
    return (sys.executable, "-c", "\n".join(program))


ONE_MORE_REQUEST = command_with({"gomicro.connection.deadlines.DRAIN": 3600.0})
"""The command, that on SIGTERM gives an idle connection an hour for one more request, and not a
second: in that, the client may not have heard yet that the service leaves.
"""


class Lines:
    """The lines of one stream of a process, collected by a thread so that it never stands still.

    `keep` tells which are kept; the others are forgotten as soon as they are read.
    """

    def __init__(self, stream: IO[bytes], keep: Callable[[bytes], bool] | None = None) -> None:
        self._stream = stream
        self._keep = keep
        self._lines: list[bytes] = []
        self._ended = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        with self._stream:
            for line in self._stream:
                if self._keep is not None and not self._keep(line):
                    continue
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def so_far(self) -> list[bytes]:
        with self._news:
            return self._lines[:]

    def all(self) -> list[bytes]:
        """Every line; waits until the stream ends."""
        self._thread.join(PATIENCE)
        return self.so_far()

    def wait_beyond(self, count: int, deadline: float) -> bool:
        """Whether more than `count` lines have come; False once no more will, or too late."""
        with self._news:
            self._news.wait_for(
                lambda: len(self._lines) > count or self._ended, deadline - time.monotonic()
            )
            return len(self._lines) > count


class Process:
    """A command that runs until a signal ends it. As a context it is killed if it still runs."""

    def __init__(
        self,
        *command: str,
        env: dict[str, str] | None = None,
        cwd: Path = ROOT,
        stdout: int = subprocess.PIPE,
        keep: Callable[[bytes], bool] | None = None,
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        """`keep`: which lines of standard output are kept, if not all; `pass_fds`: which of this
        process's descriptors it has.
        """
        self.popen = subprocess.Popen(
            command,
            env=os.environ | (env or {}),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self.stdout = Lines(self.popen.stdout, keep) if self.popen.stdout else None
        assert self.popen.stderr is not None
        self.stderr = Lines(self.popen.stderr)

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    def send_signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self, patience: float = PATIENCE) -> int:
        """The exit status, once the process has ended and its streams are read."""
        status = self.popen.wait(patience)
        self.stderr.all()
        if self.stdout is not None:
            self.stdout.all()
        return status

    def stop(self, number: signal.Signals = signal.SIGINT, patience: float = PATIENCE) -> int:
        """Send a signal and return the exit status that it leads to."""
        self.send_signal(number)
        return self.wait(patience)

    def errors(self) -> str:
        """What has come on standard error."""
        return b"".join(self.stderr.so_far()).decode()

    def match(self, pattern: str, lines: Lines | None = None) -> re.Match[str]:
        """The first match in a line of standard output, or of `lines`; waits for it."""
        lines = lines or self.stdout
        assert lines is not None
        deadline = time.monotonic() + PATIENCE
        seen = 0
        while lines.wait_beyond(seen, deadline):
            found = re.search(pattern, lines.so_far()[seen].decode())
            if found:
                return found
            seen += 1
        raise AssertionError(f"no line matches {pattern!r}: {lines.so_far()}\n{self.errors()}")

    def kill(self) -> None:
        """End it, whatever it does."""
        if self.running:
            self.popen.kill()
        self.wait()


class Service(Process):
    """`gomicro serve`, on 127.0.0.1 and a free port unless `where` says otherwise."""

    def __init__(
        self,
        *arguments: str,
        env: dict[str, str] | None = None,
        cwd: Path = ROOT,
        stdout: int = subprocess.PIPE,
        command: tuple[str, ...] = (GOMICRO,),
        keep: Callable[[bytes], bool] | None = None,
        where: tuple[str, ...] = ("--host", "127.0.0.1", "--port", "0"),
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        asked = (*command, "serve", *where, *arguments)
        super().__init__(*asked, env=env, cwd=cwd, stdout=stdout, keep=keep, pass_fds=pass_fds)
        self._port = 0
        self._descriptors = 0

    @property
    def port(self) -> int:
        """The port it listens on, once it does."""
        if not self._port:
            self._port = int(self.await_entry("listening")["port"])
            # libuv opens one of its own for each loop, /dev/null, with its first connection.
            loops = 1 + len(self.entries("admin listening"))
            self._descriptors = len(self._open_descriptors()) + loops
        return self._port

    def await_no_client(self) -> None:
        """Wait until it has no more descriptors than before its first client.

        Only where they can be counted (Linux), and only if its port was asked for.
        """
        deadline = time.monotonic() + PATIENCE
        while self._port and len(held := self._open_descriptors()) > self._descriptors:
            assert time.monotonic() < deadline, f"{self._descriptors} were open, now {held}"
            time.sleep(0.02)

    def _open_descriptors(self) -> list[str]:
        """What its descriptors are; nothing once it has ended."""
        found = []
        with contextlib.suppress(FileNotFoundError, PermissionError):
            for link in Path(f"/proc/{self.popen.pid}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    found.append(str(link.readlink()))
        return found

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log so far; complete once the process has ended."""
        assert self.stdout is not None
        return [json.loads(line) for line in self.stdout.so_far()]

    def entries(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """The entries of the log so far with this event and these fields."""
        return [entry for entry in self.log if _fits(entry, event, fields)]

    def await_entries(self, event: str, count: int) -> None:
        """Wait until the log has so many entries with this event, no more."""
        deadline = time.monotonic() + PATIENCE
        while (found := len(self.entries(event))) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert found == count, f"{found} entries {event!r} instead of {count}"

    def await_entry(self, event: str, **fields: object) -> dict[str, Any]:
        """The first entry with this event and these fields; waits for it."""
        assert self.stdout is not None
        deadline = time.monotonic() + PATIENCE
        seen = 0
        while self.stdout.wait_beyond(seen, deadline):
            entry: dict[str, Any] = json.loads(self.stdout.so_far()[seen])
            if _fits(entry, event, fields):
                return entry
            seen += 1
        raise AssertionError(
            f"no entry {event!r} with {fields}: {self.stdout.so_far()}\n{self.errors()}"
        )


def _fits(entry: dict[str, Any], event: str, fields: dict[str, object]) -> bool:
    return entry["event"] == event and all(entry.get(key) == fields[key] for key in fields)
