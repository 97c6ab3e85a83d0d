"""What is told of a service in this process."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from time import monotonic

import pytest
import structlog
from structlog.testing import capture_logs

from gomicro import ServerConfig, log
from gomicro.admin.here import Here
from gomicro.connection.phase import Phase
from gomicro.connection.service import Service
from gomicro.log import pipeline
from gomicro.log.bridge import Bridge
from gomicro.metrics.counting import Counting
from gomicro.metrics.families import ACTIVE_REQUESTS, CONNECTIONS, COUNTED
from gomicro.metrics.store import SIZE, Store
from gomicro.watch.heartbeat import Heartbeat
from tests.connection.harness import answering


class Looked:
    """A service that is looked at, and what it does."""

    def __init__(self, live_after: float = 10.0) -> None:
        self.service = Service(ServerConfig(), answering())
        self.reason = ""
        self.now = 100.0
        self.heartbeat = Heartbeat(lambda answer: None, 0, clock=lambda: self.now)
        self.here = Here(
            self.service,
            asyncio.get_running_loop(),
            self.heartbeat,
            Counting(Store(memoryview(bytearray(SIZE))), self.service, lambda: 0),
            live_after=live_after,
            leaving=lambda: self.reason,
            config=lambda: "config",
        )

    def failing(self, probe: str) -> list[str]:
        return [f"{c.name}: {c.why}" for c in self.here.checks(probe) if not c.ok]


def looking(main: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), 20))


@pytest.fixture
def level() -> Iterator[None]:
    """Logging as the command line sets it up, and as it was after the test."""
    root = logging.getLogger()
    before = root.level
    log.configure("info", "json")
    yield
    log.flush()
    pipeline._pipelines.clear()
    logging.captureWarnings(False)
    for handler in root.handlers[:]:
        if isinstance(handler, Bridge):
            root.removeHandler(handler)
    root.setLevel(before)
    structlog.reset_defaults()


def test_a_service_is_ready_from_its_start_until_it_is_told_to_leave() -> None:
    async def main() -> None:
        it = Looked()
        assert it.failing("startupz") == ["started: not started yet"]
        assert it.failing("readyz") == ["started: not started yet"]
        assert it.failing("livez") == []
        it.service.phase = Phase.SERVING
        assert it.failing("startupz") == it.failing("readyz") == []
        it.service.overload.shed_at = monotonic()
        assert it.failing("readyz") == ["not shedding: refusing requests"]
        it.service.overload.shed_at -= 1.1
        assert it.failing("readyz") == []
        it.reason = "SIGTERM"
        assert it.failing("readyz") == ["in service: leaving (SIGTERM)"]
        it.service.phase = Phase.DRAINING
        assert it.failing("livez") == it.failing("startupz") == []

    looking(main)


@pytest.mark.parametrize(("live_after", "dead"), [(10.0, True), (0.0, False)])
def test_a_service_whose_loop_gives_no_sign_of_life_is_not_alive(
    live_after: float, dead: bool
) -> None:
    async def main() -> None:
        it = Looked(live_after)
        it.service.phase = Phase.SERVING
        it.heartbeat._asked_at = it.now
        it.now += 9.9
        assert it.failing("livez") == []
        it.now += 0.2
        why = ["event loop: no sign of life for 10.1 s"] if dead else []
        assert it.failing("livez") == it.failing("readyz") == why

    looking(main)


def test_a_profile_has_the_calls_of_the_loops_thread() -> None:
    async def main() -> None:
        it = Looked()
        profile = asyncio.create_task(it.here.profile(0.3))
        while not profile.done():
            busy()
            await asyncio.sleep(0)
        lines = (await profile).splitlines()
        assert any(" busy (" in line.replace(";", " ") for line in lines)
        assert 1 <= sum(int(line.rpartition(" ")[2]) for line in lines) <= 30

    looking(main)


def busy() -> None:
    for _ in range(10_000):
        pass


def test_a_profile_ends_with_the_service() -> None:
    async def main() -> None:
        it = Looked()
        profile = asyncio.create_task(it.here.profile(1000))
        await asyncio.sleep(0.05)
        it.here.end()
        assert await profile

    looking(main)


def test_stacks_name_requests_threads_and_tasks() -> None:
    async def main() -> None:
        text = await Looked().here.stacks()
        assert "thread MainThread:\n" in text
        assert "\ntask Task-" in text

    looking(main)


@pytest.mark.usefixtures("level")
def test_a_log_level_holds_for_loggers_in_use_until_its_time_is_over() -> None:
    async def main() -> None:
        it = Looked()
        logger = log.get_logger("in.use")
        assert not logger.is_enabled_for(10)
        await it.here.set_log_level("debug", 1000)
        assert logger.is_enabled_for(10)
        await it.here.set_log_level("error", 1000)  # tells while warnings are logged still
        assert not logger.is_enabled_for(30)
        await it.here.set_log_level("debug", 0.01)
        while len(entries) < 4:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.01)
        assert logger.is_enabled_for(20)
        assert not logger.is_enabled_for(10)

    with capture_logs() as entries:
        looking(main)
    assert [(e["before"], e["after"], e["seconds"]) for e in entries] == [
        ("info", "debug", 1000),
        ("debug", "error", 1000),
        ("error", "debug", 0.01),
        ("debug", "info", None),
    ]


@pytest.mark.usefixtures("level")
def test_a_time_that_ends_while_another_level_is_put_changes_nothing() -> None:
    async def main() -> None:
        it = Looked()
        await it.here.set_log_level("debug", 1000)
        ends = it.here._reset
        assert ends is not None
        await it.here.set_log_level("error", 1000)
        ends.function()  # as where its thread had begun before it was cancelled
        assert not log.get_logger("in.use").is_enabled_for(30)
        assert it.here._reset is not None
        it.here.end()

    looking(main)


@pytest.mark.usefixtures("level")
def test_no_log_level_is_changed_after_the_end() -> None:
    async def main() -> None:
        it = Looked()
        await it.here.set_log_level("debug", 1000)
        timer = it.here._reset
        it.here.end()
        assert timer is not None
        assert timer.finished.is_set()
        timer.function()  # as where its thread had begun before it was cancelled
        assert log.get_logger("in.use").is_enabled_for(10)

    looking(main)


def test_what_is_counted_is_told() -> None:
    async def main() -> None:
        here = Looked().here
        assert {one.family for one in await here.counted()} == {*COUNTED}
        assert await here.gauges() == {ACTIVE_REQUESTS: {}, CONNECTIONS: {}}
        assert await here.requests() == []

    looking(main)


@pytest.mark.usefixtures("level")
def test_a_log_level_for_good_stays() -> None:
    async def main() -> None:
        it = Looked()
        await it.here.set_log_level("debug", 1000)
        await it.here.set_log_level("warning", 0)
        assert it.here._reset is None

    looking(main)
    assert not log.get_logger("any").is_enabled_for(20)


@pytest.mark.usefixtures("level")
def test_lines_of_requests_follow_the_level(capfd: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        service = Service(ServerConfig(), answering())
        for level in ("warning", "info"):
            log.set_level(level, lambda _: None)
            service.level_changed()
            service._request_log._entry(
                {"time": "", "level": "info", "logger": "a", "event": level}
            )
        log.flush()

    log.configure("info", "json")
    looking(main)
    out = capfd.readouterr().out
    assert '"event":"info"' in out
    assert '"event":"warning"' not in out


def test_a_log_level_that_is_the_programs_own_is_not_touched() -> None:
    async def main() -> None:
        with pytest.raises(LookupError, match="has set up logging itself"):
            await Looked().here.set_log_level("debug", 0)

    looking(main)
    assert threading.active_count() >= 1
