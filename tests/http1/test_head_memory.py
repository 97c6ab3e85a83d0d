"""Which heads are remembered: those that come again, within bounds."""

from __future__ import annotations

from gomicro.http1.head_memory import MOST, HeadMemory
from gomicro.http1.request_head import RequestHead


def test_a_head_is_kept_when_it_comes_a_second_time() -> None:
    memory: HeadMemory[RequestHead] = HeadMemory(8)
    first, second = RequestHead(), RequestHead()
    assert not memory.offer(b"a", first)
    assert memory.heads == {}
    assert memory.offer(b"a", second)
    assert memory.heads == {b"a": second}


def test_a_long_key_is_never_kept() -> None:
    memory: HeadMemory[RequestHead] = HeadMemory(8)
    for key in (b"x" * 8, b"x" * 9):
        for _ in range(3):
            memory.offer(key, RequestHead())
    assert list(memory.heads) == [b"x" * 8]


def test_what_comes_once_drives_nothing_out() -> None:
    memory: HeadMemory[RequestHead] = HeadMemory(8)
    for _ in range(2):
        memory.offer(b"a", RequestHead())
    for n in range(10 * MOST):
        memory.offer(b"%d" % n, RequestHead())
    assert list(memory.heads) == [b"a"]
    assert len(memory._seen) <= MOST


def test_what_comes_again_is_bounded_too() -> None:
    memory: HeadMemory[RequestHead] = HeadMemory(8)
    for n in range(3 * MOST):
        for _ in range(2):
            memory.offer(b"%d" % n, RequestHead())
        assert 0 < len(memory.heads) <= MOST
