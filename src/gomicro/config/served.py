"""The deadlines of a request that nobody has set: they depend on what is served."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["APPLICATION", "BUILT_IN", "RequestTimeouts"]


class RequestTimeouts(NamedTuple):
    """Seconds, by the options' names; 0 means none.

    Among those that hold where none is set, the one for headers holds only as far as the read
    timeout is not shorter.
    """

    read_header_timeout: float
    read_timeout: float
    write_timeout: float

    def but_for(
        self, header: float | None, read: float | None, write: float | None
    ) -> RequestTimeouts:
        """Those that are in force, where these are set; None for one that is not."""
        read = self.read_timeout if read is None else read
        if header is None:
            limits = (self.read_header_timeout, read)
            header = min((limit for limit in limits if limit), default=0.0)
        return RequestTimeouts(header, read, self.write_timeout if write is None else write)


BUILT_IN = RequestTimeouts(read_header_timeout=0.0, read_timeout=1.0, write_timeout=1.0)
"""Of hello and goodbye, as in the Go program: the headers have as long as the whole request."""

APPLICATION = RequestTimeouts(read_header_timeout=10.0, read_timeout=30.0, write_timeout=30.0)
"""Of an application of the user's own, which may hash a password or ask a model: a second is too
short for somebody's. A client that sends nothing is cut as soon as its headers are late.
"""
