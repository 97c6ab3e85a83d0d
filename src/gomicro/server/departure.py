"""How a service leaves: what is told, waited for, finished and stopped, in its order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from gomicro.connection.phase import Phase
from gomicro.server.drain import Drain, in_flight, left
from gomicro.server.leaving import Delay, ShutdownCallbacks

if TYPE_CHECKING:
    from gomicro.config import ServerConfig
    from gomicro.connection.service import Service
    from gomicro.server.lifespan import Lifespan
    from gomicro.server.listener import Listener
    from gomicro.server.manager import Manager
    from gomicro.server.orders import Orders

__all__ = ["Departure"]


class Departure:
    """The end of one server. The shutdown grace counts from the end of the shutdown delay."""

    def __init__(self, config: ServerConfig, orders: Orders) -> None:
        self.callbacks = ShutdownCallbacks()
        self.failure: BaseException | None = None
        """What the application raised, where it failed to stop."""
        self._config = config
        self._orders = orders
        self._delay = Delay(config.shutdown_delay)
        self._hurry: list[Callable[[], None]] = []
        self._ends_at = inf

    def ordered(self, *, again: bool) -> None:
        """Stopping has been ordered, perhaps not for the first time."""
        if again or not self._orders.patient:
            self._delay.hurry()
        if not self._orders.patient:
            for hurry in self._hurry:
                hurry()

    async def leave(self, service: Service, listener: Listener, manager: Manager) -> bool:
        """Leave service and finish what was begun; whether all was answered within the grace."""
        orders, delay = self._orders, self._config.shutdown_delay
        service.phase = Phase.LEAVING
        last = orders.last
        service.log.info(
            "leaving service",
            reason=orders.reason,
            in_flight=len(in_flight(service)),
            connections=len(service.connections),
            **({"delay": delay} if delay and last else {}),
        )
        manager.stopping(f"leaving service: {orders.reason}")
        if last:
            await self._delay.wait(service)
        self._ends_at = time.monotonic() + (self._config.shutdown_grace or inf)
        patient = orders.patient
        drain = Drain(service, patient=patient)
        self._hurry = [drain.hurry, listener.hurry]
        service.leaving.tell()
        self.callbacks.call(service)
        # Among the service's tasks: so the drain waits for what is queued, and cuts it at the end.
        queued = patient and orders.last
        leaving = asyncio.create_task(listener.leave(take_queued=queued), name="listener")
        service.tasks[leaving] = None
        leaving.add_done_callback(service.task_ended)
        try:
            return await drain.finish(self._ends_at)
        except Exception:
            service.log.exception("shutdown failed")
            return False
        finally:
            leaving.cancel()

    async def stop(self, service: Service, lifespan: Lifespan) -> bool:
        """Stop the application, within the grace; whether it did so without failing."""
        if self._orders.interrupted:
            await lifespan.end()
            return False
        ends_at = min(self._ends_at, time.monotonic() + (self._config.shutdown_grace or inf))
        try:
            stopped = await asyncio.wait_for(lifespan.shutdown(), left(ends_at, least=1.0))
        except TimeoutError:
            reason = "it did not stop within the shutdown grace"
            service.log.error("application failed to stop", reason=reason)
            return False
        if not stopped:
            self.failure = lifespan.error
        return stopped
