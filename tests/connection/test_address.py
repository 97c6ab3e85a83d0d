"""The two ends of a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro.connection.address import (
    client_name,
    host_and_port,
    peer_address,
    server_address,
)


class Transport(asyncio.BaseTransport):
    def __init__(self, name: Any) -> None:
        super().__init__({"peername": name, "sockname": name})


ENDS = [
    pytest.param(("10.0.0.1", 80), ("10.0.0.1", 80), ("10.0.0.1", 80), id="IPv4"),
    pytest.param(("::1", 80, 0, 0), ("::1", 80), ("::1", 80), id="IPv6"),
    pytest.param(("::ffff:1.2.3.4", 80, 0, 0), ("1.2.3.4", 80), ("1.2.3.4", 80), id="mapped"),
    pytest.param(("::ffff:1", 80, 0, 0), ("::ffff:1", 80), ("::ffff:1", 80), id="not mapped"),
    pytest.param("/run/socket", None, ("/run/socket", None), id="Unix"),
    pytest.param("/run/socket.~0a1b2c", None, ("/run/socket", None), id="temporary Unix"),
    pytest.param(b"\0name", None, ("@name", None), id="abstract Unix"),
    pytest.param("", None, None, id="unnamed Unix"),
    pytest.param(None, None, None, id="unknown"),
]


@pytest.mark.parametrize(("name", "peer", "server"), ENDS)
def test_ends_are_named_as_asgi_names_them(name: Any, peer: Any, server: Any) -> None:
    assert peer_address(Transport(name)) == peer
    assert server_address(Transport(name)) == server


@pytest.mark.parametrize(
    ("address", "text"),
    [
        pytest.param(("10.0.0.1", 80), "10.0.0.1:80", id="IPv4"),
        pytest.param(("::1", 80), "[::1]:80", id="IPv6"),
        pytest.param(("/run/socket", None), "unix:/run/socket", id="Unix"),
        pytest.param(None, "", id="none"),
    ],
)
def test_an_address_is_shown_as_one_would_write_it(address: Any, text: str) -> None:
    assert host_and_port(address) == text


@pytest.mark.parametrize(
    ("client", "server", "name"),
    [
        pytest.param(("::1", 5), ("::1", 80), "[::1]:5", id="TCP"),
        pytest.param(None, ("/run/socket", None), "unix:", id="Unix"),
        pytest.param(None, ("::1", 80), "", id="gone"),
        pytest.param(None, None, "", id="unknown"),
    ],
)
def test_a_client_has_a_name_in_the_log(client: Any, server: Any, name: str) -> None:
    assert client_name(client, server) == name
