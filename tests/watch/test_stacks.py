"""The stacks of threads and tasks."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import pytest

from gomicro.watch.stacks import stacks, write_stacks


async def leaf() -> None:
    await asyncio.sleep(1000)


async def generator() -> AsyncIterator[int]:
    await leaf()
    yield 1


class Awaited:
    def __await__(self) -> Generator[Any, None, None]:
        return leaf().__await__()


async def by_await() -> None:
    await leaf()


async def by_object() -> None:
    await Awaited()


async def by_for() -> None:
    async for _ in generator():
        pass


async def by_anext() -> None:
    await anext(generator(), None)


async def by_generator() -> None:
    await Awaited()


def told(*mains: Callable[[], Awaitable[None]]) -> str:
    """All stacks while these run as tasks."""

    async def main() -> str:
        tasks = [asyncio.create_task(one(), name=one.__name__) for one in mains]  # type: ignore[arg-type, var-annotated] # coroutine functions all
        await asyncio.sleep(0.01)
        said = stacks(asyncio.get_running_loop())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return said

    return asyncio.run(main())


@pytest.mark.parametrize("way", [by_await, by_object, by_for, by_anext])
def test_a_task_is_told_with_its_whole_chain_of_awaits(way: Callable[[], Awaitable[None]]) -> None:
    text = told(way)
    [stack] = [part for part in text.split("\n\ntask ") if part.startswith(way.__name__)]
    assert stack.startswith(f"{way.__name__}, waiting for a Future:\n")
    calls = [line.rpartition(" in ")[2] for line in stack.splitlines() if ", line " in line]
    assert calls[0] == way.__name__
    assert calls[-2:] == ["leaf", "sleep"]
    assert ("generator" in calls) == (way in (by_for, by_anext))


def test_a_task_that_waits_for_another_names_it() -> None:
    async def waits() -> None:
        await next(t for t in asyncio.all_tasks() if t.get_name() == "by_await")

    text = told(by_await, waits)
    assert "\ntask waits, waiting for task by_await:\n" in text


def test_a_task_that_has_not_begun_or_waits_for_something_strange_is_told_too() -> None:
    class Strange:
        def __await__(self) -> Generator[Any, None, None]:
            yield

    async def strange() -> None:
        while True:
            await Strange()

    async def main() -> str:
        tasks = [asyncio.create_task(strange(), name="strange")]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(leaf(), name="new"))
        said = stacks(asyncio.get_running_loop())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return said

    text = asyncio.run(main())
    assert "\ntask strange:\n" in text
    assert "in __await__" in text
    assert "\ntask new:\n" in text


def test_a_thread_is_told_by_its_name() -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="the patient one")
    thread.start()
    try:
        text = stacks(None)
    finally:
        release.set()
        thread.join()
    assert "thread the patient one:\n" in text
    assert "thread MainThread:\n" in text
    assert "task " not in text


def test_all_is_written_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    write_stacks(None)
    assert "in test_all_is_written_to_standard_error" in capfd.readouterr().err


def test_a_standard_error_that_is_closed_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    kept = os.dup(2)
    os.close(2)
    try:
        write_stacks(None)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    assert capfd.readouterr().err == ""
