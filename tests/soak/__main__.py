"""Serve clients of all kinds for a while, and see what is left: `python -m tests.soak --minutes N`.

Two services of an application with a handler of each kind, one of them with TLS, serve good, slow,
malformed, resetting and half-closing clients, uploads, downloads, streams and WebSockets. Every few
seconds the clients pause, and what the services hold is looked at: memory, descriptors, tasks,
timers, connections, objects. It fails, with exit status 1, on a wrong answer, on an error in a log
that is not on purpose, on an end by SIGTERM that is not clean, and on drift.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import ssl
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.certificates import make_certificate
from tests.soak.clients import Load
from tests.soak.served import Soaked
from tests.soak.verdict import drifts, table
from tests.soak.watch import Watch
from tests.soak.wire import Place

ROUNDS = 60
"""Rounds at most: in each the clients come for a while, and then pause."""

ROUND = 2.0
"""Seconds for which they come at least."""

NAMED_FAILURES = 20
"""Sorts of wrong answers that are told in full, those that came most often."""

WARM_UP = 0.25
"""Part of the time, and at least one round, whose end is not looked at: memory still grows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, and print the verdict; returns the exit status."""
    asked = _parser().parse_args(arguments)
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="gomicro-soak-") as directory:
        wrong = asyncio.run(_soak(asked, Path(directory)))
    for complaint in wrong:
        print(f"WRONG: {complaint}")
    print(f"failed, seed {asked.seed}" if wrong else "passed")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=5.0, metavar="N", help="how long")
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbelow(1_000_000),
        help="which clients come, in which order, is decided by this",
    )
    parser.add_argument(
        "--drift",
        type=float,
        default=1.0,
        metavar="PERCENT",
        help="most that memory and objects may grow after the warm-up (default 1)",
    )
    return parser


async def _soak(asked: argparse.Namespace, directory: Path) -> list[str]:
    certificate = make_certificate(directory, "IP:127.0.0.1")
    services = {"plain": Soaked(), "TLS": Soaked(*certificate.flags)}
    contexts = {"plain": None, "TLS": ssl.create_default_context(cafile=certificate.cert)}
    places = {name: Place(service.port, contexts[name]) for name, service in services.items()}
    try:
        wrong = await _load(asked, places)
        for name, service in services.items():
            wrong += [f"{name}: {what}" for what in await service.stop(places[name])]
    finally:
        for service in services.values():
            service.kill()
    return wrong


async def _load(asked: argparse.Namespace, places: dict[str, Place]) -> list[str]:
    """Rounds of clients; what was wrong with their answers, and what the services still hold."""
    seconds = asked.minutes * 60
    begun = time.monotonic()
    load = Load(list(places.values()), asked.seed)
    watches = [Watch(name, place) for name, place in places.items()]
    for watch in watches:
        await watch.begin()
    while (passed := time.monotonic() - begun) < seconds or not watches[0].samples:
        await load.run(max(ROUND, seconds / ROUNDS))
        warming_up = passed < seconds * WARM_UP
        await asyncio.gather(*(watch.sample(warming_up=warming_up) for watch in watches))
    return _verdict(load, watches, asked.drift / 100)


def _verdict(load: Load, watches: list[Watch], most: float) -> list[str]:
    for name, count in sorted(load.done.items()):
        print(f"{count:8} {name}")
    late = f"these clients were late themselves, by {load.lateness.worst:.2f} s at most"
    print(f"{load.excused:8} complaints that do not count, as {late}")
    worst = load.failures.most_common(NAMED_FAILURES)
    wrong = [f"{count} times {what}" for what, count in worst]
    if wrong:
        wrong.append(f"{load.failures.total()} of {load.done.total()} clients were treated wrongly")
    for watch in watches:
        print(f"\n{watch.name}, {len(watch.samples)} quiet moments after the warm-up")
        print(table(watch.before, watch.samples))
        wrong += [f"{watch.name}: {drift}" for drift in drifts(watch.before, watch.samples, most)]
    return wrong


if __name__ == "__main__":
    sys.exit(main())
