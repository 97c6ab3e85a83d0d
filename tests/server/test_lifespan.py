"""An application's lifespan."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from gomicro.errors import StartupError
from gomicro.log import get_logger
from gomicro.server.lifespan import Lifespan
from tests.connection.harness import virtually

LOG = get_logger("gomicro.server")


def lifespan_of(app: Any, state: dict[str, Any] | None = None) -> Lifespan:
    return Lifespan(app, {} if state is None else state, LOG)


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
        lifespan = lifespan_of(app, state)
        await lifespan.startup()
        assert lifespan.supported
        assert state == {"db": 1}
        assert await lifespan.shutdown()

    virtually(main)
    assert seen == [
        ("lifespan", {"version": "3.0", "spec_version": "2.0"}),
        {"type": "lifespan.startup"},
        {"type": "lifespan.shutdown"},
    ]


async def raises(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(scope["type"])


async def returns(scope: Any, receive: Any, send: Any) -> None:
    return


async def asks_and_returns(scope: Any, receive: Any, send: Any) -> None:
    await receive()


NO_REASON = "it gave no reason; its own lines may"


@pytest.mark.parametrize("app", [raises, returns, asks_and_returns])
def test_an_application_that_does_not_know_the_protocol_is_served_without(app: Any) -> None:
    async def main() -> None:
        lifespan = lifespan_of(app)
        await lifespan.startup()
        assert not lifespan.supported
        assert await lifespan.shutdown()
        assert await lifespan.shutdown()

    entries = virtually(main)
    if app is raises:
        [entry] = entries
        assert (entry["event"], entry["log_level"]) == ("application has no lifespan", "info")
        assert entry["error"].startswith("AssertionError: lifespan (tests/server/test_lifespan.py:")
    else:
        assert entries == []


class Failed(BaseException):
    """As what pytest raises for a test that fails, or is skipped."""


NO_EXCEPTIONS = [
    SystemExit("no database"),
    KeyboardInterrupt("no database"),
    asyncio.CancelledError("no database"),
    Failed("no database"),
]


@pytest.mark.parametrize(
    ("error", "asks"),
    [
        (ValueError("no database"), True),
        *((error, asks) for error in NO_EXCEPTIONS for asks in (True, False)),
    ],
    ids=repr,
)
def test_an_application_that_raises_once_it_has_asked_or_no_exception_has_failed_to_start(
    error: BaseException, asks: bool
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if asks:
            await receive()
        raise error

    async def main() -> None:
        with pytest.raises(
            StartupError, match=r"failed to start: \w+: no database \(.*\)$"
        ) as caught:
            await lifespan_of(app).startup()
        assert caught.value.__cause__ is error

    assert virtually(main) == []


def test_an_application_that_awaits_what_was_cancelled_has_failed_to_start() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        other = asyncio.create_task(asyncio.sleep(9))
        await asyncio.sleep(0)
        other.cancel()
        await other

    async def main() -> None:
        with pytest.raises(StartupError, match=r"failed to start: CancelledError \(tests/.*\)$"):
            await lifespan_of(app).startup()

    assert virtually(main) == []


def test_an_application_that_cancels_itself_has_failed_to_start() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(9)

    async def main() -> None:
        with pytest.raises(StartupError, match="it has cancelled its own lifespan"):
            await lifespan_of(app).startup()

    assert virtually(main) == []


def test_a_framework_that_says_a_traceback_and_raises_is_told_by_what_it_raises() -> None:
    error = ValueError("no database")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": TRACEBACK})
        raise error

    async def main() -> None:
        with pytest.raises(
            StartupError, match=r"failed to start: ValueError: no database \(tests/server/.*\)$"
        ) as caught:
            await lifespan_of(app).startup()
        assert caught.value.__cause__ is error

    assert virtually(main) == []


@pytest.mark.parametrize("error", [ValueError("no database"), *NO_EXCEPTIONS], ids=repr)
def test_an_application_that_raises_while_it_serves_is_logged_then_and_fails_to_stop(
    error: BaseException,
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.sleep(1)
        raise error

    async def main() -> None:
        lifespan = lifespan_of(app)
        await lifespan.startup()
        await asyncio.sleep(2)
        assert not await lifespan.shutdown()

    [entry] = virtually(main)
    assert (entry["event"], entry["exc_info"]) == ("application's lifespan failed", error)


def test_a_message_that_lifespan_does_not_have_is_the_applications_error() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start"})

    async def main() -> None:
        with pytest.raises(
            StartupError, match=r"a lifespan has no message 'http\.response\.start'"
        ):
            await lifespan_of(app).startup()

    virtually(main)


@pytest.mark.parametrize("second", ["startup.complete", "shutdown.complete", "shutdown.failed"])
def test_a_message_that_answers_nothing_is_raised_and_not_taken_for_another(second: str) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        with pytest.raises(RuntimeError, match=f"'lifespan.{second}' answers nothing"):
            await send({"type": f"lifespan.{second}"})
        await receive()
        await asyncio.sleep(1)
        seen.append("closed")
        await send({"type": "lifespan.shutdown.complete"})

    async def main() -> None:
        lifespan = lifespan_of(app)
        await lifespan.startup()
        assert await lifespan.shutdown()
        assert seen == ["closed"]

    assert virtually(main) == []


def test_a_start_that_takes_longer_than_a_few_seconds_says_where_it_waits() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(60)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.sleep(60)
        await send({"type": "lifespan.shutdown.complete"})

    async def main() -> None:
        lifespan = lifespan_of(app)
        await lifespan.startup()
        assert lifespan.supported
        assert await lifespan.shutdown()

    [entry] = virtually(main)
    assert (entry["event"], entry["after"]) == ("still starting", 5)
    assert re.fullmatch(rf"{re.escape(__file__)}:\d+ .*\.app", entry["at"])
    assert re.search(r"/asyncio/tasks\.py:\d+ sleep$", entry["innermost"])


TRACEBACK = "Traceback (most recent call last):\n  File x\nValueError: no database\n"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param("no database", "no database", id="one line"),
        pytest.param(TRACEBACK, "ValueError: no database", id="a traceback"),
        pytest.param("", NO_REASON, id="empty"),
        pytest.param(None, NO_REASON, id="none"),
        pytest.param("\n \n", NO_REASON, id="blank"),
    ],
)
def test_a_failed_startup_is_an_error_of_one_line(message: str | None, reason: str) -> None:
    async def main() -> None:
        with pytest.raises(StartupError) as caught:
            await lifespan_of(failing("startup", message)).startup()
        assert str(caught.value) == f"the application failed to start: {reason}"

    said = [entry["exception"] for entry in virtually(main)]
    assert said == ([message.strip()] if message == TRACEBACK else [])


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        pytest.param(answers(), None, id="stops"),
        pytest.param(failing("shutdown", "no\nway"), "way", id="says that it failed"),
        pytest.param(failing("shutdown", None), NO_REASON, id="gives no reason"),
    ],
)
def test_how_an_application_stops(app: Any, reason: str | None) -> None:
    async def main() -> None:
        lifespan = lifespan_of(app)
        await lifespan.startup()
        assert await lifespan.shutdown() is (reason is None)

    entries = virtually(main)
    assert [entry["reason"] for entry in entries] == ([] if reason is None else [reason])
    assert [entry["exception"] for entry in entries if reason == "way"] == ["no\nway"] * (
        reason == "way"
    )


@pytest.mark.parametrize("error", [ValueError("still open"), *NO_EXCEPTIONS, None], ids=repr)
def test_an_application_that_ends_without_an_answer_has_failed(error: BaseException | None) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if error is not None:
            raise error

    async def main() -> None:
        lifespan = lifespan_of(app)
        await lifespan.startup()
        assert not await lifespan.shutdown()

    [entry] = virtually(main)
    assert entry["event"] == "application failed to stop"
    if error is None:
        assert entry["reason"] == "it ended its lifespan without an answer"
    else:
        assert entry["reason"].startswith(f"{type(error).__name__}: {error} (")
        assert entry["exc_info"] is error


def test_a_startup_that_is_cancelled_cancels_the_application() -> None:
    ended: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append("ended")

    async def main() -> None:
        startup = asyncio.create_task(lifespan_of(app).startup())
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
        lifespan = lifespan_of(app)
        await lifespan.startup()
        began = asyncio.get_running_loop().time()
        assert await lifespan.shutdown()
        assert asyncio.get_running_loop().time() - began == pytest.approx(1)

    virtually(main)


def test_what_was_never_started_has_nothing_to_stop() -> None:
    async def main() -> None:
        assert await lifespan_of(answers()).shutdown()

    virtually(main)
