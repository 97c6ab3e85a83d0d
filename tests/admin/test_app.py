"""The paths of the admin listener, asked about a service that says what the test lets it say."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gomicro.admin.app import make_app
from gomicro.admin.subject import Check, Gauges
from gomicro.metrics.families import CONNECTIONS, SHED
from gomicro.metrics.store import Series
from tests.admin.asking import Answered, ask

STRANGER = ("10.0.0.1", 4711)


class Told:
    """A subject that has been told what to say."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.levels: list[tuple[str, float]] = []
        self.profiled: list[float] = []
        self.profile_text = "main;sleep 5\n"
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    def checks(self, probe: str) -> list[Check]:
        return [
            Check(name, name not in self.failing, "it is not")
            for name in (f"{probe} one", f"{probe} two")
        ]

    async def counted(self) -> list[Series]:
        return [Series(SHED, ("lag",), (3.0,)), Series(SHED, ("lag",), (4.0,))]

    async def gauges(self) -> Gauges:
        return {CONNECTIONS: {("idle",): 2, ("answer",): 1}}

    async def requests(self) -> list[dict[str, Any]]:
        return [{"method": "GET", "path": "/slow", "age": 1.5}]

    async def stacks(self) -> str:
        return "thread Main\udcffThread:\n"

    async def profile(self, seconds: float) -> str:
        self.profiled.append(seconds)
        await self.may_finish.wait()
        return self.profile_text

    def config(self) -> str:
        return "[serve]\nport = 9090\n"

    async def set_log_level(self, level: str, seconds: float) -> None:
        if level == "critical":
            raise LookupError("not ours")
        self.levels.append((level, seconds))


def told(target: str, subject: Told | None = None, **about: Any) -> Answered:
    async def main() -> Answered:
        return await ask(make_app(subject or Told()), target, **about)

    return asyncio.run(main())


@pytest.mark.parametrize("probe", ["livez", "readyz", "startupz"])
def test_a_probe_is_a_line_of_why(probe: str) -> None:
    subject = Told()
    assert (told(f"/{probe}", subject).status, told(f"/{probe}", subject).text) == (200, "ok\n")
    subject.failing = {f"{probe} two"}
    answer = told(f"/{probe}", subject)
    assert (answer.status, answer.text) == (503, f"{probe} two: it is not\n")
    subject.failing |= {f"{probe} one"}
    assert told(f"/{probe}", subject).text == f"{probe} one: it is not; {probe} two: it is not\n"


def test_a_probe_lists_its_checks_where_it_is_asked_to() -> None:
    subject = Told()
    assert told("/livez?verbose", subject).text == (
        "[+] livez one: ok\n[+] livez two: ok\nlivez passed\n"
    )
    subject.failing = {"livez two"}
    answer = told("/livez?verbose", subject)
    assert answer.status == 503
    assert answer.text == "[+] livez one: ok\n[-] livez two: it is not\nlivez failed\n"


def test_what_the_service_does_is_told() -> None:
    requests = told("/debug/requests")
    assert json.loads(requests.text) == {
        "requests": [{"method": "GET", "path": "/slow", "age": 1.5}]
    }
    assert ("content-type", "application/json") in requests.headers
    assert told("/debug/stacks").text == "thread Main\\udcffThread:\n"
    assert told("/debug/config").text == "[serve]\nport = 9090\n"
    assert told("/debug/profile").text == "main;sleep 5\n"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=x.y", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=1.0.0;escaping=none-that-is-known", "text/plain; version=1.0.0"),
        ("application/openmetrics-text;version=1.0.0;escaping=,,;", "application/openmetrics-text"),
        ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version="),
    ],
)
def test_metrics_are_in_the_form_that_is_asked_for(accept: str, content_type: str) -> None:
    answer = told("/metrics", headers={"accept": accept}, client=STRANGER)
    assert answer.status == 200
    said = dict(answer.headers)["content-type"]
    assert said.startswith(content_type)
    assert 'gomicro_requests_shed_total{gate="lag"} 7.0\n' in answer.text
    assert 'gomicro_connections{state="answer"} 1.0\n' in answer.text
    assert answer.text.endswith("# EOF\n") == ("openmetrics" in said)


@pytest.mark.parametrize("target", ["/livez", "/debug/config", "/nothing"])
def test_no_answer_is_kept_or_taken_for_something_else(target: str) -> None:
    headers = told(target).headers
    assert headers.count(("cache-control", "no-store")) == 1
    assert headers.count(("x-content-type-options", "nosniff")) == 1


@pytest.mark.parametrize(
    ("query", "seconds"), [("", 5.0), ("?seconds=0.5", 0.5), ("?seconds=30", 30.0)]
)
def test_a_profile_takes_as_long_as_is_asked_for(query: str, seconds: float) -> None:
    subject = Told()
    assert told(f"/debug/profile{query}", subject).status == 200
    assert subject.profiled == [seconds]


@pytest.mark.parametrize("seconds", ["0", "-1", "31", "nan", "inf", "soon", ""])
def test_a_profile_of_no_sensible_length_is_refused(seconds: str) -> None:
    answer = told(f"/debug/profile?seconds={seconds}")
    assert (answer.status, answer.text) == (400, "want seconds above 0, up to 30\n")


def test_a_profile_of_nobody_is_no_empty_answer() -> None:
    subject = Told()
    subject.profile_text = ""
    answer = told("/debug/profile", subject)
    assert (answer.status, answer.text) == (503, "no event loop runs that could be looked at\n")


def test_one_profile_is_taken_at_a_time() -> None:
    async def main() -> tuple[Answered, Answered, Answered]:
        subject = Told()
        subject.may_finish.clear()
        app = make_app(subject)
        first = asyncio.create_task(ask(app, "/debug/profile"))
        await asyncio.sleep(0)
        second = await ask(app, "/debug/profile")
        subject.may_finish.set()
        return await first, second, await ask(app, "/debug/profile")

    assert [answer.status for answer in asyncio.run(main())] == [200, 409, 200]


@pytest.mark.parametrize(
    ("target", "body", "level"),
    [
        ("/log-level", b"debug", ("debug", 0.0)),
        ("/log-level", b" WARNING\n", ("warning", 0.0)),
        ("/log-level?for=10m", b"error", ("error", 600.0)),
    ],
)
def test_the_log_level_can_be_put(target: str, body: bytes, level: tuple[str, float]) -> None:
    subject = Told()
    answer = told(target, subject, method="PUT", body=body)
    until = " for 10m0s" if level[1] else ""
    assert (answer.status, answer.text) == (200, f"{level[0]}{until}\n")
    assert subject.levels == [level]


@pytest.mark.parametrize(
    ("target", "body", "status", "why"),
    [
        ("/log-level", b"loud", 400, "want one of debug, info"),
        ("/log-level", b"\xff", 400, "want one of debug, info"),
        ("/log-level", b"", 400, "want one of debug, info"),
        ("/log-level?for=ever", b"info", 400, "ever"),
        ("/log-level", b"critical", 409, "not ours"),
    ],
)
def test_a_log_level_that_cannot_be_is_refused(
    target: str, body: bytes, status: int, why: str
) -> None:
    subject = Told()
    answer = told(target, subject, method="PUT", body=body)
    assert answer.status == status
    assert why in answer.text
    assert subject.levels == []


PRIVATE = ["/debug/requests", "/debug/stacks", "/debug/config", "/debug/profile"]
PUBLIC = ["/livez", "/readyz", "/startupz"]


@pytest.mark.parametrize("path", PRIVATE)
def test_strangers_are_refused(path: str) -> None:
    assert told(path, client=STRANGER).status == 403


def test_strangers_cannot_put() -> None:
    subject = Told()
    assert told("/log-level", subject, method="PUT", body=b"debug", client=STRANGER).status == 403
    assert subject.levels == []


@pytest.mark.parametrize("path", PUBLIC)
def test_health_is_for_all_under_any_name(path: str) -> None:
    answer = told(path, client=STRANGER, headers={"host": "pod.example", "via": "1.1 balancer"})
    assert answer.status == 200


def test_a_path_has_its_methods() -> None:
    assert told("/livez", method="POST").status == 405
    assert told("/log-level").status == 405
    assert told("/nothing").status == 404
