"""The two ends of a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro.connection.address import peer_address, server_address


class Transport(asyncio.BaseTransport):
    def __init__(self, name: Any) -> None:
        super().__init__({"peername": name, "sockname": name})


ENDS = [
    pytest.param(("10.0.0.1", 80), ("10.0.0.1", 80), ("10.0.0.1", 80), id="IPv4"),
    pytest.param(("::1", 80, 0, 0), ("::1", 80), ("::1", 80), id="IPv6"),
    pytest.param(("::ffff:1.2.3.4", 80, 0, 0), ("1.2.3.4", 80), ("1.2.3.4", 80), id="mapped"),
    pytest.param(("::ffff:1", 80, 0, 0), ("::ffff:1", 80), ("::ffff:1", 80), id="not mapped"),
    pytest.param("/run/socket", None, ("/run/socket", None), id="Unix"),
    pytest.param("", None, None, id="unnamed Unix"),
    pytest.param(None, None, None, id="unknown"),
]


@pytest.mark.parametrize(("name", "peer", "server"), ENDS)
def test_ends_are_named_as_asgi_names_them(name: Any, peer: Any, server: Any) -> None:
    assert peer_address(Transport(name)) == peer
    assert server_address(Transport(name)) == server
