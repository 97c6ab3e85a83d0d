"""A file that the application names in the place of a body (ASGI's `http.response.pathsend`)."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gomicro.connection import path_send
from gomicro.connection.path_send import EXTENSION, PART, PathSend

LENGTHS = [0, 1, PART - 1, PART, PART + 1, 5 * PART + 7]


def naming(path: object, *headers: tuple[bytes, bytes], start: bool = True) -> Any:
    """An application that leaves a file to the server."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["extensions"][EXTENSION] == {}
        if start:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": EXTENSION, "path": str(path)})

    return app


def sent_by(app: Any, method: str = "GET", send: Any = None) -> list[dict[str, Any]]:
    """What reaches the server of what an application sends."""
    messages: list[dict[str, Any]] = []

    async def keep(message: dict[str, Any]) -> None:
        messages.append(message)

    async def main() -> None:
        scope = {"type": "http", "method": method, "extensions": {}}
        await PathSend(app)(scope, None, send or keep)

    asyncio.run(main())
    return messages


def body_of(messages: list[dict[str, Any]]) -> bytes:
    """The body, which has one end, and that is its last message."""
    _, *parts = messages
    assert [part["type"] for part in parts] == ["http.response.body"] * len(parts)
    assert [part.get("more_body", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    return b"".join(part.get("body", b"") for part in parts)


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


@pytest.fixture(params=["cached", "not cached", "unknown to the file system", "unknown"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether reading needs waiting, or the system does not tell."""
    if request.param == "unknown":
        monkeypatch.setattr(path_send, "_NO_WAIT", 0)
        return
    if not path_send._NO_WAIT:
        pytest.skip("this system cannot read without waiting")
    if request.param != "cached":

        def preadv(*_: object) -> int:
            raise BlockingIOError if request.param == "not cached" else OSError(95, "")

        monkeypatch.setattr(os, "preadv", preadv)


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("length", LENGTHS)
def test_a_file_is_the_body(length: int, tmp_path: Path) -> None:
    content = os.urandom(length)
    file = tmp_path / "file"
    file.write_bytes(content)
    before = descriptors()
    assert body_of(sent_by(naming(file))) == content
    assert descriptors() == before


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("announced", [0, 1, PART, PART + 1])
def test_no_more_than_was_announced_is_sent_of_a_file_that_has_grown(
    announced: int, tmp_path: Path
) -> None:
    content = os.urandom(3 * PART)
    file = tmp_path / "file"
    file.write_bytes(content)
    headers = [(b"x", b"y"), (b"Content-Length", b"%d" % announced)]
    assert body_of(sent_by(naming(file, *headers))) == content[:announced]


@pytest.mark.usefixtures("disk")
def test_a_file_that_has_shrunk_ends_sooner(tmp_path: Path) -> None:
    """That it is less than was announced, the framing says."""
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert body_of(sent_by(naming(file, (b"content-length", b"1000")))) == b"abc"


@pytest.mark.usefixtures("disk")
def test_a_file_that_grows_meanwhile_ends_where_it_ended(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a" * (PART + 1))
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            with file.open("ab") as more:
                more.write(b"b" * PART)

    sent_by(naming(file), send=send)
    assert body_of(sent) == b"a" * (PART + 1)


def test_a_head_request_needs_no_file() -> None:
    assert body_of(sent_by(naming("/no/such/file"), "HEAD")) == b""


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda path: None, FileNotFoundError),
        (Path.mkdir, OSError),
        (os.mkfifo, OSError),
        (lambda path: path.symlink_to(path), OSError),
    ],
    ids=["none", "directory", "pipe", "endless"],
)
def test_what_is_no_file_is_the_applications_error(
    make: Callable[[Path], object], error: type[Exception], tmp_path: Path
) -> None:
    path = tmp_path / "path"
    make(path)
    before = descriptors()
    with pytest.raises(error, match=str(path)):
        sent_by(naming(path))
    assert descriptors() == before


def test_a_path_before_the_start_is_what_any_server_says_of_it() -> None:
    messages = sent_by(naming("/file", start=False))
    assert messages == [{"type": EXTENSION, "path": "/file"}]


def test_other_messages_and_other_scopes_are_as_they_were() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> Any:
        await send({"type": "websocket.close"})
        return f"{scope} {receive}"

    messages: list[object] = []

    async def send(message: object) -> None:
        messages.append(message)

    scope = {"type": "websocket"}
    assert asyncio.run(PathSend(app)(scope, "receive", send)) == f"{scope} receive"
    assert messages == [{"type": "websocket.close"}]


def test_a_request_that_is_cancelled_leaves_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a" * 3 * PART)
    monkeypatch.setattr(path_send, "_NO_WAIT", 0)
    before = descriptors()

    async def main() -> None:
        stuck = asyncio.Event()

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                stuck.set()
                await asyncio.Event().wait()

        scope = {"type": "http", "method": "GET", "extensions": {}}
        task = asyncio.create_task(PathSend(naming(file))(scope, None, send))
        await stuck.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert descriptors() == before
