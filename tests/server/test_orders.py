"""What a service is told from outside its loop, at any moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from importlib.util import find_spec
from types import FrameType, SimpleNamespace
from typing import Any, NoReturn, cast

import pytest

from gomicro.server.orders import Orders


def in_a_loop(orders: Orders, give: Callable[[Orders], None], heard: list[Any]) -> None:
    """Give orders within a loop, and note what it hears."""

    async def main() -> None:
        orders.attach(
            asyncio.get_running_loop(),
            on_stop=lambda: heard.append("stop"),
            on_interrupt=lambda: heard.append("interrupt"),
            on_other=heard.append,
        )
        heard.append("attached")
        give(orders)
        await asyncio.sleep(0)

    asyncio.run(main())


def obeyed(give: Callable[[Orders], None]) -> list[Any]:
    """What the loop hears of orders that are given before it runs, in it, and after it."""
    heard: list[Any] = []
    orders = Orders()
    give(orders)
    in_a_loop(orders, give, heard)
    heard.append("closed")
    give(orders)
    return heard


def test_an_order_to_stop_is_kept_until_there_is_a_loop_and_nothing_after_it() -> None:
    def give(orders: Orders) -> None:
        orders.stop("shutdown", patient=True)
        assert (orders.reason, orders.patient) == ("shutdown", True)

    assert obeyed(give) == ["stop", "attached", "stop", "closed"]


def test_another_signal_is_heard_only_while_there_is_a_loop() -> None:
    def give(orders: Orders) -> None:
        orders.on_signal(signal.SIGHUP)

    assert obeyed(give) == ["attached", signal.SIGHUP, "closed"]


def test_the_first_reason_stays_and_impatience_too() -> None:
    orders = Orders()
    orders.on_signal(signal.SIGTERM)
    assert (orders.reason, orders.patient) == ("SIGTERM", True)
    orders.on_signal(signal.SIGINT)
    assert (orders.reason, orders.patient) == ("SIGTERM", False)
    orders.on_signal(signal.SIGTERM)
    assert (orders.reason, orders.patient) == ("SIGTERM", False)


def test_a_second_sigint_raises_and_is_kept_in_mind() -> None:
    orders = Orders()
    orders.on_signal(signal.SIGINT)
    kept = [orders.interrupted]
    end = orders.on_signal(signal.SIGINT)
    kept.append(orders.interrupted)
    assert kept == [False, True]
    assert end is not None
    with pytest.raises(KeyboardInterrupt):
        end(None)


def frames_in(*modules: str) -> FrameType:
    """What is looked at of frames of code in these modules, the first of which called the next."""
    frame: Any = None
    for module in modules:
        spec = find_spec(module)
        file = f"/srv/{module}.py" if spec is None else spec.origin
        frame = SimpleNamespace(f_code=SimpleNamespace(co_filename=file), f_back=frame)
    return cast("FrameType", frame)


@pytest.mark.parametrize(
    ("modules", "raised"),
    [
        pytest.param(["asyncio.runners", "main"], True, id="the application"),
        pytest.param(["asyncio.runners", "gomicro_of_somebody"], True, id="a name that begins so"),
        pytest.param(
            ["asyncio.runners", "main", "subprocess", "selectors"], True, id="what it has called"
        ),
        pytest.param(["threading"], True, id="nobody known"),
        pytest.param(["main", "gomicro.server.drain"], False, id="the server"),
        pytest.param(["main", "asyncio.tasks"], False, id="the loop"),
        pytest.param(["main", "asyncio.selector_events", "selectors"], False, id="the loop waits"),
    ],
)
def test_a_second_sigint_leaves_no_code_of_the_servers_half_done(
    modules: list[str], raised: bool
) -> None:
    """That comes back to the loop, which hears of it. A third does, for what never comes back."""
    seen: list[bool] = []
    heard: list[str] = []

    def give(orders: Orders) -> None:
        orders.on_signal(signal.SIGINT)
        for _ in range(2):
            end = orders.on_signal(signal.SIGINT)
            assert end is not None
            try:
                end(frames_in(*modules))
            except KeyboardInterrupt:
                seen.append(True)
            else:
                seen.append(False)

    in_a_loop(Orders(), give, heard)
    assert heard == ["attached", "stop", "interrupt", "interrupt"]
    assert seen == [raised, True]


@pytest.mark.parametrize(
    ("signals", "status"),
    [([signal.SIGINT, signal.SIGINT], 130), ([signal.SIGQUIT], 2)],
    ids=["SIGINT twice", "SIGQUIT"],
)
def test_whoever_runs_the_server_may_leave_by_his_own_way(
    signals: list[signal.Signals], status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def leave(status: int) -> NoReturn:
        raise SystemExit(status)

    orders = Orders()
    orders.leave = leave
    *before, last = signals
    for number in before:
        orders.on_signal(number)
    end = orders.on_signal(last)
    assert end is not None
    with pytest.raises(SystemExit, match=str(status)):
        end(None)
    assert capfd.readouterr().err.startswith("thread ") is (last is signal.SIGQUIT)
