"""The admin listener's page, in a real browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.integration import browser
from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get
from tests.integration.process import Service

pytestmark = [
    pytest.mark.skipif(bool(browser.missing()), reason=f"{browser.missing()} is not installed"),
    pytest.mark.xdist_group("browser"),
]

APP = """
import asyncio


async def ask_the_database():
    await asyncio.Event().wait()


async def app(scope, receive, send):
    assert scope["type"] == "http"
    if scope["path"].startswith("/slow"):
        await ask_the_database()
    scope["route"] = "/quick/{number}"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})
"""

EVIL = "/slow<img src=x onerror=document.title='broken'>"


class Shown:
    """The page, and what it shows."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver = driver
        driver.get(url)

    def text(self) -> str:
        return str(self.driver.execute_script("return document.body.innerText"))

    def wait_for(self, *texts: str) -> None:
        """Wait until all of these are shown, at one moment."""
        from selenium.webdriver.support.ui import WebDriverWait

        def shown(_: Any) -> bool:
            found = self.text()
            return all(text in found for text in texts)

        WebDriverWait(self.driver, browser.PATIENCE).until(shown, f"{texts} in {self.text()}")

    def complaints(self) -> list[Any]:
        """What stands in the browser's console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def colour(self, scheme: str) -> str:
        """The background where the reader prefers a scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        script = "return getComputedStyle(document.body).backgroundColor"
        return str(self.driver.execute_script(script))

    def width_on(self, width: int) -> int:
        """How wide the page is on a screen of that width."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        return int(self.driver.execute_script("return document.documentElement.scrollWidth"))


@pytest.fixture
def service(serve: Serve, tmp_path: Path) -> Service:
    (tmp_path / "slow.py").write_text(APP)
    return serve("slow:app", "--admin-port=0", "--write-timeout=1h", cwd=tmp_path)


@pytest.fixture
def load(service: Service) -> Iterator[None]:
    """Two requests that hang, and others that come one after another."""
    ended = threading.Event()
    service.await_entry("listening")
    port = service.port

    def ask_on() -> None:
        with suppress(OSError, EOFError), Peer(port) as peer:  # until the service is killed
            while not ended.wait(0.02):
                peer.send(get("/quick/1")).answer()

    thread = threading.Thread(target=ask_on)
    with ExitStack() as stack:
        for path in ("/slow/report", EVIL.replace(" ", "%20")):
            stack.enter_context(Peer(port)).send(get(path))
        thread.start()
        yield
        ended.set()
        thread.join()
        service.popen.kill()  # its requests never end
        service.wait()


@pytest.mark.usefixtures("load")
def test_the_page_shows_what_the_service_does_while_it_does_it(
    service: Service, tmp_path: Path
) -> None:
    address = service.await_entry("admin listening")["address"][0]
    with browser.browser(tmp_path / "profile") as driver:
        page = Shown(driver, f"http://{address}/")
        page.wait_for("ready", "GET /slow/report", "answer, silent", "GET /quick/{number}")
        page.wait_for(f"GET {EVIL}")  # as text: it is not run
        assert driver.title == "gomicro"

        # It is alive: the number of requests grows.
        count = "return Number(document.querySelector('#routes td:nth-child(5)').textContent)"
        before = driver.execute_script(count)
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(driver, browser.PATIENCE)
        wait.until(lambda _: driver.execute_script(count) > before)
        wait.until(lambda _: float(page.text().split("Requests a second")[1].split()[0]) > 1)

        # The chain of awaits opens, and stays open.
        driver.execute_script("document.querySelector('#requests details').open = true")
        page.wait_for("slow.py:12 app", "slow.py:6 ask_the_database")
        wait.until(lambda _: driver.execute_script(count) > before + 100)
        page.wait_for("slow.py:12 app")

        light, dark = page.colour("light"), page.colour("dark")
        assert light != dark
        assert page.width_on(360) <= 360
        page.wait_for("GET /slow/report")
        assert page.complaints() == []


@pytest.mark.usefixtures("load")
def test_the_page_says_that_nobody_answers_any_more(service: Service, tmp_path: Path) -> None:
    address = service.await_entry("admin listening")["address"][0]
    with browser.browser(tmp_path / "profile") as driver:
        page = Shown(driver, f"http://{address}/")
        page.wait_for("ready")
        service.popen.kill()
        page.wait_for("no answer")


def test_a_stream_of_news_is_what_the_page_asks_for(service: Service) -> None:
    port = int(service.await_entry("admin listening")["address"][0].rpartition(":")[2])
    with Peer(port) as peer:
        peer.send(b"GET /debug/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert peer.head().headers["content-type"] == "text/event-stream; charset=utf-8"
        for _ in range(2):
            event = peer.until(b"\n\n").partition(b"data: ")[2]
            assert json.loads(event)["ready"] == []
