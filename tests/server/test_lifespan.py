"""An application's lifespan."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro.errors import StartupError
from gomicro.server.lifespan import Lifespan
from tests.connection.harness import virtually


def answers(**kinds: Any) -> Any:
    """An application that answers each event with these fields."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            event = (await receive())["type"].removeprefix("lifespan.")
            await send({"type": f"lifespan.{event}.complete", **kinds.get(event, {})})
            if event == "shutdown":
                return

    return app


def failing(event: str, message: str | None) -> Any:
    failed: dict[str, Any] = {"type": f"lifespan.{event}.failed"}
    if message is not None:
        failed["message"] = message
    return answers(**{event: failed})


def test_an_application_is_told_and_leaves_its_state() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["type"], scope["asgi"]))
        seen.append(await receive())
        scope["state"]["db"] = 1
        await send({"type": "lifespan.startup.complete"})
        seen.append(await receive())
        await send({"type": "lifespan.shutdown.complete"})

    async def main() -> None:
        state: dict[str, Any] = {}
        lifespan = Lifespan(app, state)
        await lifespan.startup()
        assert lifespan.supported
        assert state == {"db": 1}
        assert await lifespan.shutdown() is None

    virtually(main)
    assert seen == [
        ("lifespan", {"version": "3.0", "spec_version": "2.0"}),
        {"type": "lifespan.startup"},
        {"type": "lifespan.shutdown"},
    ]


async def raises(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(scope["type"])


async def raises_later(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    raise ValueError


async def returns(scope: Any, receive: Any, send: Any) -> None:
    return


@pytest.mark.parametrize("app", [raises, raises_later, returns])
def test_an_application_that_does_not_know_the_protocol_is_served_without(app: Any) -> None:
    async def main() -> None:
        lifespan = Lifespan(app, {})
        await lifespan.startup()
        assert not lifespan.supported
        assert await lifespan.shutdown() is None
        assert await lifespan.shutdown() is None

    virtually(main)


TRACEBACK = "Traceback (most recent call last):\n  File x\nValueError: no database\n"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param("no database", "no database", id="one line"),
        pytest.param(TRACEBACK, "ValueError: no database", id="a traceback"),
        pytest.param("", "it gave no reason", id="empty"),
        pytest.param(None, "it gave no reason", id="none"),
        pytest.param("\n \n", "it gave no reason", id="blank"),
    ],
)
def test_a_failed_startup_is_an_error_of_one_line(message: str | None, reason: str) -> None:
    async def main() -> None:
        with pytest.raises(StartupError) as caught:
            await Lifespan(failing("startup", message), {}).startup()
        assert str(caught.value) == f"the application failed to start: {reason}"

    virtually(main)


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        pytest.param(answers(), None, id="stops"),
        pytest.param(failing("shutdown", "no\nway"), "way", id="says that it failed"),
        pytest.param(failing("shutdown", None), "it gave no reason", id="gives no reason"),
    ],
)
def test_how_an_application_stops(app: Any, reason: str | None) -> None:
    async def main() -> None:
        lifespan = Lifespan(app, {})
        await lifespan.startup()
        assert await lifespan.shutdown() == reason

    virtually(main)


@pytest.mark.parametrize("error", [ValueError, None])
def test_an_application_that_ends_without_an_answer_has_failed(
    error: type[Exception] | None,
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if error is not None:
            raise error

    async def main() -> None:
        lifespan = Lifespan(app, {})
        await lifespan.startup()
        reason = await lifespan.shutdown()
        assert reason == "the application ended its lifespan without an answer"

    virtually(main)


def test_a_startup_that_is_cancelled_cancels_the_application() -> None:
    ended: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append("ended")

    async def main() -> None:
        startup = asyncio.create_task(Lifespan(app, {}).startup())
        await asyncio.sleep(0.1)
        startup.cancel()
        with pytest.raises(asyncio.CancelledError):
            await startup
        assert ended == ["ended"]

    virtually(main)


def test_an_application_that_will_not_end_is_left_after_a_second() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            await asyncio.sleep(5)

    async def main() -> None:
        lifespan = Lifespan(app, {})
        await lifespan.startup()
        began = asyncio.get_running_loop().time()
        assert await lifespan.shutdown() is None
        assert asyncio.get_running_loop().time() - began == pytest.approx(1)

    virtually(main)


def test_what_was_never_started_has_nothing_to_stop() -> None:
    async def main() -> None:
        lifespan = Lifespan(answers(), {})
        assert await lifespan.shutdown() is None
        lifespan.supported = True
        assert await lifespan.shutdown() is not None

    virtually(main)
