"""The applications people have: each framework, bare ASGI; factories and state."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.integration.conftest import Serve
from tests.integration.frameworks import Served
from tests.integration.gate import Gate
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import Service

STARLETTE = "tests.apps.starlette_app:app"


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """A client of the same service in each framework."""
    with httpx.Client(base_url=served.service.url, timeout=30) as client:
        yield client


def test_a_route_with_a_parameter_and_the_lifespans_state(client: httpx.Client) -> None:
    answer = client.get("/items/7?q=1")
    assert answer.status_code == 200
    url = str(client.base_url.join("/items/7?q=1"))
    assert answer.json() == {"item": 7, "database": "open", "url": url}


def test_a_json_body_goes_in_and_out(client: httpx.Client) -> None:
    said = {"name": "Wörld", "long": "x" * 100_000}
    answer = client.post("/echo", json=said)
    assert (answer.status_code, answer.json()) == (200, said)


def test_the_frameworks_own_errors_are_its_own(client: httpx.Client) -> None:
    assert client.get("/nowhere").status_code == 404
    assert client.get("/echo").status_code == 405
    assert client.get("/items/seven").status_code in (400, 404, 422)


def test_head_has_no_body(client: httpx.Client) -> None:
    answer = client.head("/items/7")
    assert answer.content == b""
    assert answer.status_code in (200, 405)


@pytest.fixture(scope="module")
def service(serve_module: Serve) -> Service:
    return serve_module(STARLETTE)


def test_a_factory_makes_the_application(serve: Serve) -> None:
    service = serve("tests.apps.starlette_app:make", "--factory")
    assert take_answer(service.port, get("/items/1")).status == 200


def test_the_lifespan_opens_before_the_first_request_and_closes_after_the_last(
    serve: Serve,
) -> None:
    service = serve(STARLETTE, "--blocked-after=0")  # a process that stood still would say so
    assert take_answer(service.port, get("/items/1")).status == 200
    assert service.stop() == 0
    events = [entry["event"] for entry in service.log]
    assert events == [
        "opened",
        "listening",
        "request",
        "leaving service",
        "drained",
        "closed",
        "stopped",
    ]


def test_each_request_has_the_lifespans_state_and_cannot_add_to_it_for_others(
    serve: Serve,
) -> None:
    service = serve("tests.apps.lifespan:works")
    for _ in range(2):
        assert take_answer(service.port, get("/state")).body == b"{'opened': 'the database'}"


def test_a_background_task_runs_after_the_answer(service: Service) -> None:
    answer = take_answer(service.port, get("/background?task=a"))
    assert (answer.status, answer.body) == (202, b"accepted")
    service.await_entry("working", task="a")


def test_the_connection_serves_on_while_a_background_task_runs(serve: Serve, gate: Gate) -> None:
    service = serve("tests.apps.bare:app", env=gate.environment)
    with Peer(service.port) as peer:
        assert peer.send(get("/gated-background")).answer().body == b"answered"
        assert peer.send(get("/hello")).answer().body == b"hello"
        assert not service.entries("worked on")
    gate.open()
    service.await_entry("worked on")


def test_a_body_is_streamed_in(service: Service) -> None:
    parts: Callable[[], Iterator[bytes]] = lambda: (b"x" * 10_000 for _ in range(500))  # noqa: E731
    answer = httpx.put(f"{service.url}/upload", content=parts())
    assert (answer.status_code, answer.text) == (200, "5000000")


def test_server_sent_events_leave_one_by_one_and_end_with_the_client(service: Service) -> None:
    with (
        httpx.Client() as client,
        client.stream("GET", f"{service.url}/events") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert next(answer.iter_text()) == "data: first\n\n"
    service.await_entry("client gone")


def test_the_head_leaves_as_soon_as_the_application_waits(serve: Serve) -> None:
    service = serve("tests.apps.bare:app")
    with Peer(service.port) as peer:
        peer.send(b"POST /early-head HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n")
        head = peer.head()
        assert (head.status, head.headers["transfer-encoding"]) == (200, "chunked")
        peer.send(b"body")
        assert peer.until(b"0\r\n\r\n") == b"4\r\nbody\r\n0\r\n\r\n"
