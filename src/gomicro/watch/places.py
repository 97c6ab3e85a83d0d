"""Where code stands, for a person: `file:line function`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import FrameType

__all__ = ["frames_of", "is_users", "place", "users"]

_OURS = str(Path(__file__).parents[1]) + "/"
_STDLIB = str(Path(asyncio.__file__).parents[1]) + "/"
_LIBRARIES = ("/site-packages/", "/dist-packages/")


def place(frame: FrameType) -> str:
    """A frame as `file:line function`."""
    code = frame.f_code
    return f"{code.co_filename}:{frame.f_lineno} {code.co_qualname}"


def frames_of(innermost: FrameType | None) -> list[FrameType]:
    """The frames of a call that runs, innermost first."""
    frames = []
    while innermost is not None:
        frames.append(innermost)
        innermost = innermost.f_back
    return frames


def users(frames: list[FrameType]) -> FrameType:
    """The first of some frames that is the user's own code; the first of all if none is."""
    return next((frame for frame in frames if is_users(frame)), frames[0])


def is_users(frame: FrameType) -> bool:
    """Whether a frame is the user's code: of no library, not the interpreter's, not gomicro's."""
    file = frame.f_code.co_filename
    if file.startswith(("<frozen", _OURS, _STDLIB)):
        return False
    return not any(part in file for part in _LIBRARIES)
