"""As many requests as are allowed are served at a time, and the others told so."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.connection.harness import GET, answering, make_service, quiet, request, virtually
from tests.connection.test_overload import poll, shed, statuses

QUICK = request("GET", target="/quick")
SHED = shed()


@pytest.mark.parametrize("max_lag", [0, 0.06])
def test_above_the_most_in_flight_requests_are_shed_until_one_has_ended(max_lag: float) -> None:
    release = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/":
            await release.wait()
        await answering()(scope, receive, send)

    async def main(service: Any) -> None:
        waiting = await poll(service, [GET] * 3)
        await quiet()
        late = await poll(service, [GET, QUICK])
        await quiet()
        assert [bool(re.fullmatch(SHED, peer.sent())) for peer in late] == [True, True]
        assert service.overload.shed == {"lag": 0, "in_flight": 2}
        release.set()
        await quiet()
        assert statuses(waiting) == [b"200"] * 3
        again = await poll(service, [GET])
        await quiet()
        assert statuses(again) == [b"200"]
        assert service.overload.in_flight == 0

    async def run() -> None:
        await main(make_service(app, max_in_flight=3, max_lag=max_lag, access_log=False))

    lines = virtually(run)
    assert [(line["lag"], line["in_flight"]) for line in lines] == [(0, 2)]
