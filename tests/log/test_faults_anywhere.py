"""A fault at each write of the log, one after another, by enumeration."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from gomicro import log
from gomicro.config import ServerConfig
from gomicro.connection.phase import Phase
from gomicro.connection.service import Service
from gomicro.log import pipeline
from gomicro.log.sink import Sink
from tests.connection.harness import GET, Clock, Peer, VirtualLoop, answering, post, quiet

MANY_WRITES = 60

Fault = Callable[["Output", bytes], int]


def refuse(number: int) -> Fault:
    def fault(output: Output, data: bytes) -> int:
        raise OSError(number, os.strerror(number))

    return fault


def take_nothing(output: Output, data: bytes) -> int:
    return 0


def take_a_byte(output: Output, data: bytes) -> int:
    output.data += data[:1]
    return 1


def take_half_of_a_line_then_refuse(output: Output, data: bytes) -> int:
    output.then = refuse(errno.ENOSPC)
    half = data.index(b"\n") // 2 + 1
    output.data += data[:half]
    return half


FAULTS: dict[str, Fault] = {
    "the disk is full": refuse(errno.ENOSPC),
    "the reader has gone": refuse(errno.EPIPE),
    "the device fails": refuse(errno.EIO),
    "the reader is slow": take_nothing,
    "a byte fits": take_a_byte,
    "half of a line fits, and the disk is full": take_half_of_a_line_then_refuse,
}


class Output:
    """Takes everything, but for the write of that number; all after it, too, if it is `lasting`."""

    def __init__(self, number: int, fault: Fault, *, lasting: bool = False) -> None:
        self.data = b""
        self.then: Fault | None = None
        self.happened = False
        self._left = number
        self._fault = fault
        self._lasting = lasting

    def write(self, data: bytes, start: int) -> int:
        self._left -= 1
        if self._left == 0 or (self._lasting and self._left < 0):
            self.happened = True
            return self._fault(self, data[start:])
        if self.then is not None:
            fault, self.then = self.then, None
            return fault(self, data[start:])
        self.data += data[start:]
        return len(data) - start


def notice(lost: int) -> bytes:
    return b"lost %d\n" % lost


async def turns(sink: Sink, lines: list[bytes]) -> None:
    """Lines in the ways that they are written in while a loop runs."""

    def write(*numbers: int, urgent: bool = False) -> None:
        for number in numbers:
            line = b"line %d %b\n" % (number, b"x" * (number * 37 % 200))
            lines.append(line)
            (sink.write_now if urgent else sink.write)(line)

    write(1, 2, 3)
    await asyncio.sleep(0.02)
    write(4)
    write(5, urgent=True)
    await asyncio.sleep(0.02)
    write(6, 7)
    sink.flush()
    write(8, urgent=True)
    write(9)
    await asyncio.sleep(0.02)
    write(10)
    await asyncio.sleep(0.05)


def whole_lines(data: bytes, lines: list[bytes]) -> list[bytes]:
    """The lines that came out whole. What else is there is the beginning of one, cut."""
    whole = []
    for line in data.splitlines(keepends=True):
        if line in lines:
            whole.append(line)
        elif not line.startswith(b"lost "):
            assert any(known.startswith(line.rstrip(b"\n")) for known in lines), line
    return whole


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whichever_write_of_the_log_fails_each_line_is_out_whole_or_told_as_lost(
    fault: Fault,
) -> None:
    for number in range(1, MANY_WRITES):
        output = Output(number, fault)
        sink = Sink(output, notice)
        lines: list[bytes] = []
        asyncio.run(turns(sink, lines))
        for n in (11, 12):  # after the loop
            lines.append(b"line %d\n" % n)
            sink.write(lines[-1])
        sink.flush()
        whole = whole_lines(output.data, lines)
        told = sum(int(told) for told in re.findall(rb"^lost (\d+)$", output.data, re.MULTILINE))
        assert whole == [line for line in lines if line in whole]  # in their order, none twice
        assert len(whole) + told + sink.lost == len(lines)
        if fault not in (take_nothing, take_a_byte):
            assert whole[-1:] == lines[-1:] or sink.lost  # it goes on once the output does
        else:
            assert whole == lines
        if not output.happened:
            break
    assert 5 <= number < MANY_WRITES  # beyond the last write nothing fails


class Stream:
    """What a log may be configured with: a text stream without a descriptor."""

    closed = False

    def __init__(self, output: Output) -> None:
        self._output = output

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError("no descriptor")

    def write(self, text: str) -> None:
        data = text.encode()
        while data:
            taken = self._output.write(data, 0)
            if not taken:
                raise BlockingIOError(errno.EAGAIN, "full")
            data = data[taken:]

    def flush(self) -> None:
        """All is written at once."""


async def fails(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/":
        await answering()(scope, receive, send)
    else:
        raise ValueError("the application's own")


def served(output: Output) -> bytes:
    """What a peer hears of three requests, one of which fails, and of the end of the service."""
    stream: Any = Stream(output)
    pipeline._pipelines.clear()  # that of before waits for its output no more
    log.configure("debug", "json", stream)
    heard = b""

    async def main() -> None:
        nonlocal heard
        service = Service(ServerConfig(), fails)
        service.phase = Phase.SERVING
        peer = Peer(service)
        for data in (GET, post(b"abc"), GET.replace(b"GET /", b"GET /fails")):
            if not peer.wire.closed:
                await peer.send(data)
        service.phase = Phase.HURRYING
        peer.connection.leave()
        await quiet()
        peer.wire.lose(None)
        await quiet()
        heard = peer.sent()
        assert not service.connections
        assert not service.tasks

    clock = Clock()
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(main())
    return heard


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whichever_write_of_the_log_fails_no_peer_notices(fault: Fault, *, lasting: bool) -> None:
    expected = served(Output(0, fault))
    assert expected.count(b"HTTP/1.1 ") == 3
    for number in count(1):  # pragma: no branch -- it ends with the last write
        output = Output(number, fault, lasting=lasting)
        assert served(output) == expected
        if not output.happened:
            break
        assert number < MANY_WRITES
    assert number >= 3
