"""Tracebacks for people: what is the user's own of them, and what is not in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from traceback import FrameSummary, StackSummary, TracebackException

from gomicro.frames import is_hidden, is_users, package

__all__ = ["folded", "from_users"]

Frames = list[FrameSummary]


def folded(error: BaseException) -> str:
    """The traceback with each run of frames that are not the user's in one line.

    The innermost frame of each stack is always shown.
    """
    return _formatted(error, _fold)


def from_users(error: BaseException) -> str:
    """The traceback from the user's first frame on, without what starts an application.

    It is "" if that leaves no frame and no line of a file (SyntaxError).
    """
    shown = TracebackException.from_exception(error)
    stacks = [_cut(list(one.stack)) for one in _all(shown)]
    if not any(stacks) and not isinstance(error, SyntaxError):
        return ""
    return _formatted(error, _cut)


class _Stack(StackSummary):
    """A stack that may hold frames which stand for others: these have no line number."""

    def format_frame_summary(self, frame_summary: FrameSummary, **options: object) -> str:
        if frame_summary.lineno is None:
            return f"    ... {frame_summary.name}\n"
        return super().format_frame_summary(frame_summary, **options)


def _formatted(error: BaseException, change: Callable[[Frames], Frames]) -> str:
    shown = TracebackException.from_exception(error)
    for one in _all(shown):
        stack = _Stack()
        stack.extend(change(list(one.stack)))
        one.stack = stack
    return "".join(shown.format()).rstrip("\n")


def _all(shown: TracebackException) -> Iterator[TracebackException]:
    """An error, those that led to it, and those in it."""
    yield shown
    for other in (shown.__cause__, shown.__context__, *(shown.exceptions or ())):
        if other is not None:
            yield from _all(other)


def _fold(frames: Frames) -> Frames:
    shown: Frames = []
    for users, group in groupby(frames[:-1], lambda frame: is_users(frame.filename)):
        run = list(group)
        shown += run if users else [_in_a_line(run)]
    return shown + frames[-1:]


def _in_a_line(run: Frames) -> FrameSummary:
    packages = ", ".join(dict.fromkeys(package(frame.filename) for frame in run))
    count = f"{len(run)} frames" if len(run) > 1 else "a frame"
    return FrameSummary(run[0].filename, None, f"{count} of {packages}", lookup_line=False)


def _cut(frames: Frames) -> Frames:
    seen = [frame for frame in frames if not is_hidden(frame.filename)]
    first = next(
        (at for at, frame in enumerate(seen) if is_users(frame.filename)),
        len(seen),
    )
    return seen[first:] or _outside(seen)


def _outside(frames: Iterable[FrameSummary]) -> Frames:
    """Of an application that is itself a library: all but the interpreter's own frames."""
    return [frame for frame in frames if "-packages" in frame.filename]
