"""What an application forks: a process of its own, which is no service."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.integration.peer import get, take_answer
from tests.integration.process import NOBODY_IS_SHED, Service

APP = """\
import multiprocessing, os, signal, time

FORK = multiprocessing.get_context("fork")


def job(path):
    if path == "/long":
        time.sleep(300)


async def app(scope, receive, send):
    child = FORK.Process(target=job, args=(scope["path"],))
    child.start()
    if scope["path"] == "/long":
        child.terminate()
    child.join(60)
    body = str(child.exitcode).encode()
    child.kill()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""


@pytest.mark.parametrize("flags", [(), ("--workers=1",)], ids=["one process", "a worker"])
def test_it_ends_on_sigterm_and_the_service_goes_on(tmp_path: Path, flags: tuple[str, ...]) -> None:
    (tmp_path / "shop.py").write_text(APP)
    patient = ("--write-timeout=0", NOBODY_IS_SHED)
    service = Service("shop:app", *patient, *flags, cwd=tmp_path)
    try:
        for _ in range(3):
            body = take_answer(service.port, get("/long")).body
            assert body == str(-signal.SIGTERM).encode()
        assert take_answer(service.port, get("/short")).body == b"0"
        assert service.entries("worker leaving") == []
        assert service.stop(signal.SIGTERM) == 0
        assert len(service.entries("worker ready")) == len(flags)
    finally:
        service.kill()
