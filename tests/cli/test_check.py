"""`gomicro check`: what it asks, and the exit status that it makes of the answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.command import gomicro_process


class Asked(BaseHTTPRequestHandler):
    """Says which path was asked for; 503 to those that say so."""

    def do_GET(self) -> None:
        body = f"{self.path}\n".encode()
        self.send_response(503 if "unready" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Asked) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/"),
        ("/", "/"),
        ("/readyz", "/readyz"),
        ("/health/", "/health/"),
        ("/readyz?verbose", "/readyz?verbose"),
        ("?a=b c", "/?a=b%20c"),
    ],
)
def test_a_url_is_asked_as_it_is(port: int, url: str, path: str) -> None:
    done = gomicro_process("check", "--url", f"127.0.0.1:{port}{url}")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}\n", "")


def test_a_service_that_is_not_ready_is_status_22_and_says_why(port: int) -> None:
    done = gomicro_process("check", "--url", f"127.0.0.1:{port}/unready")
    assert (done.returncode, done.stdout) == (22, "/unready\n")
    assert done.stderr == "gomicro: the service answered 503 Service Unavailable\n"


@pytest.mark.parametrize("host", [None, "", "0.0.0.0", "127.0.0.1"])
def test_without_a_url_the_admin_listener_of_the_environment_is_asked(
    port: int, host: str | None
) -> None:
    variables: dict[str, Any] = {} if host is None else {"GOMICRO_SERVE_ADMIN_HOST": host}
    done = gomicro_process("check", GOMICRO_SERVE_ADMIN_PORT=str(port), **variables)
    assert (done.returncode, done.stdout) == (0, "/readyz\n")


def test_an_admin_host_of_ipv6_is_one() -> None:
    done = gomicro_process("check", GOMICRO_SERVE_ADMIN_PORT="1", GOMICRO_SERVE_ADMIN_HOST="::1")
    assert done.returncode == 7
    assert "[::1]:1" in done.stderr


@pytest.mark.parametrize("value", [None, "", "tcp://10.0.0.1:9091"])
def test_where_nothing_says_where_it_is_the_usage_says_what_would(value: str | None) -> None:
    variables: dict[str, Any] = {} if value is None else {"GOMICRO_SERVE_ADMIN_PORT": value}
    done = gomicro_process("check", **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert "GOMICRO_SERVE_ADMIN_PORT" in done.stderr
    assert "--url" in done.stderr


def test_nobody_there_is_status_7(port: int) -> None:
    done = gomicro_process("check", "--url", "127.0.0.1:1", "-v")
    assert (done.returncode, done.stdout) == (7, "")
