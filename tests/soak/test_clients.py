"""The clients find fault with a service that answers wrongly."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from tests.soak.bad_clients import is_malformed
from tests.soak.clients import Load
from tests.soak.good_clients import is_echoed, keeps_alive, pipelines
from tests.soak.wire import Client, Place

ANSWERS = {
    "another body": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nother",
    "another status": b"HTTP/1.1 500 Error\r\ncontent-length: 7\r\n\r\nhello 0",
    "half an answer": b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nhel",
    "no HTTP": b"hello\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("client", [keeps_alive, pipelines, is_echoed, is_malformed])
@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_wrong_answer_is_a_failure(client: Client, said: bytes) -> None:
    async def be_served_wrongly() -> Load:
        async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(said)
            writer.close()

        async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
            place = Place(server.sockets[0].getsockname()[1])
            load = Load([place], seed=0)
            await load.be(client, place, Random(0))
        return load

    load = asyncio.run(be_served_wrongly())
    assert load.failures.total() == 1
