"""The frameworks people use: the table that the tests go over, and a service of each."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from _pytest.mark import ParameterSet

from tests.integration.peer import get, take_answer
from tests.integration.process import PATIENCE, Service

__all__ = ["PATIENT", "SERVED_FILE_SIZE", "Framework", "Served", "multipart", "table"]

SERVED_FILE_SIZE = 8 * 1024 * 1024
"""More than the buffers between two processes hold, so that a client that leaves is noticed."""

PATIENT = ("--read-timeout=25s", "--write-timeout=25s", "--shutdown-grace=10s")
"""Deadlines that have no part in these tests, however busy the machine is."""

Counts = dict[str, int]


@dataclass(frozen=True)
class Framework:
    """A framework, and what of ASGI it has."""

    name: str
    websockets: bool = True
    lifespan: bool = True
    forms_in_chunks: bool = True

    @property
    def app(self) -> str:
        """The application that `gomicro serve` is to serve."""
        return f"tests.apps.{self.name}_app:app"


FRAMEWORKS = (
    Framework("starlette"),
    Framework("fastapi"),
    Framework("litestar"),
    Framework("quart"),
    Framework("django", websockets=False, lifespan=False, forms_in_chunks=False),
)


def table(which: Callable[[Framework], bool] = lambda framework: True) -> list[ParameterSet]:
    """The frameworks as a test's parameters, those of one kept in one process of pytest-xdist."""
    return [
        pytest.param(framework, id=framework.name, marks=pytest.mark.xdist_group(framework.name))
        for framework in FRAMEWORKS
        if which(framework)
    ]


@dataclass(frozen=True)
class Served:
    """A service of a framework's application."""

    framework: Framework
    service: Service

    @contextlib.contextmanager
    def undisturbed(self) -> Iterator[None]:
        """What happens meanwhile leaves no task and no descriptor, and is no error of gomicro's."""
        before = self._settled()
        seen = len(self.service.log)
        yield
        self._await_counts(before)
        mine = [entry for entry in self.service.log[seen:] if entry["logger"].startswith("gomicro")]
        assert [entry for entry in mine if entry["level"] == "error"] == [], mine

    def _settled(self) -> Counts:
        """The counts as soon as they stay as they are."""
        deadline = time.monotonic() + PATIENCE
        recent = [self._counts()]
        while recent[-3:] != [recent[-1]] * 3:
            assert time.monotonic() < deadline, f"never the same: {recent}"
            recent.append(self._counts())
        return recent[-1]

    def _await_counts(self, most: Counts) -> None:
        """Wait until no count is above `most`."""
        deadline = time.monotonic() + PATIENCE
        while any((counts := self._counts())[what] > most[what] for what in most):
            assert time.monotonic() < deadline, f"{counts} are left of {most}"
            time.sleep(0.05)

    def _counts(self) -> Counts:
        """What the service counts while it answers this; all that it logged until then is read."""
        asked = f"counts-{time.monotonic_ns()}"
        request = get("/counts", f"X-Request-Id: {asked}")
        counts: Counts = json.loads(take_answer(self.service.port, request).body)
        self.service.await_entry("request", request_id=asked)
        return counts


def multipart(size: int) -> tuple[bytes, str]:
    """A form with one file in it, `named.bin`, and its content type."""
    files = {"file": ("named.bin", b"x" * size)}
    request = httpx.Request("POST", "http://test", files=files)
    return request.read(), request.headers["content-type"]
