"""Where a service may listen, as --listen says it: a TCP address, a Unix socket, a descriptor."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from gomicro.config.kinds import MAX_PORT
from gomicro.config.several import Several

__all__ = ["Descriptor", "HostPort", "Place", "Places", "UnixPath", "parse_place", "places_of"]


class HostPort(NamedTuple):
    """A TCP address. No host is every interface, port 0 a free one."""

    host: str
    port: int


class UnixPath(NamedTuple):
    """A Unix socket's file."""

    path: str


class Descriptor(NamedTuple):
    """A socket that listens already: its number, or its name in LISTEN_FDNAMES."""

    which: int | str


Place = HostPort | UnixPath | Descriptor


def parse_place(text: str) -> Place:
    """The place that `text` stands for. Raises ValueError, which says what would be right."""
    sort, _, rest = text.partition(":")
    if sort == "unix" and rest:
        return _unix(rest)
    if sort == "fd" and rest:
        return Descriptor(int(rest) if re.fullmatch("[0-9]{1,9}", rest) else rest)
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch("[0-9]{1,5}", port) or int(port) > MAX_PORT:
        raise _unknown(text)
    if re.fullmatch(r"\[[^\[\]]+\]", host):
        return HostPort(host[1:-1], int(port))
    if re.search(r"[:\[\]/]", host):
        raise _unknown(text)
    return HostPort(host, int(port))


def places_of(
    listen: Iterable[str], uds: str, fd: int | None, otherwise: HostPort
) -> tuple[Place, ...]:
    """The places that are meant by options of which one at most is set."""
    if listen:
        return tuple(parse_place(text) for text in listen)
    if uds:
        return (UnixPath(uds),)
    return (otherwise,) if fd is None else (Descriptor(fd),)


def _unix(path: str) -> UnixPath:
    if path.startswith("@"):
        raise ValueError(
            f"want the path of a file, not {path!r}: an abstract socket has no permissions, so "
            "that anyone on the machine may connect"
        )
    return UnixPath(path)


def _unknown(text: str) -> ValueError:
    return ValueError(
        "want an address such as :9090, 127.0.0.1:80, [::1]:80, unix:/run/gomicro.sock or fd:3, "
        f"not {text!r}"
    )


class Places(Several):
    """Several places, none twice. A variable separates them by commas or spaces."""

    def __init__(self) -> None:
        super().__init__("ADDRESS", what="addresses")

    def parse(self, text: str) -> tuple[str, ...]:
        return tuple(place for place in re.split(r"[,\s]+", text) if place)

    def check(self, value: Any) -> None:
        super().check(value)
        known: set[Place] = set()
        for text in value:
            place = parse_place(text)
            if place in known:
                raise ValueError(f"{text!r} is there twice")
            if not (isinstance(place, HostPort) and place.port == 0):  # each has its own free port
                known.add(place)
