"""The request that a line belongs to, whoever logs it: the context of its task says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Final, Protocol

__all__ = ["CurrentRequest", "Identified", "current", "is_plain", "request_fields"]


class Identified(Protocol):
    """What has names by which its lines are found again."""

    def log_fields(self) -> dict[str, str]:
        """`request_id`, and where it is part of a trace, `trace_id` and `span_id`."""
        ...

    @property
    def only_name(self) -> str:
        """The `request_id`, if `log_fields` has no more and `is_plain` is true of it; else ""."""
        ...


is_plain: Final = re.compile(r"[0-9A-Za-z_.-]+\Z").match
"""Whether text is something that no renderer escapes or quotes."""


current: Final[ContextVar[Identified | None]] = ContextVar("gomicro_request", default=None)
"""Set for the task of a request, and so for whatever that starts."""


def request_fields() -> dict[str, str]:
    """Return `request_id` and, if its client sent a traceparent, `trace_id` and `span_id` of the
    request in whose context this is called; empty outside of one.

    For a program that configures its logging itself. The pipeline's lines have them anyway.
    """
    request = current.get()
    return {} if request is None else request.log_fields()


class CurrentRequest(Mapping[str, str]):
    """The same as a mapping, in each request that of its own."""

    def __getitem__(self, key: str) -> str:
        return request_fields()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(request_fields())

    def __len__(self) -> int:
        return len(request_fields())
