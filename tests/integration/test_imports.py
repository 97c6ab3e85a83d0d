"""What a service imports before its first answer, which its start and its memory are made of."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import get, take_answer

PROGRAM = """
import atexit, sys
before = {*sys.modules}  # where its lines are measured, what measures them among them


def tell():
    print(*(name for name, it in sys.modules.items() if it and name not in before), file=sys.stderr)


atexit.register(tell)
from gomicro.cli import main
sys.exit(main())
"""

NOT_NEEDED = {
    "anyio", "gomicro.admin", "gomicro.metrics", "gomicro.reload", "gomicro.tracebacks",
    "multiprocessing", "prometheus_client", "rich", "starlette.applications",
    "starlette.requests", "uvicorn", "watchfiles", "websockets",
}  # fmt: skip
"""Packages that only other services need, or other moments."""

MOST_OWN = 150
"""Modules of its own that the built-in service may import."""


def imported(serve: Serve, *arguments: str) -> list[set[str]]:
    """The modules of each process that has served one request."""
    service = serve(*arguments, command=(sys.executable, "-c", PROGRAM))
    assert take_answer(service.port, get("/goodbye")).body == b"Byee\n"
    assert service.stop(signal.SIGTERM) == 0
    return [set(line.split()) for line in service.errors().splitlines()]


def own(modules: set[str]) -> list[str]:
    return sorted(name for name in modules if name.partition(".")[0] == "gomicro")


def test_the_built_in_service_imports_only_what_it_needs(serve: Serve) -> None:
    (modules,) = imported(serve)
    assert sorted((NOT_NEEDED | {"gomicro.fleet"}) & modules) == []
    assert len(own(modules)) <= MOST_OWN, own(modules)


def test_a_worker_of_it_imports_little_more(serve: Serve) -> None:
    worker, supervisor = imported(serve, "--workers=1")
    assert sorted(NOT_NEEDED & worker) == []
    assert len(own(worker)) <= MOST_OWN + 16, own(worker)
    assert sorted((NOT_NEEDED | {"asyncio", "structlog"}) & supervisor) == []


@pytest.mark.parametrize("arguments", [("--help",), ("--print-config",)])
def test_who_only_asks_imports_no_server(serve: Serve, arguments: tuple[str, ...]) -> None:
    service = serve(*arguments, command=(sys.executable, "-c", PROGRAM))
    assert service.wait() == 0
    modules = set(service.errors().split())
    assert sorted({"asyncio", "uvicorn", "structlog", "gomicro.server.server"} & modules) == []
