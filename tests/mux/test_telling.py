"""A mux that tells which pattern has matched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro import ServeMux
from gomicro.mux import telling
from tests.admin.asking import scope_of
from tests.connection.harness import answering


@pytest.fixture(autouse=True)
def _nobody_has_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_told", [])


@pytest.fixture
def tells() -> None:
    telling.tell_routes()


def routes(*targets: str) -> list[Any]:
    """What is left in the scope for requests of these targets, one after another."""
    mux = ServeMux()
    mux.handle("/", answering())
    mux.handle("GET /users/{id}", answering())
    mux.handle("/files/{path...}", answering())

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    async def main() -> list[Any]:
        found = []
        for target in targets:
            scope = scope_of(target)
            await mux(scope, receive, send)
            found.append(scope.get("route"))
        return found

    return asyncio.run(main())


@pytest.mark.usefixtures("_nobody_has_asked", "tells")
def test_the_pattern_is_in_the_scope_also_of_a_route_that_is_remembered() -> None:
    assert routes("/", "/", "/users/1", "/users/2", "/files/a/b", "/nothing") == [
        "/", "/", "GET /users/{id}", "GET /users/{id}", "/files/{path...}", "/"
    ]  # fmt: skip


@pytest.mark.usefixtures("_nobody_has_asked", "tells")
def test_what_no_pattern_answers_has_no_route() -> None:
    assert routes("/files") == [None]


def test_without_being_asked_to_a_mux_tells_nothing() -> None:
    assert routes("/", "/users/1") == [None, None]
