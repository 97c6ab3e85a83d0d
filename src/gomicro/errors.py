"""What can go wrong, as a small tree: each error carries the exit status it ends a command with.

Its text is for a user, and says what would be right.
"""

from __future__ import annotations

__all__ = [
    "ClientError",
    "ConfigError",
    "GomicroError",
    "NotSupportedError",
    "PatternConflictError",
    "PatternError",
    "ShutdownError",
    "StartupError",
]


class GomicroError(Exception):
    """Root of gomicro's errors. Its text tells a user all, with no traceback beside it."""

    exit_code = 1
    trace = ""
    """A traceback as text, of the user's own code in another process; that of this one is the
    cause's.
    """


class ConfigError(GomicroError):
    """An option has a value that cannot be used; the text says what would be right."""

    exit_code = 2


class StartupError(GomicroError):
    """The service cannot start: the port is taken, or the certificate or application is bad."""

    exit_code = 3


class ShutdownError(GomicroError):
    """A server that ran in a context cut a request at the end, or its application did not stop: the
    cause is what that raised.
    """


class ClientError(GomicroError):
    """A request to a running service failed; `exit_code` is curl's for the same failure."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class NotSupportedError(GomicroError, RuntimeError):
    """What was asked for cannot be had here (Go's ErrNotSupported); the text says why."""


class PatternError(GomicroError, ValueError):
    """A ServeMux pattern is malformed; the text names the place in the pattern."""


class PatternConflictError(PatternError):
    """Two ServeMux patterns match the same requests and neither is more specific."""
