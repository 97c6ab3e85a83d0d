"""Takes the picture of the admin listener's page that the documentation has.

    python -m tests.docs.admin_picture

Needs chromium and its driver. The picture is kept small by its size.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from tests.docs.pages import ROOT
from tests.integration.browser import browser
from tests.integration.peer import Peer, get
from tests.integration.process import Service

PICTURE = ROOT / "docs/how-to/admin.png"

APP = """
import asyncio

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def ask_the_database(seconds):
    await asyncio.sleep(seconds)


async def order(request):
    await ask_the_database(int(request.path_params["number"]) % 7 / 400)
    return JSONResponse({"order": request.path_params["number"]})


async def report(request):
    await ask_the_database(60)
    return JSONResponse({})


app = Starlette(routes=[
    Route("/orders/{number}", order),
    Route("/reports/{month}", report, methods=["POST"]),
])
"""


def main() -> int:
    """Take the picture; the exit status."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        (directory / "shop.py").write_text(APP)
        service = Service("shop:app", "--admin-port=0", "--no-access-log", cwd=directory)
        stack.callback(service.kill)
        port = service.port
        for month in ("2026-09", "2026-10"):
            peer = stack.enter_context(Peer(port))
            peer.send(f"POST /reports/{month} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        ended = threading.Event()
        thread = threading.Thread(target=_ask_on, args=(port, ended))
        thread.start()
        address = service.await_entry("admin listening")["address"][0]
        with browser(directory / "profile", width=1000, height=840) as driver:
            driver.get(f"http://{address}/")
            ended.wait(15)
            driver.save_screenshot(str(PICTURE))
        ended.set()
        thread.join()
    return 0


def _ask_on(port: int, ended: threading.Event) -> None:
    number = 0
    with Peer(port) as peer:
        while not ended.wait(0.005):
            number += 1
            peer.send(get(f"/orders/{number}")).answer()


if __name__ == "__main__":
    sys.exit(main())
