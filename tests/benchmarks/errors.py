"""What can keep a figure from being taken."""

from __future__ import annotations


class BenchmarkError(Exception):
    """A figure that was taken cannot be trusted, or could not be taken; the text says why."""


class UnavailableError(BenchmarkError):
    """A peer is not on this machine or does not start."""

    def __init__(self, peer: str, reason: str) -> None:
        super().__init__(f"{peer}: {reason}")
        self.peer = peer
        self.reason = reason
