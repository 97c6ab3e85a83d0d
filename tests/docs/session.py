"""A reader's terminals: what a page says to type is typed, and what it shows must appear.

A ```console block has commands behind `$ ` and their output below; a line `...` stands for any
lines. A command that starts a service runs until `^C` is shown, another service is started or the
page ends; a block without a command is what the service goes on to say. Times, ports and the like
count as equal. Ports 9090, 9091 and 8080 of the page are free ports here.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from tests.ports import unused_port

__all__ = ["Session"]

PATIENCE = 180.0
"""Seconds for a command to end, and for a line to appear."""

_PORTS = re.compile(r"\b(?:9090|9091|8080)\b")
_SERVICE = re.compile(
    r"(\w+=\S+ )*(gomicro serve|uvicorn|python main\.py)\b(?!.*(;| --print-config))"
)
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "<time>"),
    (re.compile(r"\d\d:\d\d:\d\d\.\d{3}"), "<time>"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), "<date>"),
    (re.compile(r"\b[\d.]+ms\b"), "<took>"),
    (re.compile(r'("duration":|duration=)[\d.e-]+'), r"\1<took>"),
    (re.compile(r'"(age|left)": [\d.]+'), r'"\1": <took>'),
    (re.compile(r"\bseconds=[\d.]+"), "seconds=<took>"),
    (re.compile(r"(?:/[\w.-]+)+/(\w+\.(?:py:\d+|pem))"), r"<directory>/\1"),
    (re.compile(r'(request_id"?[:=]"?)[0-9a-f]{10}-[0-9a-f]+'), r"\1<id>"),
    (re.compile(r'(client"?[:=]"?)[\[\]0-9a-f.:]+:\d+'), r"\1<client>"),
    (re.compile(r"(passed) in [\d.]+s"), r"\1 in <took>"),
    (re.compile(r',"loop_late":[\d.]+| loop_late=[\d.]+'), ""),  # where the machine is busy
    (re.compile(r" {2,}# "), "  # "),
    (re.compile(r"\S+:\d+ [0-9a-f]{10}-[0-9a-f]+$"), "<client> <id>"),
    (re.compile(r"\[::\]|0\.0\.0\.0"), "<any>"),
    (re.compile(r"  +# "), "  # "),  # a column as wide as the longest value, wherever that stands
    (re.compile(r" at (::1|127\.0\.0\.1)$"), " at <loopback>"),
)


class Session:
    """One reader on one page. A context that ends the service which is still running."""

    def __init__(self, directory: Path, programs: Path = Path(sys.executable).parent) -> None:
        """`programs` is where the commands are that the reader has installed."""
        self._directory = directory
        self._ports = {port: str(unused_port()) for port in ("9090", "9091", "8080")}
        self._port = self._ports["9090"]
        self._service: _Service | None = None
        ours = ("GOMICRO_", "PYTEST_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        self._environment = kept | {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "GOMICRO_URL": f"http://localhost:{self._port}",
        }

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._directory.glob("*.pid"):
            # Who ends just now removes his file, or has emptied it.
            with contextlib.suppress(ProcessLookupError, FileNotFoundError, ValueError):
                os.kill(int(file.read_text()), signal.SIGTERM)
        if self._service is not None:
            self._service.interrupt()

    def write(self, file: str, text: str) -> None:
        """Save a file that the page shows."""
        (self._directory / file).write_text(self._here(text), encoding="utf-8")

    def play(self, text: str) -> None:
        """Go through a console block. AssertionError where it is not as the page says."""
        for command, shown in _steps(self._here(text)):
            if command == "^C":
                assert self._running().interrupt() == 0
                self._running().expect(shown)
                self._service = None
            elif not command:
                self._running().expect(shown)
            elif _SERVICE.match(command):
                if self._service is not None:
                    self._service.interrupt()
                # A reader has a terminal, where log lines are for people.
                environment = self._environment | {
                    "GOMICRO_SERVE_LOG_FORMAT": "console",
                    "PORT": self._port,
                }
                self._service = _Service(command, self._directory, environment)
                self._service.expect(shown)
            else:
                _compare(command, self._output(command), shown)

    def run(self, text: str) -> None:
        """Run a Python block as a program, which must end without an error."""
        subprocess.run(
            [sys.executable, "-W", "error", "-c", self._here(text)],
            cwd=self._directory,
            env=self._environment,
            timeout=PATIENCE,
            check=True,
        )

    def _here(self, text: str) -> str:
        return _PORTS.sub(lambda found: self._ports[found[0]], text)

    def _running(self) -> _Service:
        assert self._service is not None, "the page shows a service's output, but runs none"
        return self._service

    def _output(self, command: str) -> list[str]:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
        output = done.stdout.decode()
        assert done.returncode == 0, f"$ {command}\n{output}exit status {done.returncode}"
        return output.splitlines()


class _Service:
    """A running command, and what it says."""

    def __init__(self, command: str, directory: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        while not re.search(r"(?<!admin )\blistening\b|Uvicorn running", self._next([])):
            pass
        self._unread = list(self._said)

    def expect(self, shown: list[str]) -> None:
        """Wait until each line has been said, in this order; there may be others between."""
        for line in shown:
            wanted = _plain(line)
            while True:
                said = self._unread.pop(0) if self._unread else self._next(shown)
                if _plain(said) == wanted:
                    break

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
        status = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def _next(self, shown: list[str]) -> str:
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            line = None
        if line is None:
            said = "\n".join(self._said)
            raise AssertionError(f"missing from {shown}\nThe service said:\n{said}")
        self._said.append(line)
        return line

    def _read(self) -> None:
        with self._process.stdout as stdout:  # type: ignore[union-attr] # it was asked for
            for line in stdout:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


def _steps(text: str) -> list[tuple[str, list[str]]]:
    """(command, the lines shown below it); an empty command is a service's further output."""
    steps: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ ") or line == "^C":
            steps.append((line.removeprefix("$ "), []))
        else:
            if not steps:
                steps.append(("", []))
            steps[-1][1].append(line)
    return steps


def _compare(command: str, output: list[str], shown: list[str]) -> None:
    """AssertionError unless the output is the one that is shown."""
    pattern = "".join(
        "(.*\n)*?" if line == "..." else re.escape(_plain(line)) + "\n" for line in shown
    )
    if re.fullmatch(pattern, "".join(_plain(line) + "\n" for line in output)) is None:
        page, here = "\n".join(shown), "\n".join(output)
        raise AssertionError(f"$ {command}\nThe page shows:\n{page}\nIt said:\n{here}")


def _plain(line: str) -> str:
    for varying, word in _VARYING:
        line = varying.sub(word, line)
    return line.rstrip()
