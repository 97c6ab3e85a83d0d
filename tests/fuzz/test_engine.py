"""Bounded runs over the engine in virtual time; the commands run as long as one likes.

A failure names its seed: `python -m tests.fuzz.engine --cases 1 --seed SEED` repeats it, and
`tests.fuzz.cuts` likewise.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gomicro.connection import arrivals
from gomicro.connection.exchange import Exchange
from gomicro.connection.http1_stream import HTTP1Stream
from tests.compiled import COMPILED
from tests.fuzz import cuts, engine

CASES = 400
FIRST = {"engine": range(1, 1 + CASES), "cuts": range(1, 1 + CASES)}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """uvicorn's lines, of WebSockets, would fill a failure's report."""
    logging.disable()
    gc.freeze()  # each case collects what it has left, and nothing else
    yield
    gc.unfreeze()
    logging.disable(logging.NOTSET)


def found(problems: Callable[[int], list[str]], seeds: range) -> dict[int, list[str]]:
    """The problems of each seed that has some."""
    return {seed: wrong for seed in seeds if (wrong := problems(seed))}


@pytest.fixture(params=["alone", "as of many"])
def company(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a connection is served as one of many that ask in the same turn of the loop."""
    if request.param == "as of many":
        if COMPILED:
            pytest.skip("in the compiled engine how many are many cannot be replaced")
        monkeypatch.setattr(arrivals, "FEW", 1)


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("part", range(4))
def test_whatever_an_application_and_a_peer_do_the_invariants_hold(part: int) -> None:
    assert found(engine.problems, FIRST["engine"][part::4]) == {}


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("part", range(2))
def test_how_a_peer_cuts_its_requests_into_packets_makes_no_difference(part: int) -> None:
    assert found(cuts.problems, FIRST["cuts"][part::2]) == {}


def never_woken(self: Exchange) -> None:
    """A fault of 0.1: whoever waits in receive is not woken by the end of the response."""


def answered_twice(self: HTTP1Stream, *args: Any) -> None:
    raise AttributeError("a fault that was put in")


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        pytest.param(Exchange, "wake", never_woken, id="receive is never woken"),
        pytest.param(HTTP1Stream, "send_last", answered_twice, id="a part cannot be sent"),
    ],
)
@pytest.mark.skipif(COMPILED, reason="in the compiled engine no method can be replaced")
def test_a_fault_that_is_put_in_is_found(
    owner: type, name: str, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, fault)
    assert found(engine.problems, range(1, 200)) != {}


@pytest.mark.parametrize("command", [engine.main, cuts.main])
def test_the_commands_repeat_a_seed(
    command: Callable[[], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz", "--cases", "2", "--seed", "4711"])
    assert command() == 0
    assert capsys.readouterr().out.startswith("0 problems in 2 cases from seed 4711; ")
