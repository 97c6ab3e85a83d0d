"""With how many arguments something can be called."""

from __future__ import annotations

from inspect import Signature, signature

__all__ = ["signature_of", "takes"]


def signature_of(thing: object) -> Signature | None:
    """How it is called; None where it is written in C, or made so that nobody can say."""
    try:
        return signature(thing)  # type: ignore[arg-type] # what cannot be called is a TypeError
    except (TypeError, ValueError):
        return None


def takes(call: Signature, count: int) -> bool:
    """Whether that many arguments can be given, by their places alone."""
    try:
        call.bind(*range(count))
    except TypeError:
        return False
    return True
