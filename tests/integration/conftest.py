"""What the integration tests share: services that never outlive their test, and a certificate."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Certificate, make_certificate
from tests.integration.frameworks import PATIENT, SERVED_FILE_SIZE, Framework, Served, table
from tests.integration.process import Service

Serve = Callable[..., Service]

_living: list[Service] = []
"""The services that run now, of the test and of those around it."""


@pytest.fixture(autouse=True)
def _no_client_left() -> Iterator[None]:
    """After each test, no service that goes on holds a descriptor for a client that has left."""
    yield
    for service in _living:
        service.await_no_client()


@contextlib.contextmanager
def _services() -> Iterator[Serve]:
    """A function that starts services; at the end each must stop at once, silent and with 0."""
    started: list[Service] = []

    def serve(*arguments: str, **options: Any) -> Service:
        service = Service(*arguments, **options)
        started.append(service)
        _living.append(service)
        return service

    try:
        yield serve
        for service in started:
            if service.running:
                service.await_no_client()
                assert (service.stop(signal.SIGINT), service.errors()) == (0, "")
    finally:
        for service in started:
            _living.remove(service)
            service.kill()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start services that end with the test."""
    with _services() as start:
        yield start


@pytest.fixture(scope="module")
def serve_module() -> Iterator[Serve]:
    """Start services that end with the test file."""
    with _services() as start:
        yield start


@pytest.fixture(scope="session")
def served_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the frameworks' applications serve."""
    file = tmp_path_factory.mktemp("served") / "file.bin"
    file.write_bytes(b"0123456789abcdef" * (SERVED_FILE_SIZE // 16))
    return file


@pytest.fixture(scope="session", params=table())
def served(request: pytest.FixtureRequest, served_file: Path) -> Iterator[Served]:
    """A service of each framework's application, one for all tests."""
    framework: Framework = request.param
    with _services() as start:
        service = start(framework.app, *PATIENT, env={"SERVED_FILE": str(served_file)})
        yield Served(framework, service)


@pytest.fixture(scope="session")
def many_files() -> None:
    """Let this process, and those it starts, open thousands of files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10_000 if hard == resource.RLIM_INFINITY else min(10_000, hard)
    if wanted < 5_000:
        pytest.skip(f"the system allows a process {hard} open files, the test needs 5,000")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate made by openssl."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")
