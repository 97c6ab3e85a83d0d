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


BUILT_IN = RequestTimeouts(read_header_timeout=0.0, read_timeout=1.0, write_timeout=1.0)
"""Of hello and goodbye, as in the Go program: the headers have as long as the whole request."""

APPLICATION = RequestTimeouts(read_header_timeout=10.0, read_timeout=30.0, write_timeout=30.0)
"""Of an application of the user's own, which may hash a password or ask a model: a second is too
short for somebody's. A client that sends nothing is cut as soon as its headers are late.
"""
