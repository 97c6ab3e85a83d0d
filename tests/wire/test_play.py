"""A client that was late itself is told from a service that answers otherwise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.wire import play
from tests.wire.answers import BYEE, OOPS
from tests.wire.asking import ask
from tests.wire.play import Seen, faults, play_until_agreed
from tests.wire.steps import Case, case

GET = ask("GET /goodbye")

Play = Callable[..., tuple[Seen, int]]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, port: int) -> Play:
    """Plays a request: what is seen at last, and on how many connections. On the first of them the
    client stands still for some seconds before it sends anything.
    """

    def played(wanted: Case, still: float) -> tuple[Seen, int]:
        made = []

        class Client(play._Client):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                made.append(transport)
                if len(made) == 1:
                    time.sleep(still)

        monkeypatch.setattr(play, "_Client", Client)
        seen = play_until_agreed(port, {"": wanted}, lambda _, seen: not faults(wanted, seen))
        return seen[""], len(made)

    return played


def test_a_client_that_stood_still_until_the_deadline_plays_again(played: Play) -> None:
    seen, times = played(case(GET, gets=BYEE), 1.3)
    assert (seen.answers, times) == ([BYEE], 2)


def test_a_client_that_was_on_time_plays_once_whatever_is_answered(played: Play) -> None:
    seen, times = played(case(GET, gets=OOPS), 0.0)
    assert (seen.answers, times) == ([BYEE], 1)
