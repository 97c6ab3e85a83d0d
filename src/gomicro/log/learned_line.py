"""Lines of which all but what is new is known: made when they are written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from gomicro.log.clock import THOUSAND, utc_second

__all__ = ["Around", "DatedLine", "LearnedLine", "LineJoiner"]

Around = tuple[str, str, str, str, str]
"""The text before, between and after a line's time, duration, client and request id. What is the
same in all times and durations, the Z and the `0.`, is a part of it.
"""

LearnedLine = tuple[Around, float, float, str, str]
"""What is known of a request's line; then when that was over and how long it took, in monotonic
seconds, less than one of them; its client, and its id.
"""

DatedLine = tuple[tuple[str, str, str], float, str]
"""The text before, between and after a line's time and request id; then when it was logged, in
monotonic seconds, and the id.
"""


class LineJoiner:
    """Joins lines, and makes those that are only learned: those of a turn of the event loop at
    once, which costs less than to make each when it is logged.
    """

    def __init__(
        self,
        time_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._time_ns = time_ns
        self._monotonic = monotonic
        # A millisecond: its text, and when it began on the monotonic clock. Compared with the
        # clock on the wall once, so that a change of that shows within a millisecond.
        self._milli = ("", -1e9)
        self._second = (-1, "")

    def join(self, lines: Iterable[bytes | LearnedLine | DatedLine]) -> bytes:
        """The lines, in their order."""
        joined: list[bytes] = []
        made: list[str] = []
        thousand = THOUSAND
        milli, began = self._milli
        for line in lines:
            if isinstance(line, bytes):
                if made:
                    joined.append("".join(made).encode())
                    made.clear()
                joined.append(line)
                continue
            at = line[1]
            micros = int((at - began) * 1e6)
            if not 0 <= micros < 1000:
                milli, began, micros = self._begin_milli(at)
            if len(line) == 3:
                (before, between, after), _, request_id = line
                made += before, milli, thousand[micros], "Z", between, request_id, after
                continue
            (before, to_duration, to_client, to_id, after), _, took, client, request_id = line
            duration = int(took * 1e6)
            made += (
                before, milli, thousand[micros],
                to_duration, thousand[duration // 1000], thousand[duration % 1000],
                to_client, client, to_id, request_id, after,
            )  # fmt: skip
        joined.append("".join(made).encode())
        return b"".join(joined)

    def _begin_milli(self, at: float) -> tuple[str, float, int]:
        """The millisecond of that moment, in RFC 3339, when it began, and the rest in µs."""
        ago = int((self._monotonic() - at) * 1e9)
        millis, nanos = divmod(self._time_ns() - ago, 1_000_000)
        second, text = self._second
        if millis // 1000 != second:
            second = millis // 1000
            text = utc_second(second)
            self._second = (second, text)
        text += THOUSAND[millis % 1000]
        began = at - nanos / 1e9
        self._milli = (text, began)
        return text, began, nanos // 1000
