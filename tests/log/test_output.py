"""Outputs: real files, pipes, terminals and what else standard output can be."""

from __future__ import annotations

import io
import os
import select
import socket
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from gomicro.log import output as output_module
from gomicro.log.output import Output, open_output

LINE = b"x" * 99 + b"\n"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a pipe holds")


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A reader's descriptor and a writer's stream."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        yield reader, stream
    try:
        os.close(reader)
    except OSError:
        return  # A test that breaks the pipe has closed it.


@pytest.fixture(params=["asked", "polled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that can be asked not to block, and one that cannot: macOS, or an old Linux."""
    if request.param == "polled":
        monkeypatch.setattr(output_module, "_NOWAIT", 0)


def fill(output: Output, data: bytes) -> int:
    """Write `data` again and again until no more is taken; return how many bytes were."""
    total = 0
    while taken := output.write(data, 0):
        total += taken
    return total


def test_file_takes_all_at_once(tmp_path: Path) -> None:
    data = LINE * 1000
    with (tmp_path / "log").open("w") as stream:
        assert open_output(stream).write(data, 100) == 99_900
    assert data[100:] == (tmp_path / "log").read_bytes()


@pytest.mark.usefixtures("way")
def test_pipe_takes_as_many_whole_lines_as_fit_its_atom(pipe: tuple[int, TextIO]) -> None:
    output = open_output(pipe[1])
    line = b"x" * 149 + b"\n"
    data = line * 100
    assert output.write(data, 0) == select.PIPE_BUF // 150 * 150
    assert output.write(data, 14_900) == 100
    assert os.read(pipe[0], 10_000) == data[: select.PIPE_BUF // 150 * 150] + data[14_900:]


@linux
@pytest.mark.parametrize("size", [5_000, 40_000, 65_000])
def test_longer_line_goes_into_a_pipe_as_a_whole(pipe: tuple[int, TextIO], size: int) -> None:
    line = b"x" * size + b"\n"
    assert open_output(pipe[1]).write(line + LINE, 0) == size + 1
    assert os.read(pipe[0], 100_000) == line


@linux
def test_longer_line_waits_until_the_pipe_is_nearly_empty(pipe: tuple[int, TextIO]) -> None:
    output, other = open_output(pipe[1]), open_output(pipe[1])
    for _ in range(100):
        other.write(LINE, 0)
    line = b"x" * 10_000 + b"\n"
    assert output.write(line, 0) == 0
    os.read(pipe[0], 2000)
    assert output.write(line, 0) == 10_001


@linux
def test_nearly_empty_pipe_has_room_for_a_line_of_half_its_size(pipe: tuple[int, TextIO]) -> None:
    """The worst case: short writes that each leave half a page of the pipe unused."""
    for size in (2048, 2049) * 4:
        os.write(pipe[1].fileno(), b"x" * size)
    os.read(pipe[0], 4 * (2048 + 2049) - 8192)
    line = b"x" * 32_767 + b"\n"
    assert open_output(pipe[1]).write(line, 0) == 32_768


@linux
def test_line_that_no_pipe_can_hold_goes_on_where_it_was_cut(pipe: tuple[int, TextIO]) -> None:
    output = open_output(pipe[1])
    line = bytes(range(32, 127)) * 1000 + b"\n"
    at, received = 0, b""
    while at < len(line):
        at += output.write(line, at)
        received += os.read(pipe[0], 1000)
    while len(received) < len(line):
        received += os.read(pipe[0], 65_536)
    assert received == line


@pytest.mark.usefixtures("way")
def test_pipe_that_nobody_reads_takes_nothing_and_does_not_block(pipe: tuple[int, TextIO]) -> None:
    output = open_output(pipe[1])
    total = fill(output, LINE)
    assert output.write(LINE, 0) == 0
    os.read(pipe[0], total)
    assert output.write(LINE, 0) == 100


@linux
def test_pipe_that_was_full_is_left_to_others_until_it_is_nearly_empty(
    pipe: tuple[int, TextIO],
) -> None:
    output = open_output(pipe[1])
    total = fill(output, LINE)
    os.read(pipe[0], total // 2)
    assert output.write(LINE, 0) == 0
    os.read(pipe[0], total // 2 - 8000)
    assert output.write(LINE, 0) == 100


@pytest.mark.usefixtures("way")
def test_flags_of_the_pipe_stay_as_they_are(pipe: tuple[int, TextIO]) -> None:
    output = open_output(pipe[1])
    fill(output, LINE)
    assert os.get_blocking(pipe[1].fileno())


@linux
def test_pipe_that_another_writer_has_filled_does_not_block(pipe: tuple[int, TextIO]) -> None:
    output = open_output(pipe[1])
    fill(open_output(pipe[1]), LINE)
    assert output.write(LINE, 0) == 0


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "cooked"])
def test_terminal_that_is_stopped_does_not_block(raw: bool) -> None:
    master, slave = os.openpty()
    try:
        if raw:
            tty.setraw(slave)
        with os.fdopen(slave, "w") as stream:
            output = open_output(stream)
            at, data, refused = 0, LINE * 40, 0
            while refused < 10:  # the kernel moves on, in its own time, what a terminal has taken
                taken = output.write(data, at % len(data))
                at, refused = at + taken, 0 if taken else refused + 1
                time.sleep(0 if taken else 0.02)
                assert at < 100 * len(data)
            assert at > 0
            assert len(os.read(master, 100)) == 100
    finally:
        os.close(master)


@pytest.mark.usefixtures("way")
def test_socket_whose_reader_stands_still_does_not_block() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("w") as stream:
        output = open_output(stream)
        assert fill(output, LINE * 100) > 4000
        assert output.write(LINE, 0) == 0
        assert theirs.recv(100) == LINE


def test_reader_sees_the_end_when_the_stream_is_closed(pipe: tuple[int, TextIO]) -> None:
    output = open_output(pipe[1])
    assert output.write(LINE, 0) == 100
    pipe[1].close()
    assert os.read(pipe[0], 1000) == LINE
    assert os.read(pipe[0], 1000) == b""
    with pytest.raises(OSError, match="Bad file descriptor"):
        output.write(LINE, 0)


def test_terminal_ends_with_its_last_output() -> None:
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream:
        output = open_output(stream)
        assert output.write(LINE, 0) == 100
        del output
    try:
        ended = os.read(master, 1000).count(b"x") == 99 and not os.read(master, 1000)
    except OSError:  # Linux tells the end so.
        ended = True
    os.close(master)
    assert ended


WRITER = """
import sys, time
from gomicro.log.output import open_output
output = open_output(sys.stdout)
name = sys.argv[1].encode()
sizes = (10_000, 100, 100, 30_000, 300, 5_000)
data = b"".join(name * sizes[n % len(sizes)] + b"\\n" for n in range(120))
at = 0
while at < len(data):
    taken = output.write(data, at)
    at += taken
    if not taken:
        time.sleep(0.001)
"""


@linux
def test_long_lines_of_four_processes_in_one_pipe_are_whole(pipe: tuple[int, TextIO]) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name], stdout=pipe[1]) for name in "abcd"
    ]
    pipe[1].close()
    with os.fdopen(os.dup(pipe[0]), "rb", buffering=0) as stream:
        received = b"".join(iter(lambda: stream.read(20_000), b""))
    assert [writer.wait() for writer in writers] == [0] * 4
    lines = received.splitlines()
    assert len(lines) == 480
    assert {line for line in lines if len(set(line)) > 1} == set()


def test_broken_pipe_is_an_oserror(pipe: tuple[int, TextIO]) -> None:
    os.close(pipe[0])
    with pytest.raises(BrokenPipeError):
        open_output(pipe[1]).write(LINE, 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_full_disk_is_an_oserror() -> None:
    with Path("/dev/full").open("w") as stream, pytest.raises(OSError, match="No space left"):
        open_output(stream).write(LINE, 0)


def test_stream_without_a_descriptor_gets_text() -> None:
    stream = io.StringIO()
    assert open_output(stream).write("xé".encode() + b"a\n", 1) == 4
    assert stream.getvalue() == "éa\n"


def test_closed_stream_is_an_oserror() -> None:
    stream = io.StringIO()
    output = open_output(stream)
    stream.close()
    with pytest.raises(OSError, match="closed"):
        output.write(LINE, 0)


def test_process_without_standard_output_drops_all() -> None:
    assert open_output(None).write(b"abc\n", 1) == 3


@linux
def test_a_line_that_is_half_out_keeps_the_turn_of_its_process(pipe: tuple[int, TextIO]) -> None:
    class Turn:
        taken = 0

        def take_turn(self) -> bool:
            self.taken += 1
            return True

        def end_turn(self) -> None:
            self.taken = 0

    turn = Turn()
    output = open_output(pipe[1], turn)  # type: ignore[arg-type] # what it asks of one
    line = b"x" * 200_000 + b"\n"
    at = output.write(line, 0)
    assert 0 < at < len(line)
    assert turn.taken == 1
    while at < len(line):
        os.read(pipe[0], 100_000)
        at += output.write(line, at)
    assert turn.taken == 0
