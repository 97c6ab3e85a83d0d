"""From a configuration to bound sockets."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gomicro.config import ServerConfig
from gomicro.connection.address import Address, local_address
from gomicro.errors import ConfigError, StartupError
from gomicro.server import inherited
from gomicro.server.binding import bind_all, listen

FIRST = 700
"""Where descriptors are passed in these tests; 3 and the next are taken here."""


@contextmanager
def passed(monkeypatch: pytest.MonkeyPatch, *names: str) -> Iterator[list[Address | None]]:
    """Listening sockets are passed to this process, as systemd does it; where they listen."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        for number, server in enumerate(servers, start=FIRST):
            os.dup2(server.fileno(), number)
            stack.callback(close, number)
        monkeypatch.setattr(inherited, "FIRST", FIRST)
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        monkeypatch.setenv("LISTEN_FDS", str(len(names)))
        monkeypatch.setenv("LISTEN_FDNAMES", ":".join(names))
        yield [local_address(server.getsockname()) for server in servers]
        assert not {name for name in os.environ if name.startswith("LISTEN_")}


def close(number: int) -> None:
    """Close a descriptor that may be closed already."""
    with suppress(OSError):
        os.close(number)


def places(**options: Any) -> list[Address | None]:
    """Where the sockets of a configuration are bound."""
    with bind_all(ServerConfig(**options)) as bound:
        return [local_address(sock.getsockname()) for sock in bound.sockets]


def test_every_address_is_bound_and_at_the_end_nothing_is_left(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = [f"fd:{os.dup(server.fileno())}", f"unix:{path}", "127.0.0.1:0"]
        first, second, third = places(listen=where, uds_mode=0o600)
        assert (first, second) == (local_address(server.getsockname()), (path, None))
        assert third is not None
        assert third[0] == "127.0.0.1"
    assert list(tmp_path.iterdir()) == []


def test_each_of_the_short_ways_is_one_address(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    assert places(uds=path) == [(path, None)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert places(fd=os.dup(server.fileno())) == [server.getsockname()]
    [address] = places(host="127.0.0.1", port=0)
    assert address is not None
    assert address[0] == "127.0.0.1"


def test_if_one_address_is_taken_none_is_kept(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = [f"unix:{tmp_path / 's'}", f"127.0.0.1:{taken.getsockname()[1]}"]
        with pytest.raises(StartupError, match="Address already in use"):
            places(listen=where)
    assert list(tmp_path.iterdir()) == []


def test_what_systemd_passes_is_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with passed(monkeypatch, "a", "b") as where:
        assert places() == where


def test_what_systemd_passes_can_be_named_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with passed(monkeypatch, "web", "admin", "web") as (first, second, third):
        found = places(listen=[f"fd:{FIRST + 1}", "127.0.0.1:0", "fd:web", f"fd:{FIRST}"])
    assert found[:1] + found[2:] == [second, first, third]


def test_a_name_that_nobody_passed_is_a_startup_error(monkeypatch: pytest.MonkeyPatch) -> None:
    message = "cannot listen on fd:web: no socket of that name was passed"
    with pytest.raises(StartupError, match=message), passed(monkeypatch, "admin"):
        places(listen=["fd:web"])
    with pytest.raises(StartupError, match=message):
        places(listen=["fd:web"])


def test_what_is_passed_and_not_listened_on_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with passed(monkeypatch, "a", "b"), pytest.raises(ConfigError) as caught:
        places(listen=[f"fd:{FIRST}", "127.0.0.1:0"])
    assert str(caught.value) == (
        f"sockets were passed (LISTEN_FDS) that --listen does not name, fd:{FIRST + 1}: name them "
        "as well, or say nothing of where to listen"
    )


def test_the_usual_port_is_the_admin_listeners_only_where_sockets_are_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with passed(monkeypatch, "web") as addresses:
        assert places(admin_port=ServerConfig.port) == addresses
    with pytest.raises(ConfigError, match=r"^--port and --admin-port are both 9090: "):
        places(admin_port=ServerConfig.port)


def test_an_abstract_unix_socket_that_is_passed_listens_on() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has abstract sockets")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(b"\0gomicro-test-%d" % os.getpid())
        server.listen()
        with bind_all(ServerConfig(fd=os.dup(server.fileno()))) as bound:
            listen(bound.sockets[0])
            name = local_address(bound.sockets[0].getsockname())
    assert name == (f"@gomicro-test-{os.getpid()}", None)
