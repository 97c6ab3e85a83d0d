"""The admin listener of a real fleet."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.fleet.conftest import Fleet, MakeFleet
from tests.integration.gate import Gate
from tests.integration.peer import Answer, Peer, get, take_answer
from tests.integration.process import GOMICRO, PATIENCE
from tests.ports import unused_port

REQUESTS = "http_server_request_duration_seconds_count"


def ask(fleet: Fleet, path: str, method: str = "GET", body: bytes = b"") -> Answer:
    port = int(fleet.await_entry("admin listening")["address"][0].rpartition(":")[2])
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with Peer(port) as peer:
        return peer.send(head.encode() + body).answer()


def metrics(fleet: Fleet) -> dict[str, float]:
    """Each metric, summed over its labels."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(ask(fleet, "/metrics").body.decode()):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


def await_count(fleet: Fleet, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := metrics(fleet).get(REQUESTS, 0)) != count:
        assert time.monotonic() < deadline, f"{found} instead of {count}"
        time.sleep(0.05)


def await_stacks(fleet: Fleet) -> None:
    """Ask until every worker has told its stacks: one that is late is not waited for."""
    wanted = [f"worker {number} (pid {pid})" for number, pid in fleet.pids.items()]
    assert len(wanted) == fleet.count
    deadline = time.monotonic() + PATIENCE
    while not all(title in (said := ask(fleet, "/debug/stacks").body.decode()) for title in wanted):
        assert time.monotonic() < deadline, said


def test_it_tells_of_all_workers_and_its_counters_survive_them(fleet: MakeFleet) -> None:
    one = fleet(2, "--admin-port=0").await_ready()
    assert ask(one, "/readyz").body == b"ok\n"
    for _ in range(30):
        assert take_answer(one.port, get("/")).status == 200
    await_count(one, 30)
    os.kill(one.pids[1], signal.SIGKILL)
    one.await_at_least("worker ready", 3)
    for _ in range(10):
        assert take_answer(one.port, get("/")).status == 200
    await_count(one, 40)
    found = metrics(one)
    assert found["gomicro_worker_restarts_total"] == 1
    assert found["gomicro_workers"] == 2
    config = ask(one, "/debug/config").body.decode()
    assert "workers = 2 " in config
    await_stacks(one)
    assert ask(one, "/log-level", "PUT", b"debug").status == 200
    one.await_at_least("log level changed", 2)
    assert one.stop(signal.SIGTERM) == 0


def test_a_worker_that_blocks_is_told_of_while_it_does(fleet: MakeFleet, gate: Gate) -> None:
    flags = ("--admin-port=0", "--live-after=1s", "--write-timeout=0")
    one = fleet(1, *flags, env=gate.environment).await_ready()
    with Peer(one.port) as peer:
        peer.send(get("/gate"))
        one.await_entry("blocking")
        deadline = time.monotonic() + PATIENCE
        requests: list[dict[str, Any]] = []
        # It is at the line that it logs for a moment, before it blocks in its own.
        while not requests or "app.py:" not in requests[0]["awaits"][-1]:
            assert time.monotonic() < deadline, requests
            requests = json.loads(ask(one, "/debug/requests").body)["requests"]
        assert (requests[0]["worker"], requests[0]["path"]) == (1, "/gate")
        while ask(one, "/livez").status == 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        gate.open()
        assert peer.answer().status == 200
    while ask(one, "/livez").status == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def await_answerer(fleet: Fleet, *former: int) -> int:
    """Have requests answered until none of these workers does; the pid of the one that did."""
    deadline = time.monotonic() + PATIENCE
    while (pid := int(take_answer(fleet.port, get("/")).headers["x-pid"])) in former:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return pid


def await_debug_line(fleet: Fleet, *former: int) -> int:
    """Have requests answered until the level is debug where none of these workers answers; the pid
    of who does. A worker hears of the level in a thread, which on a busy machine may be later than
    its first request.
    """
    deadline = time.monotonic() + PATIENCE
    while not fleet.entries("answered", pid=(pid := await_answerer(fleet, *former))):
        assert time.monotonic() < deadline, fleet.log
        time.sleep(0.05)
    return pid


def test_a_log_level_is_the_fleets_whoever_starts_later(fleet: MakeFleet) -> None:
    one = fleet(1, "--admin-port=0").await_ready()
    assert ask(one, "/log-level", "PUT", b"debug").status == 200
    first = await_debug_line(one)
    assert one.restart()["event"] == "restart done"
    second = await_debug_line(one, first)
    os.kill(second, signal.SIGKILL)
    one.await_at_least("worker ready", 3)
    third = await_debug_line(one, second)
    assert ask(one, "/log-level", "PUT", b"error").status == 200
    one.await_entry("log level changed", pid=third, after="error")
    one.send_signal(signal.SIGHUP)
    await_answerer(one, third)
    assert one.stop(signal.SIGTERM) == 0
    assert len(one.entries("restart begun")) == 1  # the supervisor's own lines follow


def test_it_answers_where_there_is_no_standard_output_too(fleet: MakeFleet) -> None:
    closed = ("sh", "-c", 'exec "$0" "$@" >&-', GOMICRO)
    port = unused_port()
    one = fleet(1, f"--admin-port={port}", command=closed)
    deadline = time.monotonic() + PATIENCE
    while True:
        assert time.monotonic() < deadline, one.errors()
        with contextlib.suppress(ConnectionRefusedError):
            if take_answer(port, get("/readyz")).status == 200:
                break
        time.sleep(0.05)
    assert (one.stop(signal.SIGTERM), one.errors()) == (0, "")
