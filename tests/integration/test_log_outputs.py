"""Where the log of a service goes: a terminal, a file, and pipes that take nothing."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import gomicro_process
from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import NOBODY_IS_SHED, command_with
from tests.ports import unused_port
from tests.wire.golang import await_listener

APP = "tests.apps.bare:app"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Reader:
    """The reading end of a terminal or a pipe, read only when a test wants it to be."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._read = b""

    def until(self, pattern: str) -> re.Match[str]:
        """Read until `pattern` matches what was read so far."""
        while True:
            found = re.search(pattern, self._read.decode(errors="replace"))
            if found:
                return found
            if not self.read(4096):
                raise EOFError(f"{pattern!r} is not in {self._read!r}")

    def read(self, size: int) -> bool:
        """Read what there is, `size` bytes at most; False at the end."""
        more = os.read(self._descriptor, size)
        self._read += more
        return bool(more)

    def rest(self) -> str:
        """All that was written; the writer has ended."""
        with contextlib.suppress(OSError):  # how a terminal tells its end
            while self.read(65536):
                pass
        return self._read.decode()


@contextlib.contextmanager
def terminal() -> Iterator[tuple[Reader, int]]:
    """A terminal that is read, and the descriptor to write to it."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        yield Reader(ours), theirs
    finally:
        os.close(ours)
        with contextlib.suppress(OSError):
            os.close(theirs)


def test_on_a_terminal_the_log_is_for_people_and_safe(serve: Serve) -> None:
    with terminal() as (reader, descriptor):
        service = serve(APP, stdout=descriptor, env={"NO_COLOR": ""})
        port = int(reader.until(r"listening on http://127\.0\.0\.1:(\d+) ")[1])
        take_answer(port, get("/%1b%5b2Jcleared%0aforged%9b", "X-Request-Id: \x9b31m"))
        take_answer(port, get("/fail"))
        assert service.stop() == 0
        os.close(descriptor)
        text = reader.rest()
    assert "GET /\\u001b[2Jcleared\\nforged" in text
    assert "RuntimeError" in text
    plain = ESCAPES.sub("", text)
    assert plain != text
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert set(ESCAPES.findall(text)) <= {"\x1b[2m", "\x1b[0m", "\x1b[32m", "\x1b[31m"}


def test_a_start_that_fails_on_a_terminal_says_nothing_else(tmp_path: Path) -> None:
    """What the application has set up keeps the log until the interpreter takes itself apart."""
    (tmp_path / "main.py").write_text("import logging\nlogging.basicConfig(format='%(message)s')\n")
    with terminal() as (_, descriptor):
        done = gomicro_process("serve", "main:app", cwd=tmp_path, stdout=descriptor)
    assert done.stderr.splitlines() == [
        "gomicro: cannot load the application 'main:app': main has no 'app', nor anything like it"
    ]


def test_json_can_be_had_on_a_terminal_too(serve: Serve) -> None:
    with terminal() as (reader, descriptor):
        service = serve(APP, "--log-format=json", stdout=descriptor)
        port = int(reader.until(r'"port":(\d+)')[1])
        take_answer(port, get("/hello"))
        assert service.stop() == 0
        os.close(descriptor)
        events = [json.loads(line)["event"] for line in reader.rest().splitlines()]
    assert events[:3] == ["application has no lifespan", "listening", "request"]


def test_lines_for_people_can_be_had_in_a_file_without_colours(
    serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        service = serve(APP, "--log-format=console", stdout=file.fileno())
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+) ", path.read_text())):
            assert service.running
        take_answer(int(found[1]), get("/hello"))
        assert service.stop() == 0
    text = path.read_text()
    assert "\x1b" not in text
    assert "GET /hello 200 5B" in text


def test_a_file_that_is_emptied_by_others_begins_anew(serve: Serve, tmp_path: Path) -> None:
    """As logrotate does it with `copytruncate`, to a file that is appended to."""
    path = tmp_path / "log"
    with path.open("ab") as file:
        service = serve(APP, "--log-format=json", stdout=file.fileno())
        while not (found := re.search(r'"port":(\d+)', path.read_text())):
            assert service.running
        os.truncate(path, 0)
        take_answer(int(found[1]), get("/hello"))
        assert service.stop() == 0
    events = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    assert events[0] == "request"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe."""
    ours, theirs = os.pipe()
    yield ours, theirs
    for descriptor in (ours, theirs):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def ask(port: int, times: int) -> None:
    """Be served, again and again, on one connection."""
    path = "/" + "x" * 1000
    with Peer(port) as peer:
        for _ in range(times):
            assert peer.send(get(path)).answer().status == 200


def test_a_log_that_nobody_reads_does_not_stop_the_service(
    serve: Serve, pipe: tuple[int, int]
) -> None:
    """A pipe holds 64 KiB; the requests leave two megabytes of lines."""
    service = serve(APP, stdout=pipe[1])
    reader = Reader(pipe[0])
    port = int(reader.until(r'"port":(\d+)')[1])
    ask(port, 2000)
    assert service.stop(signal.SIGTERM) == 0
    assert service.errors() == ""


def test_a_log_whose_reader_comes_back_tells_how_much_was_lost(
    serve: Serve, pipe: tuple[int, int]
) -> None:
    service = serve(APP, stdout=pipe[1])
    reader = Reader(pipe[0])
    port = int(reader.until(r'"port":(\d+)')[1])
    ask(port, 2000)
    lost = int(reader.until(r'"log lines lost","lines":(\d+)')[1])
    assert 0 < lost < 4000
    service.send_signal(signal.SIGINT)
    reader.until('"event":"stopped"')
    assert service.wait() == 0
    os.close(pipe[1])
    assert all(json.loads(line) for line in reader.rest().splitlines())


WAITS_LONG = command_with({"gomicro.log.sink.PATIENCE": 3600.0})
"""The command, that would wait for an hour where it waits for the reader of its log at all."""


def test_a_log_that_is_read_slowly_does_not_hold_up_requests(
    serve: Serve, pipe: tuple[int, int]
) -> None:
    """Between two rounds of requests the reader takes a part of what these leave: lines are lost
    again and again.
    """
    service = serve(APP, NOBODY_IS_SHED, stdout=pipe[1], command=WAITS_LONG)
    reader = Reader(pipe[0])
    port = int(reader.until(r'"port":(\d+)')[1])
    os.close(pipe[1])
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(Peer(port)) for _ in range(32)]
        for _ in range(250):
            for peer in peers:
                peer.send(get("/" + "x" * 1000))
            assert {peer.answer().status for peer in peers} == {200}
            reader.read(16_384)
    service.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in reader.rest().splitlines()]
    assert service.wait() == 0
    assert sum(line.get("lines", 0) for line in lines) > 1000


def test_a_log_that_is_closed_does_not_stop_the_service(
    serve: Serve, pipe: tuple[int, int]
) -> None:
    service = serve(APP, stdout=pipe[1])
    port = int(Reader(pipe[0]).until(r'"port":(\d+)')[1])
    os.close(pipe[0])
    os.close(pipe[1])
    ask(port, 200)
    assert service.stop(signal.SIGTERM) == 0
    assert service.errors() == "gomicro: lines of the log are lost: Broken pipe\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("workers", [(), ("--workers=1",)], ids=["alone", "of a fleet"])
def test_a_log_whose_disk_is_full_is_told_once_a_process_and_does_not_stop_the_service(
    serve: Serve, workers: tuple[str, ...]
) -> None:
    port = unused_port()
    with Path("/dev/full").open("wb") as full:
        service = serve(APP, f"--port={port}", *workers, stdout=full.fileno())
        await_listener(service, port)
        ask(port, 200)
        assert service.stop(signal.SIGTERM) == 0
    told = "gomicro: lines of the log are lost: No space left on device\n"
    assert service.errors() == told * (1 + len(workers))
