"""A service's life: its phases, and their order."""

from __future__ import annotations

import asyncio
import concurrent.futures
import signal
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, cast

from gomicro.config import ServerConfig, anchored, given_or_default, report_of
from gomicro.connection.address import Address, host_and_port
from gomicro.connection.phase import Phase
from gomicro.connection.service import ASGIApp, Service
from gomicro.errors import StartupError
from gomicro.server.application import check
from gomicro.server.assembly import loop_factory, make_connector, make_service, no_running_loop
from gomicro.server.departure import Departure
from gomicro.server.home import Alone, Home
from gomicro.server.lifespan import Lifespan
from gomicro.server.listener import Listener
from gomicro.server.manager import Manager, Nobody, find_manager
from gomicro.server.orders import STATUS_OF_SIGNAL, Orders
from gomicro.server.renewal import Renewal, looking
from gomicro.server.running import Running
from gomicro.server.signals import handling
from gomicro.server.tls import Secure
from gomicro.server.watching import watching

__all__ = ["Server"]


class Server:
    """Serves one ASGI application with deadlines, limits and a shutdown that loses no request.

    `websockets`: whether upgrades are offered to the application; without, an upgrade is ignored
    as RFC 9110 section 7.8 allows. A server serves once: with `run` as a program, with `serve` in
    an event loop, or with `running` while a context lasts. `addresses` is where it listens. Raises
    TypeError for an `app` that cannot be called, and for a `config` that is none.
    """

    def __init__(
        self,
        app: ASGIApp,
        config: ServerConfig | None = None,
        *,
        websockets: bool = True,
        home: Home | None = None,
    ) -> None:
        """`home` is for a fleet's workers."""
        check(app)
        self.config = anchored(given_or_default(config))
        self._app = app
        self._websockets = websockets
        self._home = home if home is not None else Alone()
        self._orders = Orders()
        self._orders.at_once = self._tell_balancers
        self._begun = False
        self._started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._service: Service | None = None
        self._renewal: Renewal | None = None
        self._manager: Manager = Nobody()
        self._departure = Departure(self.config, self._orders)
        self._cut = False
        self.addresses: list[Address] = []
        """Host and port of each listening socket, once it listens; of a Unix one path and None."""
        self.admin_addresses: list[Address] = []
        """The same of the admin listener, from before the application starts."""
        self.report: Callable[[], str] | None = None
        """What the admin listener tells of the configuration, if that is more than its values."""

    @property
    def phase(self) -> Phase:
        """Where it stands in its life; STARTING also before that has begun."""
        if self._service is not None:
            return self._service.phase
        return Phase.STOPPED if self._started.done() else Phase.STARTING

    def run(self, *, leave: Callable[[int], NoReturn] | None = None) -> int:
        """Serve until a signal or `shutdown` ends it; returns the exit status.

        0: everything was answered. 1: the grace ended before that, or the application failed to
        stop. 130 or 143: SIGINT or SIGTERM came before the service listened. Raises StartupError if
        it cannot start, and RuntimeError if it has been run before, or in a running event loop.

        `leave` ends the process at once, with the status it is given: for a second SIGINT (130)
        and for SIGQUIT (2), from the signal's handler, and when the grace is used up (1). Without
        it the first raises KeyboardInterrupt, and the last waits for threads that still run.
        """
        no_running_loop()
        self._orders.leave = leave
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                status = runner.run(self.serve())
                if self._cut and leave is not None:
                    leave(status)
        except StartupError as error:
            error.__traceback__ = None  # its text says all to a program that it ends
            raise
        except asyncio.CancelledError:
            if not self._orders.interrupted:
                raise
        if self._orders.interrupted:
            raise KeyboardInterrupt
        return status

    async def serve(self) -> int:
        """As `run`, in a running event loop. Signals are handled in the main thread only.

        A second SIGINT cancels this task, and raises KeyboardInterrupt in an application that runs.
        """
        self._begin()
        with handling(self._home.handler(self._orders), self._orders.leaving):
            return await self._serve()

    def running(self) -> Running:
        """Serve while a context lasts, which gives the URL, such as http://localhost:9090.

            with Server(app, ServerConfig(port=0)).running() as url:

        `with` serves in a thread of its own, `async with` in the running event loop; signals stay
        the program's. Entering raises StartupError if the server cannot start. Leaving closes idle
        connections at once and gives requests in flight the shutdown grace; it raises ShutdownError
        if one was cut or the application failed to stop. Raises RuntimeError if the server has been
        run before, and so does entering.
        """
        self._check_unused()
        stop = partial(self._orders.stop, "shutdown", patient=False)
        departure = self._departure
        begin, failure = self._begin, lambda: departure.failure
        return Running(self, self._started, begin, self._serve, stop, failure)

    async def _serve(self) -> int:
        try:
            return await self._live()
        except Exception as error:
            self._fail_start(error)
            raise
        finally:
            self._fail_start(StartupError("the service was stopped before it listened"))
            if self._service is not None:
                self._service.phase = Phase.STOPPED

    async def started(self) -> None:
        """Wait until the service listens, in any event loop.

        Raises StartupError if it cannot start, or is stopped before that.
        """
        started = asyncio.wrap_future(self._started)
        # Nobody need hear of a failure after this has been cancelled.
        started.add_done_callback(lambda done: done.exception())
        await asyncio.wait({started})
        started.result()

    def shutdown(self) -> None:
        """Leave service as on SIGTERM. May be called from any thread, more than once, and before
        the server runs, which then starts nothing.
        """
        self._orders.stop("shutdown", patient=True)

    def register_on_shutdown(self, callback: Callable[[], Any]) -> None:
        """Have this called in the event loop when the service stops accepting connections, after
        the shutdown delay, as Go's `RegisterOnShutdown`: to end what goes on by itself.

        Callbacks are called in their order, and not waited for, unless one returns an awaitable:
        that has the shutdown grace, as a request has. What is raised is logged.
        """
        self._departure.callbacks.add(callback)

    def _check_unused(self) -> None:
        if self._begun:
            raise RuntimeError("a server serves once: make another Server to serve again")

    def _begin(self) -> None:
        self._check_unused()
        self._begun = True

    def _fail_start(self, error: Exception) -> None:
        if not self._started.done():
            self._started.set_exception(error)

    # The phases, in their order.

    async def _live(self) -> int:
        stop = asyncio.Event()
        self._attach(stop)
        self._service = service = make_service(self._app, self.config, websockets=self._websockets)
        self._orders.service = service
        connector = make_connector(self.config, service)
        if isinstance(connector, Secure):
            files = self.config.tls_cert, self.config.tls_key
            self._renewal = Renewal(*files, connector.use, service.log)
        self._manager = find_manager(service.log)
        with (
            watching(
                service,
                self.config,
                home=self._home,
                leaving=lambda: self._orders.reason,
                report=self.report or partial(report_of, self.config),
            ) as self.admin_addresses,
            self._manager.guarding(),
            looking(self._renewal),
            self._home.bind(self.config) as bound,
            Listener(
                bound.sockets,
                connector,
                service.log,
                most=self.config.max_connections,
                connections=lambda: len(service.connections),
                gives_way=self._home.gives_way,
                inherited=bound.inherited,
            ) as listener,
        ):
            lifespan = Lifespan(service.app, service.state, service.log)
            if stop.is_set() or not await self._start(lifespan, stop):
                service.log.info("start interrupted", reason=self._orders.reason)
                return STATUS_OF_SIGNAL.get(self._orders.reason, 0)
            finished = stopped = False
            try:
                self._begin_to_serve(service, listener)
                await stop.wait()
                finished = await self._departure.leave(service, listener, self._manager)
            except asyncio.CancelledError:
                for connection in list(service.connections):
                    connection.cut("grace")
                raise
            finally:  # whatever became of it, what has been started is stopped
                stopped = await self._departure.stop(service, lifespan)
        service.overload.report()
        service.log.info("stopped", in_flight=0)
        self._cut = not finished
        return 0 if finished and stopped else 1

    async def _start(self, lifespan: Lifespan, stop: asyncio.Event) -> bool:
        """Start the application; False if it is to stop before that is done."""
        startup = asyncio.create_task(lifespan.startup())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({startup, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if startup.done():
                startup.result()
                return True
            return False
        finally:
            stopping.cancel()
            startup.cancel()
            await asyncio.wait({startup})

    def _begin_to_serve(self, service: Service, listener: Listener) -> None:
        listener.listen()
        service.on_left = listener.room
        service.phase = Phase.SERVING
        self.addresses = listener.addresses()
        self._home.serving(service, listener, self.config)
        self._manager.ready(self._status())
        self._started.set_result(None)

    # Orders.

    def _tell_balancers(self) -> None:
        if self._service is not None and self._service.phase is Phase.SERVING:
            self._service.phase = Phase.LEAVING

    def _attach(self, stop: asyncio.Event) -> None:
        task = cast("asyncio.Task[object]", asyncio.current_task())

        def begin_to_stop() -> None:
            self._departure.ordered(again=stop.is_set())
            stop.set()

        loop = asyncio.get_running_loop()
        self._orders.attach(
            loop, on_stop=begin_to_stop, on_interrupt=task.cancel, on_other=self._on_other
        )
        self._home.attach(loop, self._orders)

    def _on_other(self, which: signal.Signals) -> None:
        """A signal that ends nothing: SIGHUP renews the certificate."""
        service = self._service
        if service is None:
            return
        if which is not signal.SIGHUP:
            service.log.info("signal ignored", signal=which.name)
        elif service.phase is not Phase.SERVING:
            self._renew(service)
        else:
            self._manager.reloading()
            self._renew(service)
            self._manager.ready(self._status())

    def _renew(self, service: Service) -> None:
        if self._renewal is None:
            service.log.info("signal ignored", signal=signal.SIGHUP.name)
        else:
            self._renewal.renew()

    def _status(self) -> str:
        return f"listening on {' '.join(map(host_and_port, self.addresses))}"
