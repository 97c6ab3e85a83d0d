"""What an application learns behind a proxy: root path and forwarded headers, as on uvicorn."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import get, take_answer
from tests.integration.process import Process

APP = "tests.apps.bare:app"


def scope(port: int, *headers: str, path: str = "/scope") -> dict[str, Any]:
    """What the application saw of a request, less what differs each time."""
    answer = take_answer(port, get(path, *headers))
    assert answer.status == 200
    seen: dict[str, Any] = json.loads(answer.body)
    return seen


FORWARDED = ("X-Forwarded-For: 203.0.113.9, 203.0.113.10", "X-Forwarded-Proto: https")


def test_forwarded_headers_of_a_trusted_proxy_are_believed(serve: Serve) -> None:
    service = serve(APP)
    seen = scope(service.port, *FORWARDED)
    assert (seen["client"], seen["scheme"]) == (["203.0.113.10", 0], "https")


@pytest.mark.parametrize("trusted", ["", "192.0.2.1", "10.0.0.0/8"])
def test_forwarded_headers_of_anybody_else_are_not(serve: Serve, trusted: str) -> None:
    service = serve(APP, f"--forwarded-allow-ips={trusted}")
    seen = scope(service.port, *FORWARDED)
    assert (seen["client"][0], seen["scheme"]) == ("127.0.0.1", "http")
    assert ["x-forwarded-proto", "https"] in seen["headers"]


def test_with_a_star_the_first_address_is_the_client(serve: Serve) -> None:
    service = serve(APP, "--forwarded-allow-ips=*")
    assert scope(service.port, *FORWARDED)["client"] == ["203.0.113.9", 0]


def test_the_root_path_reaches_the_application(serve: Serve) -> None:
    service = serve(APP, "--root-path=/api")
    seen = scope(service.port)
    assert (seen["root_path"], seen["path"], seen["raw_path"]) == (
        "/api",
        "/api/scope",
        "/api/scope",
    )


def test_urls_are_made_with_the_root_path(serve: Serve) -> None:
    service = serve("tests.apps.starlette_app:app", "--root-path=/api")
    answer = take_answer(service.port, get("/items/7"))
    assert json.loads(answer.body)["url"] == "http://test/api/items/7"


@pytest.fixture(scope="module")
def uvicorn_port() -> Iterator[int]:
    """The same application on uvicorn's own server."""
    flags = ["--port", "0", "--root-path", "/api", "--no-access-log"]
    process = Process(sys.executable, "-m", "uvicorn", APP, *flags)
    try:
        yield int(process.match(r"running on http://127.0.0.1:(\d+)", process.stderr)[1])
        process.stop(signal.SIGINT)
    finally:
        process.kill()


REQUESTS = [
    pytest.param("/scope", (), id="plain"),
    pytest.param("/scope?a=1&b=%20&c", (), id="query"),
    pytest.param("/scope?", (), id="empty query"),
    pytest.param("/sc%6fpe", (), id="percent-encoded"),
    pytest.param("/scope", FORWARDED, id="forwarded"),
    pytest.param("/scope", ("X-Forwarded-For: unknown",), id="forwarded for nobody"),
    pytest.param("/scope", ("X-Forwarded-Proto: wss",), id="forwarded scheme"),
    pytest.param("/scope", ("X-Forwarded-For: [2001:db8::1]:80",), id="forwarded IPv6"),
    pytest.param("/scope", ("X-A: 1", "x-a: 2", "COOKIE: a=b"), id="headers"),
]


@pytest.mark.parametrize(("path", "headers"), REQUESTS)
def test_the_scope_is_uvicorns(
    uvicorn_port: int,
    gomicro_port: int,
    path: str,
    headers: tuple[str, ...],
) -> None:
    ours = scope(gomicro_port, *headers, path=path)
    theirs = scope(uvicorn_port, *headers, path=path)
    for seen, port in ((ours, gomicro_port), (theirs, uvicorn_port)):
        assert seen["server"] == ["127.0.0.1", port]
        del seen["server"]
        if seen["client"][0] == "127.0.0.1":
            del seen["client"]
    assert ours == theirs


@pytest.fixture(scope="module")
def gomicro_port(serve_module: Serve) -> int:
    return serve_module(APP, "--root-path=/api").port
