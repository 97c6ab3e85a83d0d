"""A scrape of a real service, under load, read by those who scrape."""

from __future__ import annotations

import shutil
import subprocess
import threading
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from tests.integration.conftest import Serve
from tests.integration.peer import Answer, Peer, get
from tests.integration.process import Service

REQUESTS = "http_server_request_duration_seconds_count"


def scrape(service: Service, accept: str = "text/plain") -> Answer:
    port = int(service.await_entry("admin listening")["address"][0].rpartition(":")[2])
    with Peer(port) as peer:
        return peer.send(get("/metrics", f"Accept: {accept}")).answer()


def counted(service: Service) -> dict[str, float]:
    """Requests by route."""
    return {
        sample.labels["http_route"]: sample.value
        for family in prometheus(scrape(service).body.decode())
        for sample in family.samples
        if sample.name == REQUESTS
    }


def test_every_request_is_counted_once_while_it_is_scraped(serve: Serve) -> None:
    service = serve("--admin-port=0", "--no-access-log")
    ended = threading.Event()
    scrapes: list[float] = []

    def scrape_on() -> None:
        while not ended.is_set():
            scrapes.append(sum(counted(service).values()))

    thread = threading.Thread(target=scrape_on)
    thread.start()
    try:
        with Peer(service.port) as peer:
            goodbyes = 0
            while goodbyes < 300 or len(scrapes) < 2:
                assert peer.send(get("/goodbye")).answer().status == 200
                goodbyes += 1
            for _ in range(20):
                assert peer.send(get("/any/path")).answer().status == 200
    finally:
        ended.set()
        thread.join()
    assert counted(service) == {"/goodbye": goodbyes, "/": 20}
    assert scrapes == sorted(scrapes)


def test_openmetrics_is_told_to_who_asks_for_it(serve: Serve) -> None:
    service = serve("--admin-port=0")
    with Peer(service.port) as peer:
        assert peer.send(get("/goodbye")).answer().status == 200
    answer = scrape(service, "application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    parse: Any = openmetrics
    names = {family.name for family in parse(answer.body.decode())}
    assert {"http_server_request_duration_seconds", "http_server_active_requests",
            "gomicro_event_loop_lag_seconds", "gomicro_deadlines_passed", "gomicro_requests_shed",
            "gomicro_connections", "gomicro_log_lines_lost"} <= names  # fmt: skip


def test_promtool_finds_nothing_to_complain_of(serve: Serve) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian: prometheus) is not installed")
    service = serve("--admin-port=0")
    with Peer(service.port) as peer:
        assert peer.send(get("/goodbye")).answer().status == 200
    text = scrape(service).body
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
