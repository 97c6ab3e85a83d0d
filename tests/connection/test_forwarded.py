"""Proxies are believed as uvicorn's middleware believes them, which is asked here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gomicro.connection.forwarded import believing

TRUSTED = (
    "127.0.0.1", "*", "", "10.0.0.0/8, ::1", "proxy,192.168.0.1", "10.0.0.1/8", "* ,10.1.2.3",
    "fe80::/10", "a/b",
)  # fmt: skip
HOSTS = (
    "127.0.0.1", "10.1.2.3", "::1", "fe80::1", "proxy", "a/b", "1.2.3.4", "", " ", "x" * 300,
    "1.2.3.4:80", "[::1]:80", "[::1]", "[::1]80", "[::1", "[::1]:x", "10.1.2.3:x", "a:b:c", ":",
    "é", "10.1.2.3:65535", "[10.1.2.3]:0", "unix:",
)  # fmt: skip
SCHEMES = ("http", "https", " wss ", "ws", "HTTPS", "ftp", "", "https,http")

headers = st.lists(
    st.one_of(
        st.tuples(
            st.just(b"x-forwarded-for"),
            st.lists(st.sampled_from(HOSTS), max_size=4).map(
                lambda hosts: ", ".join(hosts).encode("latin-1")
            ),
        ),
        st.tuples(st.just(b"x-forwarded-proto"), st.sampled_from(SCHEMES).map(str.encode)),
        st.just((b"host", b"127.0.0.1")),
    ),
    max_size=4,
)
clients = st.one_of(st.none(), st.sampled_from(HOSTS).map(lambda host: (host, 5000)))


def seen(middleware: Any, kind: str, client: Any, headers: Any) -> tuple[Any, str]:
    """The client and scheme that the application sees."""
    scope = {
        "type": kind,
        "client": client,
        "server": ("::1", 80),
        "scheme": "ws" if kind == "websocket" else "http",
        "headers": headers,
    }
    asyncio.run(middleware(scope, None, None))
    return scope["client"], str(scope["scheme"])


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application."""


@pytest.mark.parametrize("trusted", ["127.0.0.1", "*"])
@pytest.mark.parametrize("host", HOSTS)
def test_each_way_to_write_a_host_is_read_as_uvicorn_reads_it(host: str, trusted: str) -> None:
    sent = [(b"host", b"here"), (b"x-forwarded-for", host.encode("latin-1"))]
    theirs = ProxyHeadersMiddleware(nothing, trusted_hosts=trusted)
    proxy = ("127.0.0.1", 5000)
    assert seen(believing(nothing, trusted), "http", proxy, sent) == seen(
        theirs, "http", proxy, sent
    )


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_scheme_is_read_as_uvicorn_reads_it(scheme: str, kind: str) -> None:
    sent = [(b"x-forwarded-proto", scheme.encode())]
    theirs = ProxyHeadersMiddleware(nothing, trusted_hosts="*")
    assert seen(believing(nothing, "*"), kind, None, sent) == seen(theirs, kind, None, sent)


@given(st.sampled_from(TRUSTED), st.sampled_from(["http", "websocket"]), clients, headers)
def test_an_application_sees_what_it_would_see_with_uvicorn(
    trusted: str, kind: str, client: Any, headers: Any
) -> None:
    theirs = ProxyHeadersMiddleware(nothing, trusted_hosts=trusted)
    assert seen(believing(nothing, trusted), kind, client, headers) == seen(
        theirs, kind, client, headers
    )


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [("unix:", ("1.2.3.4", 0)), ("unix:,1.2.3.4", ("1.2.3.4", 0)), ("127.0.0.1", None)],
)
def test_a_client_of_a_unix_socket_has_a_name_of_its_own(trusted: str, expected: Any) -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "client": None,
        "server": ("/run/socket", None),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", b"1.2.3.4")],
    }
    middleware: Any = believing(nothing, trusted)
    asyncio.run(middleware(scope, None, None))
    assert scope["client"] == expected
