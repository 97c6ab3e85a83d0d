"""--reload: real files and processes, and clients that count what they are answered."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import PATIENCE, Service

pytest.importorskip("watchfiles")

CODE = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": VERSION.encode()})
"""


class Code(Service):
    """A service of the application in one directory, whose code is watched."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.file = directory / "main.py"
        self.save("1")
        super().__init__("main:app", "--reload", *arguments, cwd=directory)

    def save(self, version: str, more: str = "") -> None:
        """As an editor does it: another file takes its place."""
        other = self.file.with_suffix(".tmp")
        other.write_text(f"VERSION = {version!r}\n{more}{CODE}")
        other.replace(self.file)

    def served(self) -> str:
        """The version that answers."""
        return take_answer(self.port, get()).body.decode()

    def await_ends(self, count: int) -> list[dict[str, object]]:
        """Wait until so many restarts have ended; how they have."""
        deadline = time.monotonic() + PATIENCE
        while True:
            ends = [
                entry
                for entry in self.log
                if entry["event"] in ("restart done", "restart given up")
            ]
            if len(ends) >= count:
                return ends
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def await_version(self, version: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.served() != version:
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)


class Asking:
    """Somebody who asks, each time on a new connection, as long as the context lasts."""

    def __init__(self, port: int) -> None:
        self.answers: list[str] = []
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(0.01):
            try:
                self.answers.append(take_answer(self._port, get()).body.decode())
            except OSError as error:
                self.answers.append(repr(error))


@pytest.fixture
def code(tmp_path: Path) -> Iterator[Code]:
    service = Code(tmp_path)
    try:
        assert service.served() == "1"
        yield service
        if service.running:
            assert service.stop(signal.SIGTERM) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.popen.pid, signal.SIGKILL)
        service.wait()


def test_a_request_in_each_reload_is_answered_and_by_the_new_code_after_it(code: Code) -> None:
    with Asking(code.port) as somebody:
        for count, version in enumerate(("2", "3"), start=1):
            code.save(version)
            assert code.await_ends(count)[-1]["event"] == "restart done"
            assert code.served() == version
    assert [code.entries("restart begun")[0]["reason"]] == ["main.py changed"]
    assert set(somebody.answers) <= {"1", "2", "3"}
    assert somebody.answers == sorted(somebody.answers)


def test_broken_code_is_told_with_its_traceback_and_the_old_code_answers(code: Code) -> None:
    with Asking(code.port) as somebody:
        code.save("2", "1 / 0\n")
        assert code.await_ends(1)[-1]["event"] == "restart given up"
        assert code.served() == "1"
        failed = code.await_entry("worker failed to start")
        assert failed["exception"].endswith("ZeroDivisionError: division by zero")
        assert f'{code.file.resolve()}", line 2, in <module>' in failed["exception"]
        code.save("3")
        code.await_version("3")
    assert set(somebody.answers) <= {"1", "3"}


def test_a_burst_of_saves_ends_with_the_last_one(code: Code) -> None:
    with Asking(code.port) as somebody:
        for number in range(20):
            code.save(str(100 + number))
            time.sleep(0.03)
        code.await_version("119")
    assert len(code.entries("worker started")) < 20
    assert not [answer for answer in somebody.answers if not answer.isdecimal()]
    assert code.entries("worker failed to start") == code.entries("worker died") == []


def test_a_browsers_connection_that_has_rested_is_closed_so_that_it_asks_the_new_code(
    code: Code,
) -> None:
    with Peer(code.port) as browser, Peer(code.port) as silent:
        assert browser.send(get()).answer().body == b"1"
        time.sleep(1.2)
        with Peer(code.port) as busy:
            code.save("2")
            while not code.entries("worker started", generation=2):
                assert busy.send(get()).answer().status == 200
            assert busy.send(get()).answer().status == 200
        assert browser.rest() == silent.rest() == b""
    assert code.served() == "2"


def test_who_has_asked_while_the_worker_stood_still_is_answered(code: Code) -> None:
    with Peer(code.port) as browser:
        assert browser.send(get()).answer().body == b"1"
        [ready] = code.entries("worker ready")
        os.kill(ready["pid"], signal.SIGSTOP)
        time.sleep(1.2)
        code.save("2")
        code.await_entry("worker started", generation=2)
        browser.send(get())  # the worker has been told to close what rests
        os.kill(ready["pid"], signal.SIGCONT)
        assert browser.answer().body == b"1"
    code.await_version("2")


def test_a_directory_that_is_removed_and_made_again_is_served_from(code: Code) -> None:
    """It is the one that the service was started in, too."""
    with Asking(code.port) as somebody:
        shutil.rmtree(code.file.parent)
        code.await_entry("changes go unseen")
        assert code.served() == "1"
        code.file.parent.mkdir()
        code.save("2")
        code.await_version("2")
        code.save("3")
        code.await_version("3")
    assert somebody.answers == sorted(somebody.answers)
    assert set(somebody.answers) <= {"1", "2", "3"}


@pytest.mark.skipif(sys.platform != "linux", reason="where names are bytes")
def test_a_file_whose_name_is_no_text_ends_nothing(code: Code) -> None:
    Path(os.fsdecode(os.fsencode(code.file.parent) + b"/caf\xe9.py")).touch()
    code.await_ends(1)
    assert "caf\\xe9.py" in code.entries("restart begun")[0]["reason"]
    code.save("2")
    code.await_version("2")
    assert len(code.entries("changes go unseen")) <= 1


def test_it_ends_as_a_service_does(code: Code) -> None:
    assert code.stop(signal.SIGTERM) == 0
    assert code.errors() == ""


def test_without_watchfiles_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "watchfiles.py").write_text("raise ImportError('not here')")
    done = subprocess.run(
        [sys.executable, "-m", "gomicro", "serve", "--reload"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    command = f"{sys.executable} -m pip install watchfiles"
    assert done.stderr == f"gomicro: --reload needs watchfiles; to add it: {command}\n"
