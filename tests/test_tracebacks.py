"""Tracebacks for people: from the user's own frame on, and with the frameworks' in a line."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gomicro
from gomicro.tracebacks import folded, from_users

PACKAGES = sysconfig.get_path("purelib")
GOMICRO = f"{Path(gomicro.__file__).parent}/engine.py"
STARLETTE = f"{PACKAGES}/starlette/routing.py"
ANYIO = f"{PACKAGES}/anyio/tasks.py"
MAIN = "/shop/main.py"
CALL = "def call(inner):\n    return inner()\n"
HEAD = "Traceback (most recent call last):\n"


def through(file: str, inner: Callable[[], Any]) -> Callable[[], Any]:
    """A function of that file that calls the other one."""
    names: dict[str, Any] = {}
    exec(compile(CALL, file, "exec"), names)  # noqa: S102
    return lambda: names["call"](inner)


def fails() -> Any:
    raise ValueError("no database")


def raised(*files: str, last: Callable[[], Any] = fails) -> Exception:
    """What comes out of calls through functions of these files, the outermost first."""
    inner = last
    for file in reversed(files):
        inner = through(file, inner)
    try:
        inner()
    except Exception as error:
        return without_this_file(error)
    raise AssertionError("nothing was raised")


def without_this_file(error: Exception) -> Exception:
    kept = []
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename != __file__:
            kept.append(frame)
        frame = frame.tb_next
    for outer, inner in zip(kept, [*kept[1:], None], strict=False):
        outer.tb_next = inner
    return error.with_traceback(kept[0] if kept else None)


def frame(file: str) -> str:
    return f'  File "{file}", line 2, in call\n'


def test_a_run_of_frames_that_are_not_the_users_is_one_line() -> None:
    error = raised(GOMICRO, STARLETTE, ANYIO, STARLETTE, MAIN, ANYIO, MAIN)
    assert folded(error) == (
        f"{HEAD}    ... 4 frames of gomicro, starlette, anyio\n{frame(MAIN)}"
        f"    ... a frame of anyio\n{frame(MAIN)}ValueError: no database"
    )


def test_the_innermost_frame_is_always_shown() -> None:
    error = raised(GOMICRO, MAIN, STARLETTE, ANYIO)
    assert folded(error) == (
        f"{HEAD}    ... a frame of gomicro\n{frame(MAIN)}    ... a frame of starlette\n"
        f"{frame(ANYIO)}ValueError: no database"
    )


def test_every_error_of_a_chain_and_of_a_group_is_folded() -> None:
    cause = raised(STARLETTE, MAIN)
    inner = raised(ANYIO, MAIN)
    group = ExceptionGroup("two", [inner])
    group.__cause__ = cause
    text = folded(group)
    assert "... a frame of starlette" in text
    assert "... a frame of anyio" in text
    assert text.count(MAIN) == 2


def test_an_error_that_was_not_raised_is_its_last_line() -> None:
    assert folded(KeyError("a")) == "KeyError: 'a'"
    assert from_users(KeyError("a")) == ""


def test_a_start_is_shown_from_the_users_first_frame_on() -> None:
    error = raised(GOMICRO, STARLETTE, MAIN, GOMICRO, ANYIO)
    assert from_users(error) == f"{HEAD}{frame(MAIN)}{frame(ANYIO)}ValueError: no database"


def test_of_an_application_that_is_a_library_its_own_frames_are_shown() -> None:
    error = raised(GOMICRO, STARLETTE, ANYIO)
    assert from_users(error) == f"{HEAD}{frame(STARLETTE)}{frame(ANYIO)}ValueError: no database"


def test_what_gomicro_raises_itself_has_no_traceback_for_people() -> None:
    assert from_users(raised(GOMICRO)) == ""


def test_a_syntax_error_is_shown_without_a_frame() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("def app(:", MAIN, "exec")
    assert "\nSyntaxError: invalid syntax" in from_users(without_this_file(caught.value))
