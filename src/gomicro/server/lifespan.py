"""ASGI's lifespan protocol: an application is told when its service starts and stops."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gomicro.errors import StartupError
from gomicro.server.application import one_line
from gomicro.server.cancelled import ends_this_task
from gomicro.server.loading import SLOW_START
from gomicro.watch.awaits import chain
from gomicro.watch.places import told

if TYPE_CHECKING:
    from gomicro.connection.service import ASGIApp

__all__ = ["Lifespan"]

_ANSWERS = {
    f"lifespan.{stage}.{outcome}": f"lifespan.{stage}"
    for stage in ("startup", "shutdown")
    for outcome in ("complete", "failed")
}
"""What each message answers."""


class Lifespan:
    """One application's lifespan. `state` is what it leaves there for its requests.

    An application that raises an Exception before it has asked for an event does not know the
    protocol, and is served without it, as on uvicorn; so is one that returns without an answer.
    What it raises later is its own fault, and is logged. So is at any time what is no Exception:
    SystemExit, KeyboardInterrupt, a failure of pytest's, the CancelledError of what it awaits.
    """

    def __init__(self, app: ASGIApp, state: dict[str, Any], log: Any) -> None:
        self._app = app
        self._state = state
        self._log = log
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._question = ""
        """The event that has not been answered yet, if there is one."""
        self._asked = self._serving = False
        self._broke = False
        """Whether it raised while the service served; that has been logged."""
        self.supported = False
        self.error: BaseException | None = None
        """What it has raised, whatever came of that."""

    async def startup(self) -> None:
        """Tell the application to start, and wait until it has.

        Raises StartupError if it says that it cannot, or raises; a traceback is logged. Cancelled,
        it cancels the application.
        """
        self._task = task = asyncio.create_task(self._run(), name="lifespan")
        answer = await self._ask(task, "lifespan.startup")
        error = self.error
        if answer is not None and answer["type"] == "lifespan.startup.failed":
            await self.end()
            reason, said = _reason(answer)
            if said and self.error is not None:  # the traceback of what it raises then
                reason = one_line(self.error)
            elif said:
                self._log.error("application failed to start", reason=reason, exception=said)
            raise StartupError(f"the application failed to start: {reason}") from self.error
        if answer is not None:
            self.supported = True
        elif error is not None and (self._asked or not isinstance(error, Exception)):
            raise StartupError(f"the application failed to start: {one_line(error)}") from error
        elif error is not None:
            self._log.info("application has no lifespan", error=one_line(error))
        elif task.cancelled():
            raise StartupError("the application failed to start: it has cancelled its own lifespan")

    async def shutdown(self) -> bool:
        """Tell the application to stop, and wait until it has; whether it did so without failing.

        A failure is logged.
        """
        self._serving = False  # what it raises now is told below
        if self._task is None or not self.supported:
            await self.end()
            return True
        if self._broke:
            return False
        answer = await self._ask(self._task, "lifespan.shutdown")
        await self.end()
        failed = "application failed to stop"
        if answer is not None and answer["type"] == "lifespan.shutdown.failed":
            reason, said = _reason(answer)
            self._log.error(failed, reason=reason, **({"exception": said} if said else {}))
        elif self.error is not None:
            self._log.error(failed, reason=one_line(self.error), exc_info=self.error)
        elif answer is None:
            self._log.error(failed, reason="it ended its lifespan without an answer")
        else:
            return True
        return False

    async def end(self) -> None:
        """Cancel what the application still does, and give it a second to end."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(asyncio.shield(task), 1)

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }
        try:
            await self._app(scope, self._receive, self._send)
        except BaseException as error:
            if ends_this_task(error):
                raise
            self.error = error
            if self._serving:
                self._broke = True
                self._log.error("application's lifespan failed", exc_info=error)

    async def _receive(self) -> dict[str, Any]:
        self._asked = True
        return await self._events.get()

    async def _send(self, answer: dict[str, Any]) -> None:
        if answer["type"] not in _ANSWERS:
            raise RuntimeError(f"a lifespan has no message {answer['type']!r}")
        if _ANSWERS[answer["type"]] != self._question:
            raise RuntimeError(
                f"{answer['type']!r} answers nothing: it was sent twice, or too soon"
            )
        self._question = ""
        self._serving = answer["type"] == "lifespan.startup.complete"
        self._answers.put_nowait(answer)

    async def _ask(self, task: asyncio.Task[None], event: str) -> dict[str, Any] | None:
        """Send an event; its answer, or None if the application ends without one."""
        self._question = event
        self._events.put_nowait({"type": event})
        answer = asyncio.create_task(self._answers.get())
        slow = SLOW_START if event == "lifespan.startup" else None
        first = asyncio.FIRST_COMPLETED
        try:
            done, _ = await asyncio.wait({answer, task}, timeout=slow, return_when=first)
            if not done:
                frames, _ = chain(task.get_coro())
                self._log.warning("still starting", after=slow, **told(frames[::-1]))
                await asyncio.wait({answer, task}, return_when=first)
        except asyncio.CancelledError:
            answer.cancel()
            await self.end()
            raise
        if answer.done():
            return answer.result()
        answer.cancel()
        return None


def _reason(answer: dict[str, Any]) -> tuple[str, str]:
    """Why it failed, in a line, and all that was said if it is more: frameworks send a traceback,
    whose last line is the reason.
    """
    said = str(answer.get("message", "")).strip()
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reason = lines[-1] if lines else "it gave no reason; its own lines may"
    return reason, said if len(lines) > 1 else ""
