"""What can be called, and is an application or none: told at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest

from gomicro import Server, ServerConfig
from gomicro.errors import StartupError
from gomicro.server.application import load
from tests.connection.harness import answering
from tests.server.test_running import LOCAL, fetch

here = answering(body=b"here")


async def anything(*args: Any) -> None:
    await here(*args)


@wraps(here)
async def wrapped(*args: Any, **kwargs: Any) -> None:
    await here(*args, **kwargs)


class Anything:
    async def __call__(self, *args: Any) -> None:
        await here(*args)


class Awaited:
    """As Starlette's endpoints are."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self.all = (scope, receive, send)

    def __await__(self) -> Any:
        return here(*self.all).__await__()


def makes(app: Any) -> Callable[[], Any]:
    return lambda: app


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(anything, id="a coroutine function of anything"),
        pytest.param(wrapped, id="a wrapper"),
        pytest.param(Anything(), id="an object"),
        pytest.param(Anything, id="a class that makes one"),
        pytest.param(Awaited, id="a class that is awaited"),
        pytest.param(makes(anything), id="a factory"),
        pytest.param(
            makes(lambda scope, receive, send: here(scope, receive, send)), id="of another"
        ),
    ],
)
def test_it_is_served(app: Any) -> None:
    with Server(app, LOCAL).running() as url:
        assert fetch(url) == b"here"


async def makes_one() -> Any:
    return here


async def takes_two(scope: Any, receive: Any) -> None: ...


async def takes_four(scope: Any, receive: Any, send: Any, more: Any) -> None: ...


def wsgi(environ: Any, start_response: Any) -> Any: ...


class Flask:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


class Late:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class Three:
    def __init__(self, one: Any, two: Any, three: Any) -> None: ...


@pytest.mark.parametrize(
    ("app", "says"),
    [
        pytest.param(makes_one, "makes_one is a coroutine function: make the factory", id="async"),
        pytest.param(partial(makes_one), "a coroutine function", id="a partial of it"),
        pytest.param(takes_two, "is not called with scope, receive and send: it takes", id="two"),
        pytest.param(takes_four, r"it takes \(scope: .*, more: 'Any'\)", id="four"),
        pytest.param(lambda a, b, c, d: None, "is not called with scope", id="four, not async"),
        pytest.param(wsgi, "wsgi is called with two arguments.* a2wsgi", id="WSGI"),
        pytest.param(Flask(), "the Flask is called with two arguments", id="WSGI's object"),
        pytest.param(makes(wsgi), "wsgi is called with two arguments", id="a factory of WSGI"),
        pytest.param(makes(3), "it is of type int, which is not called", id="a factory of none"),
        pytest.param(Three, "Three is a class: serve an instance of it", id="a class"),
    ],
)
def test_it_is_refused_at_the_start(app: Any, says: str) -> None:
    with pytest.raises(StartupError, match=f"^cannot use the application: .*{says}"):
        Server(app, ServerConfig(host="127.0.0.1", port=0)).run()


def test_a_factory_that_is_not_called_one_is_told_of() -> None:
    from structlog.testing import capture_logs

    with capture_logs() as entries:
        asyncio.run(_start(makes(here)))
    (told,) = [entry for entry in entries if "hint" in entry]
    assert (told["log_level"], told["hint"]) == ("warning", "say --factory")


async def _start(app: Any) -> None:
    async with Server(app, LOCAL).running():
        pass


def test_a_factory_that_is_to_be_awaited_is_refused(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "gm_async.py").write_text("async def make(): ...\n")
    says = "^cannot use 'gm_async:make': make is a coroutine function: make the factory a plain one"
    with pytest.raises(StartupError, match=says):
        load("gm_async:make", factory=True)
