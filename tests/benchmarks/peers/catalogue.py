"""Every server that is compared, and the command line that starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.errors import UnavailableError
from tests.benchmarks.machine import Interpreter
from tests.benchmarks.peers.golang import go_program
from tests.benchmarks.peers.server import Peer

APPS = "tests.benchmarks.apps"
BARE = f"{APPS}.bare:app"
STARLETTE = f"{APPS}.star:app"
FASTAPI = f"{APPS}.fast:app"
BODIES = f"{APPS}.bodies:app"
ANSWERS = f"{APPS}.answers:app"

KINDS = {
    BARE: "bare",
    STARLETTE: "Starlette",
    FASTAPI: "FastAPI",
    BODIES: "bodies",
    ANSWERS: "answers",
}

GO_ENVIRONMENT = {"PORT": "{port}", "GOMAXPROCS": "1"}
GO = Peer(
    name="Go",
    program=go_program("."),
    environment=GO_ENVIRONMENT,
    logs_hello=True,
)
GO_BODIES = Peer(name="Go, bodies", program=go_program("./bodies"), environment=GO_ENVIRONMENT)


def gomicro(*flags: str, name: str = "gomicro") -> Peer:
    """The built-in service, hello and goodbye; an option that is not given has its default."""
    return Peer(
        name=name,
        program=script("gomicro"),
        arguments=("serve", "--host", "127.0.0.1", "--port", "{port}", *flags),
        logs_hello=True,
    )


def gomicro_app(target: str, *flags: str) -> Peer:
    """A user's application on gomicro's engine, without access log."""
    return Peer(
        name=f"gomicro, {kind(target)}",
        program=script("gomicro"),
        arguments=(
            "serve", target, "--host", "127.0.0.1", "--port", "{port}", "--no-access-log", *flags,
        ),
    )  # fmt: skip


def uvicorn(target: str, *, access_log: bool = False) -> Peer:
    """uvicorn with httptools and uvloop; an idle connection is kept for 120 s, as in Go."""
    return Peer(
        name=f"uvicorn, {kind(target)}" + (", access log" if access_log else ""),
        program=script("uvicorn"),
        arguments=(
            target, "--host", "127.0.0.1", "--port", "{port}", "--http", "httptools",
            "--loop", "uvloop", "--timeout-keep-alive", "120",
            "--access-log" if access_log else "--no-access-log",
        ),
    )  # fmt: skip


def granian(target: str) -> Peer:
    """granian with one worker and no log of requests, as it comes."""
    return Peer(
        name=f"granian, {kind(target)}",
        program=script("granian"),
        arguments=(
            target, "--host", "127.0.0.1", "--port", "{port}", "--interface", "asgi",
            "--workers", "1", "--no-ws",
        ),
    )  # fmt: skip


def hypercorn(target: str) -> Peer:
    """hypercorn with one uvloop worker and no log of requests, as it comes."""
    return Peer(
        name=f"hypercorn, {kind(target)}",
        program=script("hypercorn"),
        arguments=(target, "--bind", "127.0.0.1:{port}", "--worker-class", "uvloop"),
    )


def secure(peer: Peer, cert_flag: str, key_flag: str) -> Peer:
    """The peer, serving HTTPS."""
    arguments = (*peer.arguments, cert_flag, "{cert}", key_flag, "{key}")
    return replace(peer, name=f"{peer.name}, TLS", arguments=arguments, secure=True)


def kind(target: str) -> str:
    """What an application is called in the tables: its attribute's name, unless KINDS has one."""
    return KINDS.get(target, target.rpartition(":")[2])


def script(name: str) -> Callable[[Path, Interpreter], str]:
    """A finder for a command; UnavailableError if it is neither beside the Python nor on PATH."""

    def program(directory: Path, interpreter: Interpreter) -> str:
        found = interpreter.find_program(name)
        if found is None:
            raise UnavailableError(name, f"no `{name}` beside {interpreter.executable} or on PATH")
        return found

    return program
