"""Where code stands, for a person: `file:line function`."""

from __future__ import annotations

from itertools import dropwhile
from types import FrameType

from gomicro.frames import is_users, package

__all__ = ["frames_of", "place", "told", "users"]


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
    """The innermost of some frames that is the user's own code; the innermost of all if none is.

    What started the event loop is not looked at: each program begins with a file of the user's.
    """
    within = list(dropwhile(_outside, reversed(frames))) or frames[::-1]
    return next((frame for frame in reversed(within) if _is_users(frame)), frames[0])


def told(frames: list[FrameType]) -> dict[str, str]:
    """Where some frames, innermost first, stand, as a line of the log has it: `at` in the user's
    own code, and `innermost` where the line that runs, or waits, is another.
    """
    at = users(frames)
    more = {} if at is frames[0] else {"innermost": place(frames[0])}
    return {"at": place(at), **more}


def _outside(frame: FrameType) -> bool:
    return package(frame.f_code.co_filename) not in ("gomicro", "asyncio")


def _is_users(frame: FrameType) -> bool:
    return is_users(frame.f_code.co_filename)
