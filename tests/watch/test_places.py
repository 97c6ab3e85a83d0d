"""Where code stands, and whose it is."""

from __future__ import annotations

import asyncio
import json
import sys
from types import FrameType

import pytest

from gomicro.watch import places
from gomicro.watch.places import frames_of, place, told, users


class Deep:
    def here(self) -> FrameType:
        return sys._getframe()


def frame_of(file: str) -> FrameType:
    code = compile("import sys\nframe = sys._getframe()", file, "exec")
    found: dict[str, FrameType] = {}
    exec(code, found)  # noqa: S102 -- a frame of any file
    return found["frame"]


def test_a_place_is_file_line_and_function() -> None:
    file, _, rest = place(Deep().here()).rpartition(":")
    assert file == __file__
    assert rest.endswith(" Deep.here")


def test_frames_are_told_innermost_first() -> None:
    frames = frames_of(Deep().here())
    assert [frame.f_code.co_name for frame in frames[:2]] == [
        "here",
        "test_frames_are_told_innermost_first",
    ]
    assert frames_of(None) == []


def test_the_users_innermost_frame_is_found_or_else_the_innermost() -> None:
    library, mine, outer = frame_of(json.__file__), frame_of("/app/a.py"), frame_of("/app/b.py")
    assert users([library, mine, outer]) is mine
    assert users([library]) is library


@pytest.mark.parametrize("file", [asyncio.__file__, places.__file__], ids=["asyncio", "gomicro"])
def test_the_program_that_started_the_loop_is_not_what_runs_in_it(file: str) -> None:
    library, mine, loop = frame_of(json.__file__), frame_of("/app/a.py"), frame_of(file)
    program = frame_of("/venv/bin/gomicro")
    assert users([library, loop, program]) is library
    assert users([library, loop, mine, loop, program]) is mine


def test_a_line_of_the_log_has_the_users_place_and_the_one_that_runs_where_it_is_another() -> None:
    library, mine = frame_of(json.__file__), frame_of("/app/a.py")
    assert told([library, mine]) == {"at": "/app/a.py:2 <module>", "innermost": place(library)}
    assert told([mine, library]) == {"at": "/app/a.py:2 <module>"}
    assert told([library]) == {"at": place(library)}
