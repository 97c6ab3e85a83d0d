"""The handshake before a connection, in both sorts of event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from gomicro.connection.deadlines import DRAIN
from gomicro.log import get_logger
from gomicro.server.certificate import load_certificate
from gomicro.server.listener import Listener
from gomicro.server.sockets import bind
from gomicro.server.tls import WRONG_PORT, Secure
from tests.certificates import Certificate
from tests.timing import assert_takes_less

uvloop = pytest.importorskip("uvloop")
LOG = get_logger("gomicro.server")

Main = Callable[[tuple[str, int], Secure, Listener], Any]


class Says(asyncio.Protocol):
    """Says a word to everyone who connects."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(b"hi")  # type: ignore[attr-defined] # a stream's, in any loop
        transport.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest, certificate: Certificate) -> Callable[..., list[Any]]:
    """Run a client of a TLS listener in each sort of event loop; what was logged."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop

    def run(main: Main, *, timeout: float | None = 10, leave: bool = True) -> list[Any]:
        async def within() -> None:
            context = load_certificate(certificate.cert, certificate.key)
            secure = Secure(Says, context, timeout, LOG)
            with Listener(bind("127.0.0.1", 0), secure, LOG) as listener:
                listener.listen()
                async with asyncio.timeout(20):
                    host, port = listener.addresses()[0]
                    await main((host, port or 0), secure, listener)
                    if leave:
                        await listener.leave(take_queued=True)
                assert secure.pending == 0

        with capture_logs() as entries, asyncio.Runner(loop_factory=factory) as runner:
            runner.run(within())
        return entries

    return run


def test_a_handshake_makes_a_connection(run: Any, certificate: Certificate) -> None:
    async def main(address: tuple[str, int], secure: Secure, listener: Listener) -> None:
        context = ssl.create_default_context(cafile=certificate.cert)
        reader, writer = await asyncio.open_connection(*address, ssl=context)
        assert await reader.read() == b"hi"
        writer.close()

    assert run(main) == []
    assert run(main, timeout=None) == []


def test_plain_http_is_answered_and_named(run: Any) -> None:
    async def main(address: tuple[str, int], secure: Secure, listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(*address)
        client.append("{}:{}".format(*writer.get_extra_info("sockname")))
        for part in (b"G", b"ET", b" / HTTP/1.1\r\n\r\n"):
            writer.write(part)
            await asyncio.sleep(0.01)
        assert await reader.readexactly(len(WRONG_PORT)) == WRONG_PORT
        assert await reader.read() == b""
        writer.close()

    client: list[str] = []
    [entry] = run(main)
    assert (entry["event"], entry["status"], entry["client"]) == ("request refused", 400, client[0])


@pytest.mark.parametrize(
    "sent", [b"", b"\x16", b"\x16\x03\x01\x02\x00"], ids=["nothing", "a byte", "a header"]
)
def test_a_handshake_has_its_time_and_no_more(run: Any, sent: bytes) -> None:
    async def main(address: tuple[str, int], secure: Secure, listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(sent)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()

    [entry] = run(main, timeout=0.1)
    assert (entry["event"], entry["log_level"]) == ("handshake failed", "debug")
    assert entry["client"].startswith("127.0.0.1:")


def test_a_handshake_that_came_while_the_process_stood_still_came_in_time(
    run: Any, certificate: Certificate
) -> None:
    context = ssl.create_default_context(cafile=certificate.cert)
    begin = threading.Event()

    def shake_hands(address: tuple[str, int]) -> bytes:
        with socket.create_connection(address, timeout=20) as sock:
            begin.wait()
            with context.wrap_socket(sock, server_hostname=address[0]) as secured:
                return secured.recv(10)

    async def main(address: tuple[str, int], secure: Secure, listener: Listener) -> None:
        said = asyncio.create_task(asyncio.to_thread(shake_hands, address))
        while not secure.pending:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.001)
        begin.set()
        time.sleep(2.5)  # noqa: ASYNC251 -- it stands still
        assert await said == b"hi"

    assert run(main, timeout=2) == []


@pytest.mark.parametrize("sent", [b"", b"GE", b"EHLO there\r\n"])
def test_a_client_that_ends_before_its_handshake_is_let_go(run: Any, sent: bytes) -> None:
    async def main(address: tuple[str, int], secure: Secure, listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(sent)
        writer.write_eof()
        while await reader.read(100):
            pass
        writer.close()

    assert {entry["event"] for entry in run(main)} <= {"handshake failed"}


def test_a_client_that_resets_is_let_go(run: Any) -> None:
    async def main(address: tuple[str, int], secure: Secure, listener: Listener) -> None:
        client = socket.create_connection(address)
        await asyncio.sleep(0.01)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()

    assert {entry["event"] for entry in run(main)} == {"handshake failed"}


@pytest.mark.parametrize("hurry", [True, False])
def test_who_has_not_shaken_hands_does_not_hold_the_end(run: Any, hurry: bool) -> None:
    async def main(address: tuple[str, int], secure: Secure, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection(*address)
        while not secure.pending:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.001)
        began = loop.time()
        if hurry:
            listener.hurry()
        await listener.leave(take_queued=True)
        took.append(loop.time() - began)
        assert await reader.read() == b""
        writer.close()

    def leave() -> float:
        assert run(main, timeout=None, leave=False) == []
        return took[-1]

    took: list[float] = []
    assert_takes_less(DRAIN if hurry else 5, leave)
