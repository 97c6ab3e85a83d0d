"""The same requests at the same moments, cut into packets in two ways: the story is the same.

python -m tests.fuzz.cuts --cases 1000000      begin with a seed of the clock
python -m tests.fuzz.cuts --cases 1 --seed 7   repeat one
"""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Any

from tests.connection.harness import END, STALL, TAKE, Step, talk
from tests.fuzz.many import run
from tests.fuzz.peer import cut, request

__all__ = ["main", "problems"]


class Calm:
    """An application that does the same for the same request, however its body comes."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        choose = random.Random(f"{self._seed} {scope['method']} {scope['path']}")
        size = 0
        if choose.random() < 0.6:
            while (message := await receive())["type"] == "http.request":
                size += len(message["body"])
                if not message["more_body"]:
                    break
            else:
                size = -1
        await asyncio.sleep(choose.choice([0, 0, 0.05, 0.4, 2]))
        headers = [(b"x-path", scope["path"].encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for _ in range(choose.choice([0, 0, 2])):
            body = b"x" * choose.choice([10, 100_000])
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.sleep(choose.choice([0, 0.1]))
        await send({"type": "http.response.body", "body": b"%d" % size})
        if choose.random() < 0.1:
            raise ValueError("after the response")


def problems(seed: int) -> list[str]:
    """What differs between the two."""
    choose = random.Random(seed)
    one: list[Step] = []
    other: list[Step] = []
    for number in range(choose.randrange(1, 6)):
        data = request(choose, f"/{number}", good=True, longest=5000)
        if choose.random() < 0.1:
            data += choose.choice([b"BAD\r\n\r\n", b"GET / HT", b"\r\n", b"\r\n\r\n\r\n", b"GE"])
        between: list[Step] = []
        if choose.random() < 0.6:
            between.append(choose.choice([0.001, 0.05, 0.3, 0.9, 1.2]))
        if choose.random() < 0.15:
            between.append(choose.choice([STALL, TAKE, TAKE, END]))
        if one and isinstance(one[-1], bytes):
            one[-1] += data
        else:
            one.append(data)
        other += cut(choose, data, choose.choice([1, 2, 5, 20]))
        one += between
        other += between
    options = {"max_body_bytes": choose.choice([0, 50, 10_000])}
    stories = [talk(Calm(seed), *steps, 5.0, **options) for steps in (one, other)]
    told = [
        {
            "answer": story.answer,
            "closed after": story.closed_after,
            "half-closed": story.half_closed,
            "events": sorted(story.events()),
        }
        for story in stories
    ]
    return [
        f"{name}: {str(whole)[-200:]} -> {str(told[1][name])[-200:]}"
        for name, whole in told[0].items()
        if whole != told[1][name]
    ]


def main() -> int:
    """The exit status: 0 if no story differed."""
    return run("python -m tests.fuzz.cuts", __doc__, problems)


if __name__ == "__main__":
    sys.exit(main())
