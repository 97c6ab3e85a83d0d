"""Accepting connections, and pausing where there is no room: real sockets on the loopback."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import select
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from gomicro.config import ServerConfig
from gomicro.connection.address import peer_address, server_address
from gomicro.errors import StartupError
from gomicro.log import get_logger
from gomicro.server import listener as listener_module
from gomicro.server.binding import bind_all
from gomicro.server.connecting import Plain
from gomicro.server.listener import AT_ONCE, Listener
from gomicro.server.sockets import bind

uvloop = pytest.importorskip("uvloop")
LOG = get_logger("gomicro.server")

Main = Callable[[], Awaitable[None]]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Main], list[Any]]:
    """Run a coroutine in each sort of event loop; what was logged."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop

    def run(main: Main) -> list[Any]:
        async def within() -> None:
            async with asyncio.timeout(20):
                await main()

        with capture_logs() as entries, asyncio.Runner(loop_factory=factory) as runner:
            runner.run(within())
        return entries

    return run


class Says(asyncio.Protocol):
    """Says a word to everyone who connects, and counts who is there."""

    here = 0
    listener: Listener | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Says.here += 1
        cast("asyncio.Transport", transport).write(b"hi")

    def connection_lost(self, exc: Exception | None) -> None:
        Says.here -= 1
        if Says.listener is not None:
            Says.listener.room()


@contextmanager
def listening(most: int = 0, sockets: list[socket.socket] | None = None) -> Iterator[Listener]:
    sockets = sockets or bind("127.0.0.1", 0)
    with Listener(sockets, Plain(Says), LOG, most=most, connections=lambda: Says.here) as listener:
        Says.listener = listener
        listener.listen()
        yield listener
        Says.listener = None


async def heard(client: socket.socket) -> bytes:
    """What a client hears next; b"" at the end or a reset."""
    client.setblocking(False)
    with suppress(ConnectionResetError):
        return await asyncio.get_running_loop().sock_recv(client, 2)
    return b""


async def gone() -> None:
    """Wait until every connection has ended."""
    while Says.here:  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(0.001)


def test_who_connects_is_accepted_and_after_leaving_nobody_is(run: Any) -> None:
    async def main() -> None:
        with listening() as listener:
            address = listener.addresses()[0]
            with socket.create_connection(address, timeout=10) as client:
                assert await heard(client) == b"hi"
            await gone()
            await listener.leave(take_queued=True)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address, timeout=10)

    assert run(main) == []


@pytest.mark.parametrize("take_queued", [True, False])
def test_what_the_kernel_has_accepted_is_served_if_it_is_wanted(
    run: Any, take_queued: bool
) -> None:
    async def main() -> None:
        with listening() as listener, ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection(listener.addresses()[0], timeout=10))
                for _ in range(2 * AT_ONCE)
            ]
            # The loop has had no turn since: the connections wait in the kernel's queue.
            await listener.leave(take_queued=take_queued)
            said = [await heard(client) for client in clients]
            assert said == [b"hi" if take_queued else b""] * len(clients)
        await gone()

    run(main)


def test_many_are_accepted_in_several_turns(run: Any) -> None:
    async def main() -> None:
        with listening() as listener, ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection(listener.addresses()[0], timeout=10))
                for _ in range(2 * AT_ONCE + 1)
            ]
            assert [await heard(client) for client in clients] == [b"hi"] * len(clients)
        await gone()

    run(main)


def test_a_listener_that_is_closed_accepts_no_more(run: Any) -> None:
    async def main() -> None:
        with listening() as listener:
            address = listener.addresses()[0]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=10)

    run(main)


def test_a_port_that_another_has_come_to_listen_on_is_a_startup_error(run: Any) -> None:
    async def main() -> None:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", 0))
            sockets = bind("127.0.0.1", other.getsockname()[1])
            other.listen()
            with pytest.raises(StartupError, match="Address already in use"), listening(0, sockets):
                raise AssertionError("it listens")

    run(main)


def test_above_the_most_connections_the_next_waits_until_one_has_ended(run: Any) -> None:
    async def main() -> None:
        with listening(most=1) as listener, ExitStack() as stack:
            first, second = (
                stack.enter_context(socket.create_connection(listener.addresses()[0], timeout=10))
                for _ in range(2)
            )
            assert await heard(first) == b"hi"
            await asyncio.sleep(0.3)  # longer than until the next try
            assert Says.here == 1
            first.close()
            assert await heard(second) == b"hi"
        await gone()

    [entry] = run(main)
    assert (entry["event"], entry["limit"], entry["value"], entry["connections"]) == (
        "accepting paused",
        "--max-connections",
        1,
        1,
    )


def test_up_to_the_most_connections_nothing_pauses(run: Any) -> None:
    """One that is being made is not counted twice."""

    async def main() -> None:
        with listening(most=20) as listener, ExitStack() as stack:
            for _ in range(2):
                clients = [
                    stack.enter_context(
                        socket.create_connection(listener.addresses()[0], timeout=10)
                    )
                    for _ in range(10)
                ]
                assert [await heard(client) for client in clients] == [b"hi"] * 10
            await listener.leave(take_queued=True)  # at once: nobody waits
        await gone()

    assert run(main) == []


def test_on_leaving_the_queue_is_accepted_as_connections_end(run: Any) -> None:
    async def main() -> None:
        with listening(most=1) as listener, ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection(listener.addresses()[0], timeout=10))
                for _ in range(3)
            ]
            leaving = asyncio.create_task(listener.leave(take_queued=True))
            for client in clients:
                assert await heard(client) == b"hi"
                assert not leaving.done() or client is clients[-1]
                client.close()
            await leaving
        await gone()

    run(main)


def test_in_a_hurry_the_queue_is_left(run: Any) -> None:
    async def main() -> None:
        with listening(most=1) as listener, ExitStack() as stack:
            first, second = (
                stack.enter_context(socket.create_connection(listener.addresses()[0], timeout=10))
                for _ in range(2)
            )
            assert await heard(first) == b"hi"
            leaving = asyncio.create_task(listener.leave(take_queued=True))
            await asyncio.sleep(0.01)
            listener.hurry()
            await leaving
            assert await heard(second) == b""
        await gone()

    run(main)


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    """Allow this process none above those it has."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_where_the_descriptors_are_used_up_a_client_waits_until_one_is_free(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        # Of one moment, however long this process stands still.
        monkeypatch.setattr(listener_module, "time", SimpleNamespace(monotonic=lambda: 100.0))
        with listening() as listener:
            with socket.create_connection(listener.addresses()[0], timeout=10) as client:
                with no_descriptors_left():
                    await asyncio.sleep(0.35)
                    assert Says.here == 0
                assert await heard(client) == b"hi"
            await gone()

    [entry] = run(main)  # one a second, though it was tried several times
    assert (entry["event"], entry["limit"], entry["reason"]) == (
        "accepting paused",
        "RLIMIT_NOFILE",
        "Too many open files",
    )
    assert entry["value"] > 0


def test_on_leaving_with_no_descriptor_it_goes_on_trying(run: Any) -> None:
    async def main() -> None:
        with listening() as listener:
            with socket.create_connection(listener.addresses()[0], timeout=10) as client:
                with no_descriptors_left():
                    leaving = asyncio.create_task(listener.leave(take_queued=True))
                    await asyncio.sleep(0.25)
                await leaving
                assert await heard(client) == b"hi"
            await gone()

    run(main)


class Failing(socket.socket):
    """A socket of which accept(2) fails so, once."""

    error: int | None = 0

    def _accept(self) -> Any:  # accept(), too, is made of this
        error, self.error = self.error, 0
        if error == 0:
            return super()._accept()  # type: ignore[misc] # the stubs do not have it
        raise OSError(error, "no") if error is not None else OSError("no")


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (errno.ENFILE, "the system's open files"),
        (errno.ENOBUFS, "the system's memory"),
        (errno.ENOMEM, "the system's memory"),
        (errno.EPERM, ""),
        (None, ""),
        (errno.ECONNABORTED, None),
    ],
)
def test_another_error_of_accept_is_named_and_it_goes_on(
    run: Any, error: int | None, limit: str | None
) -> None:
    async def main() -> None:
        sock = Failing()
        sock.error = error
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        with listening(0, [sock]) as listener:
            with socket.create_connection(listener.addresses()[0], timeout=10) as client:
                assert await heard(client) == b"hi"
            await gone()

    entries = run(main)
    assert [(entry["event"], entry["limit"]) for entry in entries] == (
        [] if limit is None else [("accepting paused", limit)]
    )


def test_a_connection_that_cannot_be_made_is_not_waited_for(run: Any) -> None:
    async def main() -> None:
        def broken() -> asyncio.Protocol:
            raise ValueError("a defect")

        told: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
        connector = Plain(broken)
        with Listener(bind("127.0.0.1", 0), connector, LOG) as listener:
            listener.listen()
            with socket.create_connection(listener.addresses()[0], timeout=10):
                while not told:  # noqa: ASYNC110 -- nobody tells
                    await asyncio.sleep(0.001)
            assert connector.pending == 0
            connector.give_up()
            await listener.leave(take_queued=True)
        assert isinstance(told[0], ValueError)

    run(main)


def test_small_answers_do_not_wait_for_others(run: Any) -> None:
    """Nagle's algorithm is off."""

    class Told(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            sock = transport.get_extra_info("socket")
            told.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    told: list[int] = []

    async def main() -> None:
        with Listener(bind("127.0.0.1", 0), Plain(Told), LOG) as listener:
            listener.listen()
            with socket.create_connection(listener.addresses()[0], timeout=10) as client:
                assert await heard(client) == b""

    run(main)
    assert told[0] != 0


def test_a_unix_socket_has_connections_of_its_own_sort_beside_tcp(run: Any, tmp_path: Path) -> None:
    class Told(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            told.append((peer_address(transport), server_address(transport)))
            cast("asyncio.Transport", transport).write(b"hi")
            transport.close()

    told: list[Any] = []
    path = str(tmp_path / "s")

    async def main() -> None:
        config = ServerConfig(listen=(f"unix:{path}", "127.0.0.1:0"))
        with (
            bind_all(config) as bound,
            Listener(bound.sockets, Plain(Told), LOG) as listener,
        ):
            listener.listen()
            assert listener.addresses()[0] == (path, None)
            for _ in range(2):
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(path)
                    assert await heard(client) == b"hi"
                with socket.create_connection(listener.addresses()[1], timeout=10) as client:
                    assert await heard(client) == b"hi"
            await listener.leave(take_queued=True)

    run(main)
    unix, tcp, *others = told
    assert unix == (None, (path, None))
    assert tcp[0][0] == tcp[1][0] == "127.0.0.1"
    assert others[0] == unix


# Who connects at the last moment.


class Knocked(Plain):
    """Has a client connect whenever the queue is found empty: just before the socket is closed."""

    def __init__(self, client: socket.socket, address: Any) -> None:
        super().__init__(Says)
        self._client, self._address = client, address

    def accept(self, listening: socket.socket) -> None:
        try:
            super().accept(listening)
        except BlockingIOError:
            with suppress(BlockingIOError, ConnectionRefusedError):
                self._client.connect(self._address)
            raise


@pytest.fixture(params=["127.0.0.1", "::1", "unix"])
def bound(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that listens."""
    if request.param == "unix":
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(str(tmp_path / "s"))
    else:
        (sock,) = bind(request.param, 0)
    sock.setblocking(False)
    sock.listen()
    with sock:
        yield sock


@contextmanager
def knocking(sock: socket.socket) -> Iterator[tuple[socket.socket, Knocked]]:
    with socket.socket(sock.family) as client:
        client.setblocking(False)
        yield client, Knocked(client, sock.getsockname())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can have nobody connect any more")
def test_who_connects_just_before_the_end_is_refused_and_not_reset(
    run: Any, bound: socket.socket
) -> None:
    async def main() -> None:
        with knocking(bound) as (client, connector), Listener([bound], connector, LOG) as listener:
            with socket.socket(bound.family) as queued:
                queued.connect(bound.getsockname())
                await listener.leave(take_queued=True)
                assert await heard(queued) == b"hi"
            await gone()
            assert await outcome(client) in (errno.ECONNREFUSED, errno.ENOTCONN)

    run(main)


def test_who_connects_to_a_socket_that_others_have_is_left_to_them(
    run: Any, bound: socket.socket
) -> None:
    async def main() -> None:
        with bound.dup() as theirs, knocking(bound) as (client, connector):
            with Listener([bound], connector, LOG, inherited=[bound]) as listener:
                await listener.leave(take_queued=True)
            assert await outcome(client) == 0
            theirs.setblocking(True)
            theirs.settimeout(10)
            theirs.accept()[0].close()

    run(main)


async def outcome(client: socket.socket) -> int:
    """How it ended for a client that has begun to connect: an error's number, or 0."""
    poll = select.poll()
    poll.register(client, select.POLLOUT)
    await asyncio.to_thread(poll.poll, 10_000)
    error = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    with suppress(OSError):
        client.getpeername()
        return error
    return error or errno.ENOTCONN


# A fault at each call of accept(2), one after another, by enumeration.


class FailingAt(socket.socket):
    """A socket of which the accept(2) of that number fails."""

    number = 0
    error = 0

    def _accept(self) -> Any:  # accept(), too, is made of this
        self.number -= 1
        if self.number == 0:
            raise OSError(self.error, os.strerror(self.error))
        return super()._accept()  # type: ignore[misc] # the stubs do not have it


CLIENTS = 5


@pytest.mark.parametrize("leaving", [False, True], ids=["listening", "leaving"])
@pytest.mark.parametrize(
    "error",
    [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ECONNABORTED, errno.EINTR, errno.EPERM],
    ids=errno.errorcode.get,
)
def test_whichever_accept_fails_every_client_is_served(
    run: Any, error: int, *, leaving: bool
) -> None:
    async def play(number: int) -> bool:
        sock = FailingAt()
        sock.error = error
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        with listening(0, [sock]) as listener, ExitStack() as stack:
            if leaving:
                listener._rest()
            sock.number = number
            clients = [
                stack.enter_context(socket.create_connection(sock.getsockname(), timeout=10))
                for _ in range(CLIENTS)
            ]
            if leaving:
                await listener.leave(take_queued=True)
            assert [await heard(client) for client in clients] == [b"hi"] * CLIENTS
        await gone()
        return sock.number <= 0

    async def main() -> None:
        number = 1
        while await play(number):
            number += 1
        assert CLIENTS <= number <= CLIENTS + 3

    entries = run(main)
    assert {entry["event"] for entry in entries} <= {"accepting paused"}
