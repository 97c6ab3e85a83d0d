"""The lines of the server's own that a person reads all day, in a form of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from gomicro.log.console_text import as_text
from gomicro.units import format_duration

__all__ = ["Said", "say"]

Entry = Mapping[str, Any]
Part = tuple[str, str]
"""Some words, and their colour."""


class Said(NamedTuple):
    """An entry in words; `used` are the fields that need not be told any more."""

    parts: list[Part]
    used: frozenset[str]


def say(entry: Entry) -> Said | None:
    """Return the words for an entry; None if it is not one of these, or not as it should be."""
    try:
        logger, form = _FORMS[entry["event"]]
        if entry["logger"] != logger:
            return None
        parts, used = form(entry)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # somebody else's entry of that name
    return Said([part for part in parts if part[0]], frozenset(used.split()))


def _request(entry: Entry) -> tuple[list[Part], str]:
    """`GET /goodbye 200 5B 0.3ms 127.0.0.1:50000 a20a365fc7-2`."""
    return [
        (f"{_of(entry, 'method')} {_of(entry, 'path')}", ""),
        (_of(entry, "status"), _colour_of_status(entry["status"])),
        (f"{_of(entry, 'bytes')}B {_milliseconds(entry['duration'])}", ""),
        *_cut_and_who(entry),
    ], f"method path status bytes duration {_WHO}"


def _opened(entry: Entry) -> tuple[list[Part], str]:
    """`WS /chat opened 127.0.0.1:50000 a20a365fc7-2`."""
    return [(f"WS {_of(entry, 'path')} opened", ""), *_cut_and_who(entry)], f"path {_WHO}"


def _refused(entry: Entry) -> tuple[list[Part], str]:
    """`WS /chat refused 403 0.3ms 127.0.0.1:50000 a20a365fc7-2`."""
    return [
        (f"WS {_of(entry, 'path')} refused", ""),
        (_of(entry, "status"), _colour_of_status(entry["status"])),
        (_milliseconds(entry["duration"]), ""),
        *_cut_and_who(entry),
    ], f"path status duration {_WHO}"


def _closed(entry: Entry) -> tuple[list[Part], str]:
    """`WS /chat closed 1000 12.5s in 3/45B out 5/120B 127.0.0.1:50000 a20a365fc7-2`."""
    carried = (
        f"{_took(entry['duration'])} "
        f"in {_of(entry, 'received')}/{_of(entry, 'received_bytes')}B "
        f"out {_of(entry, 'sent')}/{_of(entry, 'sent_bytes')}B"
    )
    return [
        (f"WS {_of(entry, 'path')} closed", ""),
        (_of(entry, "code"), "green" if entry["code"] in _GOOD_CODES else "yellow"),
        (carried, ""),
        *_cut_and_who(entry),
    ], f"path code duration received received_bytes sent sent_bytes {_WHO}"


def _listening(entry: Entry) -> tuple[list[Part], str]:
    """`listening on http://localhost:9090 (all interfaces, Ctrl-C stops) headers 1s, ...`."""
    scheme = "https" if entry["tls"] else "http"
    urls, notes = [], []
    for address in entry["address"]:
        host, _, port = address.rpartition(":")
        if host in _ANY:
            notes.append(_ANY[host])
            host = "localhost"
        urls.append(address if address.startswith("unix:") else f"{scheme}://{host}:{port}")
    notes.append("Ctrl-C stops")
    where = as_text("address", f"listening on {', '.join(urls)} ({', '.join(notes)})")
    limits = ", ".join(f"{word} {_limit(entry[name])}" for name, word in _DEADLINES.items())
    return [(where, ""), (limits, "dim")], f"address port tls {' '.join(_DEADLINES)}"


_WHO: Final = "cut client request_id"
_GOOD_CODES: Final = (1000, 1001, 1005)
"""The codes that say no more than that somebody has left (RFC 6455 section 7.4.1)."""

_ANY: Final = {"[::]": "all interfaces", "0.0.0.0": "all IPv4 interfaces"}  # noqa: S104 -- a name
_DEADLINES: Final = {
    "read_header_timeout": "headers",
    "read_timeout": "read",
    "write_timeout": "write",
    "idle_timeout": "idle",
}

_FORMS: Final[dict[str, tuple[str, Callable[[Entry], tuple[list[Part], str]]]]] = {
    "request": ("gomicro.access", _request),
    "WebSocket opened": ("gomicro.access", _opened),
    "WebSocket refused": ("gomicro.access", _refused),
    "WebSocket closed": ("gomicro.access", _closed),
    "listening": ("gomicro.server", _listening),
}


def _of(entry: Entry, name: str) -> str:
    return as_text(name, entry[name])


def _cut_and_who(entry: Entry) -> list[Part]:
    cut = f"cut={_of(entry, 'cut')}" if "cut" in entry else ""
    return [(cut, "yellow"), (f"{_of(entry, 'client')} {_of(entry, 'request_id')}", "dim")]


def _colour_of_status(status: int) -> str:
    return {2: "green", 3: "cyan", 4: "yellow", 5: "red", 0: "red"}.get(status // 100, "")


def _took(seconds: float) -> str:
    return format_duration(round(seconds, 1)) if seconds >= 1 else _milliseconds(seconds)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}ms"


def _limit(seconds: float) -> str:
    return format_duration(seconds) if seconds else "unlimited"
