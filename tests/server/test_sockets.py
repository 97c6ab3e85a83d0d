"""The sockets a service listens on: real ones, on the loopback interface."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import pytest

from gomicro.errors import StartupError
from gomicro.server.sockets import Sockets

LOOPBACK = "127.0.0.1"
IPV6 = socket.has_dualstack_ipv6()
needs_ipv6 = pytest.mark.skipif(not IPV6, reason="the machine has no IPv6")


class Says(asyncio.Protocol):
    """Says a word to everyone who connects."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hi")
        transport.close()


async def heard(host: str, port: int) -> bytes:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host, port)
        data = await reader.read()
        writer.close()
        return data


def test_port_0_is_a_free_port() -> None:
    with Sockets.bind(LOOPBACK, 0) as sockets:
        ((host, port),) = sockets.addresses()
        assert host == LOOPBACK
        assert port > 0


@needs_ipv6
def test_the_empty_host_is_every_interface_of_both_families() -> None:
    async def main() -> None:
        with Sockets.bind("", 0) as sockets:
            ((host, port),) = sockets.addresses()
            assert host == "::"
            await sockets.listen(Says, None, None)
            assert await heard("127.0.0.1", port) == b"hi"
            assert await heard("::1", port) == b"hi"

    asyncio.run(main())


@needs_ipv6
def test_an_ipv6_address_is_only_itself() -> None:
    async def main() -> None:
        with Sockets.bind("::1", 0) as sockets:
            ((_, port),) = sockets.addresses()
            await sockets.listen(Says, None, None)
            assert await heard("::1", port) == b"hi"
            with pytest.raises(ConnectionRefusedError):
                await heard("127.0.0.1", port)

    asyncio.run(main())


def test_without_dual_stack_the_empty_host_is_every_ipv4_interface(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with Sockets.bind("", 0) as sockets:
        assert [host for host, _ in sockets.addresses()] == ["0.0.0.0"]


def known_as(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
        assert host == "service.test"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_is_every_address_it_has_on_the_same_free_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known_as(monkeypatch, "127.0.0.1", "127.0.0.2", "127.0.0.1")
    with Sockets.bind("service.test", 0) as sockets:
        (first, port), (second, same) = sockets.addresses()
        assert (first, second, same) == ("127.0.0.1", "127.0.0.2", port)


def test_if_one_address_of_a_name_is_taken_none_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, "127.0.0.1", "127.0.0.2")
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=r"cannot listen on 127\.0\.0\.2:"):
            Sockets.bind("service.test", port)
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_a_name_that_nobody_knows_is_a_startup_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*args: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(StartupError) as caught:
        Sockets.bind("nowhere.test", 80)
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
            Sockets.bind(host, port)
    assert str(caught.value) == f"cannot listen on {shown}:{port}: Address already in use"
    assert caught.value.exit_code == 3


def test_an_address_of_another_machine_is_a_startup_error() -> None:
    with pytest.raises(StartupError, match=r"cannot listen on 192\.0\.2\.1:0: "):
        Sockets.bind("192.0.2.1", 0)


def test_an_error_without_a_number_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(*args: Any) -> None:
        raise OSError("no luck")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(StartupError, match="no luck"):
        Sockets.bind(LOOPBACK, 80)


def test_a_port_that_another_has_come_to_listen_on_is_a_startup_error() -> None:
    async def main() -> None:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((LOOPBACK, 0))
            with Sockets.bind(LOOPBACK, other.getsockname()[1]) as sockets:
                other.listen()
                with pytest.raises(StartupError, match="Address already in use"):
                    await sockets.listen(Says, None, None)

    asyncio.run(main())


def test_on_windows_two_services_cannot_share_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with Sockets.bind(LOOPBACK, 0) as sockets:
        (bound,) = sockets._bound
        assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0


async def accepts(port: int) -> bool:
    """Whether somebody listens."""
    try:
        return await heard(LOOPBACK, port) == b"hi"
    except (ConnectionRefusedError, ConnectionResetError):
        return False


@pytest.mark.parametrize("take_queued", [True, False])
def test_after_closing_nobody_listens(take_queued: bool) -> None:
    async def main() -> None:
        with Sockets.bind(LOOPBACK, 0) as sockets:
            ((_, port),) = sockets.addresses()
            assert not await accepts(port)
            await sockets.listen(Says, None, None)
            assert await accepts(port)
            await sockets.close(take_queued=take_queued)
            assert not await accepts(port)

    asyncio.run(main())


@pytest.mark.parametrize("take_queued", [True, False])
def test_what_the_kernel_has_accepted_is_served_if_it_is_wanted(take_queued: bool) -> None:
    async def main() -> None:
        with Sockets.bind(LOOPBACK, 0) as sockets:
            await sockets.listen(Says, None, None)
            with socket.create_connection(sockets.addresses()[0], timeout=10) as client:
                # The loop has had no turn since: the connection waits in the kernel's queue.
                await sockets.close(take_queued=take_queued)
                loop = asyncio.get_running_loop()
                if take_queued:
                    assert await loop.run_in_executor(None, client.recv, 2) == b"hi"
                else:
                    with pytest.raises(ConnectionResetError):
                        await loop.run_in_executor(None, client.recv, 2)

    asyncio.run(main())


def test_leaving_the_context_closes_the_sockets() -> None:
    async def main() -> None:
        with Sockets.bind(LOOPBACK, 0) as sockets:
            ((_, port),) = sockets.addresses()
            await sockets.listen(Says, None, None)
        assert not await accepts(port)
        Sockets.bind(LOOPBACK, port).__exit__(None, None, None)

    asyncio.run(main())
