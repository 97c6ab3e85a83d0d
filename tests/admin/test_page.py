"""The page and its news."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from gomicro.admin import events
from gomicro.admin.app import make_app
from gomicro.admin.events import MOST, Events
from gomicro.admin.overview import overview
from gomicro.metrics.families import DEADLINES_PASSED, LOOP_LAG, REQUESTS, RESTARTS
from gomicro.metrics.store import Series
from tests.admin.asking import ask, scope_of
from tests.admin.test_app import STRANGER, Told


class Busy(Told):
    """A subject that counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def counted(self) -> list[Series]:
        self.asked += 1
        zeros = (0.0,) * 16
        return [
            Series(REQUESTS, ("GET", "/a", "200"), (1.0, 2.0, *zeros[2:])),
            Series(REQUESTS, ("GET", "/a", "503"), (0.0, 1.0, *zeros[2:])),
            Series(REQUESTS, ("POST", "/b", "200"), (9.0, *zeros[1:])),
            Series(REQUESTS, ("_OTHER",) * 3, zeros),
            Series(LOOP_LAG, (), (1.0,) * 15),
            Series(LOOP_LAG, (), (2.0,) * 15),
            Series(DEADLINES_PASSED, ("read",), (2.0,)),
            Series(DEADLINES_PASSED, ("read",), (3.0,)),
            Series(DEADLINES_PASSED, ("idle",), (0.0,)),
            Series(RESTARTS, (), (4.0,)),
        ]


def test_an_overview_has_all_in_one() -> None:
    subject = Busy()
    subject.failing = {"readyz two"}
    told = asyncio.run(overview(subject))
    assert told["ready"] == ["readyz two: it is not"]
    routes = [
        (one["method"], one["route"], sum(one["counts"]), one["errors"]) for one in told["routes"]
    ]
    assert routes == [("POST", "/b", 9, 0), ("GET", "/a", 4, 1)]
    assert told["routes"][1]["counts"][:3] == [1, 3, 0]
    assert (len(told["lag"]), len(told["lag_bounds"]), set(told["lag"])) == (14, 13, {3.0})
    assert told["deadlines"] == {"read": 5}
    assert (told["shed"], told["restarts"], told["active"]) == ({}, 4, 0)
    assert told["connections"] == {"answer": 1, "idle": 2}
    assert told["requests"][0]["path"] == "/slow"


async def first_of(stream: Any, count: int) -> list[Any]:
    found = []
    async for event in stream:
        found.append(json.loads(event.removeprefix(b"data: ")))
        if len(found) == count:
            break
    await stream.aclose()
    return found


def test_an_overview_is_made_once_for_all_who_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVERY", 0.1)

    async def main() -> tuple[int, list[list[Any]]]:
        subject = Busy()
        news = Events(subject)
        streams = [news._stream() for _ in range(8)]
        return subject.asked, await asyncio.gather(*(first_of(one, 2) for one in streams))

    _, found = asyncio.run(main())
    assert [len(one) for one in found] == [2] * 8

    async def asked() -> int:
        subject = Busy()
        news = Events(subject)
        await asyncio.gather(*(first_of(news._stream(), 1) for _ in range(8)))
        return subject.asked

    assert asyncio.run(asked()) == 1


def test_so_many_streams_are_open_at_a_time() -> None:
    async def main() -> tuple[int, int]:
        app: Any = make_app(Busy())
        parts: asyncio.Queue[Any] = asyncio.Queue()

        async def receive() -> Any:
            await asyncio.Event().wait()

        open_streams: list[asyncio.Task[None]] = [
            asyncio.create_task(app(scope_of("/debug/events"), receive, parts.put))
            for _ in range(MOST)
        ]
        for _ in range(2 * MOST):  # a head and an event of each
            await parts.get()
        refused = await ask(app, "/debug/events")
        for task in open_streams:
            task.cancel()
        await asyncio.gather(*open_streams, return_exceptions=True)
        open_again: asyncio.Task[None] = asyncio.create_task(
            app(scope_of("/debug/events"), receive, parts.put)
        )
        while (message := await parts.get())["type"] != "http.response.start":
            pass
        open_again.cancel()
        return refused.status, message["status"]

    assert asyncio.run(main()) == (503, 200)


def test_the_page_may_run_its_own_script_only() -> None:
    answer = asyncio.run(ask(make_app(Told()), "/"))
    assert answer.status == 200
    headers = dict(answer.headers)
    [script] = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = headers["content-security-policy"]
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_the_page_loads_nothing_from_elsewhere_and_makes_no_html_of_data() -> None:
    text = asyncio.run(ask(make_app(Told()), "/")).text
    assert re.findall(r"""(?:src|href)=["'](?!/|data:)""", text) == []
    assert "innerHTML" not in text
    assert {"viewport", "color-scheme: light dark"} <= set(
        re.findall(r"viewport|color-scheme: light dark", text)
    )


@pytest.mark.parametrize("path", ["/", "/debug/events"])
def test_strangers_see_neither(path: str) -> None:
    assert asyncio.run(ask(make_app(Told()), path, client=STRANGER)).status == 403
