"""The sink: when lines are written, and what becomes of them when they cannot be."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

import pytest

from gomicro.log import sink as sink_module
from gomicro.log.sink import MAX_LINES, PATIENCE, Sink


class Memory:
    """An output that takes `room` bytes (all if None) and raises `fault` if it has one."""

    def __init__(self) -> None:
        self.data = b""
        self.writes = 0
        self.room: int | None = None
        self.fault: OSError | None = None
        self.asked = 0

    def write(self, data: bytes, start: int) -> int:
        self.asked += 1
        if self.room is None or self.room > 0:
            taken = data[start:] if self.room is None else data[start : start + self.room]
            self.data += taken
            self.writes += 1
            if self.room is not None:
                self.room -= len(taken)
            return len(taken)
        if self.fault is not None:
            raise self.fault
        return 0


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asleep: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.asleep()


def notice(lost: int) -> bytes:
    return b"lost %d\n" % lost


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def sink(memory: Memory) -> Sink:
    return Sink(memory, notice)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sink_module, "monotonic", lambda: clock.now)
    monkeypatch.setattr(sink_module, "sleep", clock.sleep)
    return clock


def test_without_a_loop_a_line_is_written_at_once(memory: Memory, sink: Sink) -> None:
    sink.write(b"one\n")
    assert memory.data == b"one\n"


def test_lines_of_one_turn_are_one_write(memory: Memory, sink: Sink) -> None:
    async def main() -> None:
        sink.write(b"one\n")
        sink.write(b"two\n")
        assert memory.data == b""
        await asyncio.sleep(0)
        assert memory.data == b"one\ntwo\n"
        sink.write(b"three\n")
        await asyncio.sleep(0)

    asyncio.run(main())
    assert (memory.data, memory.writes) == (b"one\ntwo\nthree\n", 2)


def test_urgent_line_takes_those_before_it_along(memory: Memory, sink: Sink) -> None:
    async def main() -> None:
        sink.write(b"one\n")
        sink.write_now(b"two\n")
        assert memory.data == b"one\ntwo\n"

    asyncio.run(main())


def test_line_of_a_loop_that_never_turned_again_goes_with_the_next(
    memory: Memory, sink: Sink
) -> None:
    loop = asyncio.new_event_loop()

    async def main() -> None:
        loop.stop()
        sink.write(b"one\n")

    task = loop.create_task(main())
    loop.run_forever()
    assert task.done()
    loop.close()
    assert memory.data == b""

    async def other() -> None:
        sink.write(b"two\n")
        await asyncio.sleep(0)
        assert memory.data == b"one\ntwo\n"

    asyncio.run(other())


def test_flush_writes_what_waits(memory: Memory, sink: Sink) -> None:
    async def main() -> None:
        sink.write(b"one\n")
        sink.flush()
        assert memory.data == b"one\n"

    asyncio.run(main())


def test_line_written_in_parts_is_whole(memory: Memory, sink: Sink) -> None:
    memory.room = 2
    sink.write(b"one\n")
    assert memory.data == b"on"
    memory.room = None
    sink.write(b"two\n")
    assert memory.data == b"one\ntwo\n"
    assert sink.lost == 0


def test_loop_tries_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "RETRY", 0)

    async def main() -> None:
        tried_twice, written = asyncio.Event(), asyncio.Event()

        class Watched(Memory):
            """An output that tells when it was asked."""

            def write(self, data: bytes, start: int) -> int:
                taken = super().write(data, start)
                if taken:
                    written.set()
                elif self.asked == 2:
                    tried_twice.set()
                return taken

        output = Watched()
        output.room = 0
        Sink(output, notice).write(b"one\n")
        await tried_twice.wait()
        output.room = None
        await written.wait()
        assert output.data == b"one\n"

    asyncio.run(main())


@pytest.mark.parametrize("fault", [BrokenPipeError(), OSError(28, "No space left on device")])
def test_refused_lines_are_counted_and_told_of_later(
    memory: Memory, sink: Sink, fault: OSError
) -> None:
    memory.room, memory.fault = 0, fault
    for _ in range(3):
        sink.write(b"lost\n")
    assert sink.lost == 3
    memory.room = None
    sink.write(b"one\n")
    sink.write(b"two\n")
    assert memory.data == b"lost 3\none\ntwo\n"
    assert sink.lost == 0


def test_the_first_lines_that_are_refused_are_told_of_at_once_and_only_they(
    memory: Memory,
) -> None:
    told: list[OSError] = []
    sink = Sink(memory, notice, refused=told.append)
    full = memory.fault = OSError(28, "No space left on device")
    for room in (0, 0, None, 0):
        memory.room = room
        sink.write(b"one\n")
    assert told == [full]
    assert sink.ever_lost == 3


def test_line_torn_by_a_full_disk_does_not_spoil_the_next(memory: Memory, sink: Sink) -> None:
    memory.room, memory.fault = 6, OSError(28, "No space left on device")

    async def main() -> None:
        for _ in range(3):
            sink.write(b"one\n")
        await asyncio.sleep(0)

    asyncio.run(main())
    assert (memory.data, sink.lost) == (b"one\non", 2)
    memory.room = None
    sink.write(b"two\n")
    assert memory.data == b"one\non\nlost 2\ntwo\n"


def test_notice_that_is_refused_is_given_again(memory: Memory, sink: Sink) -> None:
    memory.room, memory.fault = 0, BrokenPipeError()
    sink.write(b"one\n")
    sink.write(b"two\n")
    memory.room = 3
    sink.write(b"three\n")
    assert (memory.data, sink.lost) == (b"los", 3)
    memory.room = 8
    sink.write(b"four\n")
    assert (memory.data, sink.lost) == (b"los\nlost 3\n", 1)
    memory.room = None
    sink.write(b"five\n")
    assert memory.data == b"los\nlost 3\nlost 1\nfive\n"


def test_reader_that_stands_still_costs_memory_only_up_to_a_limit(
    memory: Memory, sink: Sink, clock: Clock
) -> None:
    memory.room = 0
    sink.write(b"first\n")  # This one is a batch by itself.
    for number in range(MAX_LINES + 10):
        sink.write(b"%d\n" % number)
    assert sink.lost == 10
    assert clock.now == pytest.approx(PATIENCE, abs=0.01), "waits only once"
    memory.room = None
    sink.write(b"")
    lines = memory.data.splitlines()
    assert lines[:3] == [b"first", b"lost 10", b"0"]
    assert lines[-1] == b"%d" % (MAX_LINES - 1)


def test_program_without_a_loop_loses_nothing_to_a_slow_reader(
    memory: Memory, sink: Sink, clock: Clock
) -> None:
    def read() -> None:
        memory.room = (memory.room or 0) + 100

    memory.room = 0
    clock.asleep = read
    lines = [b"%d\n" % number for number in range(3 * MAX_LINES)]
    for line in lines:
        sink.write(line)
    sink.flush()
    assert memory.data == b"".join(lines)


def test_wait_for_a_reader_comes_back_once_it_has_caught_up(
    memory: Memory, sink: Sink, clock: Clock
) -> None:
    for _ in range(2):
        memory.room = 0
        for _ in range(MAX_LINES + 3):
            sink.write(b"x\n")
        memory.room = None
        sink.flush()
    assert clock.now == pytest.approx(2 * PATIENCE, abs=0.01)


def test_loop_never_waits_for_a_slow_reader(memory: Memory, sink: Sink, clock: Clock) -> None:
    """The buffer runs over again and again. Each line is written, or counted as lost."""

    async def main() -> None:
        for _ in range(5):
            memory.room = 8 * MAX_LINES
            for _ in range(2 * MAX_LINES):
                sink.write(b"request\n")
            sink.write_now(b"trouble\n")
            await asyncio.sleep(0)

    asyncio.run(main())
    assert clock.now == 0
    memory.room = None
    sink.flush()
    told = [int(line[5:]) for line in memory.data.splitlines() if line.startswith(b"lost ")]
    assert len(told) > 2
    assert memory.data.count(b"\n") - len(told) + sum(told) == 5 * (2 * MAX_LINES + 1)


def test_thread_of_a_service_never_waits_for_a_slow_reader(
    memory: Memory, sink: Sink, clock: Clock
) -> None:
    def handle() -> None:
        for _ in range(MAX_LINES + 3):
            sink.write(b"x\n")

    async def main() -> None:
        sink.write(b"listening\n")
        await asyncio.sleep(0)
        memory.room = 0
        await asyncio.to_thread(handle)

    asyncio.run(main())
    assert clock.now == 0
    assert sink.lost == 2  # one line is a batch by itself


def test_turn_ends_although_a_thread_logs_without_end() -> None:
    """What comes while the loop writes is for its next turn."""

    class Busy(Memory):
        """An output in each of whose writes another thread logs."""

        def write(self, data: bytes, start: int) -> int:
            thread = threading.Thread(target=own.write, args=(b"thread\n",))
            thread.start()
            thread.join()
            return super().write(data, start)

    output = Busy()
    own = Sink(output, notice)

    async def main() -> None:
        own.write_now(b"loop\n")
        for turn in range(5):
            assert output.data == b"loop\n" + b"thread\n" * turn
            await asyncio.sleep(0)

    asyncio.run(main())


def test_flush_gives_up_on_a_reader_that_stands_still(
    memory: Memory, sink: Sink, clock: Clock
) -> None:
    memory.room = 0
    sink.write(b"one\n")
    sink.flush(0.01)
    assert clock.now == pytest.approx(0.01, abs=0.002)


class OddPieces:
    """A pipe that takes lines apart."""

    def __init__(self, writer: int) -> None:
        self.writer = writer

    def write(self, data: bytes, start: int) -> int:
        return os.write(self.writer, data[start : start + 1013])


def numbered(name: int, number: int) -> bytes:
    return b"%d %d %s\n" % (name, number, b"x" * (number % 50))


NUMBERS = range(MAX_LINES // 4)
"""Lines of one of four threads: however they take turns, fewer wait than may."""


def at_once(sink: Sink, name: int) -> None:
    for number in NUMBERS:
        sink.write(numbered(name, number))


async def in_turns(sink: Sink, name: int) -> None:
    for number in NUMBERS:
        sink.write(numbered(name, number))
        if number % 7 == 0:
            await asyncio.sleep(0)


def test_lines_of_many_threads_are_whole_and_in_the_order_of_each() -> None:
    reader, writer = os.pipe()
    sink = Sink(OddPieces(writer), notice)
    received: list[bytes] = []

    def read() -> None:
        with os.fdopen(reader, "rb") as stream:
            received.extend(stream)

    drain = threading.Thread(target=read)
    drain.start()
    for _ in range(8):
        threads = [threading.Thread(target=at_once, args=(sink, name)) for name in (0, 1, 2)]
        threads += [threading.Thread(target=lambda: asyncio.run(in_turns(sink, 3)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sink.flush()
    os.close(writer)
    drain.join()
    for name in range(4):
        expected = [numbered(name, number) for number in NUMBERS] * 8
        assert expected == [line for line in received if line.startswith(b"%d " % name)]


def test_line_logged_in_the_midst_of_a_write_follows_it() -> None:
    class Interrupted(Memory):
        """An output in whose write a signal handler logs."""

        def write(self, data: bytes, start: int) -> int:
            if not self.writes:
                self.writes += 1
                own.write(b"two\n")
                return 0
            return super().write(data, start)

    output = Interrupted()
    own = Sink(output, notice)
    own.write(b"one\n")
    assert output.data == b""
    own.flush()
    assert output.data == b"one\ntwo\n"


def test_flush_does_not_wait_for_ever_for_another_thread() -> None:
    entered, leave = threading.Event(), threading.Event()

    class Stuck(Memory):
        """An output that another thread is stuck in."""

        def write(self, data: bytes, start: int) -> int:
            entered.set()
            leave.wait()
            return super().write(data, start)

    output = Stuck()
    sink = Sink(output, notice)
    thread = threading.Thread(target=sink.write, args=(b"one\n",))
    thread.start()
    entered.wait()
    sink.write(b"two\n")
    sink.flush(0.01)
    assert output.data == b""
    leave.set()
    thread.join()
    assert output.data == b"one\ntwo\n"


def test_forked_child_does_not_write_its_parents_lines(memory: Memory, sink: Sink) -> None:
    async def main() -> None:
        sink.write(b"parent\n")
        sink._lock.acquire()
        sink.forget()
        sink.write(b"child\n")
        await asyncio.sleep(0)

    asyncio.run(main())
    assert memory.data == b"child\n"
