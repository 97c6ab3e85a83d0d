"""The ways to say where a service listens, of which one is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gomicro.errors import ConfigError

__all__ = ["one_way", "overridden"]

_WAYS = {"host": "host", "port": "host", "listen": "listen", "uds": "uds", "fd": "fd"}
"""What of the options belongs together."""


def one_way(flags: Iterable[str]) -> None:
    """Raise ConfigError if options that are set, by their flags, belong to different ways."""
    first: dict[str, str] = {}
    for flag in flags:
        first.setdefault(_WAYS[flag.removeprefix("--")], flag)
    if len(first) > 1:
        one, other, *_ = first.values()
        raise ConfigError(
            f"{one} and {other} both say where to listen: give one of them, or --listen for each "
            "address (HOST:PORT, unix:PATH, fd:NUMBER)"
        )


def overridden(said: Mapping[str, int]) -> set[str]:
    """The options that are void since a nearer source says where to listen in another way.

    `said` has how far the source is of each option that is set. Raises ConfigError if sources that
    are equally near say it in two ways.
    """
    places = {field: said[field] for field in _WAYS if field in said}
    if not places:
        return set()
    nearest = min(places.values())
    here = [field for field, far in places.items() if far == nearest]
    one_way(f"--{field}" for field in here)
    way = _WAYS[here[0]]
    void = {field for field in places if _WAYS[field] != way}
    if way in ("host", "fd") and said.get("uds_mode", nearest) > nearest:
        void.add("uds_mode")
    return void
