"""Outputs: real files, pipes and what else standard output can be."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from gomicro.log.output import _Pipe, open_output


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


def test_file_takes_all_at_once(tmp_path: Path) -> None:
    data = b"x" * 100_000
    with (tmp_path / "log").open("w") as stream:
        assert open_output(stream).write(memoryview(data), 0) == 100_000
    assert data == (tmp_path / "log").read_bytes()


def test_pipe_takes_what_it_surely_has_room_for(pipe: tuple[int, TextIO]) -> None:
    reader, stream = pipe
    output = open_output(stream)
    assert output.write(memoryview(b"x" * 5000), 0) == 4096
    assert os.read(reader, 5000) == b"x" * 4096


def test_pipe_that_nobody_reads_takes_nothing_and_does_not_block(pipe: tuple[int, TextIO]) -> None:
    output = open_output(pipe[1])
    taken = 1
    while taken:
        taken = output.write(memoryview(b"x" * 4096), 0)
    assert output.write(memoryview(b"x"), 0.01) == 0
    os.read(pipe[0], 8192)
    assert output.write(memoryview(b"x"), 0) == 1


class Ready:
    """A poll whose answer another writer has made out of date."""

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        return [(0, 0)]


def test_pipe_that_another_writer_filled_first_takes_nothing(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = pipe[1].fileno()
    os.set_blocking(writer, False)
    while _fills(writer):
        pass
    output = _Pipe(writer)
    monkeypatch.setattr(output, "_poll", Ready())
    assert output.write(memoryview(b"x"), 0) == 0


def _fills(writer: int) -> bool:
    try:
        return os.write(writer, b"x" * 4096) > 0
    except BlockingIOError:
        return False


def test_broken_pipe_is_an_oserror(pipe: tuple[int, TextIO]) -> None:
    os.close(pipe[0])
    with pytest.raises(BrokenPipeError):
        open_output(pipe[1]).write(memoryview(b"x"), 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_full_disk_is_an_oserror() -> None:
    with Path("/dev/full").open("w") as stream, pytest.raises(OSError, match="No space left"):
        open_output(stream).write(memoryview(b"x"), 0)


def test_stream_without_a_descriptor_gets_text() -> None:
    stream = io.StringIO()
    assert open_output(stream).write(memoryview("é".encode() + b"a\n"), 0) == 4
    assert stream.getvalue() == "éa\n"


def test_closed_stream_is_an_oserror() -> None:
    stream = io.StringIO()
    output = open_output(stream)
    stream.close()
    with pytest.raises(OSError, match="closed"):
        output.write(memoryview(b"x"), 0)


def test_process_without_standard_output_drops_all() -> None:
    assert open_output(None).write(memoryview(b"abc"), 0) == 3
