"""Sockets that listen already when the process starts."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from gomicro.errors import StartupError
from gomicro.server.inherited import adopt, take_passed

MINE = str(os.getpid())


@pytest.mark.parametrize(
    ("variables", "passed"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"LISTEN_PID": MINE, "LISTEN_FDS": "2"}, {3: "", 4: ""}, id="two"),
        pytest.param(
            {"LISTEN_PID": MINE, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:admin"},
            {3: "web", 4: "admin"},
            id="with names",
        ),
        pytest.param(
            {"LISTEN_PID": MINE, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web"},
            {3: "web", 4: ""},
            id="too few names",
        ),
        pytest.param({"LISTEN_PID": "1", "LISTEN_FDS": "2"}, {}, id="another process's"),
        pytest.param({"LISTEN_FDS": "2"}, {}, id="whose"),
        pytest.param({"LISTEN_PID": MINE, "LISTEN_FDS": "x"}, {}, id="no number"),
        pytest.param({"LISTEN_PID": MINE, "LISTEN_FDS": "0"}, {}, id="nought"),
    ],
)
def test_what_is_passed_is_taken_from_the_environment(
    variables: dict[str, str], passed: dict[int, str]
) -> None:
    environment = {**variables, "OTHER": "stays"}
    assert take_passed(environment) == passed
    assert environment == {"OTHER": "stays"}


def test_a_tcp_socket_is_adopted_and_sends_small_answers_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = os.dup(server.fileno())
        os.set_inheritable(number, True)
        with adopt(number) as sock:
            assert (sock.fileno(), sock.family, sock.proto) == (number, socket.AF_INET, 6)
            assert sock.getsockname() == server.getsockname()
            assert (sock.get_inheritable(), sock.getblocking()) == (False, False)


def test_a_unix_socket_is_adopted(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        with adopt(os.dup(server.fileno())) as sock:
            assert (sock.family, sock.proto) == (socket.AF_UNIX, 0)


@pytest.mark.parametrize(
    ("family", "kind", "fault"),
    [
        pytest.param(
            socket.AF_INET, socket.SOCK_STREAM, "it is not a listening socket", id="does not listen"
        ),
        pytest.param(
            socket.AF_INET, socket.SOCK_DGRAM, "it is not a stream socket", id="datagrams"
        ),
        pytest.param(
            socket.AF_UNIX, socket.SOCK_DGRAM, "it is not a stream socket", id="Unix datagrams"
        ),
    ],
)
def test_a_socket_that_cannot_be_listened_on_is_left_as_it_was(
    family: int, kind: int, fault: str
) -> None:
    with socket.socket(family, kind) as other:
        with pytest.raises(StartupError) as caught:
            adopt(other.fileno())
        assert str(caught.value) == f"cannot listen on fd:{other.fileno()}: {fault}"
        assert os.fstat(other.fileno())


def test_a_socket_of_another_family_is_refused() -> None:
    if not hasattr(socket, "AF_NETLINK"):
        pytest.skip("only Linux has such a family that anyone may use")
    with (
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as other,
        pytest.raises(StartupError, match="it is a socket neither of TCP nor Unix"),
    ):
        adopt(other.fileno())


def test_a_descriptor_that_is_no_socket_is_refused() -> None:
    read, write = os.pipe()
    try:
        with pytest.raises(StartupError, match=f"fd:{read}: Socket operation on non-socket"):
            adopt(read)
    finally:
        os.close(write)
        os.close(read)
    with pytest.raises(StartupError, match=f"cannot listen on fd:{read}: Bad file descriptor"):
        adopt(read)
