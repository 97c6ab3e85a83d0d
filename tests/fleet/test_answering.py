"""What an admin listener asks of a worker, and what it makes of the answers."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from gomicro import ServerConfig
from gomicro.admin.here import Here
from gomicro.connection.phase import Phase
from gomicro.connection.service import Service
from gomicro.fleet import subject
from gomicro.fleet.answering import Answering
from gomicro.fleet.line import Line
from gomicro.fleet.lines import Lines
from gomicro.fleet.log_level import LogLevel
from gomicro.fleet.pulse import BEAT
from gomicro.fleet.records import Field, Records
from gomicro.fleet.standing import Standing
from gomicro.fleet.state import State
from gomicro.fleet.subject import Crew, Seen
from gomicro.metrics.counting import Counting
from gomicro.metrics.families import ACTIVE_REQUESTS, CONNECTIONS, LOG_LINES_LOST, RESTARTS, WORKERS
from gomicro.metrics.store import SIZE, Store
from gomicro.watch.heartbeat import Heartbeat
from tests.connection.harness import Peer, post
from tests.integration.process import PATIENCE


async def slow(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


class Patient(Line):
    """A line whose asker waits, however busy the machine is."""

    def ask(self, word: str, *args: Any, patience: float = PATIENCE) -> Any:
        return super().ask(word, *args, patience=patience)


def asked(ask: Callable[[Line], Any]) -> Any:
    """What a worker with a request in flight answers, asked from another thread."""

    async def main() -> Any:
        service = Service(ServerConfig(admin_port=0), slow)
        service.phase = Phase.SERVING
        peer = Peer(service)
        peer.wire.deliver(post(b"abc")[:-1])
        counting = Counting(Store(memoryview(bytearray(SIZE))), service, lambda: 0)
        heartbeat = Heartbeat(lambda answer: None, 0)
        here = Here(
            service, asyncio.get_running_loop(), heartbeat, counting,
            live_after=0, leaving=str, config=str,
        )  # fmt: skip
        asking, answers = socket.socketpair()
        line = Patient(asking)
        try:
            with Answering(answers, here):
                return await asyncio.to_thread(ask, line)
        finally:
            line.close()
            peer.wire.lose(None)
            await asyncio.sleep(0)

    return asyncio.run(main())


def test_a_worker_tells_its_requests_stacks_and_gauges() -> None:
    requests, text, gauges = asked(
        lambda line: (line.ask("requests"), line.ask("stacks"), line.ask("gauges"))
    )
    assert [(one["method"], one["state"]) for one in requests] == [("POST", "body, silent")]
    assert "thread MainThread:\n" in text
    assert gauges == {ACTIVE_REQUESTS.name: {"POST": 1}, CONNECTIONS.name: {"body": 1}}


def test_a_profile_is_taken_while_others_ask() -> None:
    def ask(line: Line) -> str:
        assert line.ask("profile") is None
        line.ask("begin_profile", 1000)
        line.ask("begin_profile", 0.05)
        assert line.ask("requests")
        while (text := line.ask("profile")) is None:
            pass
        return str(text)

    assert "run_forever" in asked(ask)


@pytest.mark.parametrize("ends_at", [0, 1e12], ids=["for good", "for a time"])
def test_a_question_that_fails_has_no_answer_and_the_next_one_has(ends_at: float) -> None:
    def ask(line: Line) -> Any:
        return line.ask("log_level", "debug", ends_at), line.ask("requests")

    with capture_logs() as entries:
        failed, requests = asked(ask)
    assert failed is None
    assert len(requests) == 1
    assert "admin listener failed" in [entry["event"] for entry in entries]


def test_a_question_whose_failure_cannot_be_logged_is_followed_by_the_next(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def closed(logger: object, level: str, entry: Any) -> Any:
        if entry["event"] == "admin listener failed":
            raise BrokenPipeError
        raise structlog.DropEvent

    def ask(line: Line) -> Any:
        return line.ask("log_level", "debug", 0), line.ask("requests")

    structlog.configure(processors=[closed])
    try:
        failed, requests = asked(ask)
    finally:
        structlog.reset_defaults()
    assert failed is None
    assert len(requests) == 1
    assert capfd.readouterr().err == "gomicro: lines of the log are lost: BrokenPipeError\n"


def test_a_worker_that_ends_meanwhile_has_no_answer() -> None:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    said: list[Any] = []
    thread = threading.Thread(target=lambda: said.append(line.ask("stacks", patience=20)))
    thread.start()
    assert theirs.recv(100)
    theirs.close()
    thread.join()
    line.close()
    assert said == [None]


def test_who_does_not_answer_in_time_is_not_waited_for_and_not_mixed_up() -> None:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    assert line.ask("requests", patience=0.01) is None
    with theirs:
        lines = theirs.makefile("rb")
        first = json.loads(lines.readline())
        theirs.sendall(json.dumps([first[0], "late"]).encode() + b"\n")
        said: list[Any] = []
        thread = threading.Thread(target=lambda: said.append(line.ask("stacks", patience=20)))
        thread.start()
        second = json.loads(lines.readline())
        theirs.sendall(json.dumps([second[0], "in time"]).encode() + b"\n")
        thread.join()
        lines.close()
    assert (first[1], second[1], said) == ("requests", "stacks", ["in time"])
    assert line.ask("stacks") is None  # it is gone
    assert line.ask("stacks") is None
    line.close()


def test_who_asks_waits_for_who_asked_before_not_longer_than_it_has() -> None:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    line._lock.acquire()
    assert line.ask("stacks", patience=0.01) is None
    ours.close()
    theirs.close()


class Answers(Line):
    """A line to a worker that says what the test says."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[Any, ...]] = []
        self.told: list[tuple[Any, ...]] = []

    def tell(self, word: str, *args: Any, patience: float = 2.0) -> None:
        self.told.append((word, *args))

    def ask(self, word: str, *args: Any, patience: float = 2.0) -> Any:
        self.asked.append((word, *args))
        answer = self.answers.get(word)
        return answer.pop(0) if word == "profile" and isinstance(answer, list) else answer


class Fleet:
    """A fleet as its supervisor sees it."""

    def __init__(self, live_after: float = 10.0) -> None:
        self.records = Records.make()
        self.workers: list[Seen] = []
        self.stands = (Standing.STARTING, "")
        self.level = LogLevel("info")
        self.lines = Lines(self.level)
        self.crew = Crew(
            self.records,
            self.lines,
            workers=lambda: self.workers,
            stands=lambda: self.stands,
            restarts=lambda: 3,
            live_after=live_after,
            config=lambda: "config",
        )

    def add(self, state: State, **answers: Any) -> Answers:
        line = Answers(**answers)
        self.lines._made.add(line)
        place = len(self.workers) + 1
        self.workers.append(Seen(place, 100 + place, state, self.records.take(), line))
        return line

    def failing(self, probe: str) -> list[str]:
        return [check.name for check in self.crew.checks(probe) if not check.ok]


def test_a_fleet_is_ready_when_one_worker_is_until_it_leaves() -> None:
    fleet = Fleet()
    fleet.add(State.STARTING)
    assert fleet.failing("startupz") == ["started"]
    assert fleet.failing("readyz") == ["started", "workers"]
    fleet.add(State.READY)
    assert fleet.failing("startupz") == fleet.failing("readyz") == fleet.failing("livez") == []
    fleet.workers.clear()
    assert fleet.failing("startupz") == []
    assert fleet.failing("readyz") == ["workers"]
    fleet.stands = (Standing.LEAVING, "SIGTERM")
    assert fleet.failing("readyz") == ["in service"]


def test_a_fleet_is_alive_while_one_loop_gives_signs_of_life() -> None:
    fleet = Fleet()
    for _ in range(2):
        fleet.add(State.READY)
        fleet.records.record(fleet.workers[-1].record)[Field.HEARTBEAT] = 1  # long ago
    assert fleet.failing("livez") == ["event loops"]
    fleet.records.record(fleet.workers[0].record)[Field.HEARTBEAT] = 2**63
    assert fleet.failing("livez") == []
    assert Fleet(live_after=0).failing("livez") == []


@pytest.mark.parametrize(
    ("since", "failing"), [(BEAT, []), (BEAT + 0.5, ["event loops"])], ids=["due", "late"]
)
def test_a_loop_is_silent_from_when_its_next_beat_is_due(
    monkeypatch: pytest.MonkeyPatch, since: float, failing: list[str]
) -> None:
    monkeypatch.setattr(subject, "time", SimpleNamespace(monotonic=lambda: 100.0))
    fleet = Fleet(live_after=0.1)
    fleet.add(State.READY)
    beat = round((100.0 - since) * 1e9)
    fleet.records.record(fleet.workers[0].record)[Field.HEARTBEAT] = beat
    assert fleet.failing("livez") == failing


def test_counters_are_those_of_all_records_also_of_workers_that_have_died() -> None:
    fleet = Fleet()
    for index in (0, 1):
        fleet.add(State.READY)
        store = Store(fleet.records.record(index).counters)
        store.cells[store.place(LOG_LINES_LOST, ())] = 5
    fleet.records.give_back(0)
    counted = list(asyncio.run(fleet.crew.counted()))
    lost = [one.values for one in counted if one.family is LOG_LINES_LOST and one.labels == ()]
    assert lost == [(5.0,), (5.0,)]
    assert [one.values for one in counted if one.family is RESTARTS] == [(3.0,)]


def test_gauges_are_added_up_and_who_does_not_answer_is_left_out() -> None:
    fleet = Fleet()
    told = {ACTIVE_REQUESTS.name: {"GET": 2}, CONNECTIONS.name: {"idle": 3}}
    fleet.add(State.READY, gauges=told)
    fleet.add(State.LEAVING, gauges=told)
    fleet.add(State.READY)
    starting = fleet.add(State.STARTING)
    gauges = asyncio.run(fleet.crew.gauges())
    assert gauges[ACTIVE_REQUESTS] == {("GET",): 4}
    assert gauges[CONNECTIONS] == {("idle",): 6}
    assert gauges[WORKERS] == {("ready",): 2, ("leaving",): 1, ("starting",): 1}
    assert starting.asked == []


def test_requests_stacks_and_profiles_say_whose_they_are() -> None:
    fleet = Fleet()
    fleet.add(State.READY, requests=[{"age": 1}], stacks="thread A\n", profile="a;b 2\n")
    fleet.add(
        State.READY, requests=[{"age": 2}, {"age": None}], stacks="thread B\n", profile="c 1\n"
    )

    async def main() -> tuple[Any, ...]:
        crew = fleet.crew
        return await crew.requests(), await crew.stacks(), await crew.profile(0.01)

    requests, text, profile = asyncio.run(main())
    assert [(one["worker"], one["age"]) for one in requests] == [(2, 2), (1, 1), (2, None)]
    assert text == "worker 1 (pid 101)\n\nthread A\n\nworker 2 (pid 102)\n\nthread B\n"
    assert profile == "worker 1;a;b 2\nworker 2;c 1\n"


def test_a_profile_that_takes_longer_is_waited_for() -> None:
    fleet = Fleet()
    fleet.add(State.READY, profile="a 1\n")
    fleet.add(State.READY, profile=[None, None, "b 2\n"])
    assert asyncio.run(fleet.crew.profile(0.01)) == "worker 1;a 1\nworker 2;b 2\n"
    assert [len(one.line.asked) for one in fleet.workers if isinstance(one.line, Answers)] == [2, 4]


def test_a_worker_that_does_not_answer_in_time_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "LATE", 0.05)
    fleet = Fleet()
    fleet.add(State.READY)
    fleet.add(State.READY, stacks="thread B\n", profile="c 1\n")
    assert asyncio.run(fleet.crew.profile(0.01)) == "worker 1;no answer 1\nworker 2;c 1\n"
    assert asyncio.run(fleet.crew.stacks()) == (
        "worker 1 (pid 101)\n\nno answer\n\nworker 2 (pid 102)\n\nthread B\n"
    )


def test_a_log_level_is_every_workers_and_the_supervisors() -> None:
    fleet = Fleet()
    ready, leaving = fleet.add(State.READY), fleet.add(State.LEAVING)
    starting = fleet.add(State.STARTING)
    asyncio.run(fleet.crew.set_log_level("debug", 0))
    assert (ready.asked, ready.told) == ([("log_level", "debug", 0)], [])
    assert leaving.asked == ready.asked
    assert (starting.asked, starting.told) == ([], [("log_level", "debug", 0)])
    assert fleet.level.now() == "debug"


def test_a_log_level_for_a_time_ends_for_all_at_one_moment() -> None:
    fleet = Fleet()
    lines = [fleet.add(State.READY), fleet.add(State.READY)]
    before = monotonic()
    asyncio.run(fleet.crew.set_log_level("debug", 60.0))
    [[(_, _, ends_at)], [(_, _, other)]] = [line.asked for line in lines]
    assert before + 60 <= ends_at <= monotonic() + 60
    assert other == ends_at


def test_a_worker_that_starts_finds_the_levels_that_have_been_put() -> None:
    fleet = Fleet()

    def said() -> list[Any]:
        """What a worker that would start now finds."""
        ours, theirs = socket.socketpair()
        line = fleet.lines.make(ours)
        line.close()
        with theirs, theirs.makefile("rb") as lines:
            return [json.loads(one)[1:] for one in lines]

    assert said() == []
    asyncio.run(fleet.crew.set_log_level("warning", 0))
    asyncio.run(fleet.crew.set_log_level("debug", 1000.0))
    lasting, passing = said()
    assert lasting == ["log_level", ["warning", 0]]
    assert passing[1][0] == "debug"


def test_a_level_whose_time_has_passed_while_a_worker_started_is_not_put() -> None:
    def ask(line: Line) -> Any:
        line.tell("log_level", "debug", 1.0)
        return line.ask("requests")

    with capture_logs() as entries:
        assert len(asked(ask)) == 1
    assert "admin listener failed" not in [entry["event"] for entry in entries]


def test_what_is_told_to_nobody_is_left_out() -> None:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    theirs.close()
    line.tell("log_level", "debug", 0)
    line.close()


def test_a_level_that_was_put_holds_for_its_time_and_then_the_one_before() -> None:
    now = 100.0
    level = LogLevel("info", clock=lambda: now)
    assert (level.now(), level.puts()) == ("info", [])
    level.put("debug", 160.0)
    assert (level.now(), level.puts()) == ("debug", [("debug", 160.0)])
    now = 160.0
    assert (level.now(), level.puts()) == ("info", [])
    level.put("error", 0)
    level.put("debug", 200.0)
    assert (level.now(), level.puts()) == ("debug", [("error", 0), ("debug", 200.0)])
    level.put("warning", 0)
    assert (level.now(), level.puts()) == ("warning", [("warning", 0)])
