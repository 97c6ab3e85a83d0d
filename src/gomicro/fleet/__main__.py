"""A worker of a fleet that a program runs; `gomicro serve` runs its own command line again."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from gomicro import log
from gomicro.config import anchored
from gomicro.fleet.told import Told
from gomicro.fleet.worker import Worker
from gomicro.server.application import load
from gomicro.server.loading import heed_quit, telling_if_slow
from gomicro.server.server import Server

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Serve what the supervisor says, at the seat that it has handed down."""
    worker = Worker.here()
    told = Told.read(arguments[0])
    heed_quit(_leave)
    with worker.telling():
        config = anchored(told.config())
        worker.heed(config)
        log.configure(config.log_level, config.log_format, lasts=True, among=worker.among)
        with telling_if_slow(log.own_logger("gomicro.server", config.log_level)):
            app = load(told.app, told.factory)
        server = Server(app, config, websockets=told.websockets, home=worker)
        gc.freeze()
        status = server.run(leave=_leave)
    log.flush()
    return status


def _leave(status: int) -> NoReturn:
    log.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
