"""ASGI's lifespan protocol: an application is told when its service starts and stops."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gomicro.errors import StartupError

if TYPE_CHECKING:
    from gomicro.connection.service import ASGIApp

__all__ = ["Lifespan"]


class Lifespan:
    """One application's lifespan. `state` is what it leaves there for its requests.

    An application that raises before it answers the startup does not know the protocol, and is
    served without it, as on uvicorn.
    """

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self._app = app
        self._state = state
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.supported = False

    async def startup(self) -> None:
        """Tell the application to start, and wait until it has.

        Raises StartupError if it says that it cannot. Cancelled, it cancels the application.
        """
        self._task = asyncio.create_task(self._run())
        answer = await self._ask("lifespan.startup")
        if answer is None:
            return
        if answer["type"] == "lifespan.startup.failed":
            await self._end()
            raise StartupError(f"the application failed to start: {_reason(answer)}")
        self.supported = True

    async def shutdown(self) -> str | None:
        """Tell the application to stop, and wait until it has. Returns why it failed, if it did."""
        if not self.supported:
            await self._end()
            return None
        answer = await self._ask("lifespan.shutdown")
        await self._end()
        if answer is None:
            return "the application ended its lifespan without an answer"
        return _reason(answer) if answer["type"] == "lifespan.shutdown.failed" else None

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }
        await self._app(scope, self._events.get, self._answers.put)

    async def _ask(self, event: str) -> dict[str, Any] | None:
        """Send an event; its answer, or None if the application ends without one."""
        task = self._task
        if task is None:
            return None
        self._events.put_nowait({"type": event})
        answer = asyncio.create_task(self._answers.get())
        try:
            await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            answer.cancel()
            await self._end()
            raise
        if answer.done():
            return answer.result()
        answer.cancel()
        return None

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is None:
            return
        if not task.done():
            task.cancel()
        with suppress(BaseException):
            await asyncio.wait_for(asyncio.shield(task), 1)


def _reason(answer: dict[str, Any]) -> str:
    """The last line of what the application says: frameworks send a whole traceback."""
    lines = [line.strip() for line in str(answer.get("message", "")).splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"
