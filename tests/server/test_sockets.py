"""Binding the sockets a service listens on: real ones, on the loopback interface."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gomicro.errors import StartupError
from gomicro.server.sockets import bind

LOOPBACK = "127.0.0.1"
IPV6 = socket.has_dualstack_ipv6()
needs_ipv6 = pytest.mark.skipif(not IPV6, reason="the machine has no IPv6")


@contextmanager
def bound(host: str, port: int = 0) -> Iterator[list[tuple[str, int]]]:
    """The addresses of sockets that listen meanwhile."""
    sockets = bind(host, port)
    try:
        for sock in sockets:
            sock.listen()
        yield [sock.getsockname()[:2] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def accepts(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


def test_port_0_is_a_free_port() -> None:
    with bound(LOOPBACK) as addresses:
        ((host, port),) = addresses
        assert host == LOOPBACK
        assert port > 0


@needs_ipv6
def test_the_empty_host_is_every_interface_of_both_families() -> None:
    with bound("") as addresses:
        ((host, port),) = addresses
        assert host == "::"
        assert accepts("127.0.0.1", port)
        assert accepts("::1", port)


@needs_ipv6
def test_an_ipv6_address_is_only_itself() -> None:
    with bound("::1") as addresses:
        ((_, port),) = addresses
        assert accepts("::1", port)
        assert not accepts("127.0.0.1", port)


def test_without_dual_stack_the_empty_host_is_every_ipv4_interface(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with bound("") as addresses:
        assert [host for host, _ in addresses] == ["0.0.0.0"]


def known_as(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
        assert host == "service.test"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_is_every_address_it_has_on_the_same_free_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known_as(monkeypatch, "127.0.0.1", "127.0.0.2", "127.0.0.1")
    with bound("service.test") as addresses:
        (first, port), (second, same) = addresses
        assert (first, second, same) == ("127.0.0.1", "127.0.0.2", port)


def test_if_one_address_of_a_name_is_taken_none_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, "127.0.0.1", "127.0.0.2")
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=r"cannot listen on 127\.0\.0\.2:"):
            bind("service.test", port)
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_a_name_that_nobody_knows_is_a_startup_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*args: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(StartupError) as caught:
        bind("nowhere.test", 80)
    assert str(caught.value) == "cannot listen on 'nowhere.test': Name or service not known"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        pytest.param(LOOPBACK, "127.0.0.1", id="IPv4"),
        pytest.param("::1", "[::1]", id="IPv6", marks=needs_ipv6),
    ],
)
def test_a_port_that_is_taken_is_a_startup_error(host: str, shown: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError) as caught:
            bind(host, port)
    assert str(caught.value) == f"cannot listen on {shown}:{port}: Address already in use"
    assert caught.value.exit_code == 3


def test_an_address_of_another_machine_is_a_startup_error() -> None:
    with pytest.raises(StartupError, match=r"cannot listen on 192\.0\.2\.1:0: "):
        bind("192.0.2.1", 0)


def test_an_error_without_a_number_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_luck(*args: Any) -> None:
        raise OSError("no luck")

    monkeypatch.setattr(socket.socket, "bind", no_luck)
    with pytest.raises(StartupError, match="no luck"):
        bind(LOOPBACK, 80)
