"""One running server: started on its own CPU, awaited, measured, and always ended."""

from __future__ import annotations

import os
import select
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.errors import BenchmarkError, UnavailableError
from tests.benchmarks.machine import Interpreter
from tests.ports import unused_port

START_LIMIT = 20.0  # seconds to the first answer
STOP_LIMIT = 5.0  # seconds from SIGTERM to gone before the process is killed
INTERRUPT_LIMIT = 35.0  # seconds from SIGINT to gone: past every grace in use here
TICKS = os.sysconf("SC_CLK_TCK")
REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """How one server is started.

    `program` finds the executable beside the interpreter, or builds it into the directory, and
    raises UnavailableError if it cannot. "{port}" in arguments and environment becomes the server's
    port, "{admin}" in arguments that of its admin listener. A `secure` one serves HTTPS, with the
    certificate and key that "{cert}" and "{key}" stand for.
    """

    name: str
    program: Callable[[Path, Interpreter], str]
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    logs_hello: bool = False
    secure: bool = False


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that has given its first answer, `started_in` seconds after it was launched."""

    peer: Peer
    process: subprocess.Popen[bytes]
    port: int
    admin: int
    log: Path
    started_in: float

    def memory(self) -> int:
        """Bytes resident now, over all its processes."""
        return sum(_status(pid, "VmRSS") for pid in _group(self.process.pid))

    def peak_memory(self) -> int:
        """Most bytes resident since `forget_peak`, over all its processes."""
        return sum(_status(pid, "VmHWM") for pid in _group(self.process.pid))

    def forget_peak(self) -> None:
        """Start `peak_memory` from what is resident now."""
        for pid in _group(self.process.pid):
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def settled_memory(self) -> int:
        """Bytes resident once they have not changed for a quarter of a second (3 s at most)."""
        end = time.monotonic() + 3.0
        seen = [self.memory()]
        while time.monotonic() < end and not (len(seen) > 5 and len(set(seen[-5:])) == 1):
            time.sleep(0.05)
            seen.append(self.memory())
        return seen[-1]

    def cpu_seconds(self) -> float:
        """CPU time used so far, over all its processes."""
        return sum(_ticks(pid) for pid in _group(self.process.pid)) / TICKS

    def interrupt(self) -> float:
        """Send SIGINT and return the seconds until the process is gone."""
        began = time.perf_counter()
        os.kill(self.process.pid, signal.SIGINT)
        if not _exits_within(self.process, INTERRUPT_LIMIT):
            raise BenchmarkError(
                f"{self.peer.name} was there {INTERRUPT_LIMIT:g} s after its SIGINT"
            )
        return time.perf_counter() - began


@contextmanager
def running(peer: Peer, directory: Path, cpu: int, interpreter: Interpreter) -> Iterator[Server]:
    """Run a peer on one CPU, its output going to a file in `directory`.

    Raises UnavailableError if it does not start. On leaving, its whole process group is gone.
    """
    program = peer.program(directory, interpreter)
    port, admin = unused_port(), unused_port()
    log = directory / f"{port}.log"
    command = ["taskset", "--cpu-list", str(cpu), program]
    pair = {"cert": directory / "cert.pem", "key": directory / "key.pem"}
    names = {"port": port, "admin": admin, **pair}
    command += [part.format(**names) for part in peer.arguments]
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(peer, port),
            cwd=directory,
            start_new_session=True,
        )
    try:
        if not _answers(process, port, began + START_LIMIT, secure=peer.secure):
            raise UnavailableError(peer.name, f"did not start: {_last_line(log)}")
        yield Server(
            peer=peer,
            process=process,
            port=port,
            admin=admin,
            log=log,
            started_in=time.perf_counter() - began,
        )
    finally:
        _end(process)
        log.unlink()


def _environment(peer: Peer, port: int) -> dict[str, str]:
    """Only what a program needs to run, so that nothing of the caller's shell tunes a peer."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
    own = {name: value.format(port=port) for name, value in peer.environment.items()}
    return kept | {"PYTHONPATH": str(REPOSITORY)} | own


def _answers(process: subprocess.Popen[bytes], port: int, end: float, *, secure: bool) -> bool:
    """Wait until the port gives an answer, of whatever status; False if that will not happen."""
    while process.poll() is None and time.perf_counter() < end:
        with suppress(OSError), _connected(port, secure=secure) as client:
            client.sendall(b"GET /goodbye HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if client.recv(65536).startswith(b"HTTP/1.1 "):
                return True
        time.sleep(0.001)
    return False


def _connected(port: int, *, secure: bool) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), 1.0)
    if not secure:
        return client
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(client)


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL for the group while its leader, not yet reaped, still holds the id."""
    try:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGTERM)
            _exits_within(process, STOP_LIMIT)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _exits_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the process ends in time; it is left unreaped."""
    descriptor = os.pidfd_open(process.pid)
    try:
        readable, _, _ = select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)
    return bool(readable)


def _group(leader: int) -> list[int]:
    """The processes of a group, from /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if int(_stat(int(entry.name))[2]) == leader:
                    found.append(int(entry.name))
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command name, the process state first."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _ticks(pid: int) -> int:
    user, system = _stat(pid)[11:13]
    return int(user) + int(system)


def _status(pid: int, name: str) -> int:
    """A size of /proc/PID/status, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _last_line(log: Path) -> str:
    """The last line that says something, cut at 200 characters."""
    lines = (line.strip() for line in reversed(log.read_text(errors="replace").splitlines()))
    return next((line[:200] for line in lines if line), "it said nothing")
